/**
 * A memory map as plain data, for `postMessage` and JSON: where the file is and how its bytes are laid out.
 * The dtype is spelled with ml_dtypes' names and the fields' places, which numpy's `descr` loses.
 */
import { DType } from "./dtype.ts";
import { mlFormat } from "./ml_dtypes.ts";

/** "r": read-only, "r+": writes reach the file, "c": writes stay in memory. */
export type MapMode = "r" | "r+" | "c";

/** What {@link Memmap.toJSON} answers and {@link Memmap.from} takes. */
export interface MemmapJson {
  /** Path or URL of the file. */
  readonly filename: string;
  /** As the map was opened. */
  readonly mode: MapMode;
  /** Element type. */
  readonly dtype: DTypeJson;
  /** Lengths of the axes. */
  readonly shape: readonly number[];
  /** Bytes from one index to the next, for each axis. */
  readonly byteStrides: readonly number[];
  /** Bytes from the start of the file to the first element. */
  readonly byteOffset: number;
}

/** A dtype as plain data: a type string, a struct, or a sub-array type. */
export type DTypeJson =
  | string
  | {
    readonly names: readonly string[];
    readonly formats: readonly DTypeJson[];
    readonly offsets: readonly number[];
    readonly itemsize: number;
  }
  | { readonly base: DTypeJson; readonly shape: readonly number[] };

/** A dtype as plain data. */
export function dtypeToJson(dtype: DType): DTypeJson {
  if (dtype.base !== dtype) return { base: dtypeToJson(dtype.base), shape: dtype.shape };
  if (dtype.names === null) {
    return dtype.ml === null ? dtype.str : `${dtype.byteOrder}${dtype.ml}`;
  }
  const fields = dtype.names.map((name) => dtype.fields!.get(name)!);
  return {
    names: dtype.names,
    formats: fields.map((field) => dtypeToJson(field.dtype)),
    offsets: fields.map((field) => field.offset),
    itemsize: dtype.itemsize,
  };
}

/** The dtype of {@link dtypeToJson}'s answer. @throws TypeError for anything else */
export function dtypeFromJson(json: DTypeJson): DType {
  if (typeof json === "string") {
    const name = json.slice(1);
    if (mlFormat(name) === undefined) return DType.from(json);
    const dtype = DType.from(name);
    return json[0] === ">" ? dtype.newByteOrder(">") : dtype;
  }
  if ("base" in json) return DType.subarray(dtypeFromJson(json.base), json.shape);
  return DType.from({ ...json, formats: json.formats.map(dtypeFromJson) });
}

/** @throws RangeError for anything but a mode of {@link MapMode} */
export function checkMapMode(mode: unknown): asserts mode is MapMode {
  if (mode === "r" || mode === "r+" || mode === "c") return;
  throw new RangeError(`Cannot map with mode ${JSON.stringify(mode)}: it is "r", "r+" or "c"`);
}
