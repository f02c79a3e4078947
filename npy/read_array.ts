/**
 * One array of a `.npy` file that is in memory: the header, then raw data or, for object arrays, a pickle.
 */
import { LimitError, NpyFormatError } from "../errors.ts";
import { NDArray } from "../numpy/ndarray.ts";
import type { MachineOptions } from "../pickle/options.ts";
import { unpickleBytes } from "../pickle/pickle.ts";
import { readNpyHeader } from "./header.ts";

/**
 * The array in `bytes`. Its data is a copy, so it starts on whole elements.
 *
 * @throws NpyFormatError for a header that is wrong or data that is short.
 */
export function readNpyArray(bytes: Uint8Array, options: MachineOptions = {}): NDArray {
  const { limits = {} } = options;
  const header = readNpyHeader(
    bytes,
    limits.maxHeaderSize === undefined ? {} : { maxHeaderSize: limits.maxHeaderSize },
  );
  const { dtype, shape, dataOffset } = header;
  const maxNdim = limits.maxNdim ?? 64;
  if (shape.length > maxNdim) {
    throw new LimitError(
      `Cannot read .npy file: ${shape.length} dimensions are more than ${maxNdim}`,
    );
  }
  const rest = bytes.subarray(dataOffset);
  if (dtype.hasObject) {
    const value = unpickleBytes(rest, options);
    if (value instanceof NDArray) return value;
    throw new NpyFormatError("Cannot read .npy file: its pickle holds no array", {
      offset: dataOffset,
    });
  }
  const size = shape.reduce((product, length) => product * length, 1);
  const nbytes = size * dtype.itemsize;
  if (!(nbytes <= rest.length)) {
    throw new NpyFormatError(
      `Cannot read .npy file: its data needs ${nbytes} bytes, ${rest.length} are there (at byte ${dataOffset})`,
      { offset: dataOffset },
    );
  }
  return NDArray.fromBytes(rest.slice(0, nbytes), {
    dtype,
    shape,
    order: header.fortranOrder ? "F" : "C",
  });
}
