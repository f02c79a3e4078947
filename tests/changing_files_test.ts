/**
 * Files that change, shrink, grow, are replaced or vanish while maps of them are open: what is there is read,
 * what is gone is an error that names the file, nothing grows again, and nothing is mixed of two versions.
 */
import assert from "node:assert/strict";
import {
  appendFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import process from "node:process";
import { test } from "node:test";
import { serveContent, type Served } from "../io/http_server_suite.ts";
import { dumps, dumpSync, load, loadSync, type Memmap, NDArray } from "../mod.ts";
import * as npy from "../npy/mod.ts";
import { npyFile } from "./npy.ts";
import { freshPath } from "./temporary.ts";

const TABLE = NDArray.from(Float64Array.from({ length: 20_000 }, (_, i) => i), {
  shape: [2000, 10],
});
const MODES = ["r", "r+", "c"] as const;
const posix = process.platform !== "win32";

/** A file with the table in it, and its map. */
interface Case {
  make(): string;
  map(path: string, mode: (typeof MODES)[number]): Promise<Memmap>;
}

const CASES: Readonly<Record<string, Case>> = {
  "npy.load()": {
    make: () => saved(),
    map: (path, mmapMode) => npy.load<Memmap>(path, { mmapMode }),
  },
  "npy.openMemmapSync()": {
    make: () => saved(),
    // deno-lint-ignore require-await -- as the others, it rejects
    map: async (path, mode) => npy.openMemmapSync(path, { mode }),
  },
  "load() of a joblib file": {
    make: () => dumpSync({ table: TABLE }, freshPath("table.joblib"))[0],
    map: async (path, mmapMode) => (await load<{ table: Memmap }>(path, { mmapMode })).table,
  },
  "loadSync() of a joblib file": {
    make: () => dumpSync([TABLE], freshPath("table.joblib"))[0],
    // deno-lint-ignore require-await -- as the others, it rejects
    map: async (path, mmapMode) => loadSync<Memmap[]>(path, { mmapMode })[0],
  },
};

function saved(): string {
  const path = freshPath("table.npy");
  npy.saveSync(path, TABLE);
  return path;
}

for (const [name, { make, map: open }] of Object.entries(CASES)) {
  test(`${name}: what a file lost is an error with its path and its end, the rest is read`, async () => {
    for (const mode of MODES) {
      const path = make();
      const map = await open(path, mode);
      assert.equal(map.get(1999, 9), 19_999);
      const end = map.byteOffset + 80 * 1000 + 40;
      truncateSync(path, end);
      const gone = { name: "LarderError", path, offset: end, message: /file ends at byte/ };
      assert.throws(() => map.get(1500, 0), gone);
      assert.throws(() => map.row(1000).toNDArray(), gone);
      assert.throws(() => map.slice({ step: 100 }, 3).toNDArray(), gone);
      await assert.rejects(map.read(), gone);
      await assert.rejects(map.chunks(1500).next(), gone);
      assert.deepEqual(map.row(999).toArray(), TABLE.row(999).toArray());
      assert.deepEqual((await map.read(1000, { stop: 5 })).toArray(), [
        10_000,
        10_001,
        10_002,
        10_003,
        10_004,
      ]);
      map.close();
      assert.equal(statSync(path).size, end);
    }
  });

  test(`${name}: a file that became empty is an error, not zeros`, async () => {
    for (const mode of MODES) {
      const path = make();
      const map = await open(path, mode);
      truncateSync(path, 0);
      const gone = { name: "LarderError", path, offset: 0 };
      assert.throws(() => map.get(0, 0), gone);
      await assert.rejects(map.read(0), gone);
      map.close();
      await assert.rejects(open(path, mode), { path });
    }
  });

  test(`${name}: a write behind the end of a file that shrank is refused, it never grows`, async () => {
    const path = make();
    const map = await open(path, "r+");
    const end = map.byteOffset + 80 * 1000;
    truncateSync(path, end);
    const gone = { name: "LarderError", path, offset: end, message: /^Cannot write/ };
    assert.throws(() => map.set(1500, 0, 1), gone);
    await assert.rejects(map.write({ start: 990 }, 1), gone);
    map.set(0, 0, -1);
    map.flush();
    assert.equal(map.get(0, 0), -1);
    map.close();
    assert.equal(statSync(path).size, end);
  });

  test(`${name}: what others write is read, and a file may grow`, async () => {
    for (const mode of MODES) {
      const path = make();
      const map = await open(path, mode);
      assert.equal(map.get(5, 5), 55);
      const other = await open(path, "r+");
      other.set(5, 5, -55);
      other.close();
      assert.equal(map.get(5, 5), -55);
      appendFileSync(path, new Uint8Array(1000));
      assert.equal(map.get(1999, 9), 19_999);
      map.close();
    }
  });

  test(`${name}: a file that was removed is read to its end`, { skip: !posix }, async () => {
    for (const mode of MODES) {
      const path = make();
      const map = await open(path, mode);
      rmSync(path);
      assert.equal(map.get(1999, 9), 19_999);
      if (mode !== "r") map.set(1999, 9, 1);
      map.close();
      await assert.rejects(open(path, mode), { code: "ENOENT" });
    }
  });

  test(`${name}: a map stays with its file when another takes the name`, {
    skip: !posix,
  }, async () => {
    for (const mode of MODES) {
      const path = make();
      const map = await open(path, mode);
      const other = make();
      const changed = await open(other, "r+");
      changed.set(3, 3, -1);
      changed.close();
      renameSync(other, path);
      assert.equal(map.get(3, 3), 33);
      if (mode === "r+") map.set(3, 3, 7);
      const now = await open(path, "r");
      assert.equal(now.get(3, 3), -1);
      now.close();
      map.close();
    }
  });
}

test('mode "c" keeps its changes when the file changes or shrinks under them', () => {
  const path = saved();
  const map = npy.loadSync<Memmap>(path, { mmapMode: "c" });
  map.set(0, 0, -1);
  const bytes = readFileSync(path);
  bytes.fill(0, 128);
  writeFileSync(path, bytes);
  assert.deepEqual([map.get(0, 0), map.get(1000, 0)], [-1, 0]);
  truncateSync(path, 128);
  assert.equal(map.get(0, 0), -1);
  assert.throws(() => map.get(1000, 0), { name: "LarderError", path, offset: 128 });
  map.close();
  assert.equal(statSync(path).size, 128);
});

test("a mapped member of an archive that was cut is an error with the archive's path", async () => {
  const path = freshPath("tables.npz");
  npy.savezSync(path, { a: TABLE, b: TABLE });
  const archive = await npy.load<npy.NpzFile>(path, { mmapMode: "r" });
  const [a, b] = [await archive.get<Memmap>("a"), archive.getSync<Memmap>("b")];
  truncateSync(path, b.byteOffset + 80);
  assert.equal(a.get(1999, 9), 19_999);
  assert.equal(b.get(0, 9), 9);
  assert.throws(() => b.get(1, 0), { name: "LarderError", path });
  await assert.rejects(archive.get("b"), { path });
  a.close();
  b.close();
  await archive.close();
});

test("a FileHandle whose file was cut, or that its owner closed, is an error", async () => {
  const path = saved();
  const handle = await open(path);
  const map = await npy.load<Memmap>(handle, { mmapMode: "r" });
  truncateSync(path, 1128);
  assert.throws(() => map.get(1999, 9), { name: "LarderError", offset: 1128 });
  await assert.rejects(map.read(1999), { name: "LarderError", offset: 1128 });
  await handle.close();
  assert.throws(() => map.get(0, 0));
  await assert.rejects(map.read(0));
  map.close();
});

test("a file that is made smaller while it is loaded whole is an error, not zeros", async () => {
  const path = saved();
  const load = npy.load(path, {
    onProgress: () => truncateSync(path, 4096),
    into: ({ byteLength }) => (truncateSync(path, 4096), new ArrayBuffer(byteLength)),
  });
  await assert.rejects(load, { name: "NpyFormatError", path });
});

/** How the file of a server becomes another one. */
const CHANGES: Readonly<Record<string, (served: Partial<Served>) => void>> = {
  "its ETag": (served) => served.headers = { etag: '"2"' },
  "its length": (served) => served.content = served.content!.slice(0, -8),
  "it is gone": (served) =>
    served.answer = (_request, response) => {
      response.writeHead(404, "Not Found").end();
      return true;
    },
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`a map over http is an error once the file changed: ${what}`, async () => {
    const served: Partial<Served> = { content: npyFile(TABLE), headers: { etag: '"1"' } };
    const server = await serveContent(served);
    try {
      const map = await npy.load<Memmap>(server.url, { mmapMode: "r" });
      assert.equal((await map.read(0, 1)).get(), 1);
      change(served);
      const changed = { name: "LarderError", path: server.url };
      await assert.rejects(map.read(1999), changed);
      await assert.rejects(map.read(), changed);
      map.close();
    } finally {
      await server.close();
    }
  });

  test(`a map of a joblib file over http is an error once it changed: ${what}`, async () => {
    const served: Partial<Served> = { content: dumps({ table: TABLE }), headers: { etag: '"1"' } };
    const server = await serveContent(served);
    try {
      const { table } = await load<{ table: Memmap }>(server.url, { mmapMode: "r" });
      change(served);
      await assert.rejects(table.read(1000), { name: "LarderError", path: server.url });
      table.close();
    } finally {
      await server.close();
    }
  });

  test(`an archive over http is an error once it changed: ${what}`, async () => {
    const path = freshPath("tables.npz");
    npy.savezSync(path, { a: TABLE, b: TABLE });
    const served: Partial<Served> = { content: readFileSync(path), headers: { etag: '"1"' } };
    const server = await serveContent(served);
    try {
      const archive = await npy.load<npy.NpzFile>(server.url);
      change(served);
      await assert.rejects(archive.get("a"), { name: "LarderError", path: server.url });
      await archive.close();
    } finally {
      await server.close();
    }
  });
}

test("a whole array over http that changes while it is read is an error, not a mixture", async () => {
  const large = NDArray.zeros([4_000_000]);
  const served: Partial<Served> = { content: npyFile(large), headers: { etag: '"1"' } };
  const server = await serveContent(served);
  try {
    const map = await npy.load<Memmap>(server.url, { mmapMode: "r" });
    const pieces = map.chunks(1_000_000);
    await pieces.next();
    served.headers = { etag: '"2"' };
    await assert.rejects(pieces.next(), { name: "LarderError", path: server.url });
    map.close();
  } finally {
    await server.close();
  }
});
