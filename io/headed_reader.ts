/**
 * Readers that give back first what was taken out of another to look at it.
 */
import type { AsyncReader, SyncReader } from "./source.ts";

/** `head`, then what `reader` has left; closing it closes `reader`. */
export function headedReader(head: Uint8Array, reader: AsyncReader): AsyncReader {
  if (head.length === 0) return reader;
  const first = new Head(head);
  return {
    exact: reader.exact,
    get remaining(): number | undefined {
      return first.before(reader.remaining);
    },
    read: async (into: Uint8Array): Promise<number> => first.take(into) || await reader.read(into),
    unread: (count: number): Promise<void> => reader.unread(count + first.length),
    close: (): Promise<void> => reader.close(),
  };
}

/** `head`, then what `reader` has left; closing it closes `reader`. */
export function headedReaderSync(head: Uint8Array, reader: SyncReader): SyncReader {
  if (head.length === 0) return reader;
  const first = new Head(head);
  return {
    exact: reader.exact,
    get remaining(): number | undefined {
      return first.before(reader.remaining);
    },
    read: (into: Uint8Array): number => first.take(into) || reader.read(into),
    unread: (count: number): void => reader.unread(count + first.length),
    close: (): void => reader.close(),
  };
}

/** What is still to be given back. */
class Head {
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  before(remaining: number | undefined): number | undefined {
    return remaining === undefined ? undefined : remaining + this.length;
  }

  take(into: Uint8Array): number {
    const part = this.#bytes.subarray(0, into.length);
    into.set(part);
    this.#bytes = this.#bytes.subarray(part.length);
    return part.length;
  }
}
