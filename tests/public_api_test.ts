/** The exported names of every entry point: a change here is a change for those who use the library. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const PY_VALUES = [
  "PyArray",
  "PyByteArray",
  "PyComplex",
  "PyCounter",
  "PyDate",
  "PyDateTime",
  "PyDefaultDict",
  "PyDeque",
  "PyFloat",
  "PyFrozenSet",
  "PyGlobal",
  "PyObject",
  "PyOrderedDict",
  "PyTime",
  "PyTimedelta",
  "PyTimezone",
  "PyTuple",
  "tuple",
];
const PERSISTENCE = [
  "dump",
  "dumpSync",
  "dumps",
  "load",
  "loadAll",
  "loadSync",
  "loads",
  "prepare",
];
const NUMPY = ["DType", "MaskedArray", "Memmap", "NDArray", "NumpyScalar"];
const MEMORY = [
  "MemorizedResult",
  "Memory",
  "NotMemorizedResult",
  "expiresAfter",
  "registerStoreBackend",
];
const ERRORS = [
  "CacheError",
  "CompressionError",
  "LarderError",
  "LimitError",
  "NpyFormatError",
  "PicklingError",
  "UnpicklingError",
  "UnsafeGlobalError",
  "UnsupportedError",
];

/** What can be imported at run time. */
const NAMES: Record<string, readonly string[]> = {
  ".": [
    ...PERSISTENCE,
    ...NUMPY,
    ...ERRORS,
    ...PY_VALUES,
    ...MEMORY,
    "getItem",
    "hash",
    "registerClass",
    "registerCompressor",
  ],
  "./cli": ["main"],
  "./hash": ["hash", "prepareHash"],
  "./memory": [...MEMORY, "jsTypes", "restoreJsTypes"],
  "./persistence": PERSISTENCE,
  "./numpy": NUMPY,
  "./npy": [
    "NpzFile",
    "load",
    "loadSync",
    "openMemmap",
    "openMemmapSync",
    "openNpz",
    "openNpzSync",
    "readHeader",
    "save",
    "saveSync",
    "savez",
    "savezCompressed",
    "savezCompressedSync",
    "savezSync",
    "writeHeader",
  ],
  "./jax": ["load", "loadSync"],
  "./pickle": [
    ...PY_VALUES,
    "FreshString",
    "LarderError",
    "LimitError",
    "PickleBuffer",
    "PicklingError",
    "UNHASHABLE",
    "UnpicklingError",
    "UnsafeGlobalError",
    "dis",
    "dumps",
    "genops",
    "getItem",
    "loads",
    "registerClass",
  ],
  "./compressors": [
    "compressSink",
    "compressSinkSync",
    "compressorByExtension",
    "compressorByName",
    "compressorNames",
    "decompressReader",
    "decompressReaderSync",
    "detectCompressor",
    "maxPrefixLength",
    "prepareCompressor",
    "registerCompressor",
    "resolveCompress",
  ],
};

const exports_ = (JSON.parse(readFileSync(new URL("../deno.json", import.meta.url), "utf8")) as {
  exports: Record<string, string>;
}).exports;

for (const [entry, file] of Object.entries(exports_)) {
  test(`the entry point "${entry}" exports these names`, async () => {
    assert.deepEqual(await namesOf(file), [...NAMES[entry] ?? []].sort());
  });
}

async function namesOf(file: string): Promise<string[]> {
  const module = await import(new URL(`../${file}`, import.meta.url).href) as object;
  return Object.keys(module).sort();
}
