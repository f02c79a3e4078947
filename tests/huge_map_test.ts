/**
 * Arrays beyond 4 GiB, which every runtime reaches by a map: a sparse file of 5 GiB of which some bytes are
 * written. Held whole they are more than Bun's buffers can be.
 */
import assert from "node:assert/strict";
import {
  appendFileSync,
  closeSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { after, test } from "node:test";
import { dumps, load as joblibLoad, loadSync as joblibLoadSync, Memmap, NDArray } from "../mod.ts";
import { load, loadSync, openMemmap, openMemmapSync } from "../npy/mod.ts";
import { freshPath } from "./temporary.ts";

const COLUMNS = 1024;
const ROWS = 5 * 2 ** 30 / (8 * COLUMNS);
/** The first row behind 4 GiB of data. */
const EDGE = 2 ** 32 / (8 * COLUMNS);
/** A full disk holds a sparse file; one that is written out takes too long. */
const SPARSE_BYTES = 2 ** 27;

const native = "Bun" in globalThis;
const path = freshPath("huge.npy");
after(() => rmSync(path, { force: true }));
const skip = makeSparse();

/** Make the file. Answers why it can't be, where the disk has no sparse files. */
function makeSparse(): string | false {
  try {
    openMemmapSync(path, { mode: "w+", dtype: "float64", shape: [ROWS, COLUMNS] }).close();
    const { size, blocks } = statSync(path);
    assert.equal(size, 128 + 5 * 2 ** 30);
    if (blocks * 512 < SPARSE_BYTES) return false;
  } catch (error) {
    if (!["ENOSPC", "EFBIG", "EDQUOT"].includes((error as { code?: string }).code ?? "")) {
      throw error;
    }
  }
  rmSync(path, { force: true });
  return "the disk holds no sparse file of 5 GiB";
}

/** A number of the file, read without the library. */
function stored(row: number, column: number): number {
  const fd = openSync(path, "r");
  const bytes = new Float64Array(1);
  readSync(fd, bytes, 0, 8, 128 + 8 * (row * COLUMNS + column));
  closeSync(fd);
  return bytes[0];
}

function store(row: number, column: number, value: number): void {
  const fd = openSync(path, "r+");
  writeSync(
    fd,
    new Uint8Array(Float64Array.of(value).buffer),
    0,
    8,
    128 + 8 * (row * COLUMNS + column),
  );
  closeSync(fd);
}

test("elements beyond 4 GiB are read", { skip }, async () => {
  store(EDGE - 1, COLUMNS - 1, 1.5);
  store(EDGE, 0, 2.5);
  store(ROWS - 1, COLUMNS - 1, 3.5);
  const maps = [
    await load<Memmap>(path, { mmapMode: "r" }),
    loadSync<Memmap>(path, { mmapMode: "c" }),
    ...native ? [loadSync<Memmap>(path, { mmapMode: "r", nativeMmap: true })] : [],
  ];
  for (const map of maps) {
    assert.deepEqual([map.shape, map.nbytes], [[ROWS, COLUMNS], 5 * 2 ** 30]);
    assert.deepEqual([map.get(EDGE, 0), map.get(-1, -1), map.get(ROWS - 2, 7)], [2.5, 3.5, 0]);
    const around = map.slice({ start: EDGE - 1, stop: EDGE + 1 }).toNDArray();
    assert.deepEqual([around.get(0, COLUMNS - 1), around.get(1, 0)], [1.5, 2.5]);
    const column = await map.read({ start: ROWS - 1, stop: EDGE - 1, step: -4096 }, COLUMNS - 1);
    assert.deepEqual([column.shape, column.get(0)], [[32], 3.5]);
    assert.deepEqual((await map.slice(ROWS - 1).read({ start: -2 })).toArray(), [0, 3.5]);
    map.close();
  }
});

test("elements beyond 4 GiB are written, and the file does not grow", { skip }, async () => {
  const map = await openMemmap(path, { mode: "r+" });
  map.set(EDGE + 5, 3, -1);
  await map.write(ROWS - 1, NDArray.from(Float64Array.from({ length: COLUMNS }, (_, i) => i)));
  map.slice({ start: EDGE + 10, stop: EDGE + 12 }, { start: 0, stop: 2 }).fill([[1, 2], [3, 4]]);
  map.flush();
  map.close();
  assert.deepEqual(
    [stored(EDGE + 5, 3), stored(ROWS - 1, 1000), stored(EDGE + 10, 1), stored(EDGE + 11, 0)],
    [-1, 1000, 2, 3],
  );
  assert.equal(statSync(path).size, 128 + 5 * 2 ** 30);
});

test('mode "c" keeps changes beyond 4 GiB in memory', { skip }, () => {
  store(ROWS - 1, 0, 7);
  const map = loadSync<Memmap>(path, { mmapMode: "c" });
  map.set(ROWS - 1, 0, 8);
  assert.equal(map.get(ROWS - 1, 0), 8);
  map.close();
  assert.equal(stored(ROWS - 1, 0), 7);
});

test("rows beyond 4 GiB come by chunks of a view", { skip }, async () => {
  store(ROWS - 1, 0, 7);
  const map = loadSync<Memmap>(path, { mmapMode: "r" });
  let last = 0;
  let rows = 0;
  for await (const part of map.slice({ start: ROWS - 300 }).chunks()) {
    rows += part.shape[0];
    last = part.get(-1, 0) as number;
  }
  assert.deepEqual([rows, last], [300, 7]);
  map.close();
});

test("a map beyond 4 GiB opens again elsewhere", { skip }, () => {
  store(EDGE + 1, 1, 4.5);
  const map = loadSync<Memmap>(path, { mmapMode: "r" });
  const again = Memmap.from(JSON.parse(JSON.stringify(map.row(EDGE + 1))));
  assert.equal(again.get(1), 4.5);
  again.close();
  map.close();
});

test("what no buffer of the runtime holds is an error that names mmapMode", {
  skip: native ? skip : "the runtime has buffers of 5 GiB",
}, async () => {
  const refused = {
    name: "UnsupportedError",
    path,
    message: /holds no buffer of that size.*mmapMode/,
  };
  assert.throws(() => loadSync(path), refused);
  await assert.rejects(load(path), refused);
  const map = loadSync<Memmap>(path, { mmapMode: "r" });
  const whole = { name: "LimitError", path, message: /read a slice of the map, or its chunks/ };
  assert.throws(() => map.toNDArray(), whole);
  await assert.rejects(map.read(), whole);
  map.close();
});

test("an array beyond 4 GiB inside of a joblib file is reached by its map", { skip }, async () => {
  const joblib = freshPath("huge.joblib");
  try {
    const size = makeHugeJoblib(joblib);
    const options = { mmapMode: "r+" } as const;
    for (const value of [await joblibLoad(joblib, options), joblibLoadSync(joblib, options)]) {
      const { big, end } = value as { big: Memmap; end: string };
      assert.deepEqual([big.nbytes, end], [5 * 2 ** 30, "end"]);
      big.set(-1, 3, (big.get(-1, 3) as number) + 1);
      big.close();
    }
    const { big } = joblibLoadSync<{ big: Memmap }>(joblib, { mmapMode: "r" });
    assert.equal(big.get(big.shape[0] - 1, 3), 2);
    big.close();
    assert.equal(statSync(joblib).size, size);
    if (!native) return;
    const refused = { name: "UnsupportedError", path: joblib, message: /mmapMode/ };
    assert.throws(() => joblibLoadSync(joblib), refused);
    await assert.rejects(joblibLoad(joblib), refused);
  } finally {
    rmSync(joblib, { force: true });
  }
});

/** A file of joblib with 5 GiB of zeros: that of a small array, whose shape is made larger. Answers its size. */
function makeHugeJoblib(made: string): number {
  const [rows, columns] = [65_536, 4];
  const bytes = dumps({ big: NDArray.zeros([rows, columns], "u1"), end: "end" });
  const data = bytes.length - rows * columns;
  const shape = bytes.findIndex((byte, i) => byte === 0x4a && bytes[i + 3] === 1); // BININT 65536
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(shape + 1, 5 * 2 ** 30 / columns, true);
  const tail = bytes.length - bytes.lastIndexOf(0x95); // the frame behind the data
  const start = data - tail;
  writeFileSync(made, bytes.subarray(0, start));
  truncateSync(made, start + 5 * 2 ** 30);
  appendFileSync(made, bytes.subarray(bytes.length - tail));
  return start + 5 * 2 ** 30 + tail;
}
