/** What a command is, and the pages of help that follow from it. */
import { type Arguments, type Option, optionLines, type Syntax, usageLine } from "./arguments.ts";
import { isColored, type Terminal } from "./terminal.ts";

/** A command of the program. */
export interface Command {
  /** Its name and what it takes. */
  readonly syntax: Syntax;
  /** What it does, in a line. */
  readonly summary: string;
  /** What else there is to know. */
  readonly more: string;
  /** Do it, and tell the exit code: 0, or 1 for nothing found or something wrong. */
  run(args: Arguments, terminal: Terminal): Promise<number>;
}

/** Makes a command print JSON. */
export const JSON_OPTION: Option = { type: "boolean", help: "Print JSON, for programs" };

/** The page of one command. */
export function commandHelp({ syntax, summary, more }: Command): string {
  const text = more === "" ? "" : `\n${more}\n`;
  return `${usageLine(syntax)}\n\n${summary}.\n${text}\nOptions:\n${optionLines(syntax.options)}`;
}

/** The lines of a list of commands. */
export function commandLines(commands: readonly (readonly [name: string, does: string])[]): string {
  const width = Math.max(...commands.map(([name]) => name.length));
  return commands.map(([name, does]) => `  ${name.padEnd(width)}  ${does}\n`).join("");
}

/** Print a value as JSON. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** How tables and texts look on stdout. */
export function onStdout(terminal: Terminal): { output: Terminal["stdout"]; colored: boolean } {
  return { output: terminal.stdout, colored: isColored(terminal, terminal.stdout) };
}
