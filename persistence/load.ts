/**
 * joblib.load: from a path, bytes, a stream or an open file to the value, in one pass. Arrays go from
 * the source straight into their own memory.
 */
import { type Source, sourcePath, type SyncSource } from "../io/source.ts";
import type { MachineOptions } from "../pickle/options.ts";
import { type DriveOptions, PickleStream, runAsync, runSync } from "../pickle/driver.ts";
import { Unpickler } from "../pickle/unpickler.ts";
import { joblibGlobals } from "./globals.ts";
import {
  companions,
  companionsSync,
  mayBeCompressed,
  openInput,
  openInputs,
  openInputSync,
} from "./input.ts";
import { type Mapping, openMapping, openMappingSync } from "./mapping.ts";
import { checkLoadOptions, type LoadOptions, wantsNative } from "./options.ts";
import { onceEach, warningSink } from "../pickle/warnings.ts";

/** A mapped file is mostly passed over, so little of it is read ahead. */
const MAPPED_READ_AHEAD = 64 << 10;

/**
 * Load what joblib.dump (or pickle.dump, or {@link dump}) stored. Nothing in the file is executed.
 *
 * @param source A path, URL, bytes, Blob, stream, Deno.FsFile, FileHandle or random-access source. An open
 *   file is read from its cursor and left just behind the value; a FileHandle can't go back, so behind a
 *   compressed one only Larder itself goes on there.
 * @param options Exactness, classes, byte order, limits, progress.
 * @returns The value: numpy arrays as {@link NDArray}, unknown classes as {@link PyObject}.
 * @throws UnpicklingError, CompressionError, UnsafeGlobalError or LimitError, each with the offset.
 *
 * @example From bytes
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps, load } from "@larder/joblib";
 *
 * const bytes = dumps({ weights: Float64Array.of(0.5, 1.5) });
 * const { weights } = await load<{ weights: { data: Float64Array } }>(bytes);
 * assert.deepEqual(weights.data, Float64Array.of(0.5, 1.5));
 * ```
 */
export async function load<T = unknown>(source: Source, options: LoadOptions = {}): Promise<T> {
  checkLoadOptions(options, "load()");
  options.signal?.throwIfAborted();
  const mapping = await openMapping(source, options);
  if (mapping !== undefined) {
    const values = loadMapped(mapping, source, options);
    try {
      return (await values.next()).value as T;
    } finally {
      await values.return(undefined);
    }
  }
  const input = await openInput(source, options);
  try {
    const { machine, drive } = prepareLoad(source, options);
    const stream = new PickleStream(input.reader, { ...drive, unsized: input.compressed });
    const task = stream.load(new Unpickler(machine));
    const value = await runAsync(task, input.reader, companions(source), options.signal);
    if (!input.compressed) await input.reader.unread(stream.ahead);
    return value as T;
  } catch (error) {
    options.signal?.throwIfAborted(); // a stream that was cancelled looks cut to those who read it
    throw error;
  } finally {
    await input.close();
  }
}

/**
 * Load without waiting: from a path, `file:` URL, bytes, an open file or a synchronous random-access source.
 *
 * @example From bytes
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps, loadSync } from "@larder/joblib";
 *
 * assert.deepEqual(loadSync(dumps([1, "two", null])), [1, "two", null]);
 * ```
 */
export function loadSync<T = unknown>(source: SyncSource, options: LoadOptions = {}): T {
  checkLoadOptions(options, "loadSync()");
  return loadNow(source, options) as T;
}

/**
 * Load from bytes: `loadSync` by the name that `pickle` has for it.
 *
 * @example A round trip
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps, loads } from "@larder/joblib";
 *
 * assert.deepEqual(loads(dumps({ a: [1, 2, 3] })), { a: [1, 2, 3] });
 * ```
 */
export function loads<T = unknown>(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): T {
  checkLoadOptions(options, "loads()");
  return loadNow(bytes, options) as T;
}

