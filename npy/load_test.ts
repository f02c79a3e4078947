import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  LimitError,
  NpyFormatError,
  UnpicklingError,
  UnsafeGlobalError,
  UnsupportedError,
} from "../errors.ts";
import type { DenoFile, Source, SyncSource } from "../io/source.ts";
import { DType, NDArray } from "../numpy/mod.ts";
import { dumps, PyGlobal, PyObject, PyTuple } from "../pickle/mod.ts";
import { arrayOfTyped } from "../numpy/pickle.ts";
import { picklerBytes } from "../pickle/pickle.ts";
import { bytesOf, npyFile, rawNpy, streamOf } from "../tests/npy.ts";
import { raw } from "../tests/raw.ts";
import { freshPath } from "../tests/temporary.ts";
import { load, loadSync, NpzFile } from "./mod.ts";

const Deno = (globalThis as {
  Deno?: { openSync(path: string): DenoFile & { close(): void } };
}).Deno;

const ARRAY = NDArray.from([[1, 2, 3], [4, 5, 6]], "int64");
const OBJECTS = new NDArray({ dtype: DType.from("O"), shape: [3], objects: [1, "a", null] });
const NPY = npyFile(ARRAY);
const OBJECT_NPY = npyFile(OBJECTS);
/** An archive without members. */
const EMPTY_NPZ = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18));
const quiet = { onWarning: () => {} };

/** The kinds of file, and what shows that they were read. */
const KINDS: Record<
  string,
  { bytes: Uint8Array; shown: (value: unknown) => unknown; is: unknown }
> = {
  ".npy": {
    bytes: NPY,
    shown: (value) => (value as NDArray).toArray(),
    is: [[1n, 2n, 3n], [4n, 5n, 6n]],
  },
  "object array": {
    bytes: OBJECT_NPY,
    shown: (value) => (value as NDArray).toArray(),
    is: [1, "a", null],
  },
  ".npz": { bytes: EMPTY_NPZ, shown: (value) => (value as NpzFile).files, is: [] },
  "pickle": { bytes: dumps({ a: 1 }), shown: (value) => value, is: { a: 1 } },
};

interface Opened<S> {
  source: S;
  finish?: () => Promise<unknown> | unknown;
}

const syncSources: Record<
  string,
  (path: string) => Opened<SyncSource> | Promise<Opened<SyncSource>>
> = {
  "a path": (path) => ({ source: path }),
  "a file: URL": (path) => ({ source: pathToFileURL(path) }),
  "a file: URL's text": (path) => ({ source: pathToFileURL(path).href }),
  "a Uint8Array": (path) => ({ source: new Uint8Array(readFileSync(path)) }),
  "an ArrayBuffer": (path) => ({ source: new Uint8Array(readFileSync(path)).buffer }),
  "random access": (path) => {
    const bytes = new Uint8Array(readFileSync(path));
    const read = (start: number, end: number) => bytes.slice(start, end);
    return { source: { size: bytes.length, read } };
  },
  "a FileHandle": async (path) => {
    const source = await open(path);
    return { source, finish: () => source.close() };
  },
};
if (Deno !== undefined) {
  syncSources["a Deno.FsFile"] = (path) => {
    const source = Deno.openSync(path);
    return { source, finish: () => source.close() };
  };
}
const asyncSources: Record<string, (path: string) => Opened<Source> | Promise<Opened<Source>>> = {
  "a Blob": (path) => ({ source: new Blob([readFileSync(path)]) }),
  "a stream": (path) => ({ source: streamOf(new Uint8Array(readFileSync(path)), 65_536) }),
  "a stream of single bytes": (path) => ({ source: streamOf(readFileSync(path), 1) }),
  "an http URL": (path) => serve(path),
};

