/**
 * Arrays of archives that need no reader: stored ones, whose data goes into its own memory by one read,
 * and deflated ones that are awaited, which Bun and Node inflate in threads, several at a time. What is
 * not so plain, or is damaged, is left to the readers of members, which tell what is wrong.
 */
import { crc32 } from "../compressors/crc32.ts";
import { builtin, runtime } from "../io/builtin.ts";
import type { DType } from "../numpy/dtype.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { elementCount } from "../numpy/strides.ts";
import { type FileSteps, runSteps, runStepsSync } from "./_file_steps.ts";
import { headerLength, isNpy, parseHeader, readVersion } from "./header.ts";
import { checksumError } from "./_member_check.ts";
import { headerOptions, type ReadNpyOptions, wantedDType } from "./read_array.ts";
import { DEFLATED, STORED } from "./_zip_format.ts";
import type { ZipMember } from "./_zip_member.ts";

/** The longest prefix of a header: magic, version, length. */
const PREFIX_LENGTH = 12;
/** Longer data is read in pieces, between which progress is told and other work has its turn. */
const MAX_BYTES = 16 << 20;
/** Shorter data is inflated before a thread could begin. */
const MIN_INFLATED_BYTES = 16 << 10;

/** Read a member that is such an array; undefined where it is not. */
export async function plainArray(
  member: ZipMember,
  options: ReadNpyOptions,
): Promise<NDArray | undefined> {
  const { file, entry } = member;
  if (entry.method === STORED) return await runSteps(file, storedArray(member, options));
  const deflated = await runSteps(file, deflatedBytes(member, options));
  return deflated && await inflatedArray(member, deflated, options);
}

/** Likewise, without waiting. */
export function plainArraySync(
  member: ZipMember,
  options: ReadNpyOptions,
): NDArray | undefined {
  return runStepsSync(member.file, storedArray(member, options));
}

/** A stored array; undefined where it is none, and nothing was read. */
function* storedArray(
  member: ZipMember,
  options: ReadNpyOptions,
): FileSteps<NDArray | undefined> {
  const { entry, head, dataOffset } = member;
  if (entry.method !== STORED || !mayBePlain(member, options)) return undefined;
  const layout = layoutOf(head, entry.size, options);
  if (layout === undefined) return undefined;
  const bytes = new Uint8Array(entry.size - layout.dataStart);
  const known = head.subarray(layout.dataStart);
  bytes.set(known);
  const rest = bytes.subarray(known.length);
  if (rest.length > 0) yield { start: dataOffset + head.length, into: rest };
  const headerSum = crc32(head.subarray(0, layout.dataStart), 0);
  if (crc32(bytes, headerSum) !== entry.crc) throw checksumError(member);
  return NDArray.fromBytes(bytes, layout);
}

/** The data of a member that a thread shall inflate; undefined where none shall. */
function* deflatedBytes(
  member: ZipMember,
  options: ReadNpyOptions,
): FileSteps<Uint8Array | undefined> {
  const { entry, head, dataOffset } = member;
  const { method, size, compressedSize } = entry;
  const plain = method === DEFLATED && size >= MIN_INFLATED_BYTES && compressedSize <= MAX_BYTES &&
    mayBePlain(member, options);
  // Deno's node:zlib does all of it in the thread that calls
  if (!plain || runtime() === "deno" || builtin("zlib") === undefined) return undefined;
  if (head.length === compressedSize) return head;
  const bytes = new Uint8Array(compressedSize);
  bytes.set(head);
  yield { start: dataOffset + head.length, into: bytes.subarray(head.length) };
  return bytes;
}

/** The array in a member's deflated data, inflated in a thread; undefined where a reader must look at it. */
async function inflatedArray(
  { entry }: ZipMember,
  deflated: Uint8Array,
  options: ReadNpyOptions,
): Promise<NDArray | undefined> {
  const { size, crc } = entry;
  const bytes = await inflate(deflated, size);
  if (bytes === undefined || !isNpy(bytes) || crc32(bytes, 0) !== crc) return undefined;
  const layout = layoutOf(bytes, size, options);
  if (layout === undefined) return undefined;
  const data = new Uint8Array(size - layout.dataStart);
  data.set(bytes.subarray(layout.dataStart));
  return NDArray.fromBytes(data, layout);
}

function mayBePlain({ entry }: ZipMember, options: ReadNpyOptions): boolean {
  return entry.size <= MAX_BYTES && options.into === undefined && options.onProgress === undefined;
}

/** How an array lies in a member. */
interface Layout {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly order: "C" | "F";
  readonly dataStart: number;
}

/** How the array lies in a member of `size` bytes that begins with `head`; undefined if not as a plain one. */
function layoutOf(head: Uint8Array, size: number, options: ReadNpyOptions): Layout | undefined {
  if (head.length <= PREFIX_LENGTH || !isNpy(head)) return undefined;
  const { version, start } = readVersion(head);
  const dataStart = start + headerLength(head, version);
  if (dataStart > head.length) return undefined;
  const header = parseHeader(head.subarray(start, dataStart), version, headerOptions(options));
  const dtype = wantedDType(header.dtype, options.dtype);
  const { shape, fortranOrder } = header;
  if (dtype.hasObject || elementCount(shape) * dtype.itemsize !== size - dataStart) {
    return undefined;
  }
  return { dtype, shape, order: fortranOrder ? "F" : "C", dataStart };
}

/** `size` bytes out of all of `deflated`; undefined where it holds another number, or is damaged. */
function inflate(deflated: Uint8Array, size: number): Promise<Uint8Array | undefined> {
  const options = { chunkSize: size, maxOutputLength: size, info: true };
  return new Promise((resolve) => {
    builtin("zlib")!.inflateRaw(deflated, options, (error, result) => {
      const told = result as unknown as Inflated | undefined;
      const whole = error === null || error === undefined
        ? told!.buffer.length === size && told!.engine.bytesWritten === deflated.length
        : false;
      resolve(whole ? told!.buffer : undefined);
    });
  });
}

/** What node:zlib answers where it is asked for `info`. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}
