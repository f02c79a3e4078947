/**
 * The JavaScript libraries that read numpy's files, measured on what they read rightly: a row is left out
 * where one refuses the file or gives other numbers.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { loadSync, type NpzFile } from "../npy/mod.ts";
import type { NDArray } from "../mod.ts";
import { type Files, medianKept, MORE, settle } from "./npy_workloads.ts";

/** A library beside Larder. */
export interface Peer {
  readonly name: string;
  /** Times in milliseconds, by workload. */
  measure(files: Files, rounds: number): Promise<Record<string, number>>;
}

/** All of them. */
export async function peers(): Promise<Peer[]> {
  return [await npyjs(), await numpyTs()];
}

/** npyjs reads whole files that the caller has read, and writes into memory. */
async function npyjs(): Promise<Peer> {
  const { parse, dump } = await import("npyjs");
  const load = (path: string) => {
    const { buffer, byteOffset, byteLength } = readFileSync(path);
    const whole = byteOffset === 0 && byteLength === buffer.byteLength;
    return parse(
      (whole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer,
    );
  };
  return {
    name: "npyjs",
    measure: async (files, rounds) => {
      const times = await loads(files, rounds, load, ({ data }) => data as Float64Array);
      const { data, shape } = load(files.large);
      times["save over a file"] = await medianKept(rounds, () => {
        writeFileSync(files.out, new Uint8Array(dump(data as Float64Array<ArrayBuffer>, shape)));
      }, settle);
      return times;
    },
  };
}

/** numpy-ts reads and writes files itself, and archives as a whole. */
async function numpyTs(): Promise<Peer> {
  const np = await import("numpy-ts");
  return {
    name: "numpy-ts",
    measure: async (files, rounds) => {
      await np.loadNpzFile(files.stored); // it finds its file system by a call that is awaited
      const times = await loads(
        files,
        rounds,
        (path) => np.loadNpySync(path),
        (array) => array.data as Float64Array,
      );
      const array = np.loadNpySync(files.large);
      times["save over a file"] = await medianKept(
        rounds,
        () => np.saveNpySync(files.out, array),
        settle,
      );
      for (const kind of ["stored", "deflated"] as const) {
        const { arrays } = await np.loadNpzFile(files[kind]);
        if (!same(arrays.get("a50")?.data as Float64Array, memberOf(files[kind]))) continue;
        times[`npz ${kind}: load all`] = await medianKept(
          MORE * rounds,
          () => np.loadNpzFile(files[kind]),
        );
      }
      return times;
    },
  };
}

/** Loading the three whole files, as far as what comes out is right. */
async function loads<T>(
  files: Files,
  rounds: number,
  load: (path: string) => T,
  dataOf: (loaded: T) => Float64Array,
): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  const cases = { "load": "large", "load Fortran": "fortran", "load big-endian": "big" } as const;
  for (const [what, file] of Object.entries(cases)) {
    try {
      if (!same(dataOf(load(files[file])), expected(files[file]))) continue;
      times[what] = await medianKept(rounds, () => load(files[file]));
    } catch {
      continue; // it can't read the file
    }
  }
  return times;
}

/** The numbers of a file in the order in which they lie there. */
function expected(path: string): Float64Array {
  const array = loadSync<NDArray>(path);
  return (array.dtype.isNative ? array : array.astype("float64")).data as Float64Array;
}

function memberOf(path: string): Float64Array {
  const archive = loadSync<NpzFile>(path);
  const { data } = archive.getSync<NDArray>("a50");
  archive.closeSync();
  return data as Float64Array;
}

function same(found: Float64Array | undefined, wanted: Float64Array): boolean {
  if (!(found instanceof Float64Array) || found.length !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i += 997) if (found[i] !== wanted[i]) return false;
  return true;
}
