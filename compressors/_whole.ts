/**
 * Helpers for methods that work on the whole data: all that a reader has left, and a reader over
 * the whole result.
 */
import { openReaderSync } from "../io/source.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";

const FIRST_READ_BYTES = 1 << 20;
const MAX_FIRST_READ_BYTES = 64 << 20;
const SCRATCH_BYTES = 64 << 10;

/** All that is left of `reader`; a view where it is in memory. */
export function readRest(reader: SyncReader): Uint8Array {
  const { bytes } = reader;
  if (bytes !== undefined) {
    const scratch = new Uint8Array(SCRATCH_BYTES);
    while (reader.read(scratch) > 0); // the reader stands at the end, as for any other source
    return bytes;
  }
  let rest = new Uint8Array(firstLength(reader));
  for (let length = 0;;) {
    const count = reader.read(rest.subarray(length));
    if (count === 0) return rest.subarray(0, length);
    length += count;
    if (length === rest.length) rest = grow(rest);
  }
}

/** All that is left of `reader`; a view where it is in memory. */
export async function readRestAsync(reader: AsyncReader): Promise<Uint8Array> {
  const { bytes } = reader;
  if (bytes !== undefined) {
    const scratch = new Uint8Array(SCRATCH_BYTES);
    while (await reader.read(scratch) > 0);
    return bytes;
  }
  let rest = new Uint8Array(firstLength(reader));
  for (let length = 0;;) {
    const count = await reader.read(rest.subarray(length));
    if (count === 0) return rest.subarray(0, length);
    length += count;
    if (length === rest.length) rest = grow(rest);
  }
}

/** A reader over `output` that closes the reader it came from. */
export function openWhole(output: Uint8Array, source: SyncReader): SyncReader {
  const reader = openReaderSync(output);
  return {
    exact: false,
    get remaining(): number | undefined {
      return reader.remaining;
    },
    get bytes(): Uint8Array | undefined {
      return reader.bytes;
    },
    read: (into: Uint8Array): number => reader.read(into),
    unread: (count: number): void => reader.unread(count),
    close: (): void => source.close(),
  };
}

// One byte more than what is left, so that the end shows without another allocation; bounded,
// because what is left may be a stranger's claim (content-length).
function firstLength(reader: SyncReader | AsyncReader): number {
  return Math.min(reader.remaining ?? FIRST_READ_BYTES, MAX_FIRST_READ_BYTES) + 1;
}

function grow(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(2 * bytes.length);
  longer.set(bytes);
  return longer;
}
