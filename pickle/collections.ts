/**
 * Python's `collections` and `array` as JavaScript containers with the extra state that Python's have.
 */
import type { DumpContext, LoadContext, Reduction } from "./context.ts";
import { UNHASHABLE } from "./protocols.ts";
import { PyFloat, PyGlobal, PyTuple } from "./values.ts";

const ORDERED_DICT = new PyGlobal("collections", "OrderedDict");
const DEFAULTDICT = new PyGlobal("collections", "defaultdict");
const COUNTER = new PyGlobal("collections", "Counter");
const DEQUE = new PyGlobal("collections", "deque");
const ARRAY = new PyGlobal("array", "array");
const ARRAY_RECONSTRUCTOR = new PyGlobal("array", "_array_reconstructor");

/** A `collections.OrderedDict`. */
export class PyOrderedDict<K = unknown, V = unknown> extends Map<K, V> {
  /** Attributes of the instance, where it has any. */
  state?: unknown;

  /** BUILD: attributes. */
  __setstate__(state: unknown): void {
    this.state = state;
  }

  /** As `OrderedDict.__reduce__`. */
  __reduce__(): Reduction {
    return { callable: ORDERED_DICT, args: [], state: this.state, entries: this };
  }
}

/** A `collections.defaultdict`; the factory is only named, never called. */
export class PyDefaultDict<K = unknown, V = unknown> extends Map<K, V> {
  /** The factory, mostly a {@link PyGlobal}; null for none. */
  factory: unknown = null;

  /** As `defaultdict.__reduce__`. */
  __reduce__(): Reduction {
    return {
      callable: DEFAULTDICT,
      args: this.factory === null ? [] : [this.factory],
      entries: this,
    };
  }
}

/** A `collections.Counter`. */
export class PyCounter<K = unknown> extends Map<K, unknown> {
  /** As `Counter.__reduce__`: the counts as a plain dict. */
  __reduce__(): Reduction {
    return { callable: COUNTER, args: [new Map(this)] };
  }
}

/** A `collections.deque`. */
export class PyDeque<T = unknown> extends Array<T> {
  /** The greatest length; null for none. */
  maxlen: number | null = null;
  /** Attributes of the instance, where it has any. */
  state?: unknown;

  /** Array methods such as `map` and `slice` answer plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** BUILD: attributes. */
  __setstate__(state: unknown): void {
    this.state = state;
  }

  /** As `deque.__reduce__`. */
  __reduce__(): Reduction {
    const args = this.maxlen === null ? [] : [new PyTuple(), this.maxlen];
    return { callable: DEQUE, args, state: this.state, items: this };
  }
}

/** A typecode of `array.array`. */
export type PyArrayTypecode =
  | "b"
  | "B"
  | "h"
  | "H"
  | "i"
  | "I"
  | "l"
  | "L"
  | "q"
  | "Q"
  | "f"
  | "d"
  | "u";

/** The typed arrays that hold an `array.array`'s items; `u` holds code points. */
export type PyArrayData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** A constructor of typed arrays, seen through the one form that is used of each. */
type DataConstructor = new (source: number | ArrayBuffer) => PyArrayData;

/** By typecode: machine format code on a little-endian machine, item size, typed array. */
const TYPECODES: Readonly<Record<PyArrayTypecode, readonly [number, number, DataConstructor]>> = {
  b: [1, 1, Int8Array],
  B: [0, 1, Uint8Array],
  h: [4, 2, Int16Array],
  H: [2, 2, Uint16Array],
  i: [8, 4, Int32Array],
  I: [6, 4, Uint32Array],
  l: [12, 8, BigInt64Array],
  L: [10, 8, BigUint64Array],
  q: [12, 8, BigInt64Array],
  Q: [10, 8, BigUint64Array],
  f: [14, 4, Float32Array],
  d: [16, 8, Float64Array],
  u: [20, 4, Uint32Array],
};

/** Machine format codes that are stored in this machine's order and size, with their size; odd ones are big-endian. */
const FORMAT_SIZES: readonly number[] = [
  1,
  1,
  2,
  2,
  2,
  2,
  4,
  4,
  4,
  4,
  8,
  8,
  8,
  8,
  4,
  4,
  8,
  8,
  2,
  2,
  4,
  4,
];

/** An `array.array`. */
export class PyArray {
  /** Python's one-letter item type. */
  readonly typecode: PyArrayTypecode;
  /** The items, in this machine's byte order. */
  data: PyArrayData;
  /** Attributes of an instance, where it has any. */
  state?: unknown;

  /** Wrap typed data. */
  constructor(typecode: PyArrayTypecode, data: PyArrayData) {
    this.typecode = typecode;
    this.data = data;
  }

  /** Bytes of one item. */
  get itemsize(): number {
    return this.data.BYTES_PER_ELEMENT;
  }

  /** Python refuses an array as a key. */
  __hashkey__(): typeof UNHASHABLE {
    return UNHASHABLE;
  }

  /** BUILD: attributes. */
  __setstate__(state: unknown): void {
    this.state = state;
  }

  /** As `array.__reduce_ex__`. */
  __reduce__(context: DumpContext): Reduction {
    if (context.protocol < 3) {
      const items = this.typecode === "u"
        ? Array.from(this.data as Uint32Array, (point) => String.fromCodePoint(point))
        : Array.from(this.data as Iterable<number | bigint>, (item) => item);
      return {
        callable: ARRAY,
        args: [this.typecode, this.#typed(items)],
        state: this.state,
      };
    }
    const bytes = new Uint8Array(
      this.data.buffer.slice(this.data.byteOffset, this.data.byteOffset + this.data.byteLength),
    );
    return {
      callable: ARRAY_RECONSTRUCTOR,
      args: [ARRAY, this.typecode, TYPECODES[this.typecode][0], bytes],
      state: this.state,
    };
  }

  /** Items as the pickler takes them: floats stay floats. */
  #typed(items: (number | bigint | string)[]): unknown[] {
    return this.typecode === "f" || this.typecode === "d"
      ? items.map((item) => new PyFloat(item as number))
      : items;
  }
}

