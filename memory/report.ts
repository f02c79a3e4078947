/**
 * What Memory tells while it works, in joblib's words and by its `verbose`: from 1 the calls that run, from 2
 * the hits, from 5 how long loading took, from 10 from where, from 11 what is stored, from 20 each question.
 */
import { splitCall } from "./_filter.ts";
import { repr } from "./repr.ts";
import type { Signature } from "./signature.ts";

/** Takes a text of one or more lines. */
export type Logger = (text: string) => void;

/** A call, as it is shown. */
export interface ReportedCall {
  /** The function with its module: `package.module.name`. */
  readonly path: string;
  /** The function alone. */
  readonly name: string;
  /** Its arguments as they were given. */
  readonly args: readonly unknown[];
  /** Its parameters, which tell what of the arguments was given by name. */
  readonly signature?: Signature | undefined;
}

/** Characters of a line. */
const WIDTH = 80;
/** An argument of more characters is cut, to so many. */
const LONG_ARGUMENT = 1500;
const CUT_ARGUMENT = 700;
/** A line of arguments is broken after so many characters. */
const LONG_LINE = 80;
/** Characters of the time since the Memory was made. */
const TIME_WIDTH = 16;

/** Tells what Memory does. */
export class Report {
  /** From 0, silent, to 20. */
  readonly verbose: number;
  readonly #log: Logger;
  readonly #started: number;

  /**
   * Tell it to `logger`.
   *
   * @param verbose How much of it.
   * @param logger Takes each text. @default console.log
   * @param started When the Memory was made, in milliseconds since the epoch.
   */
  constructor(
    verbose: number,
    logger: Logger = (text) => console.log(text),
    started: number = Date.now(),
  ) {
    this.verbose = verbose;
    this.#log = logger;
    this.#started = started;
  }

  /** The same with another `verbose`. */
  with(verbose: number): Report {
    return new Report(verbose, this.#log, this.#started);
  }

  /** From 20: a question to the cache. */
  querying(call: ReportedCall, id: string, location: string): void {
    if (this.verbose < 20) return;
    this.#log(
      `[Memory]: Querying ${call.name} with signature\n${callSignature(call)}.\n\n` +
        `(argument hash ${id})\n\nThe store location is ${location}.`,
    );
  }

  /** From 11: a miss, before the call. */
  computing(name: string, id: string, location: string): void {
    if (this.verbose <= 10) return;
    this.#log(`[Memory]: Computing func ${name}, argument hash ${id} in location ${location}`);
  }

  /** From 1: before a call. */
  calling(call: ReportedCall): void {
    if (this.verbose <= 0) return;
    const line = "_".repeat(WIDTH);
    this.#log(`${line}\n[Memory] Calling ${call.path}...\n${callSignature(call)}`);
  }

  /** From 1: after a call, with its duration in seconds. */
  called(name: string, seconds: number): void {
    if (this.verbose > 0) this.#duration(`${name} - `, seconds);
  }

  /** From 2: before a hit is loaded; from 10 with the place. */
  loading(name: string, folder: string): void {
    if (this.verbose < 2) return;
    const time = timeText((Date.now() - this.#started) / 1000).padEnd(TIME_WIDTH);
    this.#log(`[Memory]${time}: Loading ${name}${this.verbose < 10 ? "..." : ` from ${folder}`}`);
  }

  /** From 5: after a hit was loaded, with the duration in seconds. */
  loaded(name: string, seconds: number): void {
    if (this.verbose > 4) this.#duration(`${name} cache loaded - `, seconds);
  }

  /** From 11: before a result is stored. */
  persisting(folder: string): void {
    if (this.verbose > 10) this.#log(`Persisting in ${folder}`);
  }

  /** From 1: before the results of a function are removed. */
  clearing(path: string): void {
    if (this.verbose > 0) {
      this.#log(`[Memory]: Clearing function cache identified by ${path}`);
    }
  }

  /** At any verbosity: before all results are removed. */
  flushing(): void {
    this.#log("[Memory]: Flushing completely the cache");
  }

  #duration(text: string, seconds: number): void {
    this.#log((text + timeText(seconds)).padStart(WIDTH, "_"));
  }
}

/** As joblib's `format_time`: `12.3s, 0.2min`. */
function timeText(seconds: number): string {
  return `${seconds.toFixed(1)}s, ${(seconds / 60).toFixed(1)}min`;
}

/** As joblib's `format_signature`: `g(1, kw='x')`. */
function callSignature({ name, args, signature }: ReportedCall): string {
  const { positional, keywords } = splitCall(args, signature);
  let previous = 0;
  const texts = Array.from(positional, (value) => {
    const text = (previous > LONG_LINE ? "\n" : "") + argumentText(value);
    previous = text.length;
    return text;
  });
  for (const key of Object.keys(keywords)) texts.push(`${key}=${argumentText(keywords[key])}`);
  return `${name}(${texts.join(", ")})`;
}

function argumentText(value: unknown): string {
  const text = repr(value, { maxLength: LONG_ARGUMENT });
  return text.length > LONG_ARGUMENT ? `${text.slice(0, CUT_ARGUMENT)}...` : text;
}
