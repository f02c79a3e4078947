/**
 * `numpy.dtype`: what the bytes of an array's element mean.
 * Built-in native types are one object each, as in numpy; a dtype that came out of a pickle is an
 * object of its own, because sharing decides what the next dump writes.
 */
import { NATIVE_ORDER } from "../bytes/byte_order.ts";
import type { DumpContext, LoadContext, Reduction } from "../pickle/context.ts";
import { defineInspect } from "../pickle/protocols.ts";
import { PyGlobal, type PyTuple } from "../pickle/values.ts";
import { dtypeReduction, setDTypeState } from "./dtype_pickle.ts";
import { type ByteOrder, parseScalarType, type ScalarParts, stringParts } from "./dtype_parse.ts";
import { descrOf, dtypesEqual, dtypeText } from "./dtype_text.ts";
import { type FieldSpec, layoutStruct, type StructSpec } from "./dtype_struct.ts";
import { elementCount } from "./strides.ts";

export type { ByteOrder } from "./dtype_parse.ts";
export type { FieldSpec, StructSpec } from "./dtype_struct.ts";

/** A field of a structured dtype. */
export interface DTypeField {
  /** Type of the field. */
  readonly dtype: DType;
  /** Bytes from the start of the element. */
  readonly offset: number;
  /** A second name of the field (numpy's title), mostly absent. */
  readonly title?: unknown;
}

/** Everything that {@link DType.from} understands. */
export type DTypeLike = DType | string | readonly FieldSpec[] | StructSpec;

/** Settings of {@link DType.from}. */
export interface DTypeOptions {
  /** Pad the fields of a struct as a C compiler would. @default false */
  align?: boolean;
  /** A dict to carry along; numpy keeps it in pickles. @default none */
  metadata?: Record<string, unknown> | Map<unknown, unknown>;
}

/** What a dtype is made of. */
export interface DTypeParts extends ScalarParts {
  /** Names of the fields, in order. */
  names?: readonly string[];
  /** The fields by name. */
  fields?: ReadonlyMap<string, DTypeField>;
  /** Element type and shape of a sub-array type. */
  subarray?: { base: DType; shape: readonly number[] };
  /** A dict that numpy carries along. */
  metadata?: Record<string, unknown> | Map<unknown, unknown>;
  /** The scalar class where it is not numpy's own: `numpy.record` or one of ml_dtypes. */
  scalarType?: PyGlobal;
  /** StringDType: what stands for a missing string. */
  naObject?: { value: unknown };
  /** StringDType: whether other values are turned into strings. */
  coerce?: boolean;
}

/** What a load keeps so that the next dump shares the same objects. */
interface PickleParts {
  names?: PyTuple;
  fields?: Map<unknown, unknown>;
  shape?: PyTuple;
}

/**
 * The type of an array's elements.
 *
 * @example A struct type
 * ```ts
 * import assert from "node:assert/strict";
 * import { DType } from "@larder/joblib/numpy";
 *
 * const point = DType.from([["x", "<f4"], ["y", "<f4"]]);
 * assert.equal(point.itemsize, 8);
 * assert.equal(point.fields?.get("y")?.offset, 4);
 * assert.equal(DType.from("f8"), DType.from("float64"));
 * ```
 */
export class DType {
  /** numpy's kind: `b i u f c S U V M m O`, `T` for StringDType. Structs and ml_dtypes are `V`. */
  readonly kind: string;
  /** numpy's one-letter code, such as `d`. */
  readonly char: string;
  /** Bytes of an element. */
  readonly itemsize: number;
  /** `<` little-endian, `>` big-endian, `|` where it has no meaning. */
  readonly byteOrder: ByteOrder;
  /** Bytes on whose multiple C aligns an element. */
  readonly alignment: number;
  /** numpy's flags, as they stand in pickles. */
  readonly flags: number;
  /** Names of the fields of a struct, else null. */
  readonly names: readonly string[] | null;
  /** Fields of a struct by name, else null. */
  readonly fields: ReadonlyMap<string, DTypeField> | null;
  /** Shape of a sub-array type, else empty. */
  readonly shape: readonly number[];
  /** Element type of a sub-array type, else this type. */
  readonly base: DType;
  /** Unit of datetime64 and timedelta64, such as `ns` or `10s`, else null. */
  readonly unit: string | null;
  /** The dict that numpy carries along, else null. */
  readonly metadata: Record<string, unknown> | Map<unknown, unknown> | null;
  /** Name of the ml_dtypes type, such as `bfloat16`, else null. */
  readonly ml: string | null;
  /** Scalar class where it is not numpy's own: `numpy.record` or one of ml_dtypes. */
  readonly scalarType: PyGlobal | null;
  /** StringDType: what stands for a missing string, in a box; null without one. */
  readonly naObject: { readonly value: unknown } | null;
  /** StringDType: whether other values are turned into strings. */
  readonly coerce: boolean;
  #pickle: PickleParts = {};

  static {
    defineInspect(this.prototype, function () {
      return `dtype(${dtypeText(this, true)})`;
    });
  }

