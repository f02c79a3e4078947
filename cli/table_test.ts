import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, cutText, formatTable, textWidth } from "./table.ts";
import { printable } from "./terminal.ts";

const COLUMNS: readonly Column[] = [
  { name: "NAME", cut: "start" },
  { name: "SIZE", align: "right" },
  { name: "NOTE", cut: "end" },
];
const ROWS = [["pkg.module.function_of_many_letters", "1 KiB", "short"], ["f", "20 KiB", ""]];

function table(columns: number | undefined, rows: readonly (readonly string[])[] = ROWS): string {
  const output = { isTTY: columns !== undefined, columns, write: () => {} };
  return formatTable(COLUMNS, rows, { output, colored: false });
}

test("a table has columns as wide as their text", () => {
  assert.equal(
    table(undefined),
    "NAME                                   SIZE  NOTE\n" +
      "pkg.module.function_of_many_letters   1 KiB  short\n" +
      "f                                    20 KiB\n",
  );
});

test("on a terminal the widest column is cut until each line fits", () => {
  assert.equal(
    table(32),
    "NAME                 SIZE  NOTE\n" +
      "…_of_many_letters   1 KiB  short\n" +
      "f                  20 KiB\n",
  );
  for (const width of [33, 40, 47]) {
    for (const line of table(width).split("\n")) assert.ok(line.length <= width, line);
  }
});

test("text from files can't command a terminal", () => {
  assert.equal(printable("a\x1b[31m\n\r\u202eb\x9b"), "a\\x1b[31m\\n\\x0d\\u202eb\\x9b");
  assert.ok(!table(80, [["\x1b]0;title\x07", "1", "2"]]).includes("\x1b"));
});

test("wide characters take two columns, marks none", () => {
  assert.deepEqual(["abc", "日本", "e\u0301", "🎉"].map(textWidth), [3, 4, 1, 2]);
  assert.equal(cutText("日本語の関数", 7), "日本語…");
  assert.equal(cutText("日本語の関数", 6, "start"), "…関数");
  assert.equal(cutText("short", 5), "short");
});
