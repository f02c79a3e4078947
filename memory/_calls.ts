/**
 * A call of a cached function, with promises: its result from the store, or computed by one caller for
 * all who ask for it at the same time, in whatever process. _calls_sync.ts is its twin.
 */
import { type Computation, Course, type Outcome } from "./_course.ts";
import type { Invocation } from "./_subject.ts";
import type { Entry } from "./stores/entry.ts";
import type { Lease } from "./stores/lease.ts";

/** One function's way of answering calls. */
export class AsyncCourse extends Course {
  /** The value of a call. */
  async value(self: unknown, args: readonly unknown[]): Promise<unknown> {
    const call = this.invocation(self, args);
    const hit = await this.#hit(call, undefined);
    if (hit.found !== undefined) return hit.found.value;
    const outcome = await this.#alone(call, async () => {
      // Somebody may have stored it since, and those who waited were told of it by the lease.
      const second = await this.#hit(call, hit.refused);
      if (second.found !== undefined) return second.found;
      if (second.refused !== undefined) await this.results.entries.delete(call.key);
      return await this.#compute(call, second.unusable);
    });
    return outcome.value;
  }

  /** Run the function in any case, and store what it returns. */
  async forced(self: unknown, args: readonly unknown[]): Promise<Outcome> {
    const call = this.invocation(self, args);
    return await this.#alone(call, () => this.#compute(call, true));
  }

  /** Have the result of a call in the store; its value is given where it can't be there. */
  async shelved(
    self: unknown,
    args: readonly unknown[],
  ): Promise<{ call: Invocation; entry: Entry | undefined; outcome: Outcome | undefined }> {
    const call = this.invocation(self, args);
    let entry = await this.usable(call);
    if (entry !== undefined) return { call, entry, outcome: undefined };
    const outcome = await this.#alone(call, async () => {
      entry = await this.usable(call);
      return entry === undefined ? await this.#compute(call, true) : undefined;
    });
    entry ??= outcome?.kept === true ? await this.open(call) : undefined;
    return { call, entry, outcome };
  }

  /** The entry of a call if there is one that may be used. Nothing is loaded, changed or counted. */
  async usable(call: Invocation): Promise<Entry | undefined> {
    const entry = await this.open(call);
    return entry !== undefined && await this.isValid(call, entry) ? entry : undefined;
  }

  /** The entry of a call. */
  open({ key }: Invocation): Promise<Entry | undefined> | Entry | undefined {
    const { entries, store } = this.results;
    return store.sync === undefined
      ? entries.open(key, this.opening)
      : entries.openSync(key, this.opening);
  }

  /** Whether an entry may be used. */
  async isValid(call: Invocation, { metadata }: Entry): Promise<boolean> {
    if (this.callback === undefined) return true;
    try {
      return Boolean(await this.callback(metadata));
    } catch (error) {
      return this.refused(call, error);
    }
  }

  /**
   * Look for the result of a call.
   *
   * @param before The version that was refused before: the callback is not asked twice about it.
   */
  async #hit(call: Invocation, before: string | undefined): Promise<Look> {
    const started = performance.now();
    const found = this.open(call);
    const entry = found instanceof Promise ? await found : found;
    if (entry === undefined) return NOTHING;
    if (this.callback !== undefined) {
      const version = JSON.stringify(entry.metadata);
      if (version === before || !await this.isValid(call, entry)) {
        return { found: undefined, refused: version, unusable: true };
      }
    }
    this.loading(call);
    const loaded = await this.results.load(entry, this.mmapMode);
    if (loaded === undefined) return { found: undefined, refused: undefined, unusable: true };
    this.loaded(call, entry, started);
    const outcome = { value: loaded.value, metadata: entry.metadata, kept: true };
    return { found: outcome, refused: undefined, unusable: false };
  }

  /** Do something while nobody else computes this result. */
  async #alone<T>(call: Invocation, work: () => Promise<T>): Promise<T> {
    const { store } = this.results;
    const lease: Lease | undefined = store.writable ? await store.lease(call.key) : undefined;
    try {
      return await work();
    } finally {
      lease?.release();
    }
  }

  async #compute(call: Invocation, replace: boolean): Promise<Outcome> {
    const computation: Computation = this.computing(call);
    const value = await computation.run();
    const stored = await this.results.put(call.key, value, computation.returned(replace));
    computation.done(stored?.bytes);
    const { metadata = {} } = stored ?? {};
    if (this.mmapMode === null || stored === undefined) {
      return { value, metadata, kept: stored !== undefined };
    }
    const entry = await this.open(call);
    const mapped = entry && await this.results.load(entry, this.mmapMode);
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