  /** Make a dtype of its parts; {@link DType.from} is what most callers want. */
  constructor(parts: DTypeParts) {
    this.kind = parts.kind;
    this.char = parts.char;
    this.itemsize = parts.itemsize;
    this.byteOrder = parts.byteOrder;
    this.alignment = parts.alignment;
    this.flags = parts.flags;
    this.names = parts.names ?? null;
    this.fields = parts.fields ?? null;
    this.shape = parts.subarray?.shape ?? [];
    this.base = parts.subarray?.base ?? this;
    this.unit = parts.unit ?? null;
    this.metadata = parts.metadata ?? null;
    this.ml = parts.ml ?? null;
    this.scalarType = parts.scalarType ??
      (parts.ml === undefined ? null : new PyGlobal("ml_dtypes", parts.ml));
    this.naObject = parts.naObject ?? null;
    this.coerce = parts.coerce ?? true;
  }

  /**
   * The dtype of a type string (`<f8`, `float64`, `U5`, `M8[ns]`, `bfloat16`, `i4,f8`, `(2,3)f8`),
   * of a list of fields `[name, type, shape?]`, or of `{ names, formats, offsets, … }`.
   *
   * @throws TypeError when numpy has no such type
   */
  static from(type: DTypeLike, options: DTypeOptions = {}): DType {
    let dtype: DType;
    if (type instanceof DType) dtype = type;
    else if (typeof type === "string") dtype = fromString(type, options);
    else if (typeof type === "object" && type !== null) {
      dtype = new DType(layoutStruct(type, options.align ?? false));
    } else throw new TypeError(`Cannot make a dtype of ${String(type)}`);
    return options.metadata === undefined
      ? dtype
      : new DType({ ...partsOf(dtype), metadata: options.metadata });
  }

  /** A sub-array type: every element is an array of `shape`. */
  static subarray(base: DType, shape: readonly number[]): DType {
    if (shape.length === 0) return base;
    return new DType({
      kind: "V",
      char: "V",
      itemsize: base.itemsize * elementCount(shape),
      byteOrder: "|",
      alignment: base.alignment,
      flags: base.flags,
      subarray: { base, shape },
    });
  }

  /** numpy's StringDType. `naObject` is what stands for a missing string. */
  static string(options: { naObject?: { value: unknown }; coerce?: boolean } = {}): DType {
    return new DType({ ...stringParts(), ...options });
  }

  /** numpy's type string, such as `<f8`, `|b1`, `<U5`, `<M8[ns]`; structs are `|V12`. */
  get str(): string {
    const size = this.kind === "U" ? this.itemsize / 4 : this.itemsize;
    const unit = this.unit === null || this.unit === "generic" ? "" : `[${this.unit}]`;
    return this.kind === "O" ? "|O" : `${this.byteOrder}${this.kind}${size}${unit}`;
  }

  /** numpy's name, such as `float64`, `str160`, `datetime64[ns]`, `bfloat16`. */
  get name(): string {
    return nameOf(this);
  }

  /** The list of fields that makes this dtype again (a type string for others), as numpy's `descr`. */
  get descr(): string | FieldSpec[] {
    return descrOf(this);
  }

  /** Whether numbers are in this machine's byte order, in all fields. */
  get isNative(): boolean {
    if (this.fields !== null) {
      for (const field of this.fields.values()) if (!field.dtype.isNative) return false;
      return true;
    }
    if (this.base !== this) return this.base.isNative;
    return this.byteOrder === "|" || this.byteOrder === NATIVE_ORDER;
  }

  /** Whether elements are, or contain, Python objects or strings of any length. */
  get hasObject(): boolean {
    return (this.flags & 1) !== 0;
  }

  /** Whether the fields of a struct are padded as in C. */
  get aligned(): boolean {
    return (this.flags & 0x80) !== 0;
  }

  /** Whether elements are `numpy.record`s. */
  get isRecord(): boolean {
    return this.scalarType !== null && this.ml === null;
  }

  /** Second names of the fields in order (undefined where there is none), null for other types. */
  get titles(): unknown[] | null {
    return this.names?.map((name) => this.fields!.get(name)!.title) ?? null;
  }

  /** The same type in another byte order, fields included; "S" swaps. */
  newByteOrder(order: "<" | ">" | "=" | "S" = "S"): DType {
    const parts = partsOf(this);
    parts.byteOrder = reordered(this.byteOrder, order);
    if (this.fields !== null) {
      const fields = new Map<string, DTypeField>();
      for (const [name, field] of this.fields) {
        fields.set(name, { ...field, dtype: field.dtype.newByteOrder(order) });
      }
      parts.fields = fields;
    }
    if (this.base !== this) {
      parts.subarray = { base: this.base.newByteOrder(order), shape: this.shape };
    }
    return new DType(parts);
  }

  /** Whether the elements mean the same: numpy's `==`. Metadata has no say. */
  equals(other: DTypeLike): boolean {
    return dtypesEqual(this, other instanceof DType ? other : DType.from(other));
  }

  /** numpy's `str()` of the dtype, such as `float64`, `>i4` or `[('a', '<i4')]`. */
  toString(): string {
    return dtypeText(this);
  }

