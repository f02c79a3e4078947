/** What load reads, from where, and how it fails. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { LimitError, UnpicklingError } from "../errors.ts";
import type { DenoFile, Source, SyncSource } from "../io/source.ts";
import { NDArray } from "../numpy/mod.ts";
import { PyFloat, PyGlobal, PyObject, PyTuple, registerClass } from "../pickle/mod.ts";
import { freshPath } from "../tests/temporary.ts";
import { dump, dumps } from "./dump.ts";
import { load, loadAll, loads, loadSync } from "./load.ts";
import type { LoadOptions } from "./options.ts";

interface DenoGlobals {
  Deno?: { openSync(path: string, options?: object): DenoFile & { close(): void } };
}
const { Deno } = globalThis as unknown as DenoGlobals;

const VALUE = {
  array: NDArray.from(Float64Array.from({ length: 200_000 }, (_, i) => i / 3)),
  metadata: { version: 1, text: "ä☃" },
  list: [PyTuple.of<unknown>(1, "two"), null, 2n ** 70n],
};
const FILES: Record<string, string> = {};
for (const compress of [false, "zlib", "gzip"] as const) {
  const path = freshPath();
  writeFileSync(path, dumps(VALUE, { compress }));
  FILES[compress || "plain"] = path;
}

interface Opened<S> {
  source: S;
  finish?: () => Promise<unknown> | void;
}
type Make<S> = (path: string) => Opened<S> | Promise<Opened<S>>;

const syncSources: Record<string, Make<SyncSource>> = {
  "path": (path) => ({ source: path }),
  "file: URL": (path) => ({ source: pathToFileURL(path) }),
  "file: URL string": (path) => ({ source: pathToFileURL(path).href }),
  "Uint8Array": (path) => ({ source: new Uint8Array(readFileSync(path)) }),
  "Uint8Array in the middle of a buffer": (path) => {
    const bytes = readFileSync(path);
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 3);
    return { source: larger.subarray(3, 3 + bytes.length) };
  },
  "Buffer": (path) => ({ source: readFileSync(path) }),
  "ArrayBuffer": (path) => ({ source: new Uint8Array(readFileSync(path)).slice().buffer }),
  "synchronous random access": (path) => {
    const bytes = new Uint8Array(readFileSync(path));
    const read = (start: number, end: number) => bytes.slice(start, end);
    return { source: { size: bytes.length, read } };
  },
  "FileHandle": async (path) => {
    const source = await open(path);
    return { source, finish: () => source.close() };
  },
};
if (Deno !== undefined) {
  syncSources["Deno.FsFile"] = (path) => {
    const source = Deno.openSync(path);
    return { source, finish: () => source.close() };
  };
}
const asyncSources: Record<string, Make<Source>> = {
  "Blob": (path) => ({ source: new Blob([readFileSync(path)]) }),
  "ReadableStream": (path) => ({ source: streamOf(readFileSync(path), 65_537) }),
  "ReadableStream of small pieces": (path) => ({ source: streamOf(readFileSync(path), 997) }),
  "asynchronous random access": (path) => {
    const bytes = new Uint8Array(readFileSync(path));
    return {
      source: {
        size: bytes.length,
        read: (start: number, end: number) => Promise.resolve(bytes.slice(start, end)),
      },
    };
  },
  "http URL with ranges": (path) => serve(path, true, (url) => url),
  "http URL without ranges": (path) => serve(path, false, (url) => url),
  "http URL object": (path) => serve(path, true, (url) => new URL(url)),
};

for (const [kind, path] of Object.entries(FILES)) {
  for (const [name, make] of Object.entries({ ...syncSources, ...asyncSources })) {
    test(`load() reads a ${kind} file from ${name}`, async () => {
      const { source, finish } = await make(path);
      try {
        assertValue(await load(source));
      } finally {
        await finish?.();
      }
    });
  }
  for (const [name, make] of Object.entries(syncSources)) {
    test(`loadSync() reads a ${kind} file from ${name}`, async () => {
      const { source, finish } = await make(path);
      try {
        assertValue(loadSync(source));
      } finally {
        await finish?.();
      }
    });
  }
}

test("loads() reads bytes, also those of an ArrayBuffer", () => {
  const bytes = dumps([1]);
  assert.deepEqual(loads(bytes), [1]);
  assert.deepEqual(loads(bytes.slice().buffer), [1]);
});

for (const source of [null, undefined, 5, true, {}, [1], Symbol("s"), () => 1]) {
  const name = typeof source === "object" ? JSON.stringify(source) : String(source);
  test(`a source ${name} is a TypeError`, async () => {
    await assert.rejects(load(source as never), { name: "TypeError" });
    assert.throws(() => loadSync(source as never), { name: "TypeError" });
  });
}

for (const [name, make] of Object.entries(asyncSources)) {
  test(`loadSync() refuses ${name}`, async () => {
    const { source, finish } = await make(FILES.plain);
    try {
      assert.throws(() => loadSync(source as never), { name: "TypeError" });
    } finally {
      await finish?.();
    }
  });
}

for (const compress of [false, "gzip"] as const) {
  test(`load() cancels the rest of a stream (compress ${compress}) and gives its lock back`, async () => {
    let cancelled = false;
    const file = dumps("value", { compress });
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(file),
      pull: (controller) => controller.enqueue(new Uint8Array(100)),
      cancel: () => {
        cancelled = true;
      },
    });
    assert.equal(await load(stream), "value");
    assert.equal(cancelled, true);
    assert.equal(stream.locked, false);
  });
}

test("load() that fails cancels its stream", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("no pickle at all")),
    cancel: () => {
      cancelled = true;
    },
  });
  await assert.rejects(load(stream), UnpicklingError);
  assert.equal(cancelled, true);
});

test("load() leaves a FileHandle open, also when it fails", async () => {
  const path = freshPath();
  writeFileSync(path, "no pickle");
  const handle = await open(path);
  await assert.rejects(load(handle), UnpicklingError);
  assert.equal((await handle.stat()).size, 9);
  await handle.close();
});

/** Compression, and a byte that may follow the value. */
const FOLLOWING = [[false, 7], ["zlib", 7], ["zlib", 0], ["gzip", 0]] as const;
for (const [compress, byte] of FOLLOWING) {
  test(`bytes ${byte} behind the value are ignored (compress ${compress})`, async () => {
    const file = dumps([1], { compress });
    const longer = new Uint8Array(file.length + 1000).fill(byte);
    longer.set(file);
    assert.deepEqual(await load(longer), [1]);
    assert.deepEqual(loadSync(longer), [1]);
    assert.deepEqual(await load(streamOf(longer, 100)), [1]);
  });
}

