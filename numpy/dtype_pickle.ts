/**
 * How a dtype is spelled in a pickle: `dtype(typestr, False, True)` and a state tuple of 5 to 9 items
 * (numpy has had versions 0 to 4). The names tuple and the fields dict are kept on the dtype, since
 * Python's dtype keeps them and the memo of a pickle shows it.
 */
import { NATIVE_ORDER } from "../bytes/byte_order.ts";
import { sharedBytes } from "../bytes/shared_bytes.ts";
import { FreshString, INERT, type LoadContext, type Reduction } from "../pickle/context.ts";
import { separateTexts } from "../pickle/string_identity.ts";
import { isPlainObject, PyGlobal, PyTuple, tuple } from "../pickle/values.ts";
import { DType, type DTypeField, type DTypeParts, partsOf } from "./dtype.ts";
import { isUnit, parseScalarType, scalarParts, splitUnit, unitText } from "./dtype_parse.ts";
import { structFlags } from "./dtype_struct.ts";
import { mlFormat } from "./ml_dtypes.ts";
import { asCount, asInteger, asText, type Mutable, shapeOf } from "./pickle_values.ts";

const DTYPE = new PyGlobal("numpy", "dtype");
const RECORD = new PyGlobal("numpy", "record");
const STRING_DTYPE = new PyGlobal("numpy._core._internal", "_convert_to_stringdtype_kwargs");

/** Modules that ml_dtypes' classes are known by. */
const ML_MODULES: ReadonlySet<string> = new Set(["ml_dtypes", "ml_dtypes._ml_dtypes_ext"]);
const RECORD_NAMES: ReadonlySet<string> = new Set(
  ["numpy.record", "numpy.rec.record", "numpy._core.records.record", "numpy.core.records.record"],
);

/** `numpy.dtype(type, align, copy)`: a dtype that waits for its state. */
export function constructDType(args: PyTuple, context: LoadContext): DType | typeof INERT {
  const type = args[0];
  if (type instanceof DType) return new DType(partsOf(type));
  if (type instanceof PyGlobal) {
    if (RECORD_NAMES.has(type.className)) {
      return new DType({ ...scalarParts("V", 0, "|")!, scalarType: RECORD });
    }
    if (ML_MODULES.has(type.module) && mlFormat(type.name) !== undefined) {
      return new DType({ ...parseScalarType(type.name)!, scalarType: type });
    }
    const parts = type.module === "numpy" ? parseScalarType(type.name) : undefined;
    return parts === undefined ? INERT : new DType(parts);
  }
  const text = asText(type, context);
  if (text === undefined) return INERT;
  const parts = parseScalarType(text);
  if (parts === undefined) throw context.fail(`Cannot make a dtype of "${text}"`, "numpy.dtype");
  return new DType(parts);
}

/** `_convert_to_stringdtype_kwargs(coerce[, na_object])`. */
export function constructStringDType(args: PyTuple): DType | typeof INERT {
  if (args.length < 1 || args.length > 2) return INERT;
  const coerce = args[0] !== 0 && args[0] !== false;
  return args.length === 1
    ? DType.string({ coerce })
    : DType.string({ coerce, naObject: { value: args[1] } });
}

/** `dtype.__reduce__`. */
export function dtypeReduction(dtype: DType): Reduction {
  if (dtype.kind === "T") {
    const coerce = dtype.coerce ? 1 : 0;
    return {
      callable: STRING_DTYPE,
      args: dtype.naObject === null ? [coerce] : [coerce, dtype.naObject.value],
    };
  }
  const type = dtype.scalarType ?? new FreshString(typeCode(dtype));
  return { callable: DTYPE, args: [type, false, true], state: stateOf(dtype) };
}