for (const [kind, { bytes, shown, is }] of Object.entries(KINDS)) {
  // a name that says nothing, or even something else
  const path = freshPath("file.txt");
  writeFileSync(path, bytes);
  for (const [name, make] of Object.entries({ ...syncSources, ...asyncSources })) {
    test(`npy.load() reads a ${kind} file from ${name}`, async () => {
      const { source, finish } = await make(path);
      try {
        const value = await load<unknown>(source);
        assert.deepEqual(shown(value), is);
        if (value instanceof NpzFile) await value.close();
      } finally {
        await finish?.();
      }
    });
  }
  for (const [name, make] of Object.entries(syncSources)) {
    test(`npy.loadSync() reads a ${kind} file from ${name}`, async () => {
      const { source, finish } = await make(path);
      try {
        const value = loadSync<unknown>(source);
        assert.deepEqual(shown(value), is);
        if (value instanceof NpzFile) value.closeSync();
      } finally {
        await finish?.();
      }
    });
  }
}

test("an open file is left right behind the array, so that the next can be loaded", async () => {
  const path = freshPath("two.npy");
  const floats = npyFile(NDArray.from([1]));
  writeFileSync(path, bytesOf([npyFile(ARRAY), OBJECT_NPY, floats, dumps("end"), NPY]));
  const shown = (value: unknown) => value instanceof NDArray ? value.toArray() : value;
  const all = [[[1n, 2n, 3n], [4n, 5n, 6n]], [1, "a", null], [1], "end", ARRAY.toArray()];
  const opened: [SyncSource, () => unknown][] = [];
  for (let i = 0; i < 2; i++) {
    const handle = await open(path);
    opened.push([handle, () => handle.close()]);
    if (Deno === undefined) continue;
    const file = Deno.openSync(path);
    opened.push([file, () => file.close()]);
  }
  for (const [i, [file, close]] of opened.entries()) {
    try {
      for (const value of all) {
        const found = i < opened.length / 2 ? await load(file) : loadSync(file);
        assert.deepEqual(shown(found), value);
      }
      await assert.rejects(load(file), { name: "NpyFormatError", message: /no data left/ });
    } finally {
      await close();
    }
  }
});

test("npy.load() cancels the rest of a stream and gives its lock back", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(NPY.slice()),
    cancel: () => void (cancelled = true),
  });
  assert.deepEqual((await load<NDArray>(stream)).shape, [2, 3]);
  assert.equal(cancelled, true);
  assert.equal(stream.locked, false);
});

test("a stream of unknown length can't make us allocate what a header claims", async () => {
  const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,)}";
  const file = rawNpy(header, new Uint8Array(1000));
  await assert.rejects(load(streamOf(file, 100)), {
    name: "NpyFormatError",
    message: /needs 800000000000 bytes, 1000 are there/,
  });
});

test("a stream of unknown length is read whole, beyond the first allocation", async () => {
  const array = NDArray.from(Uint32Array.from({ length: 5e6 }, (_, i) => i * 7));
  const loaded = await load<NDArray>(streamOf(npyFile(array), 1e6));
  assert.deepEqual(loaded.data, array.data);
});

test("a gzip stream is an array once it is decompressed, and not before", async () => {
  const packed = () => new Blob([NPY.slice()]).stream().pipeThrough(new CompressionStream("gzip"));
  const array = await load<NDArray>(packed().pipeThrough(new DecompressionStream("gzip")));
  assert.deepEqual(array.toArray(), ARRAY.toArray());
  await assert.rejects(load(packed()), UnpicklingError);
});

test("npy.load() keeps byte order and Fortran order", () => {
  const header = "{'descr': '>i4', 'fortran_order': True, 'shape': (2, 2)}";
  const data = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4);
  const array = loadSync<NDArray>(rawNpy(header, data));
  assert.equal(array.dtype.str, ">i4");
  assert.equal(array.order, "F");
  assert.deepEqual(array.toArray(), [[1, 2], [3, 4]]);
});

test("the array has memory of its own", () => {
  const bytes = NPY.slice();
  const array = loadSync<NDArray>(bytes);
  bytes.fill(0);
  assert.deepEqual(array.data, BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n));
});

