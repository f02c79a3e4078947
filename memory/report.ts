/**
 * What Memory tells while it works, by `verbose` as in joblib: 1 the calls that run, 2 the hits, 5 how long
 * loading took, 10 from where, 11 what is stored, 20 each question. Silent at 0.
 */

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
}

/** Tells what Memory does. */
export class Report {
  /** From 0, silent, to 20. */
  readonly verbose: number;
  readonly #log: Logger;
  readonly #started: number;

  /** `started`: when the Memory was made, in milliseconds since the epoch. */
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
  querying(_call: ReportedCall, _id: string, _location: string): void {}

  /** From 11: a miss, before the call. */
  computing(_name: string, _id: string, _location: string): void {}

  /** From 1: before a call. */
  calling(_call: ReportedCall): void {}

  /** From 1: after a call, with its duration in seconds. */
  called(_name: string, _seconds: number): void {}

  /** From 2: before a hit is loaded; from 10 with the place. */
  loading(_name: string, _folder: string): void {}

  /** From 5: after a hit was loaded, with the duration in seconds. */
  loaded(_name: string, _seconds: number): void {}

  /** From 11: before a result is stored. */
  persisting(_folder: string): void {}

  /** From 1: before the results of a function are removed. */
  clearing(_path: string): void {}

  /** At any verbosity: before all results are removed. */
  flushing(): void {}
}
