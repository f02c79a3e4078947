/**
 * Rows of structs that hold Python objects: numpy pickles those one by one, each value as `item()`
 * gives it. And the other side of the same question: which dtypes lie in a buffer as they are.
 */
import { PyFloat, PyTuple } from "../pickle/values.ts";
import { decodeDate } from "./datetime.ts";
import type { DType } from "./dtype.ts";
import { codecOf, type Memory } from "./elements.ts";
import { NumpyScalar } from "./scalar.ts";

/** One element as Python's `item()` gives it. */
export function recordItem(dtype: DType, memory: Memory, position: number): unknown {
  if (dtype.names !== null) {
    const row = new PyTuple<unknown>();
    for (const name of dtype.names) {
      const { dtype: type, offset } = dtype.fields!.get(name)!;
      row.push(recordItem(type, memory, position + offset));
    }
    return row;
  }
  const value = codecOf(dtype).read(memory, position);
  if (dtype.base !== dtype) return value;
  if (dtype.ml !== null) return /int/.test(dtype.ml) ? value : new PyFloat(value as number);
  switch (dtype.kind) {
    case "f":
      return dtype.itemsize === 16
        ? NumpyScalar.at(dtype, memory, position)
        : new PyFloat(value as number);
    case "c":
      return dtype.itemsize === 32 ? NumpyScalar.at(dtype, memory, position) : value;
    case "M":
    case "m":
      return decodeDate(dtype, value as bigint);
    case "S":
      return Uint8Array.from(value as string, (char) => char.charCodeAt(0));
  }
  return value;
}

/** Whether numpy gives Python's buffer protocol to this dtype: protocol 5 writes such arrays from memory. */
export function exportable(dtype: DType): boolean {
  return dtype.itemsize > 0 && hasFormat(dtype);
}

function hasFormat(dtype: DType): boolean {
  if (dtype.hasObject || dtype.ml !== null || dtype.kind === "M" || dtype.kind === "m") {
    return false;
  }
  if (dtype.base !== dtype) return hasFormat(dtype.base);
  if (dtype.names !== null) {
    let end = 0;
    for (const name of dtype.names) {
      const { dtype: type, offset } = dtype.fields!.get(name)!;
      if (offset < end || !hasFormat(type)) return false;
      end = offset + type.itemsize;
    }
    return true;
  }
  const long = dtype.char === "g" || dtype.char === "G";
  return !long || dtype.isNative;
}
