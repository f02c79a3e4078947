/** A terminal for tests, and caches for it to look into. */
import { dump } from "../persistence/dump.ts";
import { Entries } from "../memory/stores/entries.ts";
import { FileStore } from "../memory/stores/file.ts";
import { freshPath } from "../tests/temporary.ts";
import { main } from "./main.ts";
import type { Output, Terminal } from "./terminal.ts";

/** What a run of the program left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a test's terminal is like. */
export interface FakeTerminal {
  /** Width, where it is a terminal. */
  readonly columns?: number;
  /** Variables. */
  readonly env?: Record<string, string>;
  /** What is answered to questions; without it nobody is there. */
  readonly answer?: string;
}

/** Run the program. */
export async function larder(args: readonly string[], fake: FakeTerminal = {}): Promise<Ran> {
  const texts = { out: "", err: "" };
  const output = (name: "out" | "err"): Output => ({
    isTTY: fake.columns !== undefined,
    columns: fake.columns,
    write: (text) => texts[name] += text,
  });
  const terminal: Terminal = {
    stdout: output("out"),
    stderr: output("err"),
    interactive: fake.answer !== undefined,
    env: (name) => fake.env?.[name],
    ask: (question) => {
      texts.err += question;
      return Promise.resolve(fake.answer ?? "");
    },
  };
  return { code: await main(args, terminal), ...texts };
}

/** An entry to make. */
export interface Made {
  /** Its value. @default its number */
  readonly value?: unknown;
  /** What metadata.json says. */
  readonly metadata?: Record<string, unknown>;
  /** How often it is hit. @default 0 */
  readonly hits?: number;
}

/** Make a cache; its location. Entries are made in their order, each later than the one before. */
export async function makeCache(entries: Readonly<Record<string, Made>>): Promise<string> {
  const location = freshPath("cache");
  const store = new FileStore(`${location}/joblib`);
  const all = new Entries(store);
  let number = 0;
  for (const [key, { value = number, metadata = {}, hits = 0 }] of Object.entries(entries)) {
    const time = 1_700_000_000 + 60 * number++;
    await all.write(key, (target) => dump(value, target), {
      metadata: () => ({ duration: 2, time, input_args: { x: String(number) }, ...metadata }),
    });
    for (let hit = 0; hit < hits; hit++) store.usage.hit(key);
  }
  await store.close();
  return location;
}

/** An id made of one digit, as tests need them. */
export function id(digit: string): string {
  return digit.repeat(32);
}

/** Two versions of a function of JavaScript. */
export const V1 = "v-0123456789ab";
export const V2 = "v-ba9876543210";

/** A function of Python and one of JavaScript, which has two versions. */
export function twoFunctions(): Promise<string> {
  return makeCache({
    [`pkg/mod/fit/${id("a")}`]: { value: "x".repeat(3000), hits: 3 },
    [`pkg/mod/fit/${id("b")}`]: {
      metadata: { duration: 90, input_args: { x: "'two'", y: "[1]" } },
    },
    [`js-app/src/a.ts/fit/${V1}/${id("c")}`]: { value: [1, 2] },
    [`js-app/src/a.ts/fit/${V2}/${id("c")}`]: { value: [1, 2], hits: 1 },
  });
}

/** What a command printed as JSON. */
export function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}
