/**
 * Layout of structured dtypes: from a list of fields or numpy's dict form to offsets and sizes.
 * Packed unless `align` asks for C's padding; given offsets win and may overlap.
 */
import { DType, type DTypeField, type DTypeLike, type DTypeParts } from "./dtype.ts";

/** One field as numpy's `descr` has it: name (or [title, name]), type, and shape for a sub-array. */
export type FieldSpec =
  | readonly [name: string | readonly [title: string, name: string], type: DTypeLike]
  | readonly [
    name: string | readonly [title: string, name: string],
    type: DTypeLike,
    shape: number | readonly number[],
  ];

/** numpy's dict form of a structured dtype. */
export interface StructSpec {
  /** Names of the fields. */
  names: readonly string[];
  /** Types of the fields. */
  formats: readonly DTypeLike[];
  /** Bytes from the start of the element to each field. @default one after the other */
  offsets?: readonly number[];
  /** Second names of the fields. @default none */
  titles?: readonly (string | null | undefined)[];
  /** Bytes of an element. @default up to the end of the last field */
  itemsize?: number;
  /** Pad as in C. @default false */
  aligned?: boolean;
}

/** numpy's NPY_FROM_FIELDS: flags that a struct takes over from its fields. */
const FROM_FIELDS = 27;
/** Flag that every struct has. */
const NEEDS_PYAPI = 16;
/** Flag of a struct that is laid out as in C. */
const ALIGNED = 0x80;

interface PlainField {
  name: string;
  dtype: DType;
  offset?: number;
  title?: unknown;
}

/** Offsets, size and flags of a struct. @throws TypeError when the fields make none */
export function layoutStruct(
  spec: readonly FieldSpec[] | StructSpec,
  align: boolean,
): DTypeParts {
  const listed = Array.isArray(spec);
  const dict = spec as StructSpec;
  const aligned = align || (!listed && dict.aligned === true);
  const plain = listed
    ? (spec as readonly FieldSpec[]).map((field) => fromList(field, aligned))
    : fromDict(dict, aligned);
  const fields = new Map<string, DTypeField>();
  let end = 0;
  let alignment = 1;
  let flags = NEEDS_PYAPI | (aligned ? ALIGNED : 0);
  for (const [i, { name, dtype, offset, title }] of plain.entries()) {
    const key = name === "" ? `f${i}` : name;
    if (fields.has(key)) throw new TypeError(`Cannot make a dtype: field "${key}" occurs twice`);
    const start = offset ?? (aligned ? roundUp(end, dtype.alignment) : end);
    fields.set(key, { dtype, offset: start, ...(title == null ? {} : { title }) });
    end = Math.max(end, start + dtype.itemsize);
    if (aligned) alignment = Math.max(alignment, dtype.alignment);
    flags |= dtype.flags & FROM_FIELDS;
  }
  let itemsize = aligned ? roundUp(end, alignment) : end;
  if (!listed && dict.itemsize !== undefined) {
    if (dict.itemsize < end) {
      throw new TypeError(`Cannot make a dtype: itemsize ${dict.itemsize} ends before ${end}`);
    }
    itemsize = dict.itemsize;
  }
  return {
    kind: "V",
    char: "V",
    itemsize,
    byteOrder: "|",
    alignment,
    flags,
    names: [...fields.keys()],
    fields,
  };
}

/** Flags of a struct with these fields, where a pickle does not tell them. */
export function structFlags(fields: Iterable<DTypeField>): number {
  let flags = NEEDS_PYAPI;
  for (const { dtype } of fields) flags |= dtype.flags & FROM_FIELDS;
  return flags;
}

function fromList(
  field: FieldSpec,
  align: boolean,
): PlainField {
  if (!Array.isArray(field) || field.length < 2 || field.length > 3) {
    throw new TypeError(`Cannot make a dtype: a field is [name, type] or [name, type, shape]`);
  }
  const [label, type, shape] = field as readonly [unknown, DTypeLike, unknown?];
  const [title, name] = Array.isArray(label) ? label : [undefined, label];
  if (typeof name !== "string") throw new TypeError("Cannot make a dtype: a field has no name");
  const dtype = withShape(DType.from(type, { align }), shape);
  return { name, dtype, title };
}

function fromDict(
  spec: StructSpec,
  align: boolean,
): PlainField[] {
  const { names, formats, offsets, titles } = spec;
  if (!Array.isArray(names) || !Array.isArray(formats) || names.length !== formats.length) {
    throw new TypeError("Cannot make a dtype: names and formats must be lists of one length");
  }
  return names.map((name: string, i): PlainField => {
    const field: PlainField = {
      name,
      dtype: DType.from(formats[i], { align }),
      title: titles?.[i],
    };
    if (offsets !== undefined) field.offset = offsets[i];
    return field;
  });
}

function withShape(dtype: DType, shape: unknown): DType {
  if (shape === undefined) return dtype;
  const lengths = typeof shape === "number" ? [shape] : shape as readonly number[];
  if (!Array.isArray(lengths) || !lengths.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new TypeError(`Cannot make a dtype: ${String(shape)} is no shape`);
  }
  if (lengths.length === 0) return dtype;
  return DType.subarray(dtype, lengths);
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
