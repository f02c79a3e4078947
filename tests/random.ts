/** Random numbers that are the same in every run: a failing case is found again by its seed. */

/** A generator after mulberry32. */
export class Random {
  #state: number;

  /** Start from `seed`. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to `end`, without it. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * end);
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}
