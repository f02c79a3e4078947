/**
 * Archives against numpy: what numpy.savez wrote comes out of savez byte for byte, what savez writes
 * is what numpy.savez writes, and Python's zipfile finds nothing wrong with any of it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "../../bytes/join.ts";
import { NDArray, tuple } from "../../mod.ts";
import { openNpz, openNpzSync } from "../../npy/npz.ts";
import { savez, savezCompressed, savezCompressedSync, savezSync } from "../../npy/savez.ts";
import { decodeName } from "../../npy/_zip_names.ts";
import { centralHeader, endRecords } from "../../npy/_zip_records.ts";
import { Random } from "../random.ts";
import { freshPath } from "../temporary.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";

/** Archives of random arrays: names, types, shapes and orders of all kinds. */
const RANDOM_ARCHIVES = `
import io, random, warnings
import numpy as np
warnings.simplefilter("ignore")
NAMES = ["a", "", "x.npy", "a/b", "../up", "größe", "日本", "🦕", "self", "with space", "x" * 300,
         "__proto__", "arr_0", "1", "0", "tab\\t", "constructor", "ü.npy"]
TYPES = ["?", "i1", ">i4", "<i8", "<u2", "f2", ">f4", "<f8", "c8", ">c16", "U3", "S5", "M8[ns]", "m8[3D]",
         "V3", [("a", "<i4"), ("b", ">f8")], [("p", "i1", (2, 2))], "O"]

def array(rng):
    shape = tuple(rng.choice([0, 1, 2, 3, 7]) for _ in range(rng.choice([0, 1, 1, 2, 3])))
    dtype = np.dtype(rng.choice(TYPES))
    if dtype == np.dtype("O"):
        values = [rng.choice([1, 2.5, "x", None, True]) for _ in range(int(np.prod(shape)))]
        made = np.empty(len(values), dtype)
        made[:] = values
        return made.reshape(shape)
    raw = rng.randbytes(int(np.prod(shape)) * dtype.itemsize)
    if dtype.kind == "U": made = np.array(rng.choices(["a", "bé", "日本語", ""], k=int(np.prod(shape))), dtype).reshape(shape)
    elif dtype.kind == "b": made = np.frombuffer(raw, "u1").__and__(1).view("?").reshape(shape)
    else: made = np.frombuffer(raw, dtype).reshape(shape)
    return np.asfortranarray(made) if rng.random() < 0.3 else made

def archive(seed, save):
    rng = random.Random(seed)
    names = rng.sample(NAMES, rng.randrange(0, 6))
    file = io.BytesIO()
    save(file, **{name: array(rng) for name in names})
    return file.getvalue()
`;

/** Reads archives and writes them anew with numpy; checks them with zipfile. */
const REWRITE = `
import io, zipfile
import numpy as np
def rewritten(raw, save=np.savez):
    with zipfile.ZipFile(io.BytesIO(raw)) as archive: assert archive.testzip() is None
    with np.load(io.BytesIO(raw), allow_pickle=True) as loaded:
        arrays = {name: loaded[name] for name in loaded.files}
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()
`;

pythonTest("savez() writes what numpy.savez wrote, byte for byte", async () => {
  const archives = await python<string[]>(
    `${RANDOM_ARCHIVES}result = [b64(archive(seed, np.savez)) for seed in range(300)]`,
  );
  for (const [seed, text] of archives.entries()) {
    const bytes = fromBase64(text);
    const npz = openNpzSync(bytes, { exact: true });
    const later = freshPath("later.npz");
    const now = freshPath("now.npz");
    await savez(later, npz.entries<NDArray>());
    savezSync(now, npz.entriesSync<NDArray>());
    assert.deepEqual(new Uint8Array(readFileSync(later)), bytes, `seed ${seed}`);
    assert.deepEqual(new Uint8Array(readFileSync(now)), bytes, `seed ${seed}`);
  }
});