/** `dtype.__setstate__`. */
export function setDTypeState(dtype: DType, state: unknown, context: LoadContext): void {
  const fail = (what: string) => context.fail(`Cannot read dtype: ${what}`, "numpy.dtype");
  if (!(state instanceof PyTuple) || state.length < 5 || state.length > 9) {
    throw fail(`its state is no tuple of 5 to 9 items`);
  }
  const items: unknown[] = state.length === 5 ? [0, ...state] : [...state];
  const version = asInteger(items[0]);
  if (version === undefined || version < 0 || version > 4) {
    throw fail(`version ${String(items[0])} is not one of 0 to 4`);
  }
  // Versions 0 and 1 keep the names in the fields, under -1.
  if (items.length === 6) items.splice(3, 0, null);
  const [, endian, subarray, names, fields, elsize, alignment, flags, metadata] = items;
  const parts: DTypeParts = partsOf(dtype);
  const order = asText(endian, context);
  if (order !== "<" && order !== ">" && order !== "|" && order !== "=") {
    throw fail(`byte order ${String(endian)} is unknown`);
  }
  if (parts.byteOrder !== "|") {
    parts.byteOrder = order === "<" || order === ">" ? order : NATIVE_ORDER;
  }
  const extended = "SUV".includes(parts.kind);
  const size = asInteger(elsize);
  if (extended) {
    if (size === undefined || size < 0) throw fail(`item size ${String(elsize)}`);
    if (parts.kind === "U" && size % 4 !== 0) throw fail(`item size ${size} of a U type`);
    if (parts.ml !== undefined && size !== parts.itemsize) throw fail(`item size ${size}`);
    parts.itemsize = size;
    const aligned = asInteger(alignment);
    if (aligned === undefined || aligned < 1) throw fail(`alignment ${String(alignment)}`);
    parts.alignment = aligned;
  }
  const kept = dtype.pickleParts;
  if (subarray !== null && subarray !== undefined) {
    if (!(subarray instanceof PyTuple) || !(subarray[0] instanceof DType)) {
      throw fail("its sub-array is no pair of dtype and shape");
    }
    const shape = shapeOf(subarray[1], context, "numpy.dtype");
    parts.subarray = { base: subarray[0], shape };
    if (asCount(shape) * subarray[0].itemsize !== parts.itemsize) {
      throw fail(`item size ${parts.itemsize} is not that of its sub-array`);
    }
    parts.flags = subarray[0].flags;
    if (subarray[1] instanceof PyTuple) kept.shape = subarray[1];
  }
  if (fields !== null && fields !== undefined) {
    setFields(parts, kept, names, fields, context, fail);
  }
  const given = asInteger(flags);
  if (given !== undefined && extended) parts.flags = given & 0xff;
  if (metadata !== undefined && metadata !== null) {
    setMetadata(parts, metadata, context, fail);
  } else if (items.length < 9 && (parts.kind === "M" || parts.kind === "m")) {
    parts.unit ??= "generic";
  }
  adopt(dtype, parts);
}

/** Take over the parts; a field that holds objects must be told by the fields, not by the file's flags. */
function adopt(dtype: DType, parts: DTypeParts): void {
  if (parts.fields !== undefined) {
    parts.flags = (parts.flags & 0x80) | structFlags(parts.fields.values());
  } else if (parts.subarray !== undefined) {
    parts.flags = parts.subarray.base.flags;
  } else if (parts.ml !== undefined) {
    parts.flags = 64;
  } else if ("SUV".includes(parts.kind)) {
    parts.flags = parts.kind === "U" ? 8 : 0;
  }
  const made = new DType(parts);
  const target = dtype as Mutable<DType>;
  target.itemsize = made.itemsize;
  target.byteOrder = made.byteOrder;
  target.alignment = made.alignment;
  target.flags = made.flags;
  target.names = made.names;
  target.fields = made.fields;
  target.shape = made.shape;
  target.base = made.base === made ? dtype : made.base;
  target.unit = made.unit;
  target.metadata = made.metadata;
}

function setFields(
  parts: DTypeParts,
  kept: DType["pickleParts"],
  names: unknown,
  fields: unknown,
  context: LoadContext,
  fail: (what: string) => Error,
): void {
  const entries = new Map<unknown, unknown>();
  const pairs = fields instanceof Map
    ? fields
    : isPlainObject(fields)
    ? Object.entries(fields)
    : [];
  if (!(fields instanceof Map) && !isPlainObject(fields)) throw fail("its fields are no dict");
  let order = names;
  for (const [key, value] of pairs) {
    const text = asText(key, context);
    if (text !== undefined) entries.set(text, value);
    else if (asInteger(key) === -1) order = value;
    else entries.set(key, value);
  }
  if (!Array.isArray(order)) throw fail("its names are no tuple");
  const listed: string[] = [];
  const known = new Map<string, DTypeField>();
  for (const item of order) {
    const name = asText(item, context);
    const entry = name === undefined ? undefined : entries.get(name);
    if (name === undefined || !(entry instanceof PyTuple)) throw fail("a field has no entry");
    const [type, at, title] = entry;
    const offset = asInteger(at);
    if (!(type instanceof DType) || offset === undefined || offset < 0) {
      throw fail(`field "${name}" is no pair of dtype and offset`);
    }
    if (offset + type.itemsize > parts.itemsize) {
      throw fail(`field "${name}" ends behind the item's ${parts.itemsize} bytes`);
    }
    listed.push(name);
    known.set(name, { dtype: type, offset, ...(entry.length > 2 ? { title } : {}) });
  }
  parts.names = listed;
  parts.fields = known;
  const sameNames = order instanceof PyTuple && listed.every((name, i) => name === order[i]);
  if (sameNames) kept.names = order;
  kept.fields = fields instanceof Map && sameNames ? entries : fieldsDict(listed, known, entries);
}

