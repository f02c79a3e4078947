/**
 * Reading and writing a `Deno.FsFile` that the caller opened: at its cursor, by its own methods.
 * It is never closed, and bytes that were read ahead are given back by seeking.
 */
import { LarderError } from "../errors.ts";
import type { AsyncReader, DenoFile, SyncReader } from "./source.ts";
import type { AsyncSink, SinkOptions, SyncSink } from "./sink.ts";

// Deno.SeekMode
const SEEK_START = 0;
const SEEK_CURRENT = 1;

/** Read an open file from its cursor on. */
export function openDenoFileReaderSync(file: DenoFile): SyncReader {
  const left = new Left(file);
  return {
    exact: left.exact,
    get remaining(): number | undefined {
      return left.remaining;
    },
    read(into: Uint8Array): number {
      return into.length === 0 ? 0 : left.take(file.readSync(into) ?? 0);
    },
    unread(count: number): void {
      if (count === 0 || left.exact) return;
      file.seekSync(-count, SEEK_CURRENT);
      left.take(-count);
    },
    close(): void {},
  };
}

/** Read an open file from its cursor on. */
export function openDenoFileReader(file: DenoFile): AsyncReader {
  const left = new Left(file);
  return {
    exact: left.exact,
    get remaining(): number | undefined {
      return left.remaining;
    },
    async read(into: Uint8Array): Promise<number> {
      return into.length === 0 ? 0 : left.take(await file.read(into) ?? 0);
    },
    async unread(count: number): Promise<void> {
      if (count === 0 || left.exact) return;
      await file.seek(-count, SEEK_CURRENT);
      left.take(-count);
    },
    close: (): Promise<void> => Promise.resolve(),
  };
}

/** Write an open file from its cursor on. */
export function openDenoFileSinkSync(file: DenoFile, options: SinkOptions): SyncSink {
  const start = cursorOf(file);
  function write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
  }
  return {
    start: start ?? 0,
    write,
    ...(start !== undefined && {
      patch(position: number, bytes: Uint8Array): void {
        const cursor = file.seekSync(0, SEEK_CURRENT);
        file.seekSync(position, SEEK_START);
        write(bytes);
        checkPlace(file, position + bytes.length);
        file.seekSync(cursor, SEEK_START);
      },
    }),
    close(): void {
      if (options.durability !== "none") file.syncSync();
    },
    abort(): void {},
  };
}

/** Write an open file from its cursor on. */
export function openDenoFileSink(file: DenoFile, options: SinkOptions): AsyncSink {
  const start = cursorOf(file);
  async function write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  }
  return {
    start: start ?? 0,
    write,
    ...(start !== undefined && {
      async patch(position: number, bytes: Uint8Array): Promise<void> {
        const cursor = await file.seek(0, SEEK_CURRENT);
        await file.seek(position, SEEK_START);
        await write(bytes);
        checkPlace(file, position + bytes.length);
        await file.seek(cursor, SEEK_START);
      },
    }),
    async close(): Promise<void> {
      if (options.durability !== "none") await file.sync();
    },
    abort: (): Promise<void> => Promise.resolve(),
  };
}

/** A file that was opened for appending writes at its end wherever its cursor stands. */
function checkPlace(file: DenoFile, expected: number): void {
  if (file.seekSync(0, SEEK_CURRENT) === expected) return;
  throw new LarderError(
    `Cannot write at an earlier place of a file that was opened for appending: ` +
      `open it with { write: true }`,
    { offset: expected },
  );
}

/** What is left of an open file; pipes have neither a cursor nor a size. */
class Left {
  remaining: number | undefined;
  readonly exact: boolean;

  constructor(file: DenoFile) {
    const cursor = cursorOf(file);
    this.exact = cursor === undefined;
    if (cursor === undefined) return;
    const stat = file.statSync();
    if (stat.isFile && stat.size > 0) this.remaining = Math.max(0, stat.size - cursor);
  }

  take(count: number): number {
    if (this.remaining !== undefined) this.remaining = Math.max(0, this.remaining - count);
    return count;
  }
}

function cursorOf(file: DenoFile): number | undefined {
  try {
    return file.seekSync(0, SEEK_CURRENT);
  } catch {
    return undefined; // a pipe: ESPIPE has no error class of its own
  }
}
