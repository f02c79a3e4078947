/**
 * Random access to a `Blob` or `File`, by slices. A slice costs half a millisecond in a browser
 * whatever its size, so small reads go through a page cache; it is also a copy, so large ones are
 * made of pieces.
 */
import { LarderError } from "../errors.ts";
import { onlyAsyncError, ReadOnlyBackend, REMOTE } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import { BackedFile } from "./_backed_file.ts";
import { PageCache } from "./_page_cache.ts";
import type { Joining } from "./coalesce.ts";
import type { RandomAccessFile, RandomAccessOptions } from "./random_access.ts";

const MAX_SLICE_BYTES = 8 << 20;

/** Access a blob, for reading. */
export function openBlobFile(blob: Blob, { signal }: RandomAccessOptions): RandomAccessFile {
  return new BackedFile(new BlobBackend(blob), signal);
}

class BlobBackend extends ReadOnlyBackend implements Backend {
  readonly size: number;
  readonly name: string | undefined;
  readonly sync: boolean = false;
  readonly joining: Joining = REMOTE;
  readonly #cache: PageCache;

  constructor(blob: Blob) {
    super();
    this.size = blob.size;
    this.name = (blob as { name?: string }).name;
    this.#cache = new PageCache(blob.size, (start, into) => readSlices(blob, start, into));
  }

  async fill(start: number, into: Uint8Array): Promise<void> {
    await this.#cache.fill(start, into);
  }

  fillSync(): void {
    throw onlyAsyncError(this.name);
  }

  override release(): void {
    this.#cache.clear();
  }
}

async function readSlices(blob: Blob, start: number, into: Uint8Array): Promise<void> {
  for (let done = 0; done < into.length;) {
    const length = Math.min(into.length - done, MAX_SLICE_BYTES);
    const from = start + done;
    const bytes = new Uint8Array(await blob.slice(from, from + length).arrayBuffer());
    if (bytes.length !== length) {
      throw new LarderError(
        `Cannot read Blob: bytes ${from} to ${from + length} gave ${bytes.length} bytes, ` +
          `${length} needed`,
        { offset: from },
      );
    }
    into.set(bytes, done);
    done += length;
  }
}
