/**
 * Random values with arrays, as a plan in JSON that both languages build: every dtype, byte order and
 * memory order, nested in containers that are shared.
 */
import { NDArray, PyFloat, PyTuple } from "../../mod.ts";
import type { DTypeLike, MemoryOrder } from "../../mod.ts";
import { Random } from "../random.ts";
import { fromBase64, toBase64 } from "./python.ts";

/** A node of a plan: its kind, then what it is made of. */
export type Plan = readonly [kind: string, ...parts: unknown[]];

const DTYPES: readonly unknown[] = [
  ...["|b1", "|i1", "|u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8"],
  ...["<u8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "<f16", "<c8", ">c8", "<c16", ">c16"],
  ...["<c32", "|S5", "|S1", "<U3", ">U3", "|V4", "<M8[ns]", ">M8[D]", "<m8[s]", "<M8[25us]"],
  [["a", "<i4"], ["b", ">f8"]],
  [["name", "<U2"], ["inner", [["x", "|u1"], ["y", "<f4"]]]],
  [["grid", "<i2", [2, 3]], ["flag", "|b1"]],
];
/** numpy's own pickles, such as those of arrays of objects, come back in native byte order. */
const NATIVE: readonly unknown[] = DTYPES.filter((dtype) => !JSON.stringify(dtype).includes(">"));
const SHAPES: readonly (readonly number[])[] = [[], [0], [1], [7], [2, 3], [3, 0], [2, 3, 4], [
  300,
]];
const LAYOUTS = ["C", "F", "step", "reversed", "transposed"] as const;
const FLOATS = [0.5, -1.25, 1, 0, -0, 3e300, Infinity, NaN];
const TEXTS = ["", "a", "key", "dtype", "shape", "numpy", "é☃😀", "\ud800", "x".repeat(300)];

/** What Python needs to build and compare plans: `build(plan)`, `difference(a, b)`. */
export const PYTHON_PLANS = `
import io, math, joblib, numpy as np
def to_dtype(d):
    if isinstance(d, str): return np.dtype(d)
    return np.dtype([(f[0], to_dtype(f[1]), *(tuple(s) for s in f[2:])) for f in d])
def lay_out(a, layout):
    if layout == "F": return np.asfortranarray(a) if a.ndim > 0 else a
    if layout == "step":
        if a.ndim == 0: return a
        big = np.zeros((a.shape[0] * 2,) + a.shape[1:], a.dtype)
        big[::2] = a
        return big[::2]
    if layout == "reversed": return a[::-1] if a.ndim > 0 else a
    if layout == "transposed": return a.T
    return a
def build(plan, made=None):
    made = {} if made is None else made
    kind, *parts = plan
    if kind == "ref": return made[parts[0]]
    if kind == "const": return parts[0]
    if kind == "int": return int(parts[0])
    if kind == "float": return float(parts[0])
    if kind == "str": return parts[0]
    if kind == "bytes": return unb64(parts[0])
    if kind == "array":
        dtype, shape, layout, raw = parts
        dtype = to_dtype(dtype)
        a = np.frombuffer(bytearray(unb64(raw)), dtype).reshape(shape) if raw else np.zeros(shape, dtype)
        return lay_out(a, layout)
    if kind == "objects":
        a = np.empty(len(parts[0]), object)
        for i, item in enumerate(parts[0]): a[i] = build(item, {})
        return a
    name, items = parts
    if kind == "list":
        made[name] = value = []
        value.extend(build(item, made) for item in items)
    elif kind == "tuple":
        made[name] = value = tuple(build(item, made) for item in items)
    else:
        made[name] = value = {}
        for key, item in items: value[build(key, made)] = build(item, made)
    return value
def difference(a, b, at="value", seen=None):
    seen = {} if seen is None else seen
    if type(a) is not type(b): return f"{at}: {type(a)} and {type(b)}"
    if isinstance(a, (list, dict)) or isinstance(a, tuple) and a:
        if id(a) in seen: return None if seen[id(a)] is b else f"{at}: not the same object"
        if any(other is b for other in seen.values()): return f"{at}: one object instead of two"
        seen[id(a)] = b
    if isinstance(a, np.ndarray):
        if a.dtype != b.dtype or str(a.dtype) != str(b.dtype): return f"{at}: {a.dtype} and {b.dtype}"
        if a.shape != b.shape: return f"{at}: {a.shape} and {b.shape}"
        f = a.flags.f_contiguous and not a.flags.c_contiguous
        if f != (b.flags.f_contiguous and not b.flags.c_contiguous): return f"{at}: order"
        if a.dtype == object:
            return difference(list(a), list(b), at + ".objects")
        return None if a.tobytes() == b.tobytes() else f"{at}: {a!r} and {b!r}"
    if isinstance(a, (list, tuple)):
        if len(a) != len(b): return f"{at}: {len(a)} and {len(b)} items"
        return next((d for i in range(len(a)) if (d := difference(a[i], b[i], f"{at}[{i}]", seen))), None)
    if isinstance(a, dict):
        d = difference(list(a.keys()), list(b.keys()), at + ".keys()", {})
        return d or next((d for k in a if (d := difference(a[k], b[k], f"{at}[{k!r}]", seen))), None)
    if isinstance(a, float): return None if repr(a) == repr(b) else f"{at}: {a!r} and {b!r}"
    return None if a == b else f"{at}: {a!r} and {b!r}"
def dumped(value, **options):
    out = io.BytesIO()
    joblib.dump(value, out, **options)
    return out.getvalue()
def loaded(raw, native=False):
    return joblib.load(io.BytesIO(raw), ensure_native_byte_order=native)
`;

/** The plan that belongs to `seed`: a list that holds at least one array. */
export function makePlan(seed: number): Plan {
  return new Planner(new Random(seed), seed).root();
}

class Planner {
  readonly #random: Random;
  readonly #seed: number;
  readonly #dtypes: readonly unknown[];
  /** Names of containers that are complete. */
  readonly #shared: string[] = [];
  #names = 0;

  constructor(random: Random, seed: number, dtypes: readonly unknown[] = DTYPES) {
    this.#dtypes = dtypes;
    this.#random = random;
    this.#seed = seed;
  }

  root(): Plan {
    // every dtype, shape and layout comes up, whatever the dice say
    const dtype = DTYPES[this.#seed % DTYPES.length];
    const shape = SHAPES[this.#seed % SHAPES.length];
    const layout = LAYOUTS[this.#seed % LAYOUTS.length];
    const items = [this.#array(dtype, shape, layout)];
    for (let i = 0; i < 4; i++) items.push(this.#any(3));
    return ["list", "root", items];
  }

  #any(depth: number): Plan {
    const random = this.#random;
    if (this.#shared.length > 0 && random.below(8) === 0) return ["ref", random.pick(this.#shared)];
    if (depth > 0 && random.below(2) === 0) return this.#container(depth);
    switch (random.below(7)) {
      case 0:
        return ["const", random.pick([null, true, false])];
      case 1:
        return [
          "int",
          String(random.pick([0n, 255n, -70000n, 2n ** 31n, 2n ** 53n, -(2n ** 80n)])),
        ];
      case 2:
        return ["float", text(random.pick(FLOATS))];
      case 3:
        return ["str", random.pick(TEXTS)];
      case 4:
        return ["bytes", toBase64(this.#bytes(random.pick([0, 1, 300])))];
      default:
        return this.#array(random.pick(this.#dtypes), random.pick(SHAPES), random.pick(LAYOUTS));
    }
  }

  #container(depth: number): Plan {
    const random = this.#random;
    const name = `c${this.#names++}`;
    const length = random.below(5);
    const kind = random.pick(["list", "tuple", "dict", "objects"]);
    if (kind === "objects") {
      return [
        "objects",
        Array.from({ length }, () => new Planner(random, 0, NATIVE).#any(depth - 1)),
      ];
    }
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) {
      const item = this.#any(depth - 1);
      items.push(
        kind === "dict" ? [random.below(2) ? ["str", `k${i}`] : ["int", `${i}`], item] : item,
      );
    }
    if (length > 0) this.#shared.push(name);
    return [kind, name, items];
  }

  #array(dtype: unknown, shape: readonly number[], layout: string): Plan {
    const one = NDArray.zeros(shape, dtype as DTypeLike);
    const bytes = this.#bytes(one.nbytes);
    if (JSON.stringify(dtype).includes("b1")) bytes.forEach((byte, i) => bytes[i] = byte & 1);
    // four bytes a character: keep them letters
    if (/[<>]U/.test(JSON.stringify(dtype))) bytes.fill(0);
    if (dtype === "<U3") { for (let i = 0; i < bytes.length; i += 4) bytes[i] = 65 + i % 26; }
    return ["array", dtype, shape, layout, toBase64(bytes)];
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.below(256));
  }
}

/** Build a plan's value, as an exact load gives it. */
export function build(plan: Plan, made: Map<string, unknown> = new Map()): unknown {
  const [kind, ...parts] = plan;
  switch (kind) {
    case "ref":
      return made.get(parts[0] as string);
    case "const":
    case "str":
      return parts[0];
    case "int": {
      const value = BigInt(parts[0] as string);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case "float": {
      const value = Number((parts[0] as string).replace("inf", "Infinity"));
      return Number.isInteger(value) ? new PyFloat(value) : value;
    }
    case "bytes":
      return fromBase64(parts[0] as string);
    case "array":
      return buildArray(parts);
    case "objects": {
      const objects = (parts[0] as Plan[]).map((item) => build(item));
      return new NDArray({ dtype: NDArray.zeros(0, "O").dtype, shape: [objects.length], objects });
    }
  }
  const [name, items] = parts as [string, unknown[]];
  if (kind === "tuple") {
    const value = PyTuple.from((items as Plan[]).map((item) => build(item, made)));
    made.set(name, value);
    return value;
  }
  if (kind === "list") {
    const value: unknown[] = [];
    made.set(name, value);
    for (const item of items as Plan[]) value.push(build(item, made));
    return value;
  }
  const value = new Map<unknown, unknown>();
  made.set(name, value);
  for (const [key, item] of items as [Plan, Plan][]) value.set(build(key, made), build(item, made));
  return value;
}

function buildArray([dtype, shape, layout, raw]: unknown[]): NDArray {
  const lengths = shape as number[];
  const zeros = NDArray.zeros(lengths, dtype as DTypeLike);
  const parts = { dtype: zeros.dtype, shape: lengths };
  const array = zeros.size === 0 ? zeros : NDArray.fromBytes(fromBase64(raw as string), parts);
  if (array.ndim === 0) return array;
  // numpy lays out anew what has no elements: strides of 0, whatever the order
  if (array.size === 0) return layout === "transposed" ? array.transpose() : array;
  switch (layout) {
    case "F":
      return withOrder(array, "F");
    case "step":
      return stepped(array);
    case "reversed":
      return array.slice({ step: -1 });
    case "transposed":
      return array.transpose();
  }
  return array;
}

function withOrder(array: NDArray, order: MemoryOrder): NDArray {
  const { dtype, shape } = array;
  return NDArray.fromBytes(array.tobytes(order).slice(), { dtype, shape, order });
}

/** A view on every second row of twice as many. */
function stepped(array: NDArray): NDArray {
  const [rows, ...rest] = array.shape;
  const rowBytes = rows === 0 ? 0 : array.nbytes / rows;
  const bytes = new Uint8Array(2 * array.nbytes);
  const packed = array.tobytes();
  for (let i = 0; i < rows; i++) {
    bytes.set(packed.subarray(i * rowBytes, (i + 1) * rowBytes), 2 * i * rowBytes);
  }
  const { dtype } = array;
  return NDArray.fromBytes(bytes, { dtype, shape: [2 * rows, ...rest] }).slice({ step: 2 });
}

/** A Python literal for `float()`. */
function text(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  return Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : String(value);
}
