/**
 * A file as `load` and `dump` use it, which adds up what passes through. Both take a Deno.FsFile at its
 * cursor, on every runtime; arrays go straight into their own memory.
 */
import { crc32 } from "../../compressors/crc32.ts";
import { UnsupportedError } from "../../errors.ts";
import type { DenoFile } from "../../io/source.ts";
import type { ContentSum } from "./metadata.ts";
import type { ByteSink, SyncByteSink } from "./store.ts";

const SEEK_CURRENT = 1; // Deno.SeekMode
/** Rests are read in pieces of this size. */
const PIECE_BYTES = 1 << 20;

/** Fills buffers from a file's bytes at a place. */
export interface Filler {
  /** Fill all of `into` from `start` on. */
  fill(start: number, into: Uint8Array): Promise<void>;
  /** Fill all of `into` from `start` on. */
  fillSync(start: number, into: Uint8Array): void;
}

abstract class Summed implements DenoFile {
  /** The cursor. */
  protected position = 0;
  #end = 0;
  #crc32 = 0;

  /** The sum of what came so far. */
  get sum(): ContentSum {
    return { bytes: this.#end, crc32: this.#crc32 };
  }

  /** Note bytes that passed at the cursor; those that are seen again count once. */
  protected pass(bytes: Uint8Array): number {
    const fresh = bytes.subarray(Math.max(0, this.#end - this.position));
    if (fresh.length > 0) this.#crc32 = crc32(fresh, this.#crc32);
    this.position += bytes.length;
    this.#end = Math.max(this.#end, this.position);
    return bytes.length;
  }

  /** The size, for readers. */
  abstract statSync(): { size: number; isFile: boolean };

  /** Only steps back to what has passed. */
  seekSync(offset: number | bigint, whence: number): number {
    const target = whence === SEEK_CURRENT ? this.position + Number(offset) : Number(offset);
    if (whence > SEEK_CURRENT || target < 0 || target > this.#end) {
      throw new UnsupportedError(`Cannot move to byte ${target} of a cache entry`);
    }
    this.position = target;
    return target;
  }

  /** Likewise. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async seek(offset: number | bigint, whence: number): Promise<number> {
    return this.seekSync(offset, whence);
  }

  readSync(_into: Uint8Array): number | null {
    throw new UnsupportedError("Cannot read a cache entry that is being written");
  }

  // deno-lint-ignore require-await -- an error must reject, not throw
  async read(into: Uint8Array): Promise<number | null> {
    return this.readSync(into);
  }

  writeSync(_bytes: Uint8Array): number {
    throw new UnsupportedError("Cannot write to a cache entry that is being read");
  }

  // deno-lint-ignore require-await -- an error must reject, not throw
  async write(bytes: Uint8Array): Promise<number> {
    return this.writeSync(bytes);
  }

  syncSync(): void {}

  sync(): Promise<void> {
    return Promise.resolve();
  }
}

/** A file that is being read. */
export class CheckedSource extends Summed {
  readonly #filler: Filler;
  readonly #size: number;

  constructor(size: number, filler: Filler) {
    super();
    this.#size = size;
    this.#filler = filler;
  }

  statSync(): { size: number; isFile: boolean } {
    return { size: this.#size, isFile: true };
  }

  override readSync(into: Uint8Array): number | null {
    const part = this.#part(into);
    if (part.length === 0) return null;
    this.#filler.fillSync(this.position, part);
    return this.pass(part);
  }

  override async read(into: Uint8Array): Promise<number | null> {
    const part = this.#part(into);
    if (part.length === 0) return null;
    await this.#filler.fill(this.position, part);
    return this.pass(part);
  }

  /** Read what the reader left. */
  finishSync(): ContentSum {
    this.position = this.sum.bytes;
    const piece = new Uint8Array(Math.min(PIECE_BYTES, this.#size - this.position));
    while (piece.length > 0 && this.readSync(piece) !== null);
    return this.sum;
  }

  /** Read what the reader left. */
  async finish(): Promise<ContentSum> {
    this.position = this.sum.bytes;
    const piece = new Uint8Array(Math.min(PIECE_BYTES, this.#size - this.position));
    while (piece.length > 0 && await this.read(piece) !== null);
    return this.sum;
  }

  #part(into: Uint8Array): Uint8Array {
    return into.subarray(0, Math.max(0, this.#size - this.position));
  }
}

/** A file that is being written. */
export class CheckedTarget extends Summed {
  readonly #sink: ByteSink | SyncByteSink;

  constructor(sink: ByteSink | SyncByteSink) {
    super();
    this.#sink = sink;
  }

  statSync(): { size: number; isFile: boolean } {
    return { size: this.sum.bytes, isFile: true };
  }

  override writeSync(bytes: Uint8Array): number {
    this.#checkEnd();
    (this.#sink as SyncByteSink).write(bytes);
    return this.pass(bytes);
  }

  override async write(bytes: Uint8Array): Promise<number> {
    this.#checkEnd();
    await this.#sink.write(bytes);
    return this.pass(bytes);
  }

  #checkEnd(): void {
    if (this.position === this.sum.bytes) return;
    throw new UnsupportedError("Cannot write at an earlier place of a cache entry");
  }
}
