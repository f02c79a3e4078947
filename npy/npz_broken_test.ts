/**
 * Archives that are cut, damaged or lie: an error with its place, before anything is allocated for
 * what the file does not hold.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LarderError, LimitError, NpyFormatError, UnsupportedError } from "../errors.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { npyFile, rawNpy } from "../tests/npy.ts";
import { u16, u32, u64, zipFile, type ZipPart } from "../tests/zip.ts";
import { openNpz, openNpzSync } from "./npz.ts";

const ARRAY = NDArray.from(Int32Array.from({ length: 2000 }, (_, i) => i % 9));
const DATA = npyFile(ARRAY);
const FAR = 0xffffffff;

/** Both ways come to the same error: its class, text and place. */
async function assertBroken(
  bytes: Uint8Array,
  expected: { type?: typeof LarderError; message: RegExp; offset?: number; name?: string },
  options: Parameters<typeof openNpz>[1] = {},
): Promise<void> {
  const { type = NpyFormatError, message, offset, name = "a" } = expected;
  function check(error: unknown): boolean {
    assert(error instanceof type, String(error));
    assert.match(error.message, message);
    if (offset !== undefined) assert.equal(error.offset, offset);
    return true;
  }
  await assert.rejects(openNpz(bytes, options).then((npz) => npz.get(name)), check);
  assert.throws(() => openNpzSync(bytes, options).getSync(name), check);
}

function member(part: Partial<ZipPart> = {}): Uint8Array {
  return zipFile([{ name: "a.npy", data: DATA, ...part }]);
}

test("what is no archive, or only the start of one", async () => {
  const message = /no end record/;
  await assertBroken(new Uint8Array(0), { message, offset: 0 });
  await assertBroken(new Uint8Array(1000), { message, offset: 1000 });
  const whole = member();
  await assertBroken(whole.subarray(0, whole.length / 2), { message });
  for (const cut of [1, 21]) await assertBroken(whole.subarray(0, whole.length - cut), { message });
});

test("a cut archive is refused wherever it is cut", () => {
  const whole = zipFile([{ name: "a.npy", data: DATA.subarray(0, 200), method: 8 }]);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => openNpzSync(whole.subarray(0, length)), NpyFormatError, `${length} bytes`);
  }
});

test("no flipped byte goes unnoticed, or changes an array", () => {
  const data = npyFile(NDArray.from([1, 2, 3], "u1"));
  const whole = zipFile([{ name: "a.npy", data, method: 8 }, { name: "b.npy", data }]);
  let refused = 0;
  for (let at = 0; at < whole.length; at++) {
    const bytes = whole.slice();
    bytes[at] ^= 0x41;
    try {
      const npz = openNpzSync(bytes, { limits: { maxBytes: 1000 } });
      for (const name of ["a", "b"]) {
        if (npz.has(name)) assert.deepEqual(npz.getSync<NDArray>(name).toArray(), [1, 2, 3]);
      }
    } catch (error) {
      assert(error instanceof LarderError, `byte ${at}: ${error}`);
      refused++;
    }
  }
  assert(refused > data.length, `${refused} refused`);
});

test("a directory that is not where it should be, or cut", async () => {
  const frame = (fields: object) => zipFile([{ name: "a.npy", data: DATA }], fields);
  await assertBroken(frame({ directorySize: 1e9 }), { message: /has no room/ });
  await assertBroken(frame({ directorySize: 30 }), { message: /directory is cut/ });
  await assertBroken(frame({ directorySize: 60 }), { message: /no member where/ });
  const directory = { maxBytes: 40 };
  await assertBroken(frame({}), { type: LimitError, message: /directory has 51 bytes/ }, {
    limits: directory,
  });
});

test("zip64 end records: read, missing, on another disk", async () => {
  function end(fields: { size?: number; start?: number; disk?: number; magic?: number }) {
    return (directory: { start: number; size: number }) => {
      const { size = directory.size, start = directory.start, disk = 0, magic = 6 } = fields;
      return Uint8Array.of(
        ...[0x50, 0x4b, 6, magic, ...u64(44), ...u16(45), ...u16(45), ...u32(disk), ...u32(disk)],
        ...[...u64(1), ...u64(1), ...u64(size), ...u64(start)],
        ...[0x50, 0x4b, 6, 7, ...u32(0), ...u64(directory.start + directory.size), ...u32(1)],
      );
    };
  }
  const parts = [{ name: "a.npy", data: DATA }];
  const lies = { count: 0xffff, directorySize: FAR, directoryStart: FAR };
  const good = zipFile(parts, { ...lies, beforeEnd: end({}) });
  assert.deepEqual(openNpzSync(good).getSync<NDArray>("a").data, ARRAY.data);
  assert.deepEqual((await (await openNpz(good)).get<NDArray>("a")).data, ARRAY.data);

  const broken = (fields: Parameters<typeof end>[0]) =>
    zipFile(parts, { ...lies, beforeEnd: end(fields) });
  await assertBroken(broken({ magic: 8 }), { message: /no zip64 end record/ });
  await assertBroken(broken({ disk: 1 }), { message: /several disks/ });
  await assertBroken(broken({ size: 2 ** 53 }), { message: /has no room/ });
});

