/**
 * Writing archives: names, targets, what numpy's bytes are, and what is left when it fails.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { PicklingError } from "../errors.ts";
import type { DenoFile } from "../io/source.ts";
import type { SyncTarget, Target } from "../io/sink.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { PyGlobal } from "../pickle/values.ts";
import { bytesOf } from "../tests/npy.ts";
import { freshPath, neighbours } from "../tests/temporary.ts";
import type { NpzArrays } from "./_npz_arrays.ts";
import { openNpzSync } from "./npz.ts";
import { savez, savezCompressed, savezCompressedSync, savezSync } from "./savez.ts";
import type { SavezCompressedOptions, SavezOptions } from "./savez_options.ts";

interface DenoGlobals {
  Deno?: { openSync(path: string, options: object): DenoFile & { close(): void } };
}
const { Deno } = globalThis as unknown as DenoGlobals;

type Save = (
  target: SyncTarget,
  arrays: NpzArrays,
  options?: SavezOptions & SavezCompressedOptions,
) => Promise<void>;

const later = (call: () => void): Promise<void> => Promise.resolve().then(call);
const ways: Record<string, Save> = {
  savez: (target, arrays, options) => savez(target, arrays, options),
  savezSync: (target, arrays, options) => later(() => savezSync(target, arrays, options)),
  savezCompressed: (target, arrays, options) => savezCompressed(target, arrays, options),
  savezCompressedSync: (target, arrays, options) =>
    later(() => savezCompressedSync(target, arrays, options)),
};
const stored = ["savez", "savezSync"];

const X = NDArray.from([[1, 2, 3], [4, 5, 6]], "int64");

for (const [name, save] of Object.entries(ways)) {
  test(`${name}() takes an object, a Map, pairs and a list`, async () => {
    const cases: [arrays: NpzArrays, files: string[]][] = [
      [{ b: [1, 2], a: X, "": 5 }, ["b", "a", ""]],
      [Object.assign(Object.create(null), { x: X }), ["x"]],
      [new Map<string, NDArray>([["1", X], ["0", X]]), ["1", "0"]],
      [pairs(), ["first", "second"]],
      [[X, 7, Float32Array.of(1)], ["arr_0", "arr_1", "arr_2"]],
      [{}, []],
      [[], []],
    ];
    for (const [arrays, files] of cases) {
      const path = freshPath("x.npz");
      await save(path, arrays);
      const npz = openNpzSync(path);
      assert.deepEqual(npz.files, files);
      for (const array of npz.valuesSync()) assert(array instanceof NDArray);
      npz.closeSync();
    }
  });

  test(`${name}() keeps values, types and order`, async () => {
    const path = freshPath("x.npz");
    const fortran = NDArray.from([[1, 2], [3, 4]], { dtype: ">f4", order: "F" });
    const large = Float64Array.from({ length: 300_000 }, (_, i) => i % 1000);
    const objects = NDArray.from([1, "a", null], "O");
    await save(path, { fortran, large, objects, bits: [true, false] });
    const npz = openNpzSync(path);
    const read = npz.getSync<NDArray>("fortran");
    assert.deepEqual([read.dtype.str, read.order, read.toArray()], [">f4", "F", [[1, 2], [3, 4]]]);
    assert.deepEqual(npz.getSync<NDArray>("large").data, large);
    assert.deepEqual(npz.getSync<NDArray>("objects").toArray(), [1, "a", null]);
    assert.deepEqual(npz.getSync<NDArray>("bits").toArray(), [true, false]);
    npz.closeSync();
  });

  test(`${name}() appends .npz to a path or URL that does not end so`, async () => {
    for (const given of ["x", "x.npz", "x.npy"]) {
      const path = freshPath(given);
      await save(path, [1]);
      const url = pathToFileURL(freshPath(given));
      await save(url, [1]);
      const expected = given.endsWith(".npz") ? given : `${given}.npz`;
      assert.deepEqual(neighbours(path), [expected]);
      assert.deepEqual(neighbours(url.pathname), [expected]);
    }
  });

  test(`${name}() of nothing is 22 bytes`, async () => {
    const path = freshPath("x.npz");
    await save(path, {});
    assert.deepEqual(
      [...readFileSync(path)],
      [0x50, 0x4b, 5, 6, ...new Array<number>(18).fill(0)],
    );
  });

  test(`${name}() writes a FileHandle at its cursor`, async () => {
    const path = freshPath();
    const handle = await open(path, "w");
    await handle.write("before");
    await save(handle, { x: X });
    await handle.close();
    const npz = openNpzSync(path);
    assert.deepEqual(npz.getSync<NDArray>("x").toArray(), X.toArray());
    npz.closeSync();
  });

  test(`${name}() writes a Deno.FsFile at its cursor`, { skip: !Deno }, async () => {
    const path = freshPath();
    const file = Deno!.openSync(path, { write: true, create: true });
    file.writeSync(new TextEncoder().encode("before"));
    await save(file, { x: X, large: new Float64Array(200_000), y: X });
    file.close();
    const bytes = readFileSync(path);
    const npz = openNpzSync(path);
    assert.deepEqual(npz.getSync<NDArray>("y").toArray(), X.toArray());
    assert.equal(bytes[6 + 6] & 8, 0); // no descriptors: the header was written over
    npz.closeSync();
  });

  test(`${name}() leaves the old file when it fails, wherever that is`, async () => {
    const bad: [NpzArrays, object][] = [
      [{ a: X, b: [[1], [2, 3]] as unknown as number[] }, RangeError],
      [{ a: X, b: NDArray.from([() => {}] as unknown as number[], "O") }, PicklingError],
      [failing(), { message: "no more" }],
      [new Map([["a", X], ["b\0", X]]), RangeError],
      [new Map([["a", X], ["\ud800", X]]), RangeError],
      [new Map([["a", X], ["b".repeat(70_000), X]]), RangeError],
      [[["a", X], ["a", X]].values() as Iterable<[string, NDArray]>, /"a.npy" is there twice/],
      [[["a"]].values() as unknown as NpzArrays, TypeError],
      [[[1, X]].values() as unknown as NpzArrays, TypeError],
    ];
    for (const [arrays, error] of bad) {
      const path = freshPath("x.npz");
      writeFileSync(path, "old");
      await assert.rejects(save(path, arrays), error);
      assert.equal(readFileSync(path, "utf8"), "old");
      assert.deepEqual(neighbours(path), ["x.npz"]);
    }
  });

  test(`${name}() refuses objects where allowPickle is false`, async () => {
    const path = freshPath("x.npz");
    const objects = NDArray.from([new PyGlobal("a", "b")] as unknown as number[], "O");
    await assert.rejects(save(path, { objects }, { allowPickle: false }), PicklingError);
    assert.deepEqual(neighbours(path), []);
    await save(path, { objects }, { allowPickle: true });
  });

  test(`${name}() refuses what is no set of arrays, and options that it does not know`, async () => {
    const path = freshPath("x.npz");
    for (const arrays of [X, new Float64Array(3), "abc", null, 5, new Set([1]), new Date()]) {
      await assert.rejects(save(path, arrays as unknown as NpzArrays), TypeError);
    }
    const unknown = { allow_pickle: true } as object;
    await assert.rejects(save(path, {}, unknown), /use "allowPickle"/);
    await assert.rejects(save(path, {}, { durability: "no" } as object), RangeError);
    await assert.rejects(save(path, {}, { allowPickle: 1 } as object), TypeError);
    assert.deepEqual(neighbours(path), []);
  });

  test(`${name}() tells how far it is`, async () => {
    const told: number[] = [];
    const onProgress = ({ bytes }: { bytes: number }) => told.push(bytes);
    await save(freshPath(), { a: X, b: new Float64Array(400_000) }, { onProgress });
    assert.equal(told.at(-1), 128 + 48 + 128 + 3_200_000);
    assert.deepEqual(told, [...told].sort((a, b) => a - b));
  });
}

for (const name of stored) {
  test(`${name}() writes numpy's bytes`, async () => {
    const path = freshPath("123.npz");
    await ways[name](path, { a: X, b: BigInt64Array.of(1n, 2n) });
    const bytes = readFileSync(path);
    assert.equal(bytes.length, 554);
    const digest = createHash("sha256").update(bytes).digest("hex");
    assert.equal(digest.slice(0, 16), "755f85c89c44f783");
    await ways[name](path, { x: new Float64Array(1000) });
    assert.equal(statSync(path).size, 8256);
  });

  test(`${name}() writes the golden archive of one array`, async () => {
    const path = freshPath("a.npz");
    await ways[name](path, { a: Float32Array.of(0, 1, 2) });
    const hex = readFileSync(path).toString("hex");
    assert.equal(
      hex.slice(0, 110),
      "504b03042d000000000000002100b68c8653ffffffffffffffff05001400612e6e7079" +
        "010010008c000000000000008c00000000000000",
    );
    assert.equal(
      hex.slice(390),
      "504b01022d032d00000000000000" + "2100b68c86538c0000008c0000000500000000000000000000008001" +
        "00000000612e6e7079504b0506000000000100010033000000c30000000000",
    );
  });

  test(`${name}() aligns where it is asked to`, async () => {
    for (const align of [2, 64, 4096]) {
      const path = freshPath("a.npz");
      const arrays = Object.fromEntries(
        ["a", "bc", "def", "größe"].map((key, i) => [key, new Float64Array(i).fill(0.5)]),
      );
      await ways[name](path, arrays, { align });
      const bytes = readFileSync(path);
      const magic = Buffer.from("\x93NUMPY", "latin1");
      let found = 0;
      for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1), found++) {
        assert.equal((at + 128) % align, 0, `${at} for ${align}`);
      }
      assert.equal(found, 4);
      const npz = openNpzSync(path);
      for (const [key, value] of npz.entriesSync<NDArray>()) {
        assert.deepEqual(value.data, arrays[key]);
      }
      npz.closeSync();
    }
    for (const align of [0, 3, -2, 8192, 1.5, NaN]) {
      await assert.rejects(ways[name](freshPath(), {}, { align }), RangeError);
    }
    await assert.rejects(ways.savezCompressed(freshPath(), {}, { align: 64 }), /Unknown option/);
  });
}

test("savezCompressed() makes it small, and takes levels", async () => {
  const path = freshPath("x.npz");
  await savezCompressed(path, { a: new Float64Array(1000) });
  assert(statSync(path).size < 260, `${statSync(path).size} bytes`);
  const words = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i >> 5) % 11);
  const sizes: number[] = [];
  for (const level of [1, 9]) {
    await savezCompressed(path, { words }, { level });
    sizes.push(statSync(path).size);
  }
  assert(sizes[1] < sizes[0], String(sizes));
  for (const level of [0, 10, 1.5]) {
    await assert.rejects(savezCompressed(path, {}, { level }), RangeError);
  }
  await assert.rejects(savezCompressed(path, {}, { threads: 0 }), RangeError);
  await assert.rejects(savez(path, {}, { level: 1 } as object), /Unknown option/);
});

test("savezCompressed() by threads is the same as without", async () => {
  const large = Float64Array.from({ length: 800_000 }, (_, i) => i % 5000);
  const written: Uint8Array[] = [];
  for (const threads of [1, 3]) {
    const path = freshPath("x.npz");
    await savezCompressed(path, { large, small: [1, 2] }, { threads });
    written.push(new Uint8Array(readFileSync(path)));
  }
  assert.deepEqual(written[0], written[1]);
});

for (const save of [savez, savezCompressed]) {
  test(`${save.name}() writes a stream, with sizes behind the data`, async () => {
    const chunks: Uint8Array[] = [];
    const stream = new WritableStream<Uint8Array>({
      write(chunk): void {
        chunks.push(chunk.slice());
      },
    });
    const large = new Float64Array(100_000).fill(1.25);
    await save(stream, { x: X, large });
    assert.equal(stream.locked, false);
    const bytes = bytesOf(chunks);
    assert.equal(bytes[6] & 8, 8);
    const npz = openNpzSync(bytes);
    assert.deepEqual(npz.getSync<NDArray>("x").toArray(), X.toArray());
    assert.deepEqual(npz.getSync<NDArray>("large").data, large);
  });

  test(`${save.name}() takes arrays that must be waited for, and drops them one by one`, async () => {
    const path = freshPath("x.npz");
    let made = 0;
    async function* arrays(): AsyncGenerator<[string, NDArray]> {
      for (; made < 5; made++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield [`n${made}`, NDArray.zeros([made])];
      }
    }
    await save(path, arrays());
    const npz = openNpzSync(path);
    assert.deepEqual(npz.files, ["n0", "n1", "n2", "n3", "n4"]);
    npz.closeSync();
  });

  test(`${save.name}() leaves the old file when it is aborted`, async () => {
    const path = freshPath("x.npz");
    writeFileSync(path, "old");
    const reason = new Error("enough");
    const controller = new AbortController();
    const saving = save(path, { x: new Float64Array(4_000_000) }, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 1);
    await assert.rejects(saving, reason);
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(neighbours(path), ["x.npz"]);
    await assert.rejects(save(path, {}, { signal: controller.signal }), reason);
  });

  test(`${save.name}() lets other work run`, async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await save(freshPath(), { x: new Float64Array(3_000_000), y: new Float64Array(1_000_000) });
    clearInterval(timer);
    assert(turns > 0);
  });

  test(`${save.name}() passes a stream's error on`, async () => {
    const stream = new WritableStream<Uint8Array>({
      write: () => Promise.reject(new Error("disk full")),
    }) as Target;
    await assert.rejects(save(stream, { x: X }), { message: "disk full" });
  });
}

test("savezSync() refuses a stream and names the way out", () => {
  const stream = new WritableStream() as unknown as SyncTarget;
  assert.throws(() => savezSync(stream, {}), /asynchronous call/);
});

function* pairs(): Generator<[string, NDArray]> {
  yield ["first", X];
  yield ["second", X];
}

function* failing(): Generator<[string, NDArray]> {
  yield ["first", X];
  throw new Error("no more");
}