test("what follows a gzip member and is no member is a CompressionError", async () => {
  const longer = Uint8Array.of(...dumps([1], { compress: "gzip" }), 7, 7);
  await assert.rejects(load(longer), { name: "CompressionError" });
  assert.throws(() => loads(longer), { name: "CompressionError" });
});

test("arrays are writable, in memory of their own", async () => {
  const file = dumps(Float64Array.of(1, 2, 3));
  const array = await load<NDArray>(file);
  array.set(0, 9);
  assert.deepEqual(loads<NDArray>(file).data, Float64Array.of(1, 2, 3));
});

const SHAPES: readonly [string, NDArray][] = [
  ["C order", NDArray.from([[1, 2, 3], [4, 5, 6]])],
  ["Fortran order", NDArray.from([[1, 2, 3], [4, 5, 6]], { order: "F" })],
  ["strides", NDArray.from([[1, 2, 3], [4, 5, 6]]).slice(null, { step: 2 })],
  ["0 dimensions", NDArray.from(5, { dtype: "int32", shape: [] })],
  ["no elements", NDArray.zeros([0, 3], "float32")],
  ["a transposed view of three axes", NDArray.zeros([2, 3, 4]).transpose([0, 2, 1])],
];
for (const [name, array] of SHAPES) {
  test(`an array with ${name} keeps its shape and values`, async () => {
    const file = dumps({ array });
    for (
      const back of [
        (await load<{ array: NDArray }>(file)).array,
        loads<{ array: NDArray }>(file).array,
      ]
    ) {
      assert.deepEqual(back.shape, array.shape);
      assert.equal(back.dtype.str, array.dtype.str);
      assert.deepEqual(back.toArray(), array.toArray());
    }
  });
}

