/**
 * Where a command reads and writes: two streams, a question, a variable of the environment. Commands
 * know only this, so that tests hand them another one.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { styleText } from "node:util";
import { denoNamespace } from "./deno.ts";

/** A stream to write text to. */
export interface Output {
  /** Whether a person sees it. */
  readonly isTTY: boolean;
  /** Its width in characters, where it has one. */
  readonly columns: number | undefined;
  /** Write text. */
  write(text: string): unknown;
}

/** The world of a command. */
export interface Terminal {
  /** Results. */
  readonly stdout: Output;
  /** Notices, errors, progress. */
  readonly stderr: Output;
  /** Whether somebody can answer questions. */
  readonly interactive: boolean;
  /** A variable of the environment; `undefined` where it is not set or must not be known. */
  env(name: string): string | undefined;
  /** Ask a question and return the line that was answered. */
  ask(question: string): Promise<string>;
}

/** What text can look like. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** The terminal that this program was started in. */
export function processTerminal(): Terminal {
  ignoreClosedPipe();
  return {
    stdout: ofStream(process.stdout),
    stderr: ofStream(process.stderr),
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    env: environmentVariable,
    ask,
  };
}

/** Whether text on `output` is coloured: on a terminal, unless NO_COLOR is set (no-color.org). */
export function isColored(terminal: Terminal, output: Output): boolean {
  return output.isTTY && !terminal.env("NO_COLOR") && terminal.env("TERM") !== "dumb";
}

/** Text in a style, or as it is where there are no colours. */
export function styled(text: string, style: Style, colored: boolean): string {
  // The stream is ours to judge: asked to do it, styleText looks at variables that Deno guards.
  return colored ? styleText(style, text, { validateStream: false }) : text;
}

/**
 * Text without what a terminal would take for a command: names and arguments come from files, which
 * anybody may have written.
 */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- those are meant
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, escaped);
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  const code = character.charCodeAt(0);
  return code < 256
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

function ofStream(stream: NodeJS.WriteStream): Output {
  return {
    get isTTY(): boolean {
      return stream.isTTY === true;
    },
    get columns(): number | undefined {
      return stream.columns;
    },
    write: (text) => stream.write(text),
  };
}

/** Who reads the beginning only (`larder cache ls | head`) is no error. */
function ignoreClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.stderr.write(`larder: Cannot write the output: ${error.message}\n`);
    process.exit(1);
  });
}

/** In Deno only what was granted already is looked at: nobody should be asked for a variable. */
function environmentVariable(name: string): string | undefined {
  const deno = denoNamespace();
  if (deno === undefined) return process.env[name];
  if (name === "NO_COLOR") return deno.noColor ? "1" : undefined;
  const { state } = deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? deno.env.get(name) : undefined;
}

function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    lines.on("close", () => resolve("")); // the end of the input is no answer
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
