/**
 * The bytes behind xxh3 and blake3: a pickle of protocol 3 that refers to nothing, has dicts and sets in an
 * order of their own, and arrays by value, whatever their strides. So equal values have equal bytes.
 */
import { LimitError } from "../errors.ts";
import { arrayState } from "../numpy/array_pickle.ts";
import { MaskedArray } from "../numpy/masked.ts";
import { Memmap } from "../numpy/memmap.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { arrayOfTyped } from "../numpy/pickle.ts";
import { PyOrderedDict } from "../pickle/collections.ts";
import type { Reduction } from "../pickle/context.ts";
import { Op } from "../pickle/opcodes.ts";
import { Pickler, type PicklerHooks } from "../pickle/pickler.ts";
import {
  ARGS,
  BYTE,
  pyObjectSteps,
  RAW,
  reductionSteps,
  SAVE,
  type Steps,
} from "../pickle/spelling.ts";
import { PyFrozenSet, PyGlobal, PyObject, tuple } from "../pickle/values.ts";
import { classOf, mapParts, MASKED_ARRAY } from "./_arrays.ts";
import { type DigestMethod, updateAll } from "./_digest.ts";
import { dtypeBytes, isNumber } from "./_dtypes.ts";
import { numpyName } from "./_functions.ts";
import { modern, withoutEmptyState } from "./_objects.ts";
import { simpleKind, sorted } from "./_order.ts";
import { RecordKeys } from "./_record_keys.ts";
import type { Settings } from "./_settings.ts";
import { Visits } from "./_visits.ts";

const PROTOCOL = 3;
/** Keys inside of keys. */
const MAX_DEPTH = 100;
/** Of the ways in which dtypes are pickled, any would do. */
const SETTINGS: Settings = {
  coerceMmap: true,
  pickleProtocol: 4,
  numpyMajor: 2,
  datetimeState: "new",
};
/** Ahead of bytes that are no pickle; its first is no opcode. */
const ARRAY = new TextEncoder().encode("_ARRAY");
const SET = new PyGlobal("builtins", "set");
const FROZENSET = new PyGlobal("builtins", "frozenset");
const ORDERED_DICT = new PyGlobal("collections", "OrderedDict");

/** The hash of a value, blind to what is shared inside of it. */
export function canonicalHash(value: unknown, method: DigestMethod): string {
  const digest = method.create();
  try {
    write(value, 0, (piece) => updateAll(digest, piece));
    return digest.hex();
  } catch (error) {
    method.drop?.(digest);
    throw error;
  }
}

function write(value: unknown, depth: number, take: (piece: Uint8Array) => void): void {
  if (depth > MAX_DEPTH) {
    throw new LimitError(`Cannot hash keys inside of keys of more than ${MAX_DEPTH} levels`);
  }
  const visits = new Visits();
  const pickler = new Pickler(value, { protocol: PROTOCOL }, new CanonicalHooks(depth, visits));
  for (let piece = pickler.next(); piece !== undefined; piece = pickler.next()) {
    take(piece);
    visits.onPiece(piece.length, pickler.depth);
  }
}

/** Stands for a value whose bytes are there already. */
class Written {
  /** The bytes, without PROTO and STOP. */
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Stands for the elements of a part of a map, which are read when they are due. */
class Elements {
  readonly map: Memmap;
  constructor(map: Memmap) {
    this.map = map;
  }
}

/** What the canonical form does otherwise than a pickler. */
class CanonicalHooks implements PicklerHooks {
  readonly dialect = "python";
  readonly memoize = "none";
  readonly action = "hash";
  readonly #depth: number;
  readonly #visits: Visits;
  readonly #records = new RecordKeys();

  constructor(depth: number, visits: Visits) {
    this.#depth = depth;
    this.#visits = visits;
  }

  onVisit(object: unknown): void {
    this.#visits.onVisit(object);
  }

  keyOrder(keys: string[]): readonly string[] {
    return this.#records.sorted(keys);
  }

  itemOrder(entries: Iterable<readonly [unknown, unknown]>): unknown[] {
    const map = entries instanceof Map ? entries : new Map(entries);
    return this.#inOrder([...map.keys()]).flatMap(([key, as]) => [as, map.get(key)]);
  }

