/**
 * Reading and writing a `FileHandle` of `node:fs/promises` that the caller opened: at its own
 * cursor, which can't be asked for nor moved. So readers of it are `exact`, and the position that
 * a sink starts at is what Larder itself wrote there before.
 */
import type { Builtins } from "./builtin.ts";
import { MAX_IO_BYTES, requireFs } from "./file_source.ts";
import type { AsyncReader, NodeFileHandle, SyncReader } from "./source.ts";
import type { AsyncSink, SinkOptions, SyncSink } from "./sink.ts";

/** Bytes that Larder wrote to a handle. */
const written = new WeakMap<NodeFileHandle, number>();

/** Read an open handle from its cursor on. */
export async function openFileHandleReader(handle: NodeFileHandle): Promise<AsyncReader> {
  const stat = await handle.stat();
  let left = stat.isFile() && stat.size > 0 ? stat.size : undefined;
  return {
    exact: true,
    get remaining(): number | undefined {
      return left;
    },
    async read(into: Uint8Array): Promise<number> {
      const length = Math.min(into.length, MAX_IO_BYTES);
      if (length === 0) return 0;
      const { bytesRead } = await handle.read(into, 0, length, null);
      if (left !== undefined) left = Math.max(0, left - bytesRead);
      return bytesRead;
    },
    unread: (): Promise<void> => Promise.resolve(),
    close: (): Promise<void> => Promise.resolve(),
  };
}

/** Read an open handle from its cursor on, by its descriptor. */
export function openFileHandleReaderSync(handle: NodeFileHandle): SyncReader {
  const fs = requireHandleFs(handle);
  const stat = fs.fstatSync(handle.fd);
  let left = stat.isFile() && stat.size > 0 ? stat.size : undefined;
  return {
    exact: true,
    get remaining(): number | undefined {
      return left;
    },
    read(into: Uint8Array): number {
      const length = Math.min(into.length, MAX_IO_BYTES);
      if (length === 0) return 0;
      const bytesRead = fs.readSync(handle.fd, into, 0, length, null);
      if (left !== undefined) left = Math.max(0, left - bytesRead);
      return bytesRead;
    },
    unread(): void {},
    close(): void {},
  };
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