test("npy.load() reads into a buffer that the caller gives", async () => {
  const buffer = new ArrayBuffer(64);
  const infos: unknown[] = [];
  const into = (info: unknown) => {
    infos.push(info);
    return buffer;
  };
  const array = await load<NDArray>(NPY, { into });
  assert.equal(array.bytes.buffer, buffer);
  assert.deepEqual(infos, [{ dtype: "<i8", shape: [2, 3], byteLength: 48 }]);
  assert.deepEqual(array.toArray(), ARRAY.toArray());
  assert.throws(() => loadSync(NPY, { into: () => new ArrayBuffer(47) }), RangeError);
});

test("a missing file and a folder keep their codes", async () => {
  const path = freshPath("123");
  writeFileSync(`${path}.npy`, NPY);
  await assert.rejects(load(path), { code: "ENOENT" }); // .npy is not appended
  assert.throws(() => loadSync(path), { code: "ENOENT" });
  mkdirSync(path);
  await assert.rejects(load(dirname(path)), { code: "EISDIR" });
  assert.throws(() => loadSync(path), { code: "EISDIR" });
});

test("an empty file is an NpyFormatError that names it", async () => {
  const path = freshPath("empty.npy");
  writeFileSync(path, "");
  await assert.rejects(load(path), { name: "NpyFormatError", path });
  assert.throws(() => loadSync(path), { name: "NpyFormatError", path });
  assert.throws(() => loadSync(new Uint8Array(0)), NpyFormatError);
});

test("a file that is cut is an NpyFormatError, wherever it is cut", async () => {
  const path = freshPath("cut.npy");
  for (const length of [5, 6, 7, 8, 9, 50, 127, 128, NPY.length - 8, NPY.length - 1]) {
    const cut = NPY.slice(0, length);
    writeFileSync(path, cut);
    const expected = { name: length < 6 ? "UnpicklingError" : "NpyFormatError" };
    assert.throws(() => loadSync(cut), expected);
    assert.throws(() => loadSync(path), { ...expected, path });
    await assert.rejects(load(streamOf(cut, 10)), expected);
    await assert.rejects(load(path), { ...expected, path });
  }
  assert.throws(() => loadSync(NPY.slice(0, -8)), {
    message: /48 bytes, 40 are there/,
    offset: 128,
  });
});

test("an object array that is cut or damaged is an UnpicklingError with its offset in the file", () => {
  const cut = OBJECT_NPY.slice(0, -3);
  assert.throws(() => loadSync(cut), (error: unknown) => {
    return error instanceof UnpicklingError && error.offset! > 128 && error.offset! <= cut.length;
  });
});

test("unknown bytes are an UnpicklingError that says what was tried", async () => {
  const text = new TextEncoder().encode("1.0 2.0 3.0\n");
  const expected = { name: "UnpicklingError", message: /neither \.npy nor \.npz/ };
  assert.throws(() => loadSync(text), expected);
  await assert.rejects(load(streamOf(text, 3)), expected);
});

test("allowPickle false refuses object arrays, bare pickles and unknown bytes alike", async () => {
  for (const bytes of [OBJECT_NPY, dumps({ a: 1 }), new TextEncoder().encode("text")]) {
    const expected = { name: "NpyFormatError", message: /allowPickle/ };
    assert.throws(() => loadSync(bytes, { allowPickle: false }), expected);
    await assert.rejects(
      load(new Blob([bytes as Uint8Array<ArrayBuffer>]), { allowPickle: false }),
      expected,
    );
  }
  assert.deepEqual(loadSync<NDArray>(NPY, { allowPickle: false }).shape, [2, 3]);
});

test("nothing that a file names is run", () => {
  const system = new PyObject({
    how: "reduce",
    callable: new PyGlobal("os", "system"),
    args: PyTuple.of("true") as PyTuple,
  });
  const array = new NDArray({ dtype: DType.from("O"), shape: [1], objects: [system] });
  const file = npyFile(array);
  assert.throws(() => loadSync(file), UnsafeGlobalError);
  assert.throws(() => loadSync(dumps(system)), UnsafeGlobalError);
  const inert = loadSync<NDArray>(file, { dangerous: "inert" });
  assert.equal((inert.get(0) as PyObject).className, "os.system");
});

