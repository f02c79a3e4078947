/**
 * joblib.dump: a value becomes one pickle with arrays between its opcodes, compressed or not. A path is
 * written beside and renamed when it is whole.
 */
import { compressSink, type CompressSinkOptions, compressSinkSync } from "../compressors/mod.ts";
import { resolveCompress, type ResolvedCompress } from "../compressors/options.ts";
import { yieldToEventLoop } from "../io/event_loop.ts";
import {
  type AsyncSink,
  openSink,
  openSinkSync,
  type SyncSink,
  type SyncTarget,
  type Target,
} from "../io/sink.ts";
import { sourcePath } from "../io/source.ts";
import { arrayOfTyped } from "../numpy/pickle.ts";
import { resolveProtocol } from "../pickle/options.ts";
import { allBytes } from "../pickle/pickle.ts";
import { Pickler, type PicklerHooks } from "../pickle/pickler.ts";
import { rawArray } from "./array_wrapper.ts";
import { checkDumpOptions, type DumpOptions } from "./options.ts";
import { onceEach, warningSink } from "../pickle/warnings.ts";

/** Between parts of a large array other work runs, progress is told and an abort is heeded. */
const WRITE_BYTES = 16 << 20;
const COMPRESS_BYTES = 1 << 20;

/**
 * Store a value in a file that joblib.load reads.
 *
 * @param value The value; arrays are written from their own memory, without a copy. It must not change
 *   until the promise resolves.
 * @param target A path, `file:` URL, WritableStream, Deno.FsFile or FileHandle. An open file is written at its cursor and
 *   stays open; a path appears whole or not at all.
 * @param options Compression, protocol, classes, durability, progress.
 * @returns The path in a list, as joblib does; an empty list for a stream or open file.
 * @throws PicklingError for a value without a counterpart in Python, with its place; the target stays as it was.
 *
 * @example To a file and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { dump, load } from "@larder/joblib";
 *
 * const folder = await mkdtemp(`${tmpdir()}/larder-`);
 * const [path] = await dump({ version: 1 }, `${folder}/value.joblib`, { compress: 3 });
 * assert.deepEqual(await load(path), { version: 1 });
 * await rm(folder, { recursive: true });
 * ```
 */
export async function dump(
  value: unknown,
  target: Target,
  options: DumpOptions = {},
): Promise<string[]> {
  const { path, method } = prepareDump(target, options, "dump()");
  const { signal } = options;
  signal?.throwIfAborted();
  const raw = await openSink(target, { durability: options.durability ?? "none", signal });
  let sink = raw;
  try {
    if (method !== null) {
      sink = compressSink(raw, method.name, method.level, compressOptions(path, options));
    }
    const part = method === null ? WRITE_BYTES : COMPRESS_BYTES;
    await writeAll(value, sink, { path, part }, options);
    signal?.throwIfAborted(); // the last moment at which an abort leaves the old file
    await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  return path === undefined ? [] : [path];
}

/**
 * Store a value without waiting: to a path, `file:` URL or open file.
 *
 * @returns The path in a list; an empty list for an open file.
 *
 * @example To a file and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { dumpSync, loadSync } from "@larder/joblib";
 *
 * const folder = mkdtempSync(`${tmpdir()}/larder-`);
 * const [path] = dumpSync([1, 2, 3], `${folder}/list.joblib`);
 * assert.deepEqual(loadSync(path), [1, 2, 3]);
 * rmSync(folder, { recursive: true });
 * ```
 */
export function dumpSync(value: unknown, target: SyncTarget, options: DumpOptions = {}): string[] {
  const { path, method } = prepareDump(target, options, "dumpSync()");
  options.signal?.throwIfAborted();
  const raw = openSinkSync(target, { durability: options.durability ?? "none" });
  let sink = raw;
  try {
    if (method !== null) sink = compressSinkSync(raw, method.name, method.level);
    writeAllSync(value, sink, path, options);
    sink.close();
  } catch (error) {
    sink.abort();
    throw error;
  }
  return path === undefined ? [] : [path];
}

/**
 * The bytes that {@link dump} would write.
 *
 * @example The bytes are joblib's
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps } from "@larder/joblib";
 *
 * assert.deepEqual([...dumps("a").slice(0, 2)], [0x80, 4]);
 * ```
 */
export function dumps(value: unknown, options: DumpOptions = {}): Uint8Array<ArrayBuffer> {
  const { method } = prepareDump(undefined, options, "dumps()");
  options.signal?.throwIfAborted();
  if (method === null && options.onProgress === undefined) {
    return allBytes(joblibPickler(value, 0, undefined, options));
  }
  const memory = new MemorySink();
  const sink = method === null ? memory : compressSinkSync(memory, method.name, method.level);
  writeAllSync(value, sink, undefined, options);
  sink.close();
  return memory.bytes();
}

function prepareDump(
  target: unknown,
  options: DumpOptions,
  call: string,
): { path: string | undefined; method: ResolvedCompress | null } {
  checkDumpOptions(options, call);
  resolveProtocol(options.protocol);
  const path = sourcePath(target);
  return { path, method: resolveCompress(options.compress, path) };
}

function compressOptions(path: string | undefined, options: DumpOptions): CompressSinkOptions {
  const warn = warningSink(options.onWarning);
  return {
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    onWarning: (warning) => warn({ ...warning, ...(path === undefined ? {} : { path }) }),
  };
}

async function writeAll(
  value: unknown,
  sink: AsyncSink,
  { path, part }: { path: string | undefined; part: number },
  options: DumpOptions,
): Promise<void> {
  const { signal, onProgress } = options;
  const pickler = joblibPickler(value, sink.start, path, options);
  let bytes = 0;
  for (
    let piece = await pickler.nextAsync();
    piece !== undefined;
    piece = await pickler.nextAsync()
  ) {
    for (let at = 0; at < piece.length; at += part) {
      const written = piece.subarray(at, at + part);
      await sink.write(written);
      bytes += written.length;
      onProgress?.({ bytes });
      await yieldToEventLoop();
      signal?.throwIfAborted();
    }
  }
}

function writeAllSync(
  value: unknown,
  sink: SyncSink,
  path: string | undefined,
  options: DumpOptions,
): void {
  const pickler = joblibPickler(value, sink.start, path, options);
  let bytes = 0;
  for (let piece = pickler.next(); piece !== undefined; piece = pickler.next()) {
    sink.write(piece);
    bytes += piece.length;
    options.onProgress?.({ bytes });
  }
}

function joblibPickler(
  value: unknown,
  start: number,
  path: string | undefined,
  options: DumpOptions,
): Pickler {
  const warn = onceEach(warningSink(options.onWarning));
  const hooks: PicklerHooks = {
    dialect: "python",
    start,
    convert: arrayOfTyped,
    rawArray: (object) => rawArray(object, arrayOfTyped),
    onMainClass(className) {
      warn({
        code: "main-class",
        message:
          `An instance was dumped as ${className}: Python finds that class only in the script that defines it`,
        ...(path === undefined ? {} : { path }),
      });
    },
  };
  return new Pickler(value, options, hooks);
}

/** Collects bytes in memory. */
class MemorySink implements SyncSink {
  readonly start = 0;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  write(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
    this.#length += bytes.length;
  }

  close(): void {}

  abort(): void {}

  bytes(): Uint8Array<ArrayBuffer> {
    if (this.#pieces.length === 1) return this.#pieces[0] as Uint8Array<ArrayBuffer>;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}