/** The 9th item: `metadata`, or `(metadata, (unit, count, divisor, events))` for dates. */
function setMetadata(
  parts: DTypeParts,
  metadata: unknown,
  context: LoadContext,
  fail: (what: string) => Error,
): void {
  let dict: unknown = metadata;
  if (parts.kind === "M" || parts.kind === "m") {
    if (!(metadata instanceof PyTuple) || metadata.length !== 2) throw fail("its unit is missing");
    dict = metadata[0];
    const [name, count, divisor] = metadata[1] instanceof PyTuple ? metadata[1] : [];
    const unit = asText(name, context);
    const steps = asInteger(count);
    if (unit === undefined || !isUnit(unit) || steps === undefined || steps < 1) {
      throw fail(`unit ${String(name)} is unknown`);
    }
    if (metadata[1].length > 2 && asInteger(divisor) !== 1) {
      throw fail(`a divisor of ${String(divisor)} for its unit`);
    }
    parts.unit = unitText(unit, steps);
  }
  if (dict === null) return;
  if (!(dict instanceof Map) && !isPlainObject(dict)) throw fail("its metadata is no dict");
  parts.metadata = dict;
}

/** The type string of a reduction: without byte order and unit. */
function typeCode(dtype: DType): string {
  if (dtype.kind === "O") return "O8";
  return `${dtype.kind}${dtype.kind === "U" ? dtype.itemsize / 4 : dtype.itemsize}`;
}

function stateOf(dtype: DType): PyTuple {
  const kept = dtype.pickleParts;
  let subarray: PyTuple | null = null;
  if (dtype.base !== dtype) {
    kept.shape ??= PyTuple.from(dtype.shape) as PyTuple;
    subarray = tuple(dtype.base, kept.shape);
  }
  if (dtype.names !== null) {
    kept.names ??= PyTuple.from(dtype.names) as PyTuple;
    kept.fields ??= fieldsDict(dtype.names, dtype.fields!);
  }
  const extended = "SUV".includes(dtype.kind);
  const state: PyTuple = tuple(
    3,
    dtype.byteOrder,
    subarray,
    kept.names ?? null,
    spelledFields(kept.names, kept.fields) ?? null,
    extended ? dtype.itemsize : -1,
    extended ? dtype.alignment : -1,
    dtype.flags,
  );
  if (dtype.kind === "M" || dtype.kind === "m") {
    const { unit, count } = splitUnit(dtype.unit ?? "generic");
    const spelled = sharedBytes(Uint8Array.from(unit, (char) => char.charCodeAt(0)));
    state[0] = 4;
    state.push(tuple(dtype.metadata, tuple(spelled, count, 1, 1)));
  } else if (dtype.metadata !== null) {
    state[0] = 4;
    state.push(dtype.metadata);
  }
  return state;
}

/** The dict as it is written: where a name is an object of its own, the key is the same object. */
function spelledFields(
  names: PyTuple | undefined,
  fields: Map<unknown, unknown> | undefined,
): Map<unknown, unknown> | undefined {
  const texts = names && separateTexts(names);
  if (names === undefined || fields === undefined || texts === undefined) return fields;
  const keys = new Map<unknown, unknown>();
  for (const [place, text] of texts) keys.set(names[place as number], text);
  return new Map([...fields].map(([key, field]) => [keys.get(key) ?? key, field]));
}

/** Python's `fields`: name → (dtype, offset[, title]), and the same tuple under the title. */
function fieldsDict(
  names: readonly string[],
  fields: ReadonlyMap<string, DTypeField>,
  known?: ReadonlyMap<unknown, unknown>,
): Map<unknown, unknown> {
  const dict = new Map<unknown, unknown>();
  for (const name of names) {
    const { dtype, offset, title } = fields.get(name)!;
    const fresh = title === undefined ? tuple(dtype, offset) : tuple(dtype, offset, title);
    const entry = known?.get(name) ?? fresh;
    dict.set(name, entry);
    if (title !== undefined && title !== null) dict.set(title, entry);
  }
  return dict;
}