  /** What `JSON.stringify` takes for it: {@linkcode descr}. */
  toJSON(): string | FieldSpec[] {
    return this.descr;
  }

  /**
   * The objects that stand for the parts in a pickle; kept, because Python keeps them.
   * @internal
   */
  get pickleParts(): PickleParts {
    return this.#pickle;
  }

  /** BUILD of a pickle. */
  __setstate__(state: unknown, context: LoadContext): void {
    setDTypeState(this, state, context);
  }

  /** `dtype.__reduce__`. */
  __reduce__(_context: DumpContext): Reduction {
    return dtypeReduction(this);
  }

  /** Equal dtypes are one key. */
  __hashkey__(): string {
    return `\u0000dtype:${dtypeText(this)}`;
  }
}

/** The parts of a dtype, to make a varied one of. */
export function partsOf(dtype: DType): DTypeParts {
  return {
    kind: dtype.kind,
    char: dtype.char,
    itemsize: dtype.itemsize,
    byteOrder: dtype.byteOrder,
    alignment: dtype.alignment,
    flags: dtype.flags,
    ...(dtype.names && { names: dtype.names }),
    ...(dtype.fields && { fields: dtype.fields }),
    ...(dtype.base !== dtype && { subarray: { base: dtype.base, shape: dtype.shape } }),
    ...(dtype.unit !== null && { unit: dtype.unit }),
    ...(dtype.metadata && { metadata: dtype.metadata }),
    ...(dtype.ml !== null && { ml: dtype.ml }),
    ...(dtype.scalarType && { scalarType: dtype.scalarType }),
    ...(dtype.naObject && { naObject: dtype.naObject }),
    coerce: dtype.coerce,
  };
}

/** Built-in native types, one object each. */
const BUILT_IN = new Map<string, DType>();
/** The same by spellings that were parsed before, of which files can't bring more than these. */
const SPELLED = new Map<string, DType>();
const MOST_SPELLED = 256;

function fromString(text: string, options: DTypeOptions): DType {
  const known = SPELLED.get(text);
  if (known !== undefined) return known;
  const parts = parseScalarType(text);
  if (parts !== undefined) {
    const flexible = "SUV".includes(parts.kind) && parts.ml === undefined && parts.itemsize > 0;
    const foreign = parts.byteOrder !== "|" && parts.byteOrder !== NATIVE_ORDER;
    const dated = parts.unit !== undefined && parts.unit !== "generic";
    if (flexible || foreign || dated) return new DType(parts);
    const key = parts.ml ?? `${parts.kind}${parts.itemsize}`;
    let dtype = BUILT_IN.get(key);
    if (dtype === undefined) BUILT_IN.set(key, dtype = new DType(parts));
    if (SPELLED.size < MOST_SPELLED) SPELLED.set(text, dtype);
    return dtype;
  }
  if (text === "T" || text === "StringDType()" || text === "StringDType") return DType.string();
  const pieces = splitFields(text);
  if (pieces.length > 1) {
    const formats = pieces.filter((piece) => piece !== "");
    return DType.from(formats.map((format, i): FieldSpec => [`f${i}`, format]), options);
  }
  const repeated = /^(\d+|\([\d, ]*\))(.+)$/.exec(text.trim());
  if (repeated !== null) {
    const shape = (repeated[1].match(/\d+/g) ?? []).map(Number);
    return DType.subarray(fromString(repeated[2], options), shape);
  }
  throw new TypeError(`Cannot make a dtype of "${text}": numpy has no such type`);
}

/** Split at commas outside of parentheses. */
function splitFields(text: string): string[] {
  const pieces = [""];
  let depth = 0;
  for (const char of text) {
    if (char === "(") depth++;
    else if (char === ")") depth--;
    if (char === "," && depth === 0) pieces.push("");
    else pieces[pieces.length - 1] += char;
  }
  return pieces.map((piece) => piece.trim());
}

function reordered(from: ByteOrder, order: "<" | ">" | "=" | "S"): ByteOrder {
  if (from === "|") return from;
  if (order === "=") return NATIVE_ORDER;
  if (order === "S") return from === "<" ? ">" : "<";
  return order;
}

function nameOf(dtype: DType): string {
  const bits = 8 * dtype.itemsize;
  const sized = (word: string) => bits === 0 ? word : `${word}${bits}`;
  if (dtype.ml !== null) return dtype.ml;
  switch (dtype.kind) {
    case "b":
      return "bool";
    case "i":
      return `int${bits}`;
    case "u":
      return `uint${bits}`;
    case "f":
      return `float${bits}`;
    case "c":
      return `complex${bits}`;
    case "S":
      return sized("bytes");
    case "U":
      return sized("str");
    case "O":
      return "object";
    case "T":
      return `StringDType${bits}`;
    case "M":
    case "m": {
      const word = dtype.kind === "M" ? "datetime64" : "timedelta64";
      return dtype.unit === "generic" ? word : `${word}[${dtype.unit}]`;
    }
  }
  return sized(dtype.isRecord ? "record" : "void");
}
