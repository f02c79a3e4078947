import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

function terminalWith(isTTY: boolean): { terminal: Terminal; text(): string } {
  let text = "";
  const stderr = { isTTY, columns: 70, write: (part: string) => text += part };
  const terminal: Terminal = {
    stdout: stderr,
    stderr,
    interactive: false,
    env: () => undefined,
    ask: () => Promise.resolve(""),
  };
  return { terminal, text: () => text };
}

test("long work gets a bar on a terminal, which is gone afterwards", async () => {
  const { terminal, text } = terminalWith(true);
  const progress = startProgress(terminal, "Verifying", 8);
  progress.step();
  assert.equal(text(), "");
  await sleep(600);
  progress.step();
  for (let wait = 0; wait < 100 && text() === ""; wait++) await sleep(20);
  progress.step(2);
  progress.end();
  assert.match(text(), /Verifying █+░+ .*of 8/);
  assert.match(text(), /4 of 8/);
  assert.ok(text().endsWith("\x1b[2K"), JSON.stringify(text().slice(-20))); // the line was cleared
});

test("short work gets none, and neither does work that nobody watches", async () => {
  for (const isTTY of [true, false]) {
    const { terminal, text } = terminalWith(isTTY);
    const progress = startProgress(terminal, "Verifying", 8);
    if (!isTTY) await sleep(550);
    progress.step(8);
    await sleep(20);
    progress.end();
    assert.equal(text(), "");
  }
});