test("Fortran order stays Fortran order, strides become C order", () => {
  const orders = SHAPES.map(([, array]) => loads<NDArray>(dumps(array)).order);
  assert.deepEqual(orders, ["C", "F", "C", "C", "C", "C"]);
});

/** ensureNativeByteOrder and the dtype that `>i4` comes out with. */
const BYTE_ORDERS: readonly [LoadOptions, string][] = [
  [{}, "<i4"],
  [{ ensureNativeByteOrder: "auto" }, "<i4"],
  [{ ensureNativeByteOrder: true }, "<i4"],
  [{ ensureNativeByteOrder: false }, ">i4"],
  [{ ensureNativeByteOrder: false, mmapMode: null }, ">i4"],
  [{ ensureNativeByteOrder: true, mmapMode: null }, "<i4"],
];
for (const [options, dtype] of BYTE_ORDERS) {
  test(`big-endian int32 loads as ${dtype} with ${JSON.stringify(options)}`, async () => {
    const file = dumps(NDArray.from([0, 1, 2, 3], { dtype: ">i4" }));
    for (const array of [await load<NDArray>(file, options), loads<NDArray>(file, options)]) {
      assert.equal(array.dtype.str, dtype);
      assert.deepEqual(array.toArray(), [0, 1, 2, 3]);
    }
  });
}

test("float64 comes back native or as stored, with equal values", async () => {
  const values = [0.5, 1.5, -2];
  for (const stored of ["<f8", ">f8"]) {
    const path = freshPath();
    await dump(NDArray.from(values, { dtype: stored }), path);
    for (const ensureNativeByteOrder of ["auto", true, false] as const) {
      const array = await load<NDArray>(path, { ensureNativeByteOrder });
      assert.equal(array.dtype.str, ensureNativeByteOrder === false ? stored : "<f8");
      assert.deepEqual(array.toArray(), values);
    }
  }
});

for (const value of ["yes", 1, 0, null, {}]) {
  test(`ensureNativeByteOrder ${JSON.stringify(value)} is a TypeError`, () => {
    const options = { ensureNativeByteOrder: value } as LoadOptions;
    assert.throws(() => loads(dumps(1), options), { name: "TypeError" });
  });
}

for (const mmapMode of ["r", "r+", "w+", "c"] as const) {
  test(`mmapMode "${mmapMode}" with ensureNativeByteOrder true is a TypeError that names both`, async () => {
    const options = { mmapMode, ensureNativeByteOrder: true };
    const wanted = { name: "TypeError", message: /ensureNativeByteOrder.*mmapMode/ };
    await assert.rejects(load(FILES.plain, options), wanted);
  });
}

for (const mmapMode of ["", "x", "readonly", 1, true]) {
  test(`mmapMode ${JSON.stringify(mmapMode)} is a RangeError that names the valid ones`, async () => {
    const options = { mmapMode } as LoadOptions;
    await assert.rejects(load(FILES.plain, options), {
      name: "RangeError",
      message: /null, "r", "r\+", "w\+", "c"/,
    });
  });
}

/** A wrong option, and what the error must name. */
const UNKNOWN: readonly [string, RegExp][] = [
  ["mmap_mode", /^Unknown option "mmap_mode" for load\(\): use "mmapMode"$/],
  ["ensure_native_byte_order", /use "ensureNativeByteOrder"/],
  ["fix_imports", /use "fixImports"/],
  ["allowPickle", /known are .*mmapMode/],
];
for (const [name, message] of UNKNOWN) {
  test(`load() refuses the option "${name}" and names the right one`, async () => {
    const options = { [name]: null } as LoadOptions;
    await assert.rejects(load(FILES.plain, options), { name: "TypeError", message });
  });
}

