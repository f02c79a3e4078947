/**
 * One computation for each key. Within a thread calls queue up here; between threads and processes a
 * {@linkcode Claimant} decides. A blocked thread finishes nothing, so a synchronous call never waits
 * for a key while this thread has unfinished asynchronous calls of its own.
 */

/** The right to compute what belongs to a key. */
export interface Lease {
  /** The key. */
  readonly key: string;
  /** Whether others had it meanwhile, so that the value may be there by now. */
  readonly waited: boolean;
  /** Let others have it; a second call does nothing. */
  release(): void;
}

/** Options of waiting for a lease. */
export interface LeaseOptions {
  /** Ends the waiting: the lease rejects with its reason. @default undefined */
  readonly signal?: AbortSignal | undefined;
  /** Called once when there is somebody to wait for. @default undefined */
  readonly onWait?: (() => void) | undefined;
}

/** What decides between threads and processes. */
export interface Claimant {
  /** Take the key if nobody has it. */
  claim(key: string): boolean;
  /** Wait for the key and take it. */
  waitFor(key: string, signal: AbortSignal | undefined): Promise<void>;
  /** Wait for the key and take it, blocking the thread. */
  waitForSync(key: string): void;
  /** Give the key back. */
  release(key: string): void;
}

/** For a store that one thread has for itself. */
export const ALONE: Claimant = {
  claim: () => true,
  waitFor: () => Promise.resolve(),
  waitForSync() {},
  release() {},
};

/** Resumes a call that waits; told whether the key is claimed already. */
type Waiter = (claimed: boolean) => void;

/** The leases of one store in one thread. */
export class LeaseTable {
  readonly #claimant: Claimant;
  /** Keys that a call of this thread has or is waiting for, and the calls behind it. */
  readonly #queues = new Map<string, Waiter[]>();
  #asyncCalls = 0;

  /** A table over what decides between threads and processes. */
  constructor(claimant: Claimant) {
    this.#claimant = claimant;
  }

  /** Number of keys that calls of this thread have or wait for. */
  get size(): number {
    return this.#queues.size;
  }

  /** Wait until nobody else computes what belongs to `key`. */
  async lease(key: string, { signal, onWait }: LeaseOptions = {}): Promise<Lease> {
    signal?.throwIfAborted();
    this.#asyncCalls++;
    try {
      const waited = await this.#acquire(key, signal, onWait);
      return this.#granted(key, waited, true);
    } catch (error) {
      this.#asyncCalls--;
      throw error;
    }
  }

  /** Likewise, blocking the thread; `undefined` where waiting would be in vain. */
  leaseSync(key: string): Lease | undefined {
    if (this.#queues.has(key)) return undefined;
    let waited = false;
    if (!this.#claimant.claim(key)) {
      if (this.#asyncCalls > 0) return undefined;
      this.#claimant.waitForSync(key);
      waited = true;
    }
    this.#queues.set(key, []);
    return this.#granted(key, waited, false);
  }

  /** Have the key, and tell whether somebody else had it. */
  async #acquire(
    key: string,
    signal: AbortSignal | undefined,
    onWait: (() => void) | undefined,
  ): Promise<boolean> {
    const queue = this.#queues.get(key);
    if (queue === undefined) this.#queues.set(key, []);
    else {
      onWait?.();
      if (await turn(queue, signal)) return true;
    }
    try {
      if (this.#claimant.claim(key)) return queue !== undefined;
      if (queue === undefined) onWait?.();
      await this.#claimant.waitFor(key, signal);
      return true;
    } catch (error) {
      this.#pass(key, false);
      throw error;
    }
  }

  #granted(key: string, waited: boolean, isAsync: boolean): Lease {
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      if (isAsync) this.#asyncCalls--;
      this.#pass(key, true);
    };
    return { key, waited, release };
  }

  /** To the next call of this thread, else to the world. */
  #pass(key: string, claimed: boolean): void {
    const next = this.#queues.get(key)?.shift();
    if (next !== undefined) return next(claimed);
    this.#queues.delete(key);
    if (claimed) this.#claimant.release(key);
  }
}

/** Wait in a queue for one's turn; an aborted call leaves it. */
function turn(queue: Waiter[], signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const waiter: Waiter = (claimed) => {
      signal?.removeEventListener("abort", abort);
      resolve(claimed);
    };
    const abort = () => {
      queue.splice(queue.indexOf(waiter), 1);
      reject(signal?.reason);
    };
    queue.push(waiter);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
