/**
 * One element of an array as a JavaScript value, and back: a codec for each dtype, made once.
 * Positions are in bytes from the start of the array's memory. Objects and StringDType strings do not
 * lie in the bytes: an array of them keeps a list, a struct keeps their index in that list.
 */
import { swapBytes } from "../bytes/byte_order.ts";
import { decodeFloat16, encodeFloat16 } from "../bytes/float16.ts";
import { decodeLongdouble, encodeLongdouble } from "../bytes/longdouble.ts";
import { isPlainObject, PyComplex, setOwn } from "../pickle/values.ts";
import { encodeDate } from "./datetime.ts";
import type { DType } from "./dtype.ts";
import { decodeMl, encodeMl, mlFormat } from "./ml_dtypes.ts";
import { NDArray } from "./ndarray.ts";
import { latin1 } from "./pickle_values.ts";
import { packedStrides } from "./strides.ts";

/** The memory behind an array and all of its views. */
export class Memory {
  /** The bytes; none for an array of objects. */
  readonly bytes: Uint8Array;
  /** Python objects, for dtypes that hold them. */
  readonly objects: unknown[] | null;
  #view?: DataView;
  /** Typed arrays over the whole memory, by their class's name; made by typed_data.ts. */
  readonly typed: Map<string, unknown> = new Map();

  /** Wrap bytes and objects. */
  constructor(bytes: Uint8Array, objects: unknown[] | null) {
    this.bytes = bytes;
    this.objects = objects;
  }

  /** Drop decoded strings, because an element changes. */
  forgetStrings(): void {
    for (const [key, data] of this.typed) if (Array.isArray(data)) this.typed.delete(key);
  }

  /** The bytes as a DataView. */
  get view(): DataView {
    const { buffer, byteOffset, length } = this.bytes;
    return this.#view ??= new DataView(buffer, byteOffset, length);
  }
}

/** Reads and writes elements of one dtype. */
export interface ElementCodec {
  /** The element at a byte position. */
  read(memory: Memory, position: number): unknown;
  /** Store a value at a byte position. @throws TypeError or RangeError for a value that does not fit */
  write(memory: Memory, position: number, value: unknown): void;
}

const CODECS = new WeakMap<DType, ElementCodec>();

/** The codec of a dtype that is complete (a load may still be filling it before that). */
export function codecOf(dtype: DType): ElementCodec {
  let codec = CODECS.get(dtype);
  if (codec === undefined) CODECS.set(dtype, codec = makeCodec(dtype));
  return codec;
}

function makeCodec(dtype: DType): ElementCodec {
  const little = dtype.byteOrder === "|" ? true : dtype.byteOrder === "<";
  if (dtype.ml !== null) return mlCodec(dtype, little);
  if (dtype.base !== dtype) return subarrayCodec(dtype);
  if (dtype.names !== null) return structCodec(dtype);
  switch (dtype.kind) {
    case "b":
      return {
        read: (memory, at) => memory.bytes[at] !== 0,
        write: (memory, at, value) => {
          memory.bytes[at] = truth(value) ? 1 : 0;
        },
      };
    case "i":
    case "u":
      return integerCodec(dtype, little);
    case "f":
      return floatCodec(dtype.itemsize, little);
    case "c":
      return complexCodec(dtype, little);
    case "M":
    case "m":
      return {
        read: (memory, at) => memory.view.getBigInt64(at, little),
        write: (memory, at, value) =>
          memory.view.setBigInt64(
            at,
            encodeDate(dtype, value) ?? wholeNumber(value, dtype),
            little,
          ),
      };
    case "S":
      return bytesCodec(dtype.itemsize);
    case "U":
      return textCodec(dtype.itemsize, little);
    case "V":
      return voidCodec(dtype.itemsize);
  }
  return objectCodec(dtype);
}

const GETTERS = {
  i1: "getInt8",
  i2: "getInt16",
  i4: "getInt32",
  i8: "getBigInt64",
  u1: "getUint8",
  u2: "getUint16",
  u4: "getUint32",
  u8: "getBigUint64",
} as const;

