/**
 * Bombs: small files that become large. Limits stop them in each method, with and without waiting,
 * also where many small streams follow each other, and a length that is only claimed takes no memory.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { compressorByName } from "../compressors/mod.ts";
import type { NDArray } from "../numpy/mod.ts";
import { freshPath } from "../tests/temporary.ts";
import { dumps } from "./dump.ts";
import { load, loadAll, loads, loadSync } from "./load.ts";
import type { LoadOptions } from "./options.ts";

const METHODS: readonly string[] = ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"];
/** Of zlib one stream is read, as in joblib. */
const JOINED: readonly string[] = METHODS.filter((method) => method !== "zlib");
const MIB = 1 << 20;
const ZEROS = new Float64Array(MIB);
const PAYLOAD = dumps(ZEROS);
const STREAMS = 5;

/** The ways to load. */
const WAYS: Readonly<
  Record<string, (bytes: Uint8Array, options: LoadOptions) => Promise<unknown>>
> = {
  "load()": load,
  "load() of a path": (bytes, options) => load(written(bytes), options),
  "load() of a stream": (bytes, options) => load(new Blob([bytes.slice()]).stream(), options),
  "loads()": later(loads),
  "loadSync()": later((bytes, options) => loadSync(written(bytes), options)),
  "loadAll()": async (bytes, options) => (await loadAll(bytes, options).next()).value,
};

for (const method of METHODS) {
  const one = () => packed(method, [PAYLOAD]);
  const cases: [string, () => Promise<Uint8Array>][] = [["", one]];
  if (JOINED.includes(method)) {
    cases.push([` in ${STREAMS} streams`, () => packed(method, parts(PAYLOAD, STREAMS))]);
  }
  for (const [how, make] of cases) {
    test(`limits stop a bomb of ${method}${how}, and let pass what they allow`, async () => {
      const bomb = await make();
      assert.ok(bomb.length * 20 < PAYLOAD.length, `${bomb.length} bytes`);
      for (const [name, run] of Object.entries(WAYS)) {
        const enough = {
          maxBytes: PAYLOAD.length,
          maxRatio: PAYLOAD.length / bomb.length + 10_000,
        };
        const back = await run(bomb, { limits: enough }) as NDArray;
        assert.equal(back.size, ZEROS.length, name);
        // the last one is more than any of the streams holds
        for (const maxBytes of [0, 1000, MIB, 2 * MIB, PAYLOAD.length - 1]) {
          await assert.rejects(run(bomb, { limits: { maxBytes } }), {
            name: "LimitError",
            message: /maxBytes/,
          }, `${name}, ${maxBytes}`);
        }
        await assert.rejects(run(bomb, { limits: { maxRatio: 10 } }), {
          name: "LimitError",
          message: /maxRatio/,
        }, name);
      }
    });
  }

  test(`an array that a ${method} file only claims to hold takes no memory`, async () => {
    const file = await packed(method, [claiming(2 ** 46)]);
    for (const [name, run] of Object.entries(WAYS)) {
      await assert.rejects(
        run(file, { limits: { maxBytes: 2 ** 30 } }),
        { name: "LimitError" },
        name,
      );
      // an allocation of so much would be a RangeError
      await assert.rejects(run(file, {}), { name: "UnpicklingError" }, name);
    }
  });
}

test("limits hold over all members of a gzip file that each keep to them", async () => {
  const bomb = await packed("gzip", parts(PAYLOAD, 200));
  const each = Math.ceil(PAYLOAD.length / 200);
  for (const run of Object.values(WAYS)) {
    await assert.rejects(run(bomb, { limits: { maxBytes: 2 * each } }), { name: "LimitError" });
  }
});

/** A pickle of an array of float64 whose shape is a lie. */
function claiming(count: number): Uint8Array {
  const file = dumps(Float64Array.of(1, 2));
  const at = file.indexOf(0x4b, 100); // BININT1 of the shape
  const long = new Uint8Array(10);
  long.set([0x8a, 8]); // LONG1 of eight bytes
  new DataView(long.buffer).setBigInt64(2, BigInt(count), true);
  const claimed = Uint8Array.of(...file.subarray(0, at), ...long, ...file.subarray(at + 2));
  const frame = new DataView(claimed.buffer);
  frame.setBigUint64(3, frame.getBigUint64(3, true) + 8n, true);
  return claimed;
}

async function packed(method: string, pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  const streams: Uint8Array[] = [];
  for (const piece of pieces) streams.push(await compressorByName(method).compress(piece, 1));
  return new Uint8Array(await new Blob(streams as BlobPart[]).arrayBuffer());
}

function parts(bytes: Uint8Array, count: number): Uint8Array[] {
  const length = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

function written(bytes: Uint8Array): string {
  const path = freshPath();
  writeFileSync(path, bytes);
  return path;
}

/** A call that rejects where `run` throws. */
function later(
  run: (bytes: Uint8Array, options: LoadOptions) => unknown,
): (bytes: Uint8Array, options: LoadOptions) => Promise<unknown> {
  // deno-lint-ignore require-await -- as the others, it rejects
  return async (bytes, options) => run(bytes, options);
}
