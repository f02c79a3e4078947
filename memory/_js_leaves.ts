/**
 * Values without parts whose pickle loads as something else: bytes and typed arrays, dates, floats, scalars;
 * and those of which a part is lost.
 */
import { builtin } from "../io/builtin.ts";
import { Memmap } from "../numpy/memmap.ts";
import { isForeign } from "../numpy/native.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { NumpyScalar, plainValue } from "../numpy/scalar.ts";
import { typedArrayDType } from "../numpy/typed_data.ts";
import { PyArray } from "../pickle/collections.ts";
import { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone } from "../pickle/datetime.ts";
import { DType } from "../numpy/dtype.ts";
import { PyByteArray, PyComplex, PyFloat, PyGlobal } from "../pickle/values.ts";
import { PLAIN, type ShapeTable } from "./_js_shapes.ts";

/** Values that load as they were. */
const KEPT: ReadonlySet<unknown> = new Set([
  PyComplex.prototype,
  PyGlobal.prototype,
  PyByteArray.prototype,
  PyArray.prototype,
  PyDate.prototype,
  PyDateTime.prototype,
  PyTime.prototype,
  PyTimedelta.prototype,
  PyTimezone.prototype,
  DType.prototype,
]);

/** Temporal's types whose text Python's counterpart does not tell. */
const WITH_TEXT: readonly string[] = ["Temporal.ZonedDateTime", "Temporal.Duration"];

/** The shape of a leaf; undefined for what is none. */
export function leafShape(
  value: object,
  table: ShapeTable,
  lose: (what: string) => void,
): number | undefined {
  if (KEPT.has(Object.getPrototypeOf(value))) return PLAIN;
  if (value instanceof Date) {
    checkClass(value, Date.prototype, lose);
    if (Reflect.ownKeys(value).length > 0) lose("properties of a Date");
    return table.type("Date");
  }
  if (value instanceof PyFloat) return table.type("PyFloat", value.bits?.toString(16));
  if (ArrayBuffer.isView(value)) return viewShape(value, table, lose);
  if (value instanceof ArrayBuffer) {
    if ((value as { resizable?: boolean }).resizable) lose("the room that a buffer has to grow");
    checkClass(value, ArrayBuffer.prototype, lose);
    return table.type("ArrayBuffer");
  }
  if (isShared(value)) return table.type("SharedArrayBuffer");
  if (value instanceof NDArray) return arrayShape(value, table, lose);
  if (value instanceof NumpyScalar) return scalarShape(value, table, lose);
  if (value instanceof Memmap) {
    lose("the file that an array is a map of");
    return PLAIN;
  }
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag === "string" && tag.startsWith("Temporal.")
    ? temporalShape(value, tag, table, lose)
    : undefined;
}

function viewShape(
  view: ArrayBufferView,
  table: ShapeTable,
  lose: (what: string) => void,
): number {
  const tag = view instanceof DataView
    ? "DataView"
    : (view as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  const prototype: unknown = Object.getPrototypeOf(view);
  const shared = isShared(view.buffer);
  if (prototype === builtin("buffer")?.Buffer.prototype) return table.type("Buffer", mark(shared));
  if (!(view instanceof DataView) && typedArrayDType(view) === undefined) return PLAIN; // refused by dump
  const own = (globalThis as unknown as Record<string, { prototype: unknown }>)[tag];
  checkClass(view, own?.prototype, lose);
  return tag === "Uint8Array" && !shared ? PLAIN : table.type(tag, mark(shared));
}

function mark(shared: boolean): string | undefined {
  return shared ? "shared" : undefined;
}

/** Arrays load writeable, and most of them in native byte order. */
function arrayShape(array: NDArray, table: ShapeTable, lose: (what: string) => void): number {
  const { dtype } = array;
  let arg = "";
  if (isForeign(dtype)) {
    if (dtype.newByteOrder("=").newByteOrder("S").equals(dtype)) arg = "swapped";
    else lose(`the byte order of ${dtype}`);
  }
  if (!array.writeable) arg += arg === "" ? "readonly" : " readonly";
  return arg === "" ? PLAIN : table.type("NDArray", arg);
}

function scalarShape(
  scalar: NumpyScalar,
  table: ShapeTable,
  lose: (what: string) => void,
): number {
  if (plainValue(scalar) === scalar) return PLAIN;
  const { dtype } = scalar;
  if (dtype.ml === null && "biufcU".includes(dtype.kind)) {
    return table.type("NumpyScalar", dtype.str);
  }
  lose(`the type of a numpy scalar (${dtype})`);
  return PLAIN;
}

function temporalShape(
  value: object,
  tag: string,
  table: ShapeTable,
  lose: (what: string) => void,
): number {
  const { Temporal } = globalThis as unknown as {
    Temporal?: Record<string, { prototype: unknown } | undefined>;
  };
  const own = Temporal?.[tag.slice("Temporal.".length)]?.prototype;
  if (Object.getPrototypeOf(value) !== own) {
    lose(`the class ${tag}, which is not this runtime's own`);
    return PLAIN;
  }
  const { calendarId } = value as { calendarId?: unknown };
  const plain = calendarId === undefined || calendarId === "iso8601";
  return table.type(tag, plain && !WITH_TEXT.includes(tag) ? undefined : String(value));
}

function checkClass(value: object, known: unknown, lose: (what: string) => void): void {
  if (Object.getPrototypeOf(value) === known) return;
  lose(`the class ${value.constructor?.name ?? ""}`);
}

function isShared(value: object): boolean {
  return typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer;
}