function integerCodec(dtype: DType, little: boolean): ElementCodec {
  const key = `${dtype.kind}${dtype.itemsize}` as keyof typeof GETTERS;
  const getter = GETTERS[key];
  const setter = getter.replace("get", "set") as "setInt32";
  const signed = dtype.kind === "i";
  const bits = BigInt(8 * dtype.itemsize);
  const low = signed ? -(1n << (bits - 1n)) : 0n;
  const high = (1n << (signed ? bits - 1n : bits)) - 1n;
  const wide = dtype.itemsize === 8;
  return {
    read: (memory, at) => memory.view[getter](at, little),
    write: (memory, at, value) => {
      const whole = wholeNumber(value, dtype);
      if (whole < low || whole > high) {
        throw new RangeError(
          `Cannot store ${String(value)} as ${dtype}: it holds ${low} to ${high}`,
        );
      }
      memory.view[setter](at, (wide ? whole : Number(whole)) as number, little);
    },
  };
}

function floatCodec(itemsize: number, little: boolean): ElementCodec {
  switch (itemsize) {
    case 2:
      return {
        read: (memory, at) => decodeFloat16(memory.view.getUint16(at, little)),
        write: (memory, at, value) =>
          memory.view.setUint16(at, encodeFloat16(realNumber(value)), little),
      };
    case 4:
      return {
        read: (memory, at) => memory.view.getFloat32(at, little),
        write: (memory, at, value) => memory.view.setFloat32(at, realNumber(value), little),
      };
    case 8:
      return {
        read: (memory, at) => memory.view.getFloat64(at, little),
        write: (memory, at, value) => memory.view.setFloat64(at, realNumber(value), little),
      };
  }
  return {
    read: (memory, at) => decodeLongdouble(memory.view, at, little),
    write: (memory, at, value) => {
      if (copyDigits(memory, at, value, "f16", little)) return;
      encodeLongdouble(memory.view, at, little, realNumber(value));
    },
  };
}

function complexCodec(dtype: DType, little: boolean): ElementCodec {
  const half = dtype.itemsize / 2;
  const part = floatCodec(half, little);
  return {
    read: (memory, at) =>
      new PyComplex(part.read(memory, at) as number, part.read(memory, at + half) as number),
    write: (memory, at, value) => {
      if (dtype.itemsize === 32 && copyDigits(memory, at, value, "c32", little)) return;
      const given = hasValue(value) ? value.value : value;
      const pair = given instanceof PyComplex ? given : new PyComplex(realNumber(given), 0);
      part.write(memory, at, pair.re);
      part.write(memory, at + half, pair.im);
    },
  };
}

function mlCodec(dtype: DType, little: boolean): ElementCodec {
  const format = mlFormat(dtype.ml!)!;
  if (format.itemsize === 2) {
    return {
      read: (memory, at) => decodeMl(format, memory.view.getUint16(at, little)),
      write: (memory, at, value) =>
        memory.view.setUint16(at, encodeMl(format, realNumber(value)), little),
    };
  }
  return {
    read: (memory, at) => decodeMl(format, memory.bytes[at]),
    write: (memory, at, value) => {
      memory.bytes[at] = encodeMl(format, realNumber(value));
    },
  };
}

function bytesCodec(itemsize: number): ElementCodec {
  return {
    read: ({ bytes }, at) => {
      let end = at + itemsize;
      while (end > at && bytes[end - 1] === 0) end--;
      return latin1(bytes, at, end);
    },
    write: ({ bytes }, at, value) => {
      bytes.fill(0, at, at + itemsize);
      if (value instanceof Uint8Array) {
        bytes.set(value.subarray(0, itemsize), at);
        return;
      }
      const text = String(value);
      for (let i = 0; i < Math.min(text.length, itemsize); i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0xff) throw new RangeError(`Cannot store "${text}" as bytes: it is not latin-1`);
        bytes[at + i] = unit;
      }
    },
  };
}

function textCodec(itemsize: number, little: boolean): ElementCodec {
  return {
    read: ({ view }, at) => {
      let end = at + itemsize;
      while (end > at && view.getUint32(end - 4, little) === 0) end -= 4;
      let text = "";
      for (let i = at; i < end; i += 4) text += String.fromCodePoint(view.getUint32(i, little));
      return text;
    },
    write: ({ view, bytes }, at, value) => {
      bytes.fill(0, at, at + itemsize);
      let i = at;
      for (const char of String(value)) {
        if (i === at + itemsize) break; // numpy cuts longer text as well
        view.setUint32(i, char.codePointAt(0)!, little);
        i += 4;
      }
    },
  };
}

