/**
 * hash() and Python's joblib.hash on the same random values: arrays of every dtype and layout in shared
 * containers, and dicts and sets of keys of all kinds, comparable or not.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import {
  hash,
  loads,
  loadSync,
  type Memmap,
  PicklingError,
  PyFloat,
  PyFrozenSet,
  tuple,
} from "../../mod.ts";
import { Random } from "../random.ts";
import { PYTHON_KINDS } from "./hash_kinds.ts";
import { build, makePlan, type Plan, PYTHON_PLANS } from "./plans.ts";
import { fromBase64, python, pythonTest } from "./python.ts";

const NAMES = ["md5", "sha1"] as const;
const PLANS: readonly Plan[] = Array.from({ length: 600 }, (_, seed) => makePlan(seed));
/** A value in JSON: its kind and what it is made of. */
type Node = readonly [kind: string, content?: unknown];

const PYTHON_NODES = `
import joblib, numpy
def make(node):
    kind, content = (node + [None])[:2]
    if kind == "none": return None
    if kind in ("bool", "text"): return content
    if kind == "int": return int(content)
    if kind == "float": return float(content)
    if kind == "bytes": return bytes(content)
    if kind == "dict": return {make(k): make(v) for k, v in content}
    items = [make(item) for item in content]
    return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)
`;

/** Random dicts and sets. */
function keyed(): Node[] {
  return Array.from({ length: 3000 }, (_, seed) => new Keyed(new Random(seed + 1)).value(3));
}

for (const name of NAMES) {
  pythonTest(`hash() of arrays in shared containers is Python's, ${name}`, async () => {
    const expected = await python<string[]>(
      `${PYTHON_PLANS}\nresult = [joblib.hash(build(plan), "${name}") for plan in data]`,
      PLANS,
    );
    const found = PLANS.map((plan) => hash(build(plan), { hashName: name }));
    assert.deepEqual(differences(found, expected), []);
  });

  pythonTest(`hash() of dicts and sets of all kinds of keys is Python's, ${name}`, async () => {
    const nodes = keyed();
    const expected = await python<string[]>(
      `${PYTHON_NODES}\nresult = [joblib.hash(make(node), "${name}") for node in data]`,
      nodes,
    );
    const found = nodes.map((node) => hashOrRefusal(make(node), name));
    const wrong = differences(found, expected).filter((i) => found[i] !== REFUSED);
    assert.deepEqual(wrong.slice(0, 3).map((i) => JSON.stringify(nodes[i])), []);
    assert.ok(found.filter((digest) => digest === REFUSED).length < nodes.length / 100);
  });
}

/** Stands for a digest that is not stable in Python, or that only Python knows. */
const REFUSED = "refused";

function hashOrRefusal(value: unknown, hashName: "md5" | "sha1"): string {
  try {
    return hash(value, { hashName });
  } catch (error) {
    if (error instanceof PicklingError && /not stable|only Python/.test(error.message)) {
      return REFUSED;
    }
    throw error;
  }
}