test("a member that is not where the directory says", async () => {
  await assertBroken(member({ headerOffset: 5 }), { message: /no header where/, offset: 5 });
  const far = 2 ** 31 - 1;
  await assertBroken(member({ headerOffset: far }), { message: /starts at byte 2147483647/ });
  await assertBroken(member({ localName: "b.npy" }), { message: /another name/, offset: 30 });
  await assertBroken(member({ localName: "aa.npy" }), { message: /another name/ });
});

test("a member that reaches into the next, or shares its bytes", async () => {
  const parts: ZipPart[] = [{ name: "a.npy", data: DATA }, { name: "b.npy", data: DATA }];
  const longer = DATA.length + 100;
  parts[0] = { ...parts[0], size: longer, compressedSize: longer };
  await assertBroken(zipFile(parts), { message: /the next thing starts at byte/, offset: 0 });
  assert.deepEqual(openNpzSync(zipFile(parts)).getSync<NDArray>("b").data, ARRAY.data);
  const bomb = zipFile([parts[1], { ...parts[1], name: "c.npy", headerOffset: 60 }]);
  await assertBroken(bomb, { message: /the next thing starts at byte 60/, name: "b" });
});

test("sizes that can't be are refused before anything is allocated", async () => {
  const huge = 2 ** 31;
  await assertBroken(member({ size: huge }), { message: /can't be 2147483648 bytes/ });
  await assertBroken(member({ size: huge, method: 8 }), { message: /can't be 2147483648 bytes/ });
  const extra = Uint8Array.of(1, 0, 8, 0, ...u64(2 ** 62));
  await assertBroken(member({ size: FAR, method: 8, centralExtra: extra }), {
    message: /can't be/,
  });
});

test("a size that is wrong by little", async () => {
  for (const method of [0, 8]) {
    const less = {
      method,
      size: DATA.length - 1,
      ...(method === 0 && { compressedSize: DATA.length - 1 }),
    };
    await assertBroken(member(less), { message: method === 0 ? /checksum|data needs/ : /./ });
    await assertBroken(member({ method: 8, size: DATA.length + 1 }), { message: /bytes of/ });
  }
});

test("a checksum that is wrong, of arrays and of other members", async () => {
  for (const method of [0, 8]) {
    await assertBroken(member({ method, crc: 1 }), { message: /a\.npy is damaged/, offset: 35 });
    const text = zipFile([{ name: "t", data: new Uint8Array(9), method, crc: 1 }]);
    await assertBroken(text, { message: /t is damaged/, name: "t" });
  }
});

test("the checksum covers what stands behind an array", async () => {
  const data = Uint8Array.from([...DATA, ...new Uint8Array(100_000)]);
  const good = zipFile([{ name: "a.npy", data }]);
  assert.deepEqual(openNpzSync(good).getSync<NDArray>("a").data, ARRAY.data);
  await assertBroken(zipFile([{ name: "a.npy", data, crc: 3 }]), { message: /damaged/ });
});

test("deflate data that is damaged or cut tells its place", async () => {
  const garbage = new Uint8Array(50).fill(0xff);
  await assertBroken(member({ method: 8, stored: garbage }), { message: /a\.npy/ });
  const stored = new Uint8Array(0);
  await assertBroken(member({ method: 8, stored, size: 500 }), { message: /a\.npy/, offset: 35 });
});

test("what is encrypted or of an unknown method is unsupported", async () => {
  for (const flags of [1, 1 << 6]) {
    await assertBroken(member({ flags }), { type: UnsupportedError, message: /encrypted/ });
  }
  await assertBroken(member({ method: 99 }), { type: UnsupportedError, message: /method 99/ });
  await assertBroken(member({ flags: 1 << 5 }), { type: UnsupportedError, message: /method/ });
});

test("a name that is not UTF-8 although it says so", () => {
  const bytes = member({ flags: 1 << 11 }).map((byte) => byte === 0x61 ? 0xff : byte);
  assert.throws(() => openNpzSync(bytes), { name: "NpyFormatError", message: /not UTF-8/ });
});

test("limits hold for each member: bytes and ratio", async () => {
  const zeros = npyFile(NDArray.zeros([2_000_000], "u1"));
  const packed = zipFile([{ name: "a.npy", data: zeros, method: 8 }, {
    name: "b.npy",
    data: DATA,
    method: 8,
  }]);
  const bytes = { limits: { maxBytes: zeros.length - 1 } };
  await assertBroken(packed, { type: LimitError, message: /maxBytes/ }, bytes);
  const ratio = { limits: { maxRatio: 100 } };
  await assertBroken(packed, { type: LimitError, message: /maxRatio/ }, ratio);
  for (const options of [bytes, ratio, { limits: { maxBytes: zeros.length, maxRatio: 2000 } }]) {
    assert.equal(openNpzSync(packed, options).getSync<NDArray>("b").size, 2000);
  }
});

test("an array whose shape is more than its member", async () => {
  const header = "{'descr': '<i4', 'fortran_order': False, 'shape': (900000000000,), }";
  const data = rawNpy(header, new Uint8Array(100));
  const message = /needs 3600000000000 bytes, 100 are there/;
  for (const method of [0, 8]) {
    await assertBroken(zipFile([{ name: "a.npy", data, method }]), { message });
  }
});
