/**
 * The order in which CPython walks a frozenset, which joblib's hash depends on. It follows from the
 * hashes of the members and the order in which they came, so it is known for numbers; the hashes of text
 * differ from process to process. See Objects/setobject.c of CPython.
 */
import { PyFloat } from "../pickle/values.ts";

const MIN_SIZE = 8;
const LINEAR_PROBES = 9;
const PERTURB_SHIFT = 5n;
/** The prime that numbers are hashed by, 2**61 − 1. */
const MODULUS = (1n << 61n) - 1n;
const INFINITY_HASH = 314_159n;

/** The members as CPython walks them; undefined where that isn't stable. */
export function frozensetOrder(members: readonly unknown[]): unknown[] | undefined {
  if (members.length < 2) return [...members];
  let table = new Table(MIN_SIZE);
  for (const member of members) {
    const hash = hashOf(member);
    if (hash === undefined) return undefined;
    table.insert(member, hash);
    if (table.used * 5 < (table.size - 1) * 3) continue;
    const larger = new Table(sizeAbove(table.used * (table.used > 50_000 ? 2 : 4)));
    table.moveTo(larger);
    table = larger;
  }
  return table.members();
}

/** Open addressing: a few neighbours first, then a jump. */
class Table {
  readonly size: number;
  used = 0;
  readonly #members: unknown[];
  /** The hashes, undefined where a place is free. */
  readonly #hashes: (bigint | undefined)[];

  constructor(size: number) {
    this.size = size;
    this.#members = new Array(size);
    this.#hashes = new Array(size);
  }

  insert(member: unknown, hash: bigint): void {
    const mask = this.size - 1;
    let perturb = BigInt.asUintN(64, hash);
    let place = Number(perturb & BigInt(mask));
    for (;;) {
      const last = place + LINEAR_PROBES <= mask ? place + LINEAR_PROBES : place;
      for (let i = place; i <= last; i++) {
        if (this.#hashes[i] !== undefined) continue;
        this.#members[i] = member;
        this.#hashes[i] = hash;
        this.used++;
        return;
      }
      perturb >>= PERTURB_SHIFT;
      place = Number((BigInt(place) * 5n + 1n + perturb) & BigInt(mask));
    }
  }

  moveTo(target: Table): void {
    for (let i = 0; i < this.size; i++) {
      const hash = this.#hashes[i];
      if (hash !== undefined) target.insert(this.#members[i], hash);
    }
  }

  members(): unknown[] {
    return this.#members.filter((_, i) => this.#hashes[i] !== undefined);
  }
}

function sizeAbove(count: number): number {
  let size = MIN_SIZE;
  while (size <= count) size *= 2;
  return size;
}

/** Python's `hash()` of a number; undefined for what has another hash in each process. */
function hashOf(value: unknown): bigint | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "bigint") return reduce(value);
  const number = value instanceof PyFloat ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) return undefined;
  if (Number.isInteger(number)) return reduce(BigInt(number));
  if (!Number.isFinite(number)) return number > 0 ? INFINITY_HASH : -INFINITY_HASH;
  // number = mantissa / 2**shift, and 2**61 is 1 for this modulus
  let mantissa = number;
  let shift = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    shift++;
  }
  return reduce(BigInt(mantissa) << BigInt((61 - shift % 61) % 61));
}

/** Modulo the prime, with the sign of the value; −1 means an error in C. */
function reduce(value: bigint): bigint {
  const hash = value % MODULUS;
  return hash === -1n ? -2n : hash;
}
