#!/usr/bin/env node
/**
 * The program `larder`: looks into caches of joblib.Memory and Larder, keeps them small, and computes
 * joblib's hashes. Exit codes: 0, 1 for nothing found or something wrong, 2 for wrong usage.
 *
 * @example In a terminal
 * ```sh
 * larder cache ls --sort saved
 * larder cache gc --bytes 2G --age 30d
 * larder hash model.joblib
 * ```
 *
 * @module
 */
import { realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArguments, UsageError, usageLine } from "./arguments.ts";
import { CACHE_COMMANDS } from "./cache.ts";
import { type Command, commandHelp, commandLines } from "./command.ts";
import { describeError } from "./errors.ts";
import { HASH } from "./hash.ts";
import { isColored, type Output, processTerminal, styled, type Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

export type { Output, Terminal };

/**
 * Run the program.
 *
 * @param args What follows its name.
 * @param terminal Where it reads and writes. @default the one it was started in
 * @returns The exit code.
 */
export async function main(
  args: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    const label = styled("larder:", "red", isColored(terminal, terminal.stderr));
    terminal.stderr.write(`${label} ${describeError(error)}\n`);
    if (!(error instanceof UsageError)) return 1;
    if (error.syntax !== undefined) {
      terminal.stderr.write(`${usageLine(error.syntax)}\nMore: ${error.syntax.name} --help\n`);
    }
    return 2;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (isHelp(name)) return tell(terminal, programHelp());
  if (name === "--version" || name === "-V") return tell(terminal, `larder ${VERSION}\n`);
  if (name === "hash") return await runCommand(HASH, rest, terminal);
  if (name === "cache") {
    const [inner, ...innerRest] = rest;
    if (isHelp(inner)) return tell(terminal, cacheHelp());
    const command = CACHE_COMMANDS.get(inner ?? "");
    if (command !== undefined) return await runCommand(command, innerRest, terminal);
    throw unknown("larder cache", inner, [...CACHE_COMMANDS.keys()]);
  }
  throw unknown("larder", name, ["cache", "hash"]);
}

async function runCommand(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const parsed = parseArguments(args, command.syntax);
  if (parsed === undefined) return tell(terminal, commandHelp(command));
  return await command.run(parsed, terminal);
}

function tell(terminal: Terminal, text: string): number {
  terminal.stdout.write(text);
  return 0;
}

function isHelp(name: string | undefined): boolean {
  return name === "--help" || name === "-h" || name === "help";
}

function unknown(name: string, word: string | undefined, known: readonly string[]): UsageError {
  const syntax = { name, positionals: "COMMAND", options: {} };
  const choices = `commands are ${known.join(", ")}`;
  const problem = word === undefined ? "needs a command" : `has no command ${JSON.stringify(word)}`;
  return new UsageError(`${name} ${problem}; ${choices}`, syntax);
}

function programHelp(): string {
  const cache = [...CACHE_COMMANDS].map(([name, { summary }]) =>
    [`cache ${name}`, summary] as const
  );
  return `Usage: larder COMMAND

Looks into caches of joblib.Memory and Larder, and computes joblib's hashes.

Commands:
${commandLines([...cache, ["hash", HASH.summary]])}
Options:
  -h, --help     Show this; larder COMMAND --help tells about a command
  -V, --version  Show the version

Exit codes: 0; 1 for nothing found, damage or failure; 2 for wrong usage.
`;
}

function cacheHelp(): string {
  return `Usage: larder cache COMMAND

Looks into a cache of joblib.Memory or Larder. No function is needed for it, and
nothing in the cache is executed.

Commands:
${commandLines([...CACHE_COMMANDS].map(([name, { summary }]) => [name, summary]))}
Which cache: --location DIR, else LARDER_CACHE, else the nearest one from the
working directory down.
`;
}

/** Whether this file is the program and not imported. Node knows it only since version 24. */
function isProgram(): boolean {
  const { main: told } = import.meta as { main?: boolean };
  if (told !== undefined) return told;
  try {
    return realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
  } catch {
    return false;
  }
}

if (isProgram()) process.exitCode = await main(process.argv.slice(2));
