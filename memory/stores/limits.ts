/**
 * Limits that are kept without being asked each time: a program knows what it stored itself, and counts
 * the whole cache anew when that may have passed a limit, or after a while, since others store too.
 */
import {
  type CacheLimits,
  type CheckedLimits,
  checkLimits,
  reduceSize,
  reduceSizeSync,
} from "./evict.ts";
import type { StoreBackend } from "./store.ts";

/** A cache over its limit is reduced to this part of it, so that not every store reduces. */
const REDUCED_TO = 0.9;
/** What others may have stored meanwhile is counted after so long. */
const RECOUNT_MS = 60_000;

/** Keeps the limits of one store. */
export class LimitKeeper {
  readonly #store: StoreBackend;
  readonly #limits: CheckedLimits;
  /** Room that was left at the last count, less what was stored since. */
  #bytesLeft = 0;
  #itemsLeft = 0;
  #counted = -Infinity;
  #running: Promise<void> | undefined;

  /**
   * @param limits What is kept.
   * @throws {RangeError} A limit is no such size, number or age.
   */
  constructor(store: StoreBackend, limits: CacheLimits) {
    this.#store = store;
    this.#limits = checkLimits(limits);
  }

  /** Tell that an entry was stored; resolves when the limits hold. */
  async stored(bytes: number): Promise<void> {
    if (!this.#isDue(bytes)) return;
    this.#running ??= this.#reduce().finally(() => this.#running = undefined);
    await this.#running;
  }

  /** Likewise, without promises. */
  storedSync(bytes: number): void {
    if (!this.#isDue(bytes)) return;
    let left = reduceSizeSync(this.#store, this.#options(1));
    if (left.removed.length > 0) left = reduceSizeSync(this.#store, this.#options(REDUCED_TO));
    this.#note(left);
  }

  async #reduce(): Promise<void> {
    let left = await reduceSize(this.#store, this.#options(1));
    if (left.removed.length > 0) {
      left = await reduceSize(this.#store, this.#options(REDUCED_TO));
    }
    this.#note(left);
  }

  #isDue(bytes: number): boolean {
    this.#bytesLeft -= bytes;
    this.#itemsLeft--;
    return this.#bytesLeft < 0 || this.#itemsLeft < 0 || Date.now() - this.#counted > RECOUNT_MS;
  }

  #options(part: number): CacheLimits {
    const { bytes, items, age } = this.#limits;
    return {
      bytesLimit: bytes * part,
      itemsLimit: Math.ceil(items * part),
      ageLimit: age / 1000,
    };
  }

  #note({ bytes, items }: { readonly bytes: number; readonly items: number }): void {
    this.#bytesLeft = this.#limits.bytes - bytes;
    this.#itemsLeft = this.#limits.items - items;
    this.#counted = Date.now();
  }
}