/** `array.array(typecode, items)`, the form of protocols 0 to 2 and of Python 2. */
export function arrayFromItems(typecode: unknown, items: unknown, context: LoadContext): PyArray {
  const code = knownTypecode(typecode, context);
  const make = TYPECODES[code][2];
  if (code === "u" && typeof items === "string") {
    return new PyArray(code, Uint32Array.from(Array.from(items, (char) => char.codePointAt(0)!)));
  }
  const raw = context.bytesOf(items);
  if (raw !== undefined && !(Array.isArray(items))) return arrayFromBytes(code, raw, context);
  if (items === undefined) return new PyArray(code, new make(0));
  if (!Array.isArray(items)) throw context.fail("array.array needs a list of items", "array.array");
  const data = new make(items.length) as PyArrayData & { [index: number]: number | bigint };
  for (let i = 0; i < items.length; i++) {
    const item = itemOf(code, items[i]);
    if (item !== undefined) data[i] = item;
    // what the item type can't hold would wrap around
    if (item === undefined || code !== "f" && code !== "d" && data[i] !== item) {
      throw context.fail(`array.array('${code}') can't hold item ${i}`, "array.array");
    }
  }
  return new PyArray(code, data);
}

/** An item as the typed array of `code` takes it; undefined for what it can't. */
function itemOf(code: PyArrayTypecode, item: unknown): number | bigint | undefined {
  if (code === "u" && typeof item === "string") {
    const point = item.codePointAt(0);
    return point !== undefined && String.fromCodePoint(point) === item ? point : undefined;
  }
  if (item instanceof PyFloat) item = Number(item);
  if (typeof item !== "number" && typeof item !== "bigint") return undefined;
  if (!"lLqQ".includes(code)) return Number(item);
  return typeof item === "bigint" || Number.isInteger(item) ? BigInt(item) : undefined;
}

/** `array._array_reconstructor(array, typecode, machine format, bytes)`. */
export function arrayReconstructor(args: readonly unknown[], context: LoadContext): PyArray {
  const [, typecode, format, value] = args;
  const code = knownTypecode(typecode, context);
  const bytes = context.bytesOf(value);
  if (typeof format !== "number" || FORMAT_SIZES[format] === undefined || bytes === undefined) {
    throw context.fail("array.array's machine format or bytes are not valid", "array.array");
  }
  const size = FORMAT_SIZES[format];
  if (bytes.length % size !== 0) {
    throw context.fail(
      `array.array has ${bytes.length} bytes, not a multiple of ${size}`,
      "array.array",
    );
  }
  const big = format === 1 ? false : format % 2 === 1;
  return decodeItems(code, format, size, big, bytes, context);
}

function knownTypecode(typecode: unknown, context: LoadContext): PyArrayTypecode {
  const raw = typeof typecode === "string" ? undefined : context.bytesOf(typecode);
  const text = raw?.length === 1 ? String.fromCharCode(raw[0]) : typecode;
  if (typeof text !== "string" || !Object.hasOwn(TYPECODES, text)) {
    throw context.fail(`array.array has no typecode ${String(text).slice(0, 20)}`, "array.array");
  }
  return text as PyArrayTypecode;
}

function arrayFromBytes(code: PyArrayTypecode, bytes: Uint8Array, context: LoadContext): PyArray {
  const size = TYPECODES[code][1];
  if (bytes.length % size !== 0) {
    throw context.fail(
      `array.array('${code}') has ${bytes.length} bytes, not a multiple of ${size}`,
    );
  }
  return new PyArray(code, new TYPECODES[code][2](bytes.slice().buffer));
}

function decodeItems(
  code: PyArrayTypecode,
  format: number,
  size: number,
  big: boolean,
  bytes: Uint8Array,
  context: LoadContext,
): PyArray {
  const copy = bytes.slice();
  if (big && size > 1) {
    for (let i = 0; i < copy.length; i += size) copy.subarray(i, i + size).reverse();
  }
  if (format === TYPECODES[code][0]) {
    return new PyArray(code, new TYPECODES[code][2](copy.buffer));
  }
  // another machine's item size or kind: read the items one by one
  const view = new DataView(copy.buffer);
  const items: (number | bigint | string)[] = [];
  for (let at = 0; at < copy.length; at += size) items.push(readItem(view, at, format));
  if (code === "u" && size === 2) {
    // UTF-16 of a machine with a two-byte wchar_t: pairs become one code point
    const text = items.map((unit) => String.fromCharCode(Number(unit))).join("");
    return arrayFromItems(code, text, context);
  }
  return arrayFromItems(code, items, context);
}

function readItem(view: DataView, at: number, format: number): number | bigint {
  switch (format >> 1) {
    case 0:
      return format === 1 ? view.getInt8(at) : view.getUint8(at);
    case 1:
    case 9:
      return view.getUint16(at, true);
    case 2:
      return view.getInt16(at, true);
    case 3:
    case 10:
      return view.getUint32(at, true);
    case 4:
      return view.getInt32(at, true);
    case 5:
      return view.getBigUint64(at, true);
    case 6:
      return view.getBigInt64(at, true);
    case 7:
      return view.getFloat32(at, true);
    default:
      return view.getFloat64(at, true);
  }
}
