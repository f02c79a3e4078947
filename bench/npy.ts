/**
 * numpy's files beside numpy itself and the JavaScript libraries that read them, in one run: whole arrays,
 * random rows of a large mapped file, archives. A ratio is a rival's time by Larder's: above 1 Larder is
 * faster. Results are kept until their row is done, on all sides. `npm run bench -- npy [--mb 256]
 * [--rows 10000] [--rounds 5]`.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Memmap, NDArray } from "../mod.ts";
import * as npy from "../npy/mod.ts";
import { peers } from "./npy_peers.ts";
import { type Files, medianKept, MORE, ROW, settle, sumOfRows } from "./npy_workloads.ts";

/** Times in milliseconds, by workload. */
type Times = Record<string, number>;

/** Run the bench with these arguments. */
export async function benchNpy(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      mb: { type: "string", default: "256" },
      rows: { type: "string", default: "10000" },
      rounds: { type: "string", default: "5" },
    },
  });
  const [rounds, rows] = [Number(values.rounds), Number(values.rows)];
  const folder = mkdtempSync(`${tmpdir()}/larder-bench-`);
  try {
    const twin = fileURLToPath(new URL("./npy_twin.py", import.meta.url));
    const python = process.env.LARDER_PYTHON ?? "python3";
    const numpy: Times = JSON.parse(
      execFileSync(python, [twin, folder, values.mb, values.rows, values.rounds], {
        encoding: "utf8",
      }),
    );
    const files = filesIn(folder);
    const larder = await measure(files, rows, rounds);
    const rivals: Record<string, Times> = {
      numpy,
      floor: await measureFloor(files, rounds),
    };
    for (const peer of await peers()) rivals[peer.name] = await peer.measure(files, rounds);
    print(larder, rivals);
    console.log(memoryOfRows(files));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function filesIn(folder: string): Files {
  return {
    large: `${folder}/large.npy`,
    fortran: `${folder}/fortran.npy`,
    big: `${folder}/big.npy`,
    rows: `${folder}/rows.npy`,
    indices: `${folder}/indices.u4`,
    stored: `${folder}/stored.npz`,
    deflated: `${folder}/deflated.npz`,
    out: `${folder}/out.npy`,
  };
}

async function measure(files: Files, rows: number, rounds: number): Promise<Times> {
  const times: Times = {
    "load": await medianKept(rounds, () => npy.loadSync(files.large)),
    "load, awaited": await medianKept(rounds, () => npy.load(files.large)),
    "load Fortran": await medianKept(rounds, () => npy.loadSync(files.fortran)),
    "load big-endian": await medianKept(rounds, () => npy.loadSync(files.big)),
  };
  const warm = new ArrayBuffer(statSync(files.large).size);
  new Uint8Array(warm).fill(1);
  times["load, into"] = await medianKept(
    rounds,
    () => npy.loadSync(files.large, { into: () => warm }),
  );
  const array = npy.loadSync<NDArray>(files.large);
  times["save over a file"] = await medianKept(
    rounds,
    () => npy.saveSync(files.out, array),
    settle,
  );
  // each is removed at once: many new files would wait for the disk
  const fresh = `${files.out}.new.npy`;
  times["save a new file"] = await medianKept(
    rounds,
    () => npy.saveSync(fresh, array),
    () => rmSync(fresh),
  );
  times["save a new file, awaited"] = await medianKept(
    rounds,
    () => npy.save(fresh, array),
    () => rmSync(fresh),
  );
  const indices = new Uint32Array(readFileSync(files.indices).slice().buffer);
  const map = npy.loadSync<Memmap>(files.rows, { mmapMode: "r" });
  times["random rows of a map"] = await medianKept(
    MORE * rounds,
    () => sumOfRows(map, indices, rows),
  );
  const into = new ArrayBuffer(8 * ROW);
  times["random rows of a map, into"] = await medianKept(
    MORE * rounds,
    () => sumOfRows(map, indices, rows, { into }),
  );
  map.close();
  if ("Bun" in globalThis) {
    const native = npy.loadSync<Memmap>(files.rows, { mmapMode: "r", nativeMmap: true });
    times["random rows of a map, native into"] = await medianKept(
      MORE * rounds,
      () => sumOfRows(native, indices, rows, { into }),
    );
    native.close();
  }
  for (const kind of ["stored", "deflated"] as const) {
    times[`npz ${kind}: load all`] = await medianKept(MORE * rounds, () => {
      using archive = npy.loadSync<npy.NpzFile>(files[kind]);
      return [...archive.valuesSync()];
    });
    times[`npz ${kind}: load all, awaited`] = await medianKept(MORE * rounds, async () => {
      const archive = await npy.load<npy.NpzFile>(files[kind]);
      const arrays = await Promise.all(archive.files.map((name) => archive.get(name)));
      await archive.close();
      return arrays;
    });
    times[`npz ${kind}: load one`] = await medianKept(MORE * rounds, () => {
      using archive = npy.loadSync<npy.NpzFile>(files[kind]);
      return archive.getSync("a50");
    });
  }
  return times;
}

/** What bounds the runtime: filling a buffer that is new, and a file that is new. */
async function measureFloor({ large, out: saved }: Files, rounds: number): Promise<Times> {
  const time = await medianKept(rounds, () => {
    const bytes = new Uint8Array(statSync(large).size);
    const fd = openSync(large, "r");
    for (let at = 0; at < bytes.length;) {
      at += readSync(fd, bytes, at, Math.min(16 << 20, bytes.length - at), at);
    }
    closeSync(fd);
    return bytes;
  });
  const out = `${saved}.floor`;
  const written = new Uint8Array(statSync(large).size).fill(1);
  const write = await medianKept(rounds, () => {
    const fd = openSync(out, "w");
    for (let at = 0; at < written.length;) {
      at += writeSync(fd, written, at, Math.min(16 << 20, written.length - at), at);
    }
    closeSync(fd);
  }, () => rmSync(out));
  return {
    "save a new file": write,
    "load": time,
    "load Fortran": time,
    "load big-endian": time,
  };
}

/** What reading rows adds to the resident memory of a process that does nothing else. */
function memoryOfRows({ rows, indices }: Files): string {
  const script = fileURLToPath(new URL("./npy_rows.ts", import.meta.url));
  const run = process.execPath.endsWith("deno") ? ["run", "--no-check", "--allow-all"] : [];
  const told = execFileSync(process.execPath, [...run, script, rows, indices, String(ROW)], {
    encoding: "utf8",
  });
  const { empty, imported, peak } = JSON.parse(told);
  return `resident memory at most, reading the rows: ${megabytes(peak - empty)} above the empty ` +
    `process, ${megabytes(peak - imported)} above the library`;
}

function print(larder: Times, rivals: Record<string, Times>): void {
  const names = Object.keys(rivals);
  const width = 36;
  console.log(
    "".padEnd(width) + "Larder".padStart(12) + names.map((name) => name.padStart(11)).join(""),
  );
  for (const [what, time] of Object.entries(larder)) {
    const ratios = names.map((name) => {
      // where only Larder has several ways, they are compared with the one way of the others
      const other = rivals[name][what] ?? rivals[name][what.replace(/, .*/, "")];
      return (other === undefined ? "—" : `${(other / time).toFixed(2)}×`).padStart(11);
    });
    console.log(what.padEnd(width) + milliseconds(time) + ratios.join(""));
  }
}

function milliseconds(time: number): string {
  return `${time.toFixed(time < 10 ? 2 : 0)} ms`.padStart(12);
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
