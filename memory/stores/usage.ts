/**
 * How often and when entries were used: counted in memory at each hit, which costs no system call, and
 * kept by stores that can keep it. A file system's access times alone are not enough: most mounts
 * write them once a day or never.
 */

/** The uses of one entry. */
export interface UsageRecord {
  /** Number of hits. */
  readonly hits: number;
  /** The last one, in milliseconds since 1970. */
  readonly last: number;
}

/** Counts hits by the entry's key. */
export interface Usage {
  /** Note a hit, at `now` in milliseconds since 1970. */
  hit(key: string, now?: number): void;
  /** All that is known, from this process and others. */
  read(): Map<string, UsageRecord>;
  /** Write down what is in memory only. */
  flush(): void;
}

/** Add uses of an entry to those that are known. */
export function addUsage(
  known: Map<string, UsageRecord>,
  key: string,
  { hits, last }: UsageRecord,
): void {
  const before = known.get(key);
  known.set(
    key,
    before === undefined
      ? { hits, last }
      : { hits: before.hits + hits, last: Math.max(before.last, last) },
  );
}

/** Counts for as long as the program runs. */
export class MemoryUsage implements Usage {
  readonly #known = new Map<string, UsageRecord>();

  /** Note a hit. */
  hit(key: string, now: number = Date.now()): void {
    addUsage(this.#known, key, { hits: 1, last: now });
  }

  /** All that is known. */
  read(): Map<string, UsageRecord> {
    return new Map(this.#known);
  }

  /** Nothing is written anywhere. */
  flush(): void {}

  /** Forget all counts. */
  clear(): void {
    this.#known.clear();
  }
}