pythonTest("numpy.savez writes what savez() writes", async () => {
  const archives: string[] = [];
  const random = new Random(5);
  for (let i = 0; i < 60; i++) {
    const path = freshPath();
    await savez(path, randomArrays(random));
    archives.push(toBase64(readFileSync(`${path}.npz`)));
  }
  const rewritten = await python<string[]>(
    `${REWRITE}result = [b64(rewritten(unb64(raw))) for raw in data]`,
    archives,
  );
  assert.deepEqual(rewritten, archives);
});

pythonTest("numpy reads what savezCompressed() writes", async () => {
  const cases: [compressed: string, stored: string][] = [];
  const random = new Random(6);
  const large = { large: Float64Array.from({ length: 800_000 }, (_, i) => i % 1000) };
  for (let i = 0; i < 40; i++) {
    const arrays = i === 0 ? large : randomArrays(random);
    const [later, now, stored] = [freshPath("l.npz"), freshPath("n.npz"), freshPath("s.npz")];
    await savezCompressed(later, arrays, { threads: 2, level: 1 + i % 9 });
    savezCompressedSync(now, arrays);
    savezSync(stored, arrays);
    const expected = toBase64(readFileSync(stored));
    cases.push([toBase64(readFileSync(later)), expected]);
    cases.push([toBase64(readFileSync(now)), expected]);
  }
  const equal = await python<boolean[]>(
    `${REWRITE}
result = [rewritten(unb64(packed)) == unb64(stored) for packed, stored in data]`,
    cases,
  );
  assert.deepEqual(equal, cases.map(() => true));
});

pythonTest("savezCompressed() makes as much of it as numpy.savez_compressed", async () => {
  const path = freshPath("zeros.npz");
  await savezCompressed(path, { a: new Float64Array(1000) });
  const length = await python<number>(`
import io, numpy
file = io.BytesIO()
numpy.savez_compressed(file, a=numpy.zeros(1000))
result = len(file.getvalue())`);
  assert.equal(length, 234);
  assert.equal(readFileSync(path).length, length);
});

pythonTest("a stream gets the bytes that zipfile writes where it can't seek", async () => {
  const expected = await python<string[]>(`
import io, numpy as np
class Forwards(io.RawIOBase):
    def __init__(self): self.raw = b""
    def writable(self): return True
    def write(self, data):
        self.raw += bytes(data)
        return len(data)
file = Forwards()
np.savez(file, a=np.arange(3, dtype="f4"), größe=np.ones((2, 2)))
empty = Forwards()
np.savez(empty)
result = [b64(file.raw), b64(empty.raw)]`);
  const chunks: Uint8Array[] = [];
  const stream = () =>
    new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
  const ones = NDArray.from([[1, 1], [1, 1]], "f8");
  await savez(stream(), { a: Float32Array.of(0, 1, 2), größe: ones });
  assert.equal(toBase64(join(chunks.splice(0))), expected[0]);
  await savez(stream(), []);
  assert.equal(toBase64(join(chunks)), expected[1]);
});

pythonTest("numpy reads aligned archives, and their arrays start where they should", async () => {
  for (const align of [1, 2, 16, 64, 4096]) {
    const path = freshPath("aligned.npz");
    const arrays = new Map<string, NDArray>();
    for (const name of ["a", "bc", "größe", "x".repeat(61)]) {
      arrays.set(name, NDArray.from(Float64Array.of(1, 2, 3)));
    }
    await savez(path, arrays, { align });
    const offsets = await python<number[]>(
      `${REWRITE}
raw = open(data, "rb").read()
rewritten(raw)
result = []
with zipfile.ZipFile(data) as archive:
    for info in archive.infolist():
        extra = raw[info.header_offset + 28] + 256 * raw[info.header_offset + 29]
        name = raw[info.header_offset + 26]
        result.append(info.header_offset + 30 + name + extra + 128)`,
      path,
    );
    assert.deepEqual(offsets.map((offset) => offset % align), [0, 0, 0, 0]);
  }
});

