/**
 * Random dtypes, arrays and headers, as plans in JSON that both languages build: nested structs, gaps,
 * titles, names in all alphabets, both byte and memory orders.
 */
import { DType, NDArray } from "../../mod.ts";
import { Random } from "../random.ts";
import { fromBase64, toBase64 } from "./python.ts";

/** A type: a type string, a list of fields, or fields at given places. */
export type TypePlan = string | { fields: FieldPlan[]; align: boolean } | PlacedPlan;
type FieldPlan = { name: string; title?: string; type: TypePlan; shape?: number[] };
interface PlacedPlan {
  names: string[];
  formats: TypePlan[];
  offsets: number[];
  itemsize: number;
}

/** An array: its bytes in C order, and how a view on them lies. */
export interface ArrayPlan {
  type: TypePlan;
  shape: number[];
  layout: "C" | "F" | "step" | "reversed" | "transposed";
  data: string;
}

/** What Python needs: `to_dtype(plan)`, `to_array(plan)`, `saved(array)`. */
export const PYTHON_NPY = `
import io, warnings
import numpy as np, ml_dtypes
warnings.simplefilter("ignore")
def to_dtype(d):
    if isinstance(d, str): return np.dtype(d)
    if "fields" in d:
        return np.dtype([((f["title"], f["name"]) if "title" in f else f["name"], to_dtype(f["type"]), *([tuple(f["shape"])] if "shape" in f else [])) for f in d["fields"]], align=d["align"])
    return np.dtype({"names": d["names"], "formats": [to_dtype(t) for t in d["formats"]], "offsets": d["offsets"], "itemsize": d["itemsize"]})
def to_array(plan):
    dtype, shape, layout = to_dtype(plan["type"]), plan["shape"], plan["layout"]
    raw = unb64(plan["data"])
    a = np.frombuffer(bytearray(raw), dtype).reshape(shape) if raw else np.zeros(shape, dtype)
    if a.ndim == 0: return a
    if layout == "F": return np.ndarray(shape, dtype, bytearray(raw) if raw else None, order="F")
    if layout == "step": return a[::2]
    if layout == "reversed": return a[::-1]
    if layout == "transposed": return a.T
    return a
def saved(a):
    out = io.BytesIO()
    np.save(out, a)
    return out.getvalue()
`;

const SCALARS: readonly string[] = [
  ...["|b1", "|i1", "|u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8"],
  ...["<u8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "<f16", ">f16", "<c8", ">c8"],
  ...["<c16", ">c16", "<c32", "|S5", "|S1", "<U3", ">U3", "|V4", "|V1", "|V2", "<M8[ns]"],
  ...[">M8[D]", "<m8[s]", "<M8[25us]", "<m8", ">M8[Y]", "|V0"],
];
const ML: readonly string[] = ["bfloat16", "float8_e5m2", "float8_e4m3fn", "int4", "float4_e2m1fn"];
const NAMES: readonly string[] = [
  ...["a", "b", "x y", "f0", "f1", "value", "é", "ÿ", "日本", "😀", "a'b", 'a"b', "a'\"b", "a\\b"],
  ...[
    "\n",
    "\t\r",
    "\x00",
    "\x7f",
    "\xa0",
    "\xad",
    "\u2028",
    "\u200b",
    "\ud83d",
    "π",
    "ǅ",
    "\u0301",
  ],
  ...["\ufeff", "\u{e0001}", "\u{10ffff}", "'", '"', "\\", "{}", "(", ",", "#", "n".repeat(80)],
];
const LAYOUTS = ["C", "F", "step", "reversed", "transposed"] as const;
const LENGTHS: readonly number[] = [0, 1, 1, 2, 3, 4, 7];

/** A random type. */
export function makeType(random: Random, depth = 2): TypePlan {
  if (depth === 0 || random.below(3) > 0) {
    return random.below(8) === 0 ? random.pick(ML) : random.pick(SCALARS);
  }
  const free = [...NAMES];
  const take = () => free.splice(random.below(free.length), 1)[0];
  const count = 1 + random.below(4);
  if (random.below(4) === 0) {
    const plan: PlacedPlan = { names: [], formats: [], offsets: [], itemsize: 0 };
    for (let i = 0; i < count; i++) {
      const type = makeType(random, depth - 1);
      plan.names.push(take());
      plan.formats.push(type);
      plan.offsets.push(plan.itemsize += random.below(4));
      plan.itemsize += toDType(type).itemsize;
    }
    plan.itemsize += random.below(4);
    return plan;
  }
  const fields = Array.from({ length: count }, (): FieldPlan => {
    const field = { name: take(), type: makeType(random, depth - 1) };
    const title = random.below(6) === 0 ? { title: take() } : {};
    // numpy has no sub-arrays of elements without bytes
    if (random.below(4) > 0 || toDType(field.type).itemsize === 0) return { ...field, ...title };
    const shape = Array.from({ length: 1 + random.below(2) }, () => 1 + random.below(3));
    return { ...field, ...title, shape };
  });
  return { fields, align: random.below(4) === 0 };
}

/** A random shape of up to `most` axes. */
export function makeShape(random: Random, most = 4): number[] {
  return Array.from({ length: random.below(most + 1) }, () => random.pick(LENGTHS));
}

/** A random array. */
export function makeArray(random: Random): ArrayPlan {
  const type = makeType(random);
  const shape = makeShape(random, 3);
  const dtype = toDType(type);
  const { nbytes } = NDArray.zeros(shape, dtype);
  const bytes = Uint8Array.from({ length: nbytes }, () => random.below(256));
  // numpy leaves gaps between fields as they happen to be in memory where it copies element by element
  const layout = random.pick(hasGaps(type) ? ["C", "F"] as const : LAYOUTS);
  return { type, shape, layout, data: toBase64(bytes) };
}

/** Whether there may be bytes between the fields of a type. */
export function hasGaps(type: TypePlan): boolean {
  return /"align":true|"offsets"/.test(JSON.stringify(type));
}

/** The type of a plan. */
export function toDType(plan: TypePlan): DType {
  if (typeof plan === "string") return DType.from(plan);
  if ("fields" in plan) {
    const list = plan.fields.map(({ name, title, type, shape }) => {
      const label = title === undefined ? name : [title, name] as const;
      const dtype = toDType(type);
      return shape === undefined ? [label, dtype] as const : [label, dtype, shape] as const;
    });
    return DType.from(list, { align: plan.align });
  }
  return DType.from({ ...plan, formats: plan.formats.map(toDType) });
}

/** The array of a plan. */
export function toArray({ type, shape, layout, data }: ArrayPlan): NDArray {
  const dtype = toDType(type);
  const bytes = fromBase64(data);
  const order = layout === "F" && shape.length > 0 ? "F" : "C";
  const array = NDArray.fromBytes(bytes, { dtype, shape, order });
  if (array.ndim === 0) return array;
  if (layout === "step") return array.slice({ step: 2 });
  if (layout === "reversed") return array.slice({ step: -1 });
  return layout === "transposed" ? array.transpose() : array;
}