test("a pickled tuple keeps its array", () => {
  const value = PyTuple.of<unknown>(1, "x", NDArray.from(BigInt64Array.of(0n, 1n, 2n)));
  const bytes = picklerBytes(value, {}, { convert: arrayOfTyped });
  const [one, text, array] = loadSync<PyTuple>(bytes);
  assert.deepEqual([one, text], [1, "x"]);
  assert.deepEqual((array as NDArray).data, BigInt64Array.of(0n, 1n, 2n));
});

test("fixImports maps Python 2's names, unless it is false", () => {
  const old = raw("\x80\x02c__builtin__\nset\n]K\x01a\x85R.");
  assert.deepEqual(loadSync<unknown>(old), new Set([1]));
  const kept = loadSync<PyObject>(old, { fixImports: false });
  assert.equal(kept.className, "__builtin__.set");
});

for (const encoding of ["utf8", "ascii", "LATIN1", ""]) {
  test(`encoding "${encoding}" is a RangeError, also where the file holds no pickle`, async () => {
    const options = { encoding: encoding as never };
    assert.throws(() => loadSync(NPY, options), RangeError);
    await assert.rejects(load(NPY, options), RangeError);
  });
}

test("Python 2's text that is not ASCII is read by encoding", () => {
  const state =
    "(K\x01K\x01\x85cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xff" +
    "J\xff\xff\xff\xffK?tb\x89]U\x04caf\xe9atb.";
  const body = raw(
    "\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R" + state,
  );
  const file = rawNpy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", body);
  assert.throws(() => loadSync(file), { name: "UnpicklingError", message: /encoding/ });
  assert.deepEqual(loadSync<NDArray>(file, { encoding: "latin1" }).toArray(), ["café"]);
  const [bytes] = loadSync<NDArray>(file, { encoding: "bytes" }).toArray() as Uint8Array[];
  assert.deepEqual([...bytes], [99, 97, 102, 233]);
});

test('mmapMode "w+" is a RangeError that names openMemmap, and the file keeps its bytes', async () => {
  const path = freshPath("kept.npy");
  writeFileSync(path, NPY);
  const options = { mmapMode: "w+" as never };
  assert.throws(() => loadSync(path, options), { name: "RangeError", message: /openMemmap/ });
  await assert.rejects(load(path, options), { name: "RangeError", message: /openMemmap/ });
  assert.equal(readFileSync(path).length, 176);
});

for (const mode of ["", "readonly", "w", "x", true]) {
  test(`mmapMode ${JSON.stringify(mode)} is a RangeError`, () => {
    assert.throws(() => loadSync(NPY, { mmapMode: mode as never }), RangeError);
  });
}

test("mmapMode is ignored for archives and pickles, and object arrays can't be mapped", async () => {
  const path = freshPath("objects.npy");
  writeFileSync(path, dumps({ a: 1 }));
  assert.deepEqual(await load<unknown>(path, { mmapMode: "r" }), { a: 1 });
  writeFileSync(path, EMPTY_NPZ);
  const archive = await load<NpzFile>(path, { mmapMode: "r" });
  assert.deepEqual(archive.files, []);
  await archive.close();
  writeFileSync(path, OBJECT_NPY);
  await assert.rejects(load(path, { mmapMode: "r" }), UnsupportedError);
  assert.throws(() => loadSync(path, { mmapMode: "r" }), UnsupportedError);
});

test("headers above 10000 characters need maxHeaderSize, limits or an explicit allowPickle", () => {
  const names = Array.from({ length: 1000 }, (_, i) => `('f${i}', '<f8')`).join(", ");
  const header = `{'descr': [${names}], 'fortran_order': False, 'shape': (0,)}`;
  const file = rawNpy(header);
  assert.throws(() => loadSync(file), LimitError);
  for (
    const options of [
      { maxHeaderSize: 1e6 },
      { limits: { maxHeaderSize: 1e6 } },
      { allowPickle: true },
    ]
  ) assert.deepEqual(loadSync<NDArray>(file, options).shape, [0]);
  for (
    const options of [
      { maxHeaderSize: 10 },
      { limits: { maxHeaderSize: 10 } },
      { allowPickle: true, maxHeaderSize: 10 },
      { allowPickle: true, limits: { maxHeaderSize: 10 } },
    ]
  ) assert.throws(() => loadSync(NPY, options), LimitError);
});

