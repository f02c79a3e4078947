/**
 * Random access to bytes in memory. Where writing is asked for it goes into the caller's own
 * buffer; reading copies.
 */
import { endsError, growsError } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import { BackedFile } from "./_backed_file.ts";
import { toView } from "./bytes_source.ts";
import type { Joining } from "./coalesce.ts";
import type { RandomAccessFile, RandomAccessOptions } from "./random_access.ts";

const NEVER: Joining = { gapBytes: -1, blockBytes: 0, aloneBytes: 0, inFlight: 1 };

/** Access bytes; `name` is for messages. */
export function openMemoryFile(
  source: Uint8Array | ArrayBuffer,
  options: RandomAccessOptions,
  name?: string,
): RandomAccessFile {
  const { write = false, signal } = options;
  return new BackedFile(new MemoryBackend(toView(source), write, name), signal);
}

class MemoryBackend implements Backend {
  readonly size: number;
  readonly name: string | undefined;
  readonly sync: boolean = true;
  readonly writable: boolean;
  readonly joining: Joining = NEVER;
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array, writable: boolean, name: string | undefined) {
    this.#bytes = bytes;
    this.size = bytes.length;
    this.writable = writable;
    this.name = name;
  }

  fillSync(start: number, into: Uint8Array): void {
    const { length } = this.#bytes; // 0 once the buffer was given away, less once it was resized
    if (start + into.length > length) throw endsError(this.name, length, start + into.length);
    into.set(this.#bytes.subarray(start, start + into.length));
  }

  async fill(start: number, into: Uint8Array): Promise<void> {
    await this.fillSync(start, into);
  }

  storeSync(start: number, bytes: Uint8Array): void {
    const { length } = this.#bytes;
    if (start + bytes.length > length) throw growsError(this.name, length, start + bytes.length);
    this.#bytes.set(bytes, start);
  }

  async store(start: number, bytes: Uint8Array): Promise<void> {
    await this.storeSync(start, bytes);
  }

  flushSync(): void {}

  flush(): Promise<void> {
    return Promise.resolve();
  }

  release(): void {
    this.#bytes = new Uint8Array(0);
  }
}