test("load() refuses limits that would hold nothing", async () => {
  for (
    const [limits, name, message] of [
      [{ max_bytes: 100 }, "TypeError", /^Unknown option "max_bytes" for limits: use "maxBytes"$/],
      [{ maxByte: 100 }, "TypeError", /known are maxBytes, maxDepth/],
      [
        { maxItems: NaN },
        "RangeError",
        /^Cannot use limits.maxItems NaN: it is a number from 0 on$/,
      ],
      [{ maxBytes: "1G" }, "RangeError", /limits.maxBytes "1G"/],
      [100, "TypeError", /^Cannot use 100 as options of limits: they are an object, as { maxBytes/],
    ] as const
  ) {
    const options = { limits } as LoadOptions;
    await assert.rejects(load(FILES.plain, options), { name, message });
    assert.throws(() => loads(dumps(1), options), { name, message });
  }
});

test("options that are no object are refused with an example", async () => {
  await assert.rejects(load(FILES.plain, "r" as LoadOptions), {
    name: "TypeError",
    message: 'Cannot use "r" as options of load(): they are an object, as { exact: … }',
  });
  assert.throws(() => loads(dumps(1), null as unknown as LoadOptions), /Cannot use null as/);
});

test("every call names itself in the error of an unknown option", async () => {
  const options = { Exact: true } as LoadOptions;
  assert.throws(() => loads(dumps(1), options), /for loads\(\): use "exact"/);
  assert.throws(() => loadSync(dumps(1), options), /for loadSync\(\): use "exact"/);
  await assert.rejects(loadAll(dumps(1), options).next(), /for loadAll\(\): use "exact"/);
});

for (const [name, value] of [["encoding", "utf8"], ["dicts", "list"], ["dangerous", "run"]]) {
  test(`${name} "${value}" is a RangeError`, () => {
    assert.throws(() => loads(dumps(1), { [name]: value } as LoadOptions), { name: "RangeError" });
  });
}

test("a missing file is ENOENT", async () => {
  const path = freshPath("missing");
  await assert.rejects(load(path), { code: "ENOENT" });
  assert.throws(() => loadSync(path), { code: "ENOENT" });
});

test("a folder is EISDIR", async () => {
  const path = freshPath();
  mkdirSync(path);
  await assert.rejects(load(path), { code: "EISDIR" });
  assert.throws(() => loadSync(path), { code: "EISDIR" });
});

/** Files that hold no value. */
const NO_VALUE: Record<string, Uint8Array> = {
  "an empty file": new Uint8Array(),
  "text": new TextEncoder().encode("This is no pickle, just some text.\n"),
  "only the header of a protocol": Uint8Array.of(0x80, 4),
  "a protocol above 5": Uint8Array.of(0x80, 9, 0x4e, 0x2e),
  "the beginning of a ZF file": new TextEncoder().encode("ZF"),
  "a ZF file without a length": new TextEncoder().encode("ZFabc                  "),
};
for (const [name, bytes] of Object.entries(NO_VALUE)) {
  test(`${name} is an UnpicklingError`, async () => {
    const path = freshPath();
    writeFileSync(path, bytes);
    for (const source of [path, bytes]) {
      await assert.rejects(load(source), UnpicklingError);
      assert.throws(() => loadSync(source), UnpicklingError);
    }
  });
}

test("a file that ends anywhere is an UnpicklingError with the offset", async () => {
  const file = dumps([Int32Array.of(1, 2, 3), "text"]);
  const path = freshPath();
  for (let length = 0; length < file.length; length++) {
    const cut = file.subarray(0, length);
    const isRight = (error: unknown) =>
      error instanceof UnpicklingError && typeof error.offset === "number" &&
      error.offset <= length;
    assert.throws(() => loads(cut), isRight, `${length} bytes`);
    if (length % 16 !== 0) continue;
    writeFileSync(path, cut);
    await assert.rejects(load(path), isRight);
    await assert.rejects(load(streamOf(cut, 7)), isRight);
  }
});

test("data cut inside an array tells place, need and path", async () => {
  const path = freshPath();
  writeFileSync(path, dumps(BigInt64Array.from({ length: 10 }, () => 1n)).subarray(0, 285));
  await assert.rejects(load(path), (error: unknown) => {
    assert.ok(error instanceof UnpicklingError);
    assert.equal(error.path, path);
    assert.match(error.message, /61 of 80 bytes/);
    return true;
  });
});

for (const compress of ["zlib", "gzip"] as const) {
  test(`a ${compress} file that is cut or damaged is a typed error`, async () => {
    const file = dumps({ text: "x".repeat(1000), array: new Float64Array(1000) }, { compress });
    const damaged = file.slice();
    damaged[20] ^= 0xff;
    for (const bytes of [file.subarray(0, 30), damaged]) {
      const isRight = (error: unknown) =>
        ["CompressionError", "UnpicklingError"].includes((error as Error).name);
      await assert.rejects(load(bytes), isRight);
      assert.throws(() => loads(bytes), isRight);
    }
  });
}

test("a claimed array larger than the file is refused before anything is allocated", () => {
  const file = dumps(Float64Array.of(1, 2));
  const at = file.indexOf(0x4b, 100); // BININT1 of the shape
  const claimed = new Uint8Array([
    ...file.subarray(0, at),
    ...[0x8a, 6, 0, 0, 0, 0, 0, 0x10],
    ...file.subarray(at + 2),
  ]);
  const frame = new DataView(claimed.buffer);
  frame.setBigUint64(3, frame.getBigUint64(3, true) + 6n, true);
  assert.throws(() => loads(claimed), UnpicklingError);
});

test("into gives an array the caller's buffer", async () => {
  const file = dumps([Float64Array.of(1, 2), Int32Array.of(3)]);
  const buffer = new ArrayBuffer(64);
  const seen: unknown[] = [];
  const options: LoadOptions = {
    into: (info) => {
      seen.push({ ...info });
      return info.dtype === "<f8" ? buffer : undefined;
    },
  };
  for (
    const [first, second] of [await load<NDArray[]>(file, options), loads<NDArray[]>(file, options)]
  ) {
    assert.equal(first.bytes.buffer, buffer);
    assert.notEqual(second.bytes.buffer, buffer);
    assert.deepEqual([first.toArray(), second.toArray()], [[1, 2], [3]]);
  }
  assert.deepEqual(seen.slice(0, 2), [
    { dtype: "<f8", shape: [2], byteLength: 16 },
    { dtype: "<i4", shape: [1], byteLength: 4 },
  ]);
  assert.equal(seen.length, 4);
});

test("into with too small a buffer is a RangeError", () => {
  const options: LoadOptions = { into: () => new ArrayBuffer(8) };
  assert.throws(() => loads(dumps(Float64Array.of(1, 2)), options), { name: "RangeError" });
});

test("limits.maxBytes stops a compressed bomb", async () => {
  const bomb = dumps(new Float64Array(4_000_000), { compress: 9 });
  assert.ok(bomb.length < 100_000);
  const options: LoadOptions = { limits: { maxBytes: 1_000_000 } };
  await assert.rejects(load(bomb, options), LimitError);
  await assert.rejects(load(streamOf(bomb, 1000), options), LimitError);
  assert.throws(() => loads(bomb, options), LimitError);
});

test("limits.maxBytes counts the decoded stream, and what fits passes", () => {
  const file = dumps(Int32Array.of(1, 2, 3));
  const options = (maxBytes: number): LoadOptions => ({ limits: { maxBytes } });
  assert.deepEqual(loads<NDArray>(file, options(file.length)).data, Int32Array.of(1, 2, 3));
  assert.throws(() => loads(file, options(file.length - 6)), LimitError);
});

test("limits.maxRatio stops a compressed bomb", async () => {
  const bomb = dumps(new Float64Array(4_000_000), { compress: 9 });
  const options: LoadOptions = { limits: { maxRatio: 50 } };
  await assert.rejects(load(bomb, options), LimitError);
  assert.throws(() => loads(bomb, options), LimitError);
});

test("limits.maxDepth stops deep nesting, limits.maxItems many items", () => {
  assert.throws(() => loads(dumps(nested(50)), { limits: { maxDepth: 20 } }), LimitError);
  assert.equal(depthOf(loads(dumps(nested(50)), { limits: { maxDepth: 100 } })), 50);
  const many = Array.from({ length: 500 }, (_, i) => i);
  assert.throws(() => loads(dumps(many), { limits: { maxItems: 100 } }), LimitError);
  assert.deepEqual(loads(dumps(many), { limits: { maxItems: 1000 } }), many);
});

test("limits.maxNdim stops an array of many axes", () => {
  const file = dumps(NDArray.zeros([1, 1, 1]));
  assert.throws(() => loads(file, { limits: { maxNdim: 2 } }), LimitError);
  assert.deepEqual(loads<NDArray>(file, { limits: { maxNdim: 3 } }).shape, [1, 1, 1]);
});

test("lists nested 100000 deep pass through a file", async () => {
  const path = freshPath();
  await dump(nested(100_000), path);
  assert.equal(depthOf(await load(path)), 100_000);
  assert.equal(depthOf(loadSync(path)), 100_000);
});

test("dicts nested 100000 deep pass through a file", async () => {
  let value: Record<string, unknown> = {};
  for (let i = 0; i < 100_000; i++) value = { k: value };
  const path = freshPath();
  await dump(value, path, { compress: "gzip" });
  let depth = 0;
  for (let at = await load<{ k?: unknown }>(path); at.k !== undefined; at = at.k as typeof at) {
    depth++;
  }
  assert.equal(depth, 100_000);
});

test("a callable that is known to be dangerous is refused, by name, and shown inert when asked", async () => {
  const file = dumps(
    new PyObject({
      how: "reduce",
      callable: new PyGlobal("os", "system"),
      args: PyTuple.of<unknown>("true"),
    }),
  );
  await assert.rejects(load(file), { name: "UnsafeGlobalError", className: "os.system" });
  const shown = await load<PyObject>(file, { dangerous: "inert" });
  assert.equal(shown.className, "os.system");
  assert.deepEqual([...shown.args], ["true"]);
});

test("an unknown class is inert, keeps the order of its state and dumps back unchanged", async () => {
  const model = new PyObject({ callable: new PyGlobal("models", "CustomModel") });
  model.states.push({
    value: new Map<string, unknown>([
      ["weights", NDArray.from(Float64Array.of(1, 2))],
      ["metadata", new Map([["version", "1.0"]])],
      ["_fitted", true],
    ]),
  });
  const file = dumps(model);
  const back = await load<PyObject>(file, { exact: true });
  assert.equal(back.className, "models.CustomModel");
  assert.deepEqual([...(back.state as Map<string, unknown>).keys()], [
    "weights",
    "metadata",
    "_fitted",
  ]);
  assert.deepEqual((back.get("weights") as NDArray).data, Float64Array.of(1, 2));
  assert.deepEqual(dumps(back), file);
});

test('unknownClasses "error" names the class', () => {
  const file = dumps(new PyObject({ callable: new PyGlobal("models", "CustomModel") }));
  assert.throws(() => loads(file, { unknownClasses: "error" }), {
    name: "UnpicklingError",
    className: "models.CustomModel",
  });
});

class CustomModel {
  weights: unknown;
  metadata: unknown;
  _fitted = false;
  constructor(weights: unknown, metadata: unknown) {
    this.weights = weights;
    this.metadata = metadata;
  }
  fit(): this {
    this._fitted = true;
    return this;
  }
}

test("a registered class comes back as itself, with its state", async () => {
  registerClass<CustomModel>("models.CustomModelOfLoadTest", {
    load: () => Object.create(CustomModel.prototype),
    setState: (object, state) => void Object.assign(object, state),
    dump: (object) => ({ state: { ...object } }),
  });
  const path = freshPath();
  const model = new CustomModel(new Float64Array(6), { version: "1.0" }).fit();
  await dump(model, path, { compress: true });
  const back = await load<CustomModel>(path);
  assert.ok(back instanceof CustomModel);
  assert.equal(back._fitted, true);
  assert.deepEqual(back.metadata, { version: "1.0" });
  assert.deepEqual((back.weights as NDArray).data, new Float64Array(6));
});

test("classes for one call work both ways", () => {
  class Point {
    x = 1;
  }
  const classes = { "geometry.Point": { type: Point, load: () => new Point() } };
  const point = new Point();
  point.x = 5;
  const file = dumps([point, point], { classes });
  const [first, second] = loads<[Point, Point]>(file, { classes });
  assert.ok(first instanceof Point);
  assert.equal(first.x, 5);
  assert.equal(first, second);
  assert.equal(loads<[PyObject]>(file)[0].className, "geometry.Point");
});

test("a class with pyClass dumps as that class", () => {
  class Point {
    static pyClass = "geometry.Point";
    x = 1;
    y = Float32Array.of(0.5);
  }
  const back = loads<PyObject>(dumps(new Point()));
  assert.equal(back.className, "geometry.Point");
  assert.equal(back.get("x"), 1);
  assert.deepEqual((back.get("y") as NDArray).data, Float32Array.of(0.5));
});

test("exact keeps floats apart from ints and dicts as Maps", async () => {
  const file = dumps({ a: new PyFloat(1), b: 1 });
  const back = await load<Map<string, unknown>>(file, { exact: true });
  assert.ok(back.get("a") instanceof PyFloat);
  assert.equal(back.get("b"), 1);
  assert.deepEqual(dumps(back), file);
  assert.deepEqual(await load(file), { a: 1, b: 1 });
});

test('dicts "map" gives Maps without exactness', () => {
  assert.deepEqual(loads(dumps({ a: 1 }), { dicts: "map" }), new Map([["a", 1]]));
});

test("keys such as __proto__ are data", () => {
  const back = loads<object>(dumps(new Map([["__proto__", 1], ["constructor", 2]])));
  assert.deepEqual(Object.entries(back), [["__proto__", 1], ["constructor", 2]]);
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
});

test("a dict of arrays of several types comes back with dtypes, names and values", async () => {
  const records = NDArray.zeros([1000], [["id", "<i4"], ["name", "<U10"]] as never);
  for (let i = 0; i < 1000; i++) {
    records.field("id").set(i, i);
    records.field("name").set(i, `item_${i}`);
  }
  const path = freshPath();
  const value = {
    float32_array: Float32Array.from({ length: 10_000 }, (_, i) => i / 7),
    int64_array: BigInt64Array.from({ length: 10_000 }, (_, i) => BigInt(i)),
    complex_array: NDArray.zeros([5000], "complex128"),
    structured_array: records,
  };
  await dump(value, path, { compress: true });
  const back = await load<Record<string, NDArray>>(path);
  assert.deepEqual(Object.keys(back), Object.keys(value));
  assert.equal(back.float32_array.dtype.name, "float32");
  assert.deepEqual(back.float32_array.data, value.float32_array);
  assert.deepEqual(back.int64_array.data, value.int64_array);
  assert.equal(back.complex_array.dtype.str, "<c16");
  assert.equal((back.complex_array.data as Float64Array).length, 10_000);
  assert.deepEqual([...back.structured_array.dtype.names!], ["id", "name"]);
  assert.equal(back.structured_array.itemsize, 44);
  assert.deepEqual(back.structured_array.row(7).get(), { id: 7, name: "item_7" });
  const names = back.structured_array.field("name").slice({ start: 0, stop: 2 });
  assert.deepEqual(names.toArray(), ["item_0", "item_1"]);
});

function serve(
  path: string,
  ranges: boolean,
  toSource: (url: string) => Source,
): Promise<Opened<Source>> {
  const bytes = readFileSync(path);
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    if (!ranges || range === null) {
      response.writeHead(200, { "content-length": bytes.length });
      response.end(request.method === "HEAD" ? undefined : bytes);
      return;
    }
    const start = Number(range[1]);
    const end = Math.min(range[2] === "" ? bytes.length : Number(range[2]) + 1, bytes.length);
    response.writeHead(206, {
      "content-length": end - start,
      "content-range": `bytes ${start}-${end - 1}/${bytes.length}`,
    });
    response.end(bytes.subarray(start, end));
  };
  const server = createServer(answer);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      const source = toSource(`http://127.0.0.1:${port}/value.joblib`);
      const finish = () =>
        new Promise<void>((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      resolve({ source, finish });
    });
  });
}

function streamOf(bytes: Uint8Array, pieceLength: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(at, at += pieceLength)));
    },
  });
}

function assertValue(value: unknown): void {
  const { array, metadata, list } = value as typeof VALUE;
  assert.deepEqual(array.data, VALUE.array.data);
  assert.deepEqual(metadata, VALUE.metadata);
  assert.deepEqual(list, VALUE.list);
}

function nested(depth: number): unknown[] {
  let value: unknown[] = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function depthOf(value: unknown): number {
  let depth = 0;
  for (let at = value as unknown[]; at.length > 0; at = at[0] as unknown[]) depth++;
  return depth;
}
