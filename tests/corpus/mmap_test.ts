/**
 * Every file whose arrays joblib maps: ours maps the same places, and the maps hold what a load that
 * keeps the byte order reads.
 */
import assert from "node:assert/strict";
import { load, loadSync, Memmap, NDArray } from "../../mod.ts";
import { byFolder, corpusTest, entries, type Entry, exists, pathOf, Tally } from "./corpus.ts";

const files = entries.filter((entry) => entry.mmap !== undefined);

for (const [folder, group] of byFolder(files, 2)) {
  corpusTest(`load() with mmapMode maps in ${folder} what joblib maps`, async () => {
    const tally = new Tally(`${folder}: mapped`);
    for (const entry of group) {
      if (!exists(entry)) {
        tally.skip("not in this copy of the corpus");
        continue;
      }
      const path = pathOf(entry);
      const options = { mmapMode: "r", encoding: "latin1", onWarning: () => {} } as const;
      tally.note(`${entry.path} (sync)`, problemOf(entry, loadSync(path, options)));
      tally.note(`${entry.path} (async)`, problemOf(entry, await load(path, options)));
    }
    tally.check();
  });
}

function problemOf(entry: Entry, value: unknown): string | undefined {
  const path = pathOf(entry);
  const maps = arraysOf(value).filter((array) => array instanceof Memmap);
  try {
    maps.sort((a, b) => a.byteOffset - b.byteOffset);
    const wanted = entry.mmap!.toSorted((a, b) => a.offset - b.offset);
    assert.deepEqual(
      maps.map(({ byteOffset, nbytes, shape }) => [byteOffset, nbytes, shape]),
      wanted.map(({ offset, nbytes, shape }) => [offset, nbytes, shape]),
    );
    maps.forEach((map, i) => assert.ok(map.isPacked(wanted[i].order === "F" ? "F" : "C")));
    const read = loadSync(path, {
      ensureNativeByteOrder: false,
      encoding: "latin1",
      onWarning: () => {},
    });
    const arrays = arraysOf(read);
    arraysOf(value).forEach((array, i) => {
      if (!(array instanceof Memmap)) return;
      const other = arrays[i] as NDArray;
      assert.ok(array.dtype.equals(other.dtype));
      assert.deepEqual(array.toNDArray().tobytes(), other.tobytes());
    });
  } catch (error) {
    return (error as Error).message;
  } finally {
    for (const map of maps) map.close();
  }
}

/** All arrays in a value, in the order in which they are met. */
function arraysOf(value: unknown, found: unknown[] = [], seen = new Set<object>()): unknown[] {
  if (typeof value !== "object" || value === null || seen.has(value)) return found;
  seen.add(value);
  if (value instanceof Memmap || value instanceof NDArray) {
    found.push(value);
    if (value instanceof NDArray) {
      for (const item of value.objects ?? []) arraysOf(item, found, seen);
    }
    return found;
  }
  if (ArrayBuffer.isView(value)) return found;
  if (value instanceof Map) { for (const pair of value) arraysOf(pair, found, seen); }
  if (value instanceof Set) { for (const item of value) arraysOf(item, found, seen); }
  for (const item of Object.values(value)) arraysOf(item, found, seen);
  return found;
}