pythonTest("the directory of huge archives is zipfile's", async () => {
  const limit = 2 ** 31 - 1;
  const numbers = [0, 100, limit, limit + 1, 2 ** 32 - 1, 2 ** 32, 5 * 2 ** 40];
  const members = numbers.flatMap((size) =>
    numbers.flatMap((compressedSize) =>
      numbers.map((headerOffset) => ({ size, compressedSize, headerOffset }))
    )
  );
  const ends = [0, 1, 65535, 65536, 200_000].flatMap((count) =>
    [100, limit, limit + 1, 2 ** 33].map((start) => ({ count, start }))
  );
  const expected = await python<{ members: string[]; ends: string[] }>(
    `
import io, zipfile
class Far(io.BytesIO):
    base = 0
    def tell(self): return super().tell() + self.base
def written(infos, start):
    file = Far()
    archive = zipfile.ZipFile(file, "w")
    file.base = archive.start_dir = start
    archive.filelist.extend(infos)
    archive._didModify = False
    archive._write_end_record()
    return file.getvalue()
def member(m):
    info = zipfile.ZipInfo("a.npy")
    info.create_version = info.extract_version = 45
    info.external_attr = 0o600 << 16
    info.CRC, info.file_size, info.compress_size = 7, m["size"], m["compressedSize"]
    info.header_offset = m["headerOffset"]
    return info
result = {"members": [], "ends": []}
for m in data["members"]:
    raw = written([member(m)], 0)
    result["members"].append(raw[:raw.index(b"PK\\x05\\x06")].hex())
info = member({"size": 1, "compressedSize": 1, "headerOffset": 0})
for e in data["ends"]:
    raw = written([info] * e["count"], e["start"])
    result["ends"].append(raw[51 * e["count"]:].hex())`,
    { members, ends },
  );
  const name = new TextEncoder().encode("a.npy");
  const record = { name, utf8: false, method: 0, descriptor: false, padding: 0, align: 1 };
  assert.deepEqual(
    members.map(({ headerOffset, ...sizes }) =>
      hex(centralHeader({ ...record, headerOffset }, { crc: 7, ...sizes }))
    ),
    expected.members,
  );
  assert.deepEqual(
    ends.map(({ count, start }) => hex(endRecords({ count, start, size: 51 * count }))),
    expected.ends,
  );
});

pythonTest("archives of zipfile with more than 65535 members, and in zip64, are read", async () => {
  const archives = await python<string[]>(`
import io, zipfile, numpy as np
def member(value):
    file = io.BytesIO()
    np.save(file, np.int8(value))
    return file.getvalue()
many, raw = io.BytesIO(), member(3)
with zipfile.ZipFile(many, "w") as archive:
    for i in range(65600): archive.writestr(f"{i}.npy", raw)
result = [b64(many.getvalue())]`);
  const npz = await openNpz(fromBase64(archives[0]));
  assert.equal(npz.size, 65600);
  assert.equal((await npz.get<NDArray>("65599")).get(), 3);
});

pythonTest("names that are not UTF-8 are Python's cp437", async () => {
  const expected = await python<string>(`result = bytes(range(1, 256)).decode("cp437")`);
  const bytes = Uint8Array.from({ length: 255 }, (_, i) => i + 1);
  assert.equal(decodeName(bytes, false), expected);
});

function randomArrays(random: Random): Map<string, NDArray> {
  const names = ["a", "", "b.npy", "a/b", "größe", "日本", "🦕", "self", "x y", "n".repeat(200)];
  const arrays = new Map<string, NDArray>();
  for (let count = random.below(5); count > 0; count--) {
    const shape = Array.from({ length: random.below(4) }, () => random.below(4));
    const dtype = random.pick(["i1", "<i4", ">f8", "<u2", "b1", "U2", "S4", "<M8[us]", "O", "c16"]);
    const array = NDArray.zeros(shape, dtype);
    if (array.objects !== null) array.objects.fill(tuple(1, "x"));
    else if (dtype[0] !== "U") { for (let i = 0; i < array.nbytes; i++) array.bytes[i] = i & 1; }
    arrays.set(random.pick(names), random.below(2) === 0 ? array : array.transpose());
  }
  return arrays;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
