/**
 * Files that are no pickles but are often taken for one: numpy's own. As pickles they would fail at an
 * opcode that tells nothing.
 */
import { UnpicklingError } from "../errors.ts";

const NPY = [0x93, 0x4e, 0x55, 0x4d]; // \x93NUMPY, as far as every look at a file goes
const ZIP = [0x50, 0x4b, 3, 4]; // PK\x03\x04

/** Refuse numpy's files by their first bytes, naming what reads them. */
export function refuseNumpyFiles(head: Uint8Array): void {
  const kind = startsWith(head, NPY) ? ".npy" : startsWith(head, ZIP) ? ".npz or other zip" : "";
  if (kind === "") return;
  throw new UnpicklingError(
    `Cannot unpickle: this is a ${kind} file; load of @larder/joblib/npy reads those of numpy (at byte 0)`,
    { offset: 0 },
  );
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}
