/**
 * A reader with bytes in front of it that were read before, or that stand in for others.
 */
import type { AsyncReader, SyncReader } from "../io/source.ts";

/** Read `head`, then what `reader` gives. What is read can't be given back. */
export function headedReader(head: Uint8Array, reader: AsyncReader): AsyncReader {
  let left = head;
  return {
    exact: false,
    get remaining(): number | undefined {
      return sum(left, reader.remaining);
    },
    async read(into: Uint8Array): Promise<number> {
      if (left.length === 0) return await reader.read(into);
      const count = copy(left, into);
      left = left.subarray(count);
      return count;
    },
    unread: (): Promise<void> => Promise.resolve(),
    close: (): Promise<void> => reader.close(),
  };
}

/** Read `head`, then what `reader` gives. What is read can't be given back. */
export function headedReaderSync(head: Uint8Array, reader: SyncReader): SyncReader {
  let left = head;
  return {
    exact: false,
    get remaining(): number | undefined {
      return sum(left, reader.remaining);
    },
    read(into: Uint8Array): number {
      if (left.length === 0) return reader.read(into);
      const count = copy(left, into);
      left = left.subarray(count);
      return count;
    },
    unread(): void {},
    close: (): void => reader.close(),
  };
}

function sum(left: Uint8Array, remaining: number | undefined): number | undefined {
  return remaining === undefined ? undefined : remaining + left.length;
}

function copy(from: Uint8Array, into: Uint8Array): number {
  const count = Math.min(from.length, into.length);
  into.set(from.subarray(0, count));
  return count;
}
