/**
 * The pickler's memo of short ASCII strings: a hash table that works from a hash which the caller
 * computes while it copies the characters. A Map hashes each string anew and was measured at four times
 * the cost for a million distinct names (bench/, records). The seed differs from process to process.
 */

/** Start value of {@link hashStep} for this process. */
export const HASH_SEED: number = (Math.random() * 0x100000000) | 0;

/** Longer runs of occupied slots mean that somebody chose the strings for it: then a Map takes over. */
const MAX_PROBES = 64;

/** Mix one character into a hash (FNV-1a). */
export function hashStep(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

/** What a memo begins with, so that one without strings costs nothing; never written to. */
const NOTHING: Table = new Int32Array(1);
const FIRST_SLOTS = 256;
/** The tables of a memo that was given back: to make them costs more than a small pickle. */
let spare: { slots: Table; hashes: Table; indexes: Table } | undefined;

type Table = Int32Array<ArrayBuffer>;

/** Strings with their memo indexes. */
export class StringMemo {
  #slots: Table = NOTHING;
  #hashes: Table = NOTHING;
  #indexes: Table = NOTHING;
  readonly #texts: string[] = [];
  #crowded: Map<string, number> | undefined;

  /** The memo index of `text`, or −1. */
  find(text: string, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = spread(hash) & mask, probes = 0; probes < MAX_PROBES; probes++) {
      const entry = this.#slots[slot] - 1;
      if (entry < 0) break;
      if (this.#hashes[entry] === hash && this.#texts[entry] === text) return this.#indexes[entry];
      slot = (slot + 1) & mask;
    }
    return this.#crowded?.get(text) ?? -1;
  }

  /** Remember `text`, which must not be there yet. */
  add(text: string, hash: number, index: number): void {
    const entry = this.#texts.length;
    if (2 * (entry + 1) > this.#slots.length) this.#grow();
    const slot = this.#freeSlot(hash);
    if (slot < 0) {
      this.#crowded ??= new Map();
      this.#crowded.set(text, index);
      return;
    }
    this.#slots[slot] = entry + 1;
    this.#hashes[entry] = hash;
    this.#indexes[entry] = index;
    this.#texts.push(text);
  }

  /** A free slot for this hash, or −1 where there is none nearby. */
  #freeSlot(hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = spread(hash) & mask, probes = 0; probes < MAX_PROBES; probes++) {
      if (this.#slots[slot] === 0) return slot;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  /** At the end: the next memo may have the tables. */
  giveBack(): void {
    if (this.#slots.length !== FIRST_SLOTS) return;
    spare = { slots: this.#slots.fill(0), hashes: this.#hashes, indexes: this.#indexes };
    this.#slots = NOTHING;
  }

  #grow(): void {
    const count = this.#texts.length;
    if (count === 0 && spare !== undefined) {
      this.#slots = spare.slots;
      this.#hashes = spare.hashes;
      this.#indexes = spare.indexes;
      spare = undefined;
      return;
    }
    this.#slots = new Int32Array(Math.max(FIRST_SLOTS, 4 * this.#slots.length));
    this.#hashes = extended(this.#hashes, this.#slots.length / 2);
    this.#indexes = extended(this.#indexes, this.#slots.length / 2);
    for (let entry = 0; entry < count; entry++) {
      const slot = this.#freeSlot(this.#hashes[entry]);
      if (slot >= 0) this.#slots[slot] = entry + 1;
      else {
        this.#crowded ??= new Map();
        this.#crowded.set(this.#texts[entry], this.#indexes[entry]);
      }
    }
  }
}

function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

function extended(values: Table, length: number): Table {
  const larger = new Int32Array(length);
  if (values !== NOTHING) larger.set(values);
  return larger;
}