  instance(reduction: Reduction): Reduction {
    return withoutEmptyState(reduction);
  }

  reduce(value: object, pickler: Pickler): Steps | undefined {
    if (value instanceof Written) return [RAW, value.bytes];
    if (value instanceof Elements) return [RAW, value.map.toNDArray().tobytes("C")];
    if (value instanceof PyObject) return pyObjectSteps(modern(value), PROTOCOL);
    if (value instanceof PyGlobal) return globalSteps(value);
    if (value instanceof NDArray) return arraySteps(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Set.prototype || prototype === PyFrozenSet.prototype) {
      return this.#set(value as Set<unknown>, pickler);
    }
    if (value instanceof Memmap) return mapSteps(value);
    if (value instanceof MaskedArray) return maskedSteps(value);
    if (value instanceof PyOrderedDict) return orderedSteps(value);
    const array = arrayOfTyped(value);
    return array === undefined ? undefined : arraySteps(array);
  }

  #set(set: Set<unknown>, pickler: Pickler): Steps {
    pickler.checkKeys(set);
    const members = this.#inOrder([...set]).map(([, as]) => as);
    const callable = set instanceof PyFrozenSet ? FROZENSET : SET;
    return reductionSteps({ callable, args: [members] }, set, PROTOCOL);
  }

  /** Keys in an order of their own, each with what is to be written for it. */
  #inOrder(keys: unknown[]): (readonly [key: unknown, as: unknown])[] {
    if (keys.length < 2 || simpleKind(keys) !== undefined) {
      return (sorted(keys) as unknown[]).map((key) => [key, key]);
    }
    const written = keys.map((key) => [key, new Written(this.#bytesOf(key))] as const);
    return written.sort((a, b) => compareBytes(a[1].bytes, b[1].bytes));
  }

  /** A key as it stands in the middle of a pickle, without PROTO and STOP. */
  #bytesOf(key: unknown): Uint8Array {
    const pieces: Uint8Array[] = [];
    write(key, this.#depth + 1, (piece) => pieces.push(piece.slice()));
    return joined(pieces).subarray(2, -1);
  }
}

/** The same global in all versions of numpy. */
function globalSteps(global: PyGlobal): Steps | undefined {
  const named = numpyName(global, 2);
  return named === global ? undefined : [SAVE, named];
}

/** Class, dtype, shape, and the elements in C order, whatever the strides. */
function arraySteps(array: NDArray): Steps {
  const elements = array.dtype.hasObject ? [SAVE, arrayState(array)[4]] : [RAW, array.tobytes("C")];
  return [...arrayHead(array), ...elements, BYTE, Op.TUPLE];
}

function mapSteps(map: Memmap): Steps {
  const elements = Array.from(mapParts(map), (part) => [SAVE, new Elements(part)]);
  return [...arrayHead(map), ...elements.flat(), BYTE, Op.TUPLE];
}

function arrayHead(array: NDArray | Memmap): Steps {
  const { dtype, shape } = array;
  const type = isNumber(dtype) ? [RAW, dtypeBytes(dtype, SETTINGS)] : [SAVE, dtype];
  return [RAW, ARRAY, BYTE, Op.MARK, SAVE, classOf(array, true), ...type, ARGS, shape];
}

/** A mask that hides nothing is none. */
function maskedSteps({ data, mask, fill }: MaskedArray): Steps {
  const hides = mask !== null && mask.tobytes().some((byte) => byte !== 0);
  const parts = [SAVE, data, SAVE, hides ? mask : null, SAVE, fill];
  return [BYTE, Op.MARK, SAVE, MASKED_ARRAY, ...parts, BYTE, Op.TUPLE];
}

/** Unlike joblib's, this hash heeds the order of an OrderedDict. */
function orderedSteps(dict: PyOrderedDict): Steps {
  const pairs = Array.from(dict, ([key, value]) => tuple<unknown>(key, value));
  return reductionSteps(
    { callable: ORDERED_DICT, args: [pairs], state: dict.state },
    dict,
    PROTOCOL,
  );
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
