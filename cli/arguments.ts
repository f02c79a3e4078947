/** Arguments of commands, by node:util's parseArgs, and what is told when they are wrong. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { countOf, parseAge, parseBytes } from "./format.ts";

/** An option of a command. */
export interface Option {
  /** Whether a value follows it. */
  readonly type: "boolean" | "string";
  /** Its one letter. @default none */
  readonly short?: string;
  /** What stands for the value in the help: `DIR`. @default none */
  readonly value?: string;
  /** What it does, in a line. */
  readonly help: string;
}

/** What a command takes. */
export interface Syntax {
  /** The words that call it: `larder cache ls`. */
  readonly name: string;
  /** Its positional arguments, as the help spells them: `[FUNCTION]`, `TARGET...`. */
  readonly positionals: string;
  /** How many there must be. @default 0 */
  readonly least?: number;
  /** How many there may be. @default as many as there must be */
  readonly most?: number;
  /** Its options by name, without the ones that all commands take. */
  readonly options: Readonly<Record<string, Option>>;
}

/** Arguments that were understood. */
export interface Arguments {
  /** Those without a name. */
  readonly positionals: readonly string[];
  /** Whether an option without a value was given. */
  flag(name: string): boolean;
  /** An option's value. */
  value(name: string): string | undefined;
}

/** Wrong usage: exit code 2. */
export class UsageError extends Error {
  /** Name of the class, as in `Error.name`. */
  override name = "UsageError";
  /** The command that was used wrongly, where it is known. */
  readonly syntax: Syntax | undefined;

  /** An error of the command that `syntax` describes. */
  constructor(message: string, syntax?: Syntax) {
    super(message);
    this.syntax = syntax;
  }
}

/** Understand a command's arguments; `undefined` where its help was asked for. */
export function parseArguments(args: readonly string[], syntax: Syntax): Arguments | undefined {
  const { values, positionals } = parsed(args, syntax);
  if (values.help === true) return undefined;
  const { least = 0, most = least } = syntax;
  if (positionals.length < least) {
    throw new UsageError(`${syntax.name} needs ${syntax.positionals}`, syntax);
  }
  if (positionals.length > most) {
    const taken = most === 0 ? "no arguments" : `at most ${countOf(most, "argument")}`;
    const extra = positionals.slice(most).map((text) => JSON.stringify(text)).join(", ");
    throw new UsageError(`${syntax.name} takes ${taken}: what is ${extra}?`, syntax);
  }
  return {
    positionals,
    flag: (name) => values[name] === true,
    value(name): string | undefined {
      const value = values[name];
      return typeof value === "string" ? value : undefined;
    },
  };
}

/** The one line that tells how a command is called. */
export function usageLine({ name, positionals, options }: Syntax): string {
  const some = Object.keys(options).length > 0 ? " [OPTIONS]" : "";
  return `Usage: ${name}${some}${positionals === "" ? "" : ` ${positionals}`}`;
}

/** The options of a command, one a line. */
export function optionLines(options: Readonly<Record<string, Option>>): string {
  const names = Object.entries({ ...options, help: HELP }).map(([name, option]) => ({
    spelled: `${option.short === undefined ? "    " : `-${option.short}, `}--${name}${
      option.value === undefined ? "" : ` ${option.value}`
    }`,
    help: option.help,
  }));
  const width = Math.max(...names.map(({ spelled }) => spelled.length));
  const indent = " ".repeat(width + 4);
  return names.map(({ spelled, help }) => {
    const lines = wrapped(help, HELP_WIDTH - indent.length);
    return `  ${spelled.padEnd(width)}  ${lines.join(`\n${indent}`)}\n`;
  }).join("");
}

/** The value of an option that is one of several words. */
export function choiceOf<T extends string>(
  args: Arguments,
  { name, choices, syntax }: { name: string; choices: readonly T[]; syntax: Syntax },
): T | undefined {
  const value = args.value(name);
  if (value === undefined) return undefined;
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} ${value}: known are ${choices.join(", ")}`, syntax);
}

/** The bytes that an option stands for. */
export function bytesOf(args: Arguments, name: string, syntax: Syntax): number | undefined {
  const value = args.value(name);
  if (value === undefined) return undefined;
  const bytes = parseBytes(value);
  if (bytes !== undefined) return bytes;
  throw new UsageError(`--${name} ${value}: no size; sizes are like 30K, 1.5G or 4096`, syntax);
}

/** The seconds that an option stands for. */
export function ageOf(args: Arguments, name: string, syntax: Syntax): number | undefined {
  const value = args.value(name);
  if (value === undefined) return undefined;
  const seconds = parseAge(value);
  if (seconds !== undefined) return seconds;
  throw new UsageError(`--${name} ${value}: no age; ages are like 5d, 12h or 1d12h`, syntax);
}

/** The count that an option stands for. */
export function countIn(args: Arguments, name: string, syntax: Syntax): number | undefined {
  const value = args.value(name);
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new UsageError(`--${name} ${value}: no count`, syntax);
}

/** Pages of help are read on terminals of any width. */
const HELP_WIDTH = 80;
const HELP: Option = { type: "boolean", short: "h", help: "Show this" };

/** Words of a text in lines of a width. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

function parsed(args: readonly string[], syntax: Syntax) {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { type, short }] of Object.entries({ ...syntax.options, help: HELP })) {
    options[name] = short === undefined ? { type } : { type, short };
  }
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const { message } = error as Error;
    // The rest of the message explains `--`, with a quote that doesn't match.
    const told = message.replace(/\. To specify a positional.*$/s, "");
    const known = Object.keys(options).map((name) => `--${name}`).join(", ");
    const hint = told.startsWith("Unknown option") ? `; options are ${known}` : "";
    throw new UsageError(told + hint, syntax);
  }
}
