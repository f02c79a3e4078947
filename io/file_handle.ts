/**
 * Reading and writing a `FileHandle` of `node:fs/promises` that the caller opened: at its own
 * cursor, which can't be asked for nor moved. So readers of it are `exact`; what a decompressor read
 * too far is kept for the next reader of the handle; and the position that a sink starts at is what
 * Larder itself wrote there before.
 */
import { join } from "../bytes/join.ts";
import type { Builtins } from "./builtin.ts";
import { requireFs } from "./file_source.ts";
import { MAX_IO_BYTES } from "./fs_calls.ts";
import { RecentBytes } from "./recent_bytes.ts";
import type { AsyncReader, NodeFileHandle, SyncReader } from "./source.ts";
import type { AsyncSink, SinkOptions, SyncSink } from "./sink.ts";

/** Bytes that Larder wrote to a handle. */
const written = new WeakMap<NodeFileHandle, number>();

/** Read an open handle from its cursor on. */
export async function openFileHandleReader(handle: NodeFileHandle): Promise<AsyncReader> {
  const place = new Place(handle, await handle.stat());
  return {
    exact: true,
    get remaining(): number | undefined {
      return place.remaining;
    },
    async read(into: Uint8Array): Promise<number> {
      const again = place.readAgain(into);
      const length = Math.min(into.length, MAX_IO_BYTES);
      if (again > 0 || length === 0) return again;
      return place.advance(into, (await handle.read(into, 0, length, null)).bytesRead);
    },
    unread: (count: number): Promise<void> => Promise.resolve(place.unread(count)),
    close: (): Promise<void> => Promise.resolve(),
  };
}

/** Read an open handle from its cursor on, by its descriptor. */
export function openFileHandleReaderSync(handle: NodeFileHandle): SyncReader {
  const fs = requireHandleFs(handle);
  const place = new Place(handle, fs.fstatSync(handle.fd));
  return {
    exact: true,
    get remaining(): number | undefined {
      return place.remaining;
    },
    read(into: Uint8Array): number {
      const again = place.readAgain(into);
      const length = Math.min(into.length, MAX_IO_BYTES);
      if (again > 0 || length === 0) return again;
      return place.advance(into, fs.readSync(handle.fd, into, 0, length, null));
    },
    unread: (count: number): void => place.unread(count),
    close(): void {},
  };
}

/** Bytes in front of a handle's cursor that were read too far: who reads it next gets them first. */
const tooFar = new WeakMap<NodeFileHandle, Uint8Array>();

/** Where the reading of a handle stands, which its cursor can't go back to. */
class Place {
  readonly #handle: NodeFileHandle;
  /** Upper bound of what is behind the cursor, where it is known. */
  #left: number | undefined;
  /** Copies of what was read last. */
  readonly #recent = new RecentBytes();

  constructor(handle: NodeFileHandle, stat: { isFile(): boolean; size: number }) {
    this.#handle = handle;
    this.#left = stat.isFile() && stat.size > 0 ? stat.size : undefined;
  }

  get remaining(): number | undefined {
    return this.#left === undefined ? undefined : this.#left + this.#again.length;
  }

  get #again(): Uint8Array {
    return tooFar.get(this.#handle) ?? new Uint8Array(0);
  }

  /** Fill `into` with what was read too far before; returns how many bytes. */
  readAgain(into: Uint8Array): number {
    const again = this.#again;
    const part = again.subarray(0, into.length);
    if (part.length === 0) return 0;
    into.set(part);
    if (part.length < again.length) tooFar.set(this.#handle, again.subarray(part.length));
    else tooFar.delete(this.#handle);
    this.#recent.keep(part);
    return part.length;
  }

  /** So many bytes of the file are in `into`. */
  advance(into: Uint8Array, count: number): number {
    if (this.#left !== undefined) this.#left = Math.max(0, this.#left - count);
    this.#recent.keep(into.subarray(0, count));
    return count;
  }

  /** Give back the last bytes. */
  unread(count: number): void {
    if (count === 0) return;
    tooFar.set(this.#handle, join([this.#recent.take(count), this.#again]));
  }
}

/** Write an open handle from its cursor on. */
export function openFileHandleSink(handle: NodeFileHandle, options: SinkOptions): AsyncSink {
  return {
    start: written.get(handle) ?? 0,
    async write(bytes: Uint8Array): Promise<void> {
      for (let done = 0; done < bytes.length;) {
        const length = Math.min(bytes.length - done, MAX_IO_BYTES);
        const { bytesWritten } = await handle.write(bytes, done, length, null);
        done += advance(handle, bytesWritten);
      }
    },
    async close(): Promise<void> {
      if (options.durability !== "none") await handle.sync();
    },
    abort: (): Promise<void> => Promise.resolve(),
  };
}

/** Write an open handle from its cursor on, by its descriptor. */
export function openFileHandleSinkSync(handle: NodeFileHandle, options: SinkOptions): SyncSink {
  const fs = requireHandleFs(handle);
  return {
    start: written.get(handle) ?? 0,
    write(bytes: Uint8Array): void {
      for (let done = 0; done < bytes.length;) {
        const length = Math.min(bytes.length - done, MAX_IO_BYTES);
        done += advance(handle, fs.writeSync(handle.fd, bytes, done, length, null));
      }
    },
    close(): void {
      if (options.durability !== "none") fs.fsyncSync(handle.fd);
    },
    abort(): void {},
  };
}

function advance(handle: NodeFileHandle, count: number): number {
  written.set(handle, (written.get(handle) ?? 0) + count);
  return count;
}

function requireHandleFs(handle: NodeFileHandle): Builtins["fs"] {
  return requireFs(`file descriptor ${handle.fd}`);
}