test("limits.maxBytes bounds arrays, pickles and streams of archives", async () => {
  const limits = { maxBytes: 100 };
  assert.throws(() => loadSync(NPY, { limits }), LimitError);
  assert.throws(() => loadSync(dumps("x".repeat(200)), { limits }), LimitError);
  await assert.rejects(load(streamOf(NPY, 10), { limits }), LimitError);
  const long = bytesOf([Uint8Array.of(0x50, 0x4b, 3, 4), new Uint8Array(200)]);
  await assert.rejects(load(streamOf(long, 10), { limits }), LimitError);
});

test("dtype says what void bytes are, and nothing else", async () => {
  const file = rawNpy(
    "{'descr': '<V1', 'fortran_order': False, 'shape': (2,)}",
    Uint8Array.of(0x38, 0xbc),
  );
  assert.equal(loadSync<NDArray>(file).dtype.str, "|V1");
  assert.deepEqual(loadSync<NDArray>(file, { dtype: "float8_e4m3fn" }).toArray(), [1, -1.5]);
  assert.deepEqual((await load<NDArray>(file, { dtype: "int8" })).toArray(), [0x38, -0x44]);
  assert.throws(() => loadSync(file, { dtype: "bfloat16" }), RangeError);
  assert.throws(() => loadSync(NPY, { dtype: "float64" }), RangeError);
  assert.equal(loadSync<NDArray>(NPY, { dtype: "int64" }).dtype.str, "<i8");
});

test("exact keeps integral floats of an object array apart", () => {
  const pickled = loadSync<NDArray>(npyFile(OBJECTS), { exact: true });
  assert.deepEqual(pickled.toArray(), [1, "a", null]);
});

test("progress is told up to the array's last byte", async () => {
  const told: unknown[] = [];
  await load(NPY, { onProgress: (progress) => told.push(progress) });
  assert.deepEqual(told.at(-1), { bytes: 176, total: 176 });
  const sizes: number[] = [];
  const large = npyFile(NDArray.zeros([40, 1 << 20], "u1"));
  await load(new Blob([large]), { onProgress: ({ bytes }) => sizes.push(bytes) });
  assert.equal(sizes.at(-1), large.length);
  assert.ok(sizes.length > 1);
});

test("an abort rejects with its reason", async () => {
  const reason = new Error("enough");
  await assert.rejects(load(NPY, { signal: AbortSignal.abort(reason) }), reason);
  assert.throws(() => loadSync(NPY, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const stream = new ReadableStream<Uint8Array>({
    pull(chunks) {
      chunks.enqueue(NPY.slice(0, 130));
      controller.abort(reason);
    },
  });
  await assert.rejects(load(stream, { signal: controller.signal }), reason);
});

test("an unknown option names the right one", async () => {
  const options = { mmap_mode: "r" } as never;
  assert.throws(() => loadSync(NPY, options), /use "mmapMode"/);
  await assert.rejects(load(NPY, options), { name: "TypeError", message: /load\(\)/ });
  assert.throws(() => loadSync(NPY, { allowPickle: 1 as never }), TypeError);
  assert.throws(() => loadSync(NPY, { maxHeaderSize: NaN }), RangeError);
});

for (const source of [null, undefined, 5, {}]) {
  test(`a source ${String(source)} is a TypeError`, async () => {
    await assert.rejects(load(source as never, quiet), TypeError);
    assert.throws(() => loadSync(source as never, quiet), TypeError);
  });
}

function serve(path: string): Promise<Opened<Source>> {
  const server = createServer((_, response) => response.end(readFileSync(path)));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      const finish = () => new Promise((done) => server.close(done));
      resolve({ source: `http://127.0.0.1:${port}/file.npy`, finish });
    });
  });
}
