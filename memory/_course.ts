/**
 * What the calls of one cached function have in common, awaited or not: its settings, its reports, and
 * what is known of a call when it ends.
 */
import { CacheError } from "../errors.ts";
import type { Results, StoreResultOptions } from "./_results.ts";
import type { Invocation, Subject } from "./_subject.ts";
import type { MmapMode, ValidationCallback } from "./options.ts";
import type { Report, ReportedCall } from "./report.ts";
import { inputArgs } from "./signature.ts";
import type { Entry } from "./stores/entry.ts";
import type { Metadata } from "./stores/metadata.ts";

/** Where joblib notes the source of a function. Larder only reads it: a difference makes joblib empty the folder. */
export const PYTHON_CODE = "func_code.py";

/** What is known of a call that has ended. */
export interface CallInfo {
  /** Whether the function did not run. */
  readonly hit: boolean;
  /** The folder of its result, in the function's. */
  readonly id: string;
  /** Seconds that the call took. */
  readonly duration: number;
  /** Size of the stored result; `undefined` where it was not stored. */
  readonly bytes: number | undefined;
}

/** How one function's calls are answered. */
export interface CourseOptions {
  readonly results: Results;
  readonly subject: Subject;
  readonly report: Report;
  readonly mmapMode: MmapMode | null;
  readonly callback: ValidationCallback<unknown> | undefined;
  /** Whether only Larder writes such results. */
  readonly own: boolean;
}

/** How a call was answered. */
export interface Outcome {
  readonly value: unknown;
  readonly metadata: Metadata;
  /** Whether the result is in the store. */
  readonly kept: boolean;
}

/** One function's way of answering calls. */
export class Course {
  readonly results: Results;
  readonly subject: Subject;
  readonly report: Report;
  readonly mmapMode: MmapMode | null;
  readonly callback: ValidationCallback<unknown> | undefined;
  readonly opening: { readonly own: boolean };
  /** What is known of the call that ended last. */
  last: CallInfo | undefined;
  #codeIsKnown: boolean;

  constructor({ results, subject, report, mmapMode, callback, own }: CourseOptions) {
    this.results = results;
    this.subject = subject;
    this.report = report;
    this.mmapMode = mmapMode;
    this.callback = callback;
    this.opening = { own };
    this.#codeIsKnown = own;
  }

  /** A call, with the question told. */
  invocation(self: unknown, args: readonly unknown[]): Invocation {
    const call = this.subject.invocation(self, args);
    if (this.report.verbose >= 20) {
      this.report.querying(reported(this.subject, call), call.id, this.results.store.location);
    }
    return call;
  }

  /** Tell that a result is about to be loaded. */
  loading({ place, key }: Invocation): void {
    if (this.report.verbose < 2) return;
    this.report.loading(place.name, `${this.results.store.location}/${key}`);
  }

  /** Note and tell that a result was loaded. */
  loaded({ place, id }: Invocation, entry: Entry, started: number): void {
    const duration = secondsSince(started);
    this.last = { hit: true, id, duration, bytes: entry.bytes };
    this.report.loaded(place.name, duration);
  }

  /** Tell that the function is about to run; answers what is to be told when it has. */
  computing(call: Invocation): Computation {
    const { report, results } = this;
    const { name } = call.place;
    if (report.verbose > 0) {
      report.computing(name, call.id, results.store.location);
      report.calling(reported(this.subject, call));
    }
    return new Computation(this, call);
  }

  /** Tell, once, where Python has not noted its function's code yet. */
  stored({ place: { folder, path } }: Invocation): void {
    if (this.#codeIsKnown) return;
    this.#codeIsKnown = true;
    const { store, warn } = this.results;
    if (store.sync === undefined || store.sync.stat(`${folder}/${PYTHON_CODE}`)) return;
    warn({
      code: "no-func-code",
      message: `Python has not cached ${path}() there yet: its first look will be a miss`,
      path: `${store.location}/${folder}/${PYTHON_CODE}`,
    });
  }

  /**
   * Whether an entry may be used by what the callback answered, or threw: metadata that lacks what it
   * needs is told, and no reason to fail.
   */
  refused(call: Invocation, error: unknown): false {
    if (!(error instanceof CacheError)) throw error;
    this.results.warn({
      code: "not-validated",
      message: `${error.message}, so the result is computed again`,
      path: `${this.results.store.location}/${call.key}`,
      cause: error,
    });
    return false;
  }
}

/** One run of a function. */
export class Computation {
  readonly #course: Course;
  readonly #call: Invocation;
  readonly #started = performance.now();
  /** As the arguments are before the function gets hold of them. */
  readonly #inputArgs: Record<string, string>;

  constructor(course: Course, call: Invocation) {
    this.#course = course;
    this.#call = call;
    this.#inputArgs = inputArgs(call.filtered);
  }

  /** Call the function. */
  run(): unknown {
    const { self, args } = this.#call;
    return this.#course.subject.func.apply(self, args as unknown[]);
  }

  /** The function has returned; answers how its result is stored. */
  returned(replace: boolean): StoreResultOptions {
    const { report, results } = this.#course;
    const { place, key } = this.#call;
    report.called(place.name, secondsSince(this.#started));
    report.persisting(`${results.store.location}/${key}`);
    const metadata = () => ({
      duration: secondsSince(this.#started),
      input_args: this.#inputArgs,
      time: Date.now() / 1000,
    });
    return { path: place.path, metadata, replace };
  }

  /** The result is stored, or not. */
  done(bytes: number | undefined): void {
    if (bytes !== undefined) this.#course.stored(this.#call);
    const duration = secondsSince(this.#started);
    this.#course.last = { hit: false, id: this.#call.id, duration, bytes };
  }
}

/** Seconds since a moment of `performance.now()`. */
export function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

function reported(
  { signature }: Subject,
  { place: { path, name }, args }: Invocation,
): ReportedCall {
  return { path, name, args, signature };
}
