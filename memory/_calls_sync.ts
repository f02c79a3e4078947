/**
 * A call of a cached function without promises; the twin of _calls.ts. A call whose result is being
 * computed by an unfinished asynchronous call of its own thread computes it as well: nothing would
 * ever come of waiting.
 */
import { type Computation, Course, type Outcome } from "./_course.ts";
import type { Invocation } from "./_subject.ts";
import type { Entry } from "./stores/entry.ts";
import type { Lease } from "./stores/lease.ts";

/** One function's way of answering calls. */
export class SyncCourse extends Course {
  /** The value of a call. */
  value(self: unknown, args: readonly unknown[]): unknown {
    const call = this.invocation(self, args);
    const hit = this.#hit(call, undefined);
    if (hit.found !== undefined) return hit.found.value;
    return this.#alone(call, () => {
      const second = this.#hit(call, hit.refused);
      if (second.found !== undefined) return second.found;
      if (second.refused !== undefined) this.results.entries.deleteSync(call.key);
      return this.#compute(call, second.unusable);
    }).value;
  }

  /** Run the function in any case, and store what it returns. */
  forced(self: unknown, args: readonly unknown[]): Outcome {
    const call = this.invocation(self, args);
    return this.#alone(call, () => this.#compute(call, true));
  }

  /** Have the result of a call in the store; its value is given where it can't be there. */
  shelved(
    self: unknown,
    args: readonly unknown[],
  ): { call: Invocation; entry: Entry | undefined; outcome: Outcome | undefined } {
    const call = this.invocation(self, args);
    let entry = this.usable(call);
    if (entry !== undefined) return { call, entry, outcome: undefined };
    const outcome = this.#alone(call, () => {
      entry = this.usable(call);
      return entry === undefined ? this.#compute(call, true) : undefined;
    });
    entry ??= outcome?.kept === true ? this.open(call) : undefined;
    return { call, entry, outcome };
  }

  /** The entry of a call if there is one that may be used. Nothing is loaded, changed or counted. */
  usable(call: Invocation): Entry | undefined {
    const entry = this.open(call);
    return entry !== undefined && this.isValid(call, entry) ? entry : undefined;
  }

  /** The entry of a call. */
  open({ key }: Invocation): Entry | undefined {
    return this.results.entries.openSync(key, this.opening);
  }

  /** Whether an entry may be used. */
  isValid(call: Invocation, { metadata }: Entry): boolean {
    if (this.callback === undefined) return true;
    let answer: unknown;
    try {
      answer = this.callback(metadata);
    } catch (error) {
      return this.refused(call, error);
    }
    if (!isThenable(answer)) return Boolean(answer);
    throw new TypeError(
      `Cannot validate results of ${call.place.path}() by a promise: cacheSync() waits for nothing`,
    );
  }

  #hit(call: Invocation, before: string | undefined): Look {
    const started = performance.now();
    const entry = this.open(call);
    if (entry === undefined) return NOTHING;
    if (this.callback !== undefined) {
      const version = JSON.stringify(entry.metadata);
      if (version === before || !this.isValid(call, entry)) {
        return { found: undefined, refused: version, unusable: true };
      }
    }
    this.loading(call);
    const loaded = this.results.loadSync(entry, this.mmapMode);
    if (loaded === undefined) return { found: undefined, refused: undefined, unusable: true };
    this.loaded(call, entry, started);
    const outcome = { value: loaded.value, metadata: entry.metadata, kept: true };
    return { found: outcome, refused: undefined, unusable: false };
  }

  #alone<T>(call: Invocation, work: () => T): T {
    const { sync, writable } = this.results.store;
    const lease: Lease | undefined = writable ? sync?.lease(call.key) : undefined;
    try {
      return work();
    } finally {
      lease?.release();
    }
  }

  #compute(call: Invocation, replace: boolean): Outcome {
    const computation: Computation = this.computing(call);
    const value = computation.run();
    if (isThenable(value)) {
      Promise.resolve(value).catch(() => {}); // nobody will ask for it
      throw new TypeError(
        `Cannot cache ${call.place.path}() synchronously: it returned a promise, use cache()`,
      );
    }
    const stored = this.results.putSync(call.key, value, computation.returned(replace));
    computation.done(stored?.bytes);
    const { metadata = {} } = stored ?? {};
    if (this.mmapMode === null || stored === undefined) {
      return { value, metadata, kept: stored !== undefined };
    }
    const entry = this.open(call);
    const mapped = entry && this.results.loadSync(entry, this.mmapMode);
    return { value: mapped === undefined ? value : mapped.value, metadata, kept: true };
  }
}

/** What a look for a result found. */
interface Look {
  readonly found: Outcome | undefined;
  /** What identifies the entry that may not be used. */
  readonly refused: string | undefined;
  /** Whether an entry is in the way. */
  readonly unusable: boolean;
}

const NOTHING: Look = { found: undefined, refused: undefined, unusable: false };

function isThenable(value: unknown): boolean {
  return (typeof value === "object" || typeof value === "function") && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
