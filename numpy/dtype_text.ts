/**
 * A dtype as numpy prints and compares it: `str()`, the `descr` list, `==`.
 * numpy shortens a struct to the list form only when its fields lie one after the other.
 */
import type { DType, FieldSpec } from "./dtype.ts";

/** numpy's `str()` of a dtype; `quoted` as inside `dtype(…)`. */
export function dtypeText(dtype: DType, quoted = false): string {
  if (dtype.kind === "T") return stringTypeText(dtype);
  if (dtype.base !== dtype) return `(${elementText(dtype.base)}, ${shapeText(dtype.shape)})`;
  if (dtype.names !== null) {
    const text = structText(dtype);
    return dtype.isRecord ? `(numpy.record, ${text})` : text;
  }
  const text = scalarText(dtype);
  return quoted && dtype.ml === null ? `'${text}'` : text;
}

/** A shape as Python writes a tuple. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/** numpy's `==` for dtypes. */
export function dtypesEqual(a: DType, b: DType): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.itemsize !== b.itemsize || a.byteOrder !== b.byteOrder) return false;
  if (a.unit !== b.unit || a.ml !== b.ml) return false;
  if (a.kind === "T") {
    return a.coerce === b.coerce && (a.naObject === null) === (b.naObject === null) &&
      Object.is(a.naObject?.value, b.naObject?.value);
  }
  if ((a.base === a) !== (b.base === b)) return false;
  if (a.base !== a) {
    return a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i]) &&
      dtypesEqual(a.base, b.base);
  }
  if (a.names === null || b.names === null) return a.names === b.names;
  if (a.names.length !== b.names.length) return false;
  for (let i = 0; i < a.names.length; i++) {
    if (a.names[i] !== b.names[i]) return false;
    const left = a.fields!.get(a.names[i])!;
    const right = b.fields!.get(b.names[i])!;
    if (left.offset !== right.offset || left.title !== right.title) return false;
    if (!dtypesEqual(left.dtype, right.dtype)) return false;
  }
  return true;
}

/** numpy's `descr`: padding shows as nameless void fields. @throws TypeError for fields that overlap */
export function descrOf(dtype: DType): string | FieldSpec[] {
  if (dtype.names === null) return dtype.str;
  const list: FieldSpec[] = [];
  const ordered = dtype.names.map((name) => ({ name, ...dtype.fields!.get(name)! }))
    .sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { name, dtype: type, offset, title } of ordered) {
    if (offset < end) throw new TypeError(`Cannot list the fields of ${dtype}: they overlap`);
    if (offset > end) list.push(["", `|V${offset - end}`]);
    const label = title === undefined ? name : [String(title), name] as const;
    const base = descrOf(type.base);
    list.push(type.base === type ? [label, base] : [label, base, type.shape]);
    end = offset + type.itemsize;
  }
  if (dtype.itemsize > end) list.push(["", `|V${dtype.itemsize - end}`]);
  return list;
}

function scalarText(dtype: DType): string {
  const native = dtype.isNative;
  if ("SUV".includes(dtype.kind) && dtype.ml === null) return dtype.str;
  return native ? dtype.name : dtype.str;
}

/** A type as it stands inside of a list of fields. */
function elementText(dtype: DType): string {
  if (dtype.names !== null || dtype.base !== dtype || dtype.kind === "T" || dtype.ml !== null) {
    return dtypeText(dtype);
  }
  if (dtype.kind === "b") return "'?'";
  return `'${dtype.str.replace("|", "")}'`;
}

function structText(dtype: DType): string {
  const fields = dtype.names!.map((name) => ({ name, ...dtype.fields!.get(name)! }));
  let end = 0;
  let packed = !dtype.aligned;
  for (const { dtype: type, offset } of fields) {
    packed &&= offset === end;
    end = offset + type.itemsize;
  }
  if (packed && end === dtype.itemsize) {
    const items = fields.map(({ name, dtype: type, title }) => {
      const label = title === undefined ? quote(name) : `(${quote(String(title))}, ${quote(name)})`;
      if (type.base === type) return `(${label}, ${elementText(type)})`;
      return `(${label}, ${elementText(type.base)}, ${shapeText(type.shape)})`;
    });
    return `[${items.join(", ")}]`;
  }
  const parts = [
    `'names': [${fields.map(({ name }) => quote(name)).join(", ")}]`,
    `'formats': [${fields.map(({ dtype: type }) => elementText(type)).join(", ")}]`,
    `'offsets': [${fields.map(({ offset }) => offset).join(", ")}]`,
  ];
  if (fields.some(({ title }) => title !== undefined)) {
    const titles = fields.map(({ title }) => title === undefined ? "None" : quote(String(title)));
    parts.push(`'titles': [${titles.join(", ")}]`);
  }
  parts.push(`'itemsize': ${dtype.itemsize}`);
  if (dtype.aligned) parts.push("'aligned': True");
  return `{${parts.join(", ")}}`;
}

function stringTypeText(dtype: DType): string {
  const parts: string[] = [];
  if (dtype.naObject !== null) {
    const value = dtype.naObject.value;
    const text = value === null
      ? "None"
      : typeof value === "string"
      ? quote(value)
      : String(value).replace("NaN", "nan");
    parts.push(`na_object=${text}`);
  }
  if (!dtype.coerce) parts.push("coerce=False");
  return `StringDType(${parts.join(", ")})`;
}

function quote(text: string): string {
  return text.includes("'") && !text.includes('"')
    ? `"${text}"`
    : `'${text.replace(/[\\']/g, "\\$&")}'`;
}
