/**
 * An array that lies in an archive as it is: its header is among the bytes that were read to find it, and
 * its data goes into its own memory by one read. What is not so plain is left to the readers of members.
 */
import { crc32 } from "../compressors/crc32.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { elementCount } from "../numpy/strides.ts";
import type { FileSteps } from "./_file_steps.ts";
import { headerLength, isNpy, parseHeader, readVersion } from "./header.ts";
import { checksumError } from "./_member_check.ts";
import { headerOptions, type ReadNpyOptions, wantedDType } from "./read_array.ts";
import { STORED } from "./_zip_format.ts";
import type { ZipMember } from "./_zip_member.ts";

/** The longest prefix of a header: magic, version, length. */
const PREFIX_LENGTH = 12;
/** Longer data is read in pieces, between which progress is told and other work has its turn. */
const MAX_BYTES = 16 << 20;

/** Read a member that is such an array; undefined where it is not, and nothing was read. */
export function* storedArray(
  member: ZipMember,
  options: ReadNpyOptions,
): FileSteps<NDArray | undefined> {
  const { entry, head, dataOffset } = member;
  const plain = entry.method === STORED && entry.size <= MAX_BYTES && head.length > PREFIX_LENGTH &&
    options.into === undefined && options.onProgress === undefined && isNpy(head);
  if (!plain) return undefined;
  const { version, start } = readVersion(head);
  const dataStart = start + headerLength(head, version);
  if (dataStart > head.length) return undefined;
  const header = parseHeader(head.subarray(start, dataStart), version, headerOptions(options));
  const { shape, fortranOrder } = header;
  const dtype = wantedDType(header.dtype, options.dtype);
  if (dtype.hasObject || elementCount(shape) * dtype.itemsize !== entry.size - dataStart) {
    return undefined;
  }
  const bytes = new Uint8Array(entry.size - dataStart);
  const known = head.subarray(dataStart);
  bytes.set(known);
  const rest = bytes.subarray(known.length);
  if (rest.length > 0) yield { start: dataOffset + head.length, into: rest };
  if (crc32(bytes, crc32(head.subarray(0, dataStart), 0)) !== entry.crc) {
    throw checksumError(member);
  }
  return NDArray.fromBytes(bytes, { dtype, shape, order: fortranOrder ? "F" : "C" });
}
