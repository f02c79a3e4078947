/**
 * Ends what would not end: a hash that is blind to sharing writes a container as often as it is reached,
 * so one that contains itself for ever, and nested pairs of one another longer than anyone waits.
 */
import { LimitError } from "../errors.ts";

/** Visits for each item that the containers hold. */
const MOST_VISITS = 100;
/** What is so small is never refused. */
const SPARE = 1000;
/** Nesting from here on is looked at. */
const DEEP = 10_000;
/** So is a pickle that is larger. */
const LARGE_BYTES = 64 << 20;

/** Counts visits once there is a reason to. */
export class Visits {
  /** The containers that were met since counting began; undefined before. */
  #known: Set<unknown> | undefined;
  #items = 0;
  #visits = 0;
  #bytes = 0;

  /** Between two pieces of the pickle. */
  onPiece(length: number, depth: number): void {
    this.#bytes += length;
    if (depth > DEEP || this.#bytes > LARGE_BYTES) this.#known ??= new Set();
  }

  /** At each container. */
  onVisit(object: unknown): void {
    const known = this.#known;
    if (known === undefined || object === null) return;
    this.#visits++;
    if (!known.has(object)) {
      known.add(object);
      this.#items += lengthOf(object);
      return;
    }
    if (this.#visits <= MOST_VISITS * (this.#items + SPARE)) return;
    throw new LimitError(
      "Cannot hash a value that contains itself, or shares so much that it would be written more than " +
        `${MOST_VISITS} times, except with md5 or sha1`,
    );
  }
}

function lengthOf(object: unknown): number {
  if (Array.isArray(object)) return object.length;
  return object instanceof Map || object instanceof Set ? object.size : Object.keys(object!).length;
}
