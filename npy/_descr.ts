/**
 * The `descr` of a `.npy` header: what numpy writes for a dtype, and back. Padding between the fields of
 * a struct is nameless void fields there. The byte-order sign that only ml_dtypes puts in front of `V2`
 * and `f1` tells bfloat16 and float8_e5m2, for which numpy has no name of its own.
 */
import { DType, partsOf } from "../numpy/dtype.ts";
import { shapeText } from "../numpy/dtype_text.ts";
import { PyTuple } from "../pickle/values.ts";
import type { Literal } from "./literal.ts";

/** Dimensions that numpy allows a sub-array. */
const MAX_NDIM = 64;

/** What stands behind the sign of byte order, by the type of ml_dtypes. */
const ML_CODES: Readonly<Record<string, string>> = { bfloat16: "V2", float8_e5m2: "f1" };

/** The dtype of a `descr` literal. @throws TypeError or RangeError for what numpy refuses */
export function dtypeOfDescr(descr: Literal): DType {
  if (typeof descr === "string") return scalarType(descr);
  if (descr instanceof PyTuple) {
    if (descr.length !== 2) throw new TypeError("a tuple is no pair of type and shape");
    return DType.subarray(dtypeOfDescr(descr[0] as Literal), subShape(descr[1] as Literal));
  }
  if (!Array.isArray(descr)) throw new TypeError("it is neither a string nor a list");
  return structType(descr);
}

/** What numpy refuses and DType.from lets pass: empty parts, two shapes, an order before a name, dates without their size. */
const LAX = /^[\s,]|,\s*,|\(\s*,|\)\s*\(|^[<>=|][A-Za-z]{2}|^[<>=|]?[mM]\[/;

function scalarType(text: string): DType {
  if (LAX.test(text)) throw new TypeError(`numpy has no type "${text}"`);
  const ml = /^([<>])V2$|^([<>=|]?)f1$/.exec(text);
  if (ml === null) return DType.from(text);
  const dtype = DType.from(ml[1] === undefined ? "float8_e5m2" : "bfloat16");
  return ml[1] === ">" ? dtype.newByteOrder(">") : dtype;
}

function structType(list: readonly Literal[]): DType {
  const names: string[] = [];
  const titles: (string | null)[] = [];
  const formats: DType[] = [];
  const offsets: number[] = [];
  const taken = new Set<string>();
  let itemsize = 0;
  for (const field of list) {
    const { name, title, dtype } = readField(field);
    // a sub-array too, whatever its elements are
    const padding = name === "" && title === null && dtype.kind === "V" && dtype.names === null &&
      dtype.ml === null;
    if (!padding) {
      for (const label of title === null ? [name] : [name, title]) {
        if (taken.has(label)) throw new TypeError(`the name "${label}" occurs twice`);
        taken.add(label);
      }
      names.push(name);
      titles.push(title);
      formats.push(dtype);
      offsets.push(itemsize);
    }
    itemsize += dtype.itemsize;
  }
  const dtype = DType.from({ names, formats, offsets, titles, itemsize });
  const unnamed = names.indexOf("");
  if (unnamed < 0) return dtype;
  // numpy keeps such a name where the offsets are given; elsewhere it makes one up
  const fields = new Map([...dtype.fields!.values()].map((field, i) => [names[i], field]));
  return new DType({ ...partsOf(dtype), names, fields });
}

function readField(field: Literal): { name: string; title: string | null; dtype: DType } {
  if (!(field instanceof PyTuple) || field.length < 2 || field.length > 3) {
    throw new TypeError("a field is no tuple of name, type and perhaps shape");
  }
  const [label, type, shape] = field as Literal[];
  const [title, name] = label instanceof PyTuple && label.length === 2 ? label : [null, label];
  if (typeof name !== "string") throw new TypeError("a field has no name");
  if (title !== null && typeof title !== "string") throw new TypeError("a title is no string");
  const dtype = dtypeOfDescr(type);
  return {
    name,
    title,
    dtype: shape === undefined ? dtype : DType.subarray(dtype, subShape(shape)),
  };
}

function subShape(shape: Literal): number[] {
  const lengths = typeof shape === "number" ? [shape] : shape;
  if (!(lengths instanceof PyTuple) && typeof shape !== "number") {
    throw new TypeError("the shape of a field is no tuple");
  }
  const list = lengths as number[];
  if (list.length > MAX_NDIM) throw new RangeError(`a field has ${list.length} dimensions`);
  for (const length of list) {
    if (!isLength(length)) throw new RangeError(`a field has an axis of length ${String(length)}`);
  }
  return [...list];
}

/** Whether a value can be the length of an axis. */
export function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/** The `descr` of a dtype as it stands in a header. @throws TypeError for a struct whose fields are not in order */
export function descrText(dtype: DType): string {
  if (dtype.base !== dtype) return `(${descrText(dtype.base)}, ${shapeText(dtype.shape)})`;
  if (dtype.names === null) return pyQuote(scalarDescr(dtype));
  const items: string[] = [];
  let end = 0;
  for (const name of dtype.names) {
    const { dtype: type, offset, title } = dtype.fields!.get(name)!;
    if (offset < end) {
      throw new TypeError(
        `Cannot write a .npy header: the fields of ${dtype} overlap or are out of order`,
      );
    }
    if (offset > end) items.push(`('', '|V${offset - end}')`);
    if (title !== undefined && title !== null && typeof title !== "string") {
      throw new TypeError(`Cannot write a .npy header: the title of field "${name}" is no string`);
    }
    const label = typeof title === "string"
      ? `(${pyQuote(title)}, ${pyQuote(name)})`
      : pyQuote(name);
    const shape = type.base === type ? "" : `, ${shapeText(type.shape)}`;
    items.push(`(${label}, ${descrText(type.base)}${shape})`);
    end = offset + type.itemsize;
  }
  if (dtype.itemsize > end) items.push(`('', '|V${dtype.itemsize - end}')`);
  return `[${items.join(", ")}]`;
}

function scalarDescr(dtype: DType): string {
  if (dtype.kind === "T") return "|O";
  if (dtype.ml === null) return dtype.str;
  return `${dtype.byteOrder}${ML_CODES[dtype.ml] ?? "V1"}`;
}

/** Whether a dtype, or one inside of it, carries metadata, which a header has no room for. */
export function hasMetadata(dtype: DType): boolean {
  if (dtype.metadata !== null) return true;
  if (dtype.base !== dtype) return hasMetadata(dtype.base);
  for (const field of dtype.fields?.values() ?? []) if (hasMetadata(field.dtype)) return true;
  return false;
}

/** Python's `repr` of a string. */
export function pyQuote(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let quoted = "";
  for (const char of text) {
    if (char === quote || char === "\\") quoted += `\\${char}`;
    else quoted += char === " " || !/[\p{C}\p{Z}]/u.test(char) ? char : escaped(char);
  }
  return quote + quoted + quote;
}

function escaped(char: string): string {
  const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  if (char in short) return short[char];
  const point = char.codePointAt(0)!;
  const hex = point.toString(16);
  if (point < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
