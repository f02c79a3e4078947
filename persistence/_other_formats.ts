/**
 * Files that are no pickles but are often taken for one: numpy's own, a page or a pointer in the place
 * of a file that was downloaded. As pickles they would fail at an opcode that tells nothing.
 */
import { UnpicklingError } from "../errors.ts";

interface OtherFormat {
  /** The first bytes, no more of them than every look at a file sees; no pickle starts with them. */
  readonly prefix: readonly number[];
  /** What the file is, and what to do about it. */
  readonly found: string;
}

const NUMPY = "load of @larder/joblib/npy reads those of numpy";
const ANSWER = "a server's answer may have been saved in its place";

const OTHERS: readonly OtherFormat[] = [
  { prefix: [0x93, 0x4e, 0x55, 0x4d], found: `a .npy file; ${NUMPY}` }, // \x93NUMPY
  { prefix: [0x50, 0x4b, 3, 4], found: `a .npz or other zip file; ${NUMPY}` }, // PK\x03\x04
  { prefix: [0x89, 0x48, 0x44, 0x46], found: "an HDF5 file, which h5py reads" }, // \x89HDF
  { prefix: ascii("vers"), found: "a pointer of Git LFS; `git lfs pull` fetches the file" },
  { prefix: ascii("<"), found: `HTML or XML; ${ANSWER}` },
  { prefix: ascii("{"), found: `JSON; ${ANSWER}` },
];

/** Refuse by the first bytes what is known to be no pickle, saying what it is. */
export function refuseOtherFormats(head: Uint8Array): void {
  const other = OTHERS.find(({ prefix }) => prefix.every((byte, i) => head[i] === byte));
  if (other === undefined) return;
  throw new UnpicklingError(`Cannot unpickle: this is ${other.found} (at byte 0)`, { offset: 0 });
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}
