/**
 * joblib.hash: one short name for a value, the same in Python. And two faster ones that Python doesn't know.
 */
import { checkChoice, checkOptions } from "../pickle/options.ts";
import { canonicalHash } from "./_canonical.ts";
import { digestMethod, HASH_NAMES, type HashName, isJoblibs } from "./_digest.ts";
import { joblibHash } from "./_hasher.ts";
import type { Settings } from "./_settings.ts";

/** What {@link hash} can be told. */
export interface HashOptions {
  /**
   * "md5" and "sha1" are joblib's. "xxh3" (128 bits) and "blake3" are for programs that need no Python:
   * faster, blind to what is shared inside of the value, and ready after `await prepare("xxh3")`.
   * @default "md5"
   */
  hashName?: HashName;
  /** Take a memory map for an ordinary array, as `Memory` with an mmapMode does. @default false */
  coerceMmap?: boolean;
  /** The default pickle protocol of the Python to agree with: 5 from Python 3.14 on. It is in the hash of arrays and dtypes. @default 4 */
  pickleProtocol?: 4 | 5;
  /** The major version of the numpy to agree with: its name is in the hash of scalars and arrays of objects. @default 2 */
  numpyMajor?: 1 | 2;
  /** How numpy pickles dtypes of dates: "new" since 2.4, "old" before. @default "new", "old" for numpyMajor 1 */
  datetimeState?: "new" | "old";
}

const OPTIONS = ["hashName", "coerceMmap", "pickleProtocol", "numpyMajor", "datetimeState"];

/**
 * The hash of a value, as `joblib.hash` computes it.
 *
 * Integers that are numbers hash as int, other numbers as float; 1.0 is `new PyFloat(1)`. The order of
 * dicts and sets does not count, that of lists does. An array hashes by its bytes, dtype, shape and
 * strides, so that a strided view differs from its copy. As in Python, a container that stands twice in
 * a value hashes otherwise than two equal ones, and functions and classes hash by their name alone.
 * joblib does not promise the same hashes in its next version.
 *
 * What has no stable hash in Python is refused: a frozenset of text, a set that sorting leaves in the
 * order of Python's memory, a masked array, the order of keys of classes that only Python knows. Three
 * things are Python's own: of structs with gaps the bytes in between count, which numpy does not keep; a
 * frozenset of numbers whose places collide hashes in the order in which it was made; and two copies of
 * one enum member in a value are one object for Python, two here.
 *
 * @param value Any value that has a pickle.
 * @returns Hexadecimal digits: 32 for md5 and xxh3, 40 for sha1, 64 for blake3.
 * @throws PicklingError for a value that has no pickle, or none that is stable: a frozenset of other than numbers.
 * @throws RangeError for an unknown hashName.
 * @throws UnsupportedError where the hash must be prepared first: xxh3 and blake3 everywhere, sha1 without `node:crypto`.
 *
 * @example Python agrees
 * ```ts
 * import assert from "node:assert/strict";
 * import { hash } from "@larder/joblib";
 *
 * assert.equal(hash([1, 2]), "ad6352385cc5e69d5c24fad28c7fd226");
 * assert.equal(hash({ a: 1, b: 2 }), hash({ b: 2, a: 1 }));
 * ```
 */
export function hash(value: unknown, options: HashOptions = {}): string {
  checkOptions(options, OPTIONS, "hash()");
  const { hashName = "md5", coerceMmap = false, pickleProtocol = 4, numpyMajor = 2 } = options;
  const { datetimeState = numpyMajor === 1 ? "old" : "new" } = options;
  checkChoice("hashName", hashName, HASH_NAMES);
  checkChoice("pickleProtocol", pickleProtocol, [4, 5]);
  checkChoice("numpyMajor", numpyMajor, [1, 2]);
  checkChoice("datetimeState", datetimeState, ["new", "old"]);
  const method = digestMethod(hashName);
  if (!isJoblibs(hashName)) return canonicalHash(value, method);
  const settings: Settings = { coerceMmap, pickleProtocol, numpyMajor, datetimeState };
  return joblibHash(value, method, settings);
}