pythonTest("hash() of what Python pickled is its digest of what it reads back", async () => {
  const made = await python<([pickle: string, ...digests: string[]] | null)[]>(
    `${PYTHON_KINDS}\nresult = [hashed(seed) for seed in range(data)]`,
    4000,
  );
  const wrong: string[] = [];
  let refused = 0;
  for (const [seed, entry] of made.entries()) {
    if (entry === null || entry.length < 3) continue; // Python itself has no pickle or no hash for it
    const [pickle, ...expected] = entry;
    const value = loads(fromBase64(pickle), { exact: true, dangerous: "inert" });
    const found = NAMES.map((name) => hashOrRefusal(value, name));
    if (found[0] === REFUSED) refused++;
    else if (String(found) !== String(expected)) wrong.push(`make(${seed}): ${found}`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(refused < made.length / 50, `${refused} were refused`);
});

pythonTest("hash() of instances of our classes is that of Python's", async () => {
  const expected = await python<string[]>(`
import joblib, sys, types
shapes = sys.modules["shapes"] = types.ModuleType("shapes")
class Point:
    def __init__(self, **items): self.__dict__.update(items)
Point.__module__, Point.__qualname__ = "shapes", "Point"
shapes.Point = Point
one = Point(y=2.5, x=1)
values = [one, [one, one], {"p": Point(), "q": (Point(b=[1]), "s")}]
result = [joblib.hash(value) for value in values]
`);
  class Point {
    static pyClass = "shapes.Point";
    constructor(items: object) {
      Object.assign(this, items);
    }
  }
  const one = new Point({ x: 1, y: 2.5 });
  const values = [one, [one, one], {
    p: new Point({}),
    q: tuple<unknown>(new Point({ b: [1] }), "s"),
  }];
  assert.deepEqual(values.map((value) => hash(value)), expected);
});

pythonTest("hash() of memory maps is Python's, with coerceMmap and without", async () => {
  const folder = mkdtempSync(`${tmpdir()}/larder-hash-`);
  try {
    const expected = await python<Record<string, [string, string]>>(
      `
import joblib, numpy as np, os
result = {}
arrays = {"c": np.arange(24.0).reshape(2, 3, 4), "f": np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)),
    "big": np.arange(9_000_000, dtype="f4").reshape(3000, 3000)}
for name, array in arrays.items():
    path = os.path.join(data, name + ".joblib")
    joblib.dump({"a": array}, path)
    value = joblib.load(path, mmap_mode="r")
    result[name] = [joblib.hash(value), joblib.hash(value, coerce_mmap=True)]
    view = value["a"][:, ::2]
    result[name + " view"] = [joblib.hash(view), joblib.hash(view, coerce_mmap=True)]
`,
      folder,
    );
    const found: Record<string, [string, string]> = {};
    for (const name of ["c", "f", "big"]) {
      const value = loadSync<{ a: Memmap }>(`${folder}/${name}.joblib`, { mmapMode: "r" });
      const view = value.a.slice(null, { step: 2 });
      found[name] = [hash(value), hash(value, { coerceMmap: true })];
      found[`${name} view`] = [hash(view), hash(view, { coerceMmap: true })];
      value.a.close();
    }
    assert.deepEqual(found, expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The places at which the digests differ. */
function differences(found: readonly string[], expected: readonly string[]): number[] {
  assert.equal(found.length, expected.length);
  return found.flatMap((digest, i) => digest === expected[i] ? [] : [i]);
}

const TEXTS = ["", "a", "b", "key", "Key", "é", "\ufb01", "😀", "z".repeat(40), "10", "9"];
const INTS = [0, 1, 2, -1, 7, 255, 256, 70_000, 2 ** 31, -(2 ** 40)];
const FLOATS = [0.5, -1.25, 1e300, -3.75, 2.5e-7];

/** Makes nodes whose keys are hashable, and unequal in Python. */
class Keyed {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  value(depth: number): Node {
    const random = this.#random;
    if (depth === 0) return this.#key(0);
    const length = random.below(7);
    switch (random.below(5)) {
      case 0:
        return ["list", Array.from({ length }, () => this.value(depth - 1))];
      case 1:
        return ["set", this.#keys(length)];
      case 2:
        return ["tuple", Array.from({ length }, () => this.value(depth - 1))];
      default:
        return ["dict", this.#keys(length).map((key) => [key, this.value(depth - 1)])];
    }
  }

  /** Keys of one kind, or of all kinds. */
  #keys(length: number): Node[] {
    const random = this.#random;
    const kinds = random.pick([
      ["text"],
      ["int"],
      ["int", "float"],
      ["tuple"],
      ["bytes"],
      undefined,
    ]);
    const keys = new Map<string, Node>();
    for (let i = 0; i < length; i++) {
      const key = this.#key(2, kinds);
      keys.set(JSON.stringify(key), key);
    }
    return [...keys.values()];
  }

  #key(depth: number, kinds?: readonly string[]): Node {
    const random = this.#random;
    const scalars = ["text", "int", "float", "bytes", "none"];
    const kind = random.pick(kinds ?? (depth > 0 ? [...scalars, "tuple", "frozenset"] : scalars));
    const length = random.below(4);
    switch (kind) {
      case "int":
        return ["int", random.pick(INTS)];
      case "float":
        return ["float", random.pick(FLOATS)];
      case "text":
        return ["text", random.pick(TEXTS)];
      case "bytes":
        return ["bytes", Array.from({ length }, () => random.below(256))];
      case "tuple":
        return ["tuple", Array.from({ length }, () => this.#key(depth - 1))];
      case "frozenset":
        return [
          "frozenset",
          [...new Set(Array.from({ length }, () => random.pick(INTS)))].map((n) => ["int", n]),
        ];
      default:
        return ["none"];
    }
  }
}

function make([kind, content]: Node): unknown {
  switch (kind) {
    case "none":
      return null;
    case "float":
      return Number.isInteger(content) ? new PyFloat(content as number) : content;
    case "bytes":
      return Uint8Array.from(content as number[]);
    case "dict":
      return new Map((content as [Node, Node][]).map(([key, value]) => [make(key), make(value)]));
    case "list":
      return (content as Node[]).map(make);
    case "tuple":
      return tuple(...(content as Node[]).map(make));
    case "set":
      return new Set((content as Node[]).map(make));
    case "frozenset":
      return new PyFrozenSet((content as Node[]).map(make));
    default:
      return content;
  }
}