/**
 * Load every value of a source that holds several dumps, one after the other, each compressed or not.
 *
 * @param source As for {@link load}. A Deno.FsFile is left right behind the last value that came out; where that is
 *   in the middle of a compressed stream, somewhere in that stream.
 * @returns The values in their order. Limits hold for each stretch of the file.
 *
 * @example Two dumps in one
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps, loadAll } from "@larder/joblib";
 *
 * const both = Uint8Array.of(...dumps("first"), ...dumps("second"));
 * const values: unknown[] = [];
 * for await (const value of loadAll(both)) values.push(value);
 * assert.deepEqual(values, ["first", "second"]);
 * ```
 */
export async function* loadAll(source: Source, options: LoadOptions = {}): AsyncGenerator<unknown> {
  checkLoadOptions(options, "loadAll()");
  options.signal?.throwIfAborted();
  const mapping = await openMapping(source, options);
  if (mapping !== undefined) return yield* loadMapped(mapping, source, options);
  const { machine, drive } = prepareLoad(source, options);
  const { signal } = options;
  const beside = companions(source);
  const inputs = await openInputs(source, options);
  try {
    for (let input = await inputs.next(); input !== undefined; input = await inputs.next()) {
      const { reader, compressed } = input;
      const stream = new PickleStream(reader, { ...drive, unsized: compressed });
      try {
        do {
          yield await runAsync(stream.load(new Unpickler(machine)), reader, beside, signal);
        } while (
          await runAsync(stream.hasMore(), reader, beside, signal) &&
          (compressed || !mayBeCompressed(stream.rest))
        );
      } finally {
        await inputs.leave(input, stream.rest);
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await inputs.close();
  }
}

/** Load the values of a file whose arrays are mapped, one after the other. */
async function* loadMapped(
  mapping: Mapping,
  source: Source,
  options: LoadOptions,
): AsyncGenerator<unknown, void, undefined> {
  const { machine, drive } = prepareLoad(source, options, mapping);
  const reader = mapping.reader();
  const stream = new PickleStream(reader, drive);
  const beside = companions(source);
  const { signal } = options;
  try {
    do {
      yield await runAsync(stream.load(new Unpickler(machine)), reader, beside, signal);
    } while (await runAsync(stream.hasMore(), reader, beside, signal));
  } finally {
    await mapping.leave(stream.position);
  }
}

function loadMappedNow(mapping: Mapping, source: SyncSource, options: LoadOptions): unknown {
  const { machine, drive } = prepareLoad(source, options, mapping);
  const reader = mapping.readerSync();
  const stream = new PickleStream(reader, drive);
  try {
    return runSync(stream.load(new Unpickler(machine)), reader, companionsSync(source));
  } finally {
    mapping.leaveSync(stream.position);
  }
}

function loadNow(source: SyncSource, options: LoadOptions): unknown {
  options.signal?.throwIfAborted();
  const mapping = openMappingSync(source, options);
  if (mapping !== undefined) return loadMappedNow(mapping, source, options);
  const input = openInputSync(source, options);
  try {
    const { machine, drive } = prepareLoad(source, options);
    const stream = new PickleStream(input.reader, { ...drive, unsized: input.compressed });
    const value = runSync(
      stream.load(new Unpickler(machine)),
      input.reader,
      companionsSync(source),
    );
    if (!input.compressed) input.reader.unread(stream.ahead);
    return value;
  } finally {
    input.close();
  }
}

/** What the machine and its driver are told. */
function prepareLoad(
  source: unknown,
  options: LoadOptions,
  mapping?: Mapping,
): { machine: MachineOptions; drive: DriveOptions } {
  const path = sourcePath(source);
  const place = path === undefined ? {} : { path };
  return {
    machine: {
      ...options,
      ...place,
      globals: joblibGlobals(
        mapping === undefined ? { native: wantsNative(options) } : { native: false, mapping },
      ),
      onWarning: onceEach(warningSink(options.onWarning)),
    },
    drive: {
      ...place,
      ...(mapping === undefined ? {} : { offset: mapping.start, readAhead: MAPPED_READ_AHEAD }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    },
  };
}
