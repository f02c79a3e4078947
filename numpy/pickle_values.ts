/**
 * Reading the loose values of numpy's pickles: ints that came as number, bigint or PyFloat, text that
 * came as a string or as Python 2 bytes, shapes. Every number of a file is checked here, before use.
 */
import { LimitError } from "../errors.ts";
import type { LoadContext } from "../pickle/context.ts";
import { elementCount } from "./strides.ts";

/** The same object with fields that can be assigned: for BUILD, which fills what a REDUCE made. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** numpy's own bound on dimensions. */
export const MAX_NDIM = 64;

/** A safe integer, or undefined. */
export function asInteger(value: unknown): number | undefined {
  if (typeof value === "boolean") return Number(value);
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** A string, also where Python 2 wrote it as bytes; undefined for anything else. */
export function asText(value: unknown, context: LoadContext): string | undefined {
  if (typeof value === "string") return value;
  const bytes = value instanceof Uint8Array ? value : context.bytesOf(value);
  return bytes === undefined ? undefined : latin1(bytes);
}

/** The bytes of a bytes object or of a Python 2 string; undefined for anything else. */
export function asBytes(value: unknown, context: LoadContext): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  const bytes = context.bytesOf(value);
  if (bytes !== undefined || typeof value !== "string") return bytes;
  const made = new Uint8Array(value.length);
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0xff) return undefined;
    made[i] = unit;
  }
  return made;
}

/** How many elements a checked shape has. */
export function asCount(shape: readonly number[]): number {
  return elementCount(shape);
}

/** A shape: a tuple or list of ints, or one int. @throws LimitError, UnpicklingError */
export function shapeOf(value: unknown, context: LoadContext, className: string): number[] {
  const given = Array.isArray(value) ? value : [value];
  const limit = context.limits.maxNdim ?? MAX_NDIM;
  if (given.length > limit) {
    throw new LimitError(
      `Cannot read array: ${given.length} dimensions, at most ${limit} allowed`,
      {
        offset: context.offset,
        className,
      },
    );
  }
  let size = 1;
  const shape: number[] = [];
  for (const item of given) {
    const length = asInteger(item);
    if (length === undefined || length < 0) {
      throw context.fail(`Cannot read array: ${String(item)} is no length of an axis`, className);
    }
    shape.push(length);
    size *= Math.max(length, 1);
  }
  if (!Number.isSafeInteger(size)) {
    throw context.fail(`Cannot read array: shape (${shape.join(", ")}) is too large`, className);
  }
  return shape;
}

/** One character for each byte. */
export function latin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = "";
  for (let i = start; i < end; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, Math.min(i + 4096, end)));
  }
  return text;
}