function voidCodec(itemsize: number): ElementCodec {
  return {
    read: ({ bytes }, at) => bytes.slice(at, at + itemsize),
    write: ({ bytes }, at, value) => {
      if (!(value instanceof Uint8Array)) throw new TypeError("Cannot store as void: not bytes");
      bytes.fill(0, at, at + itemsize);
      bytes.set(value.subarray(0, itemsize), at);
    },
  };
}

function objectCodec(dtype: DType): ElementCodec {
  const itemsize = dtype.itemsize;
  return {
    read: ({ bytes, view, objects }, at) =>
      objects![bytes.length === 0 ? at / itemsize : view.getUint32(at, true)],
    write: ({ bytes, view, objects }, at, value) => {
      if (bytes.length === 0) objects![at / itemsize] = value;
      else view.setUint32(at, objects!.push(value) - 1, true);
    },
  };
}

function subarrayCodec(dtype: DType): ElementCodec {
  const { base, shape } = dtype;
  const byteStrides = packedStrides(shape, base.itemsize, "C");
  const view = (memory: Memory, byteOffset: number) =>
    NDArray.over(memory, { dtype: base, shape, byteStrides, byteOffset });
  return {
    read: view,
    write: (memory, at, value) => view(memory, at).fill(value),
  };
}

function structCodec(dtype: DType): ElementCodec {
  const names = dtype.names!;
  const fields = names.map((name) => dtype.fields!.get(name)!);
  return {
    read: (memory, at) => {
      const record: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) {
        const { dtype: type, offset } = fields[i];
        setOwn(record, names[i], codecOf(type).read(memory, at + offset));
      }
      return record;
    },
    write: (memory, at, value) => {
      const listed = Array.isArray(value);
      if (!(listed ? value.length === names.length : isPlainObject(value))) {
        throw new TypeError(`Cannot store as a struct of ${names.length} fields: ${String(value)}`);
      }
      for (let i = 0; i < names.length; i++) {
        const part = listed ? value[i] : (value as Record<string, unknown>)[names[i]];
        codecOf(fields[i].dtype).write(memory, at + fields[i].offset, part);
      }
    },
  };
}

/** Python's truth of a simple value. */
function truth(value: unknown): boolean {
  return value instanceof Number ? Number(value) !== 0 : Boolean(value);
}

/** A real number for a float, or a TypeError. */
function realNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint" || typeof value === "boolean" || value instanceof Number) {
    return Number(value);
  }
  if (hasValue(value)) return realNumber(value.value);
  throw new TypeError(`Cannot store as a number: ${String(value)}`);
}

/** A whole number for an integer, cut towards zero as numpy does, or an error. */
function wholeNumber(value: unknown, dtype: DType): bigint {
  if (typeof value === "bigint") return value;
  if (hasValue(value)) return wholeNumber(value.value, dtype);
  const number = realNumber(value);
  if (!Number.isFinite(number)) throw new RangeError(`Cannot store ${number} as ${dtype}`);
  return BigInt(Math.trunc(number));
}

/** Store a longdouble scalar by its bytes: a number would lose digits. */
function copyDigits(
  memory: Memory,
  at: number,
  value: unknown,
  type: string,
  little: boolean,
): boolean {
  if (!hasValue(value)) return false;
  const { dtype, bytes } = value;
  if (bytes === undefined || `${dtype.kind}${dtype.itemsize}` !== type) return false;
  const target = memory.bytes.subarray(at, at + bytes.length);
  target.set(bytes);
  if (little !== (dtype.byteOrder === "<")) swapBytes(target, 16);
  return true;
}

/** A numpy scalar; told by its shape because scalar.ts stands above this file. */
function hasValue(value: unknown): value is { value: unknown; dtype: DType; bytes?: Uint8Array } {
  return typeof value === "object" && value !== null && "dtype" in value && "value" in value;
}
