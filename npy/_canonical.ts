/**
 * jax's canonical types: numbers of 64 bits as such of 32 (jax.dtypes.canonicalize_dtype). Integers are
 * taken as pairs of words, without a bigint for each.
 */
import { NATIVE_ORDER } from "../bytes/byte_order.ts";
import { DType } from "../numpy/dtype.ts";
import { NDArray } from "../numpy/ndarray.ts";
import type { LarderWarning } from "../pickle/context.ts";

/** What becomes of a number that 32 bits can't hold. */
export type Overflow = "error" | "wrap" | "saturate";

/** Where the words of a 64-bit integer lie. */
const LOW = NATIVE_ORDER === "<" ? 0 : 1;
const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/** Elements of two nameless bytes as the bfloat16 that they are in files of jax. */
export function bfloat16Of(array: NDArray): NDArray {
  const { dtype } = array;
  if (dtype.str !== "|V2" || dtype.names !== null || dtype.ml !== null) return array;
  return new NDArray({
    dtype: DType.from("bfloat16"),
    shape: array.shape,
    byteStrides: array.byteStrides,
    byteOffset: array.byteOffset,
    bytes: array.bytes,
    writeable: array.writeable,
  });
}

/** The array with its 64-bit numbers as 32-bit ones; any other array as it is. @throws RangeError */
export function canonical(
  array: NDArray,
  overflow: Overflow,
  warn: (warning: LarderWarning) => void,
): NDArray {
  const { dtype } = array;
  const target = dtype.isNative ? TARGETS[`${dtype.kind}${dtype.itemsize}`] : undefined;
  if (target === undefined) return array;
  const inPlace = array.order !== "strided" &&
    (array.bytes.byteOffset + array.byteOffset) % 8 === 0;
  const packed = inPlace ? array : array.copy();
  const order = packed.order === "F" ? "F" : "C";
  const { buffer, byteOffset, length } = packed.tobytes(order);
  const made = new Uint8Array(length / 2);
  const count = length / 8;
  const changed = dtype.kind === "i" || dtype.kind === "u"
    ? narrowIntegers(
      new Int32Array(buffer, byteOffset, 2 * count),
      new Int32Array(made.buffer),
      { signed: dtype.kind === "i", overflow },
    )
    : narrowFloats(
      new Float64Array(buffer, byteOffset, count),
      new Float32Array(made.buffer),
      overflow,
    );
  if (changed > 0) {
    warn({
      code: "jax-overflow",
      message:
        `${changed} of ${array.size} numbers of ${dtype} do not fit into ${target} and were ` +
        `changed: load with x64 true, or choose overflow "saturate" or "error"`,
    });
  }
  return new NDArray({
    dtype: DType.from(target),
    shape: packed.shape,
    order,
    bytes: made,
  });
}

const TARGETS: Readonly<Record<string, string>> = {
  i8: "int32",
  u8: "uint32",
  f8: "float32",
  c16: "complex64",
};

/** Keep the low words; answers how many values changed by it. */
function narrowIntegers(
  from: Int32Array,
  to: Int32Array,
  { signed, overflow }: { signed: boolean; overflow: Overflow },
): number {
  let changed = 0;
  for (let i = 0; i < to.length; i++) {
    const low = from[2 * i + LOW];
    const high = from[2 * i + 1 - LOW];
    to[i] = low;
    if (high === (signed ? low >> 31 : 0)) continue;
    if (overflow === "error") throw tooLarge(i, signed ? "int32" : "uint32");
    if (overflow === "wrap") changed++;
    else to[i] = signed ? (high < 0 ? -(2 ** 31) : 2 ** 31 - 1) : -1;
  }
  return changed;
}

/** Round; answers how many finite values became infinite by it. */
function narrowFloats(from: Float64Array, to: Float32Array, overflow: Overflow): number {
  let changed = 0;
  for (let i = 0; i < to.length; i++) {
    const value = from[i];
    to[i] = value;
    // the comparison is false for almost all, NaN among them
    if (!(Math.abs(value) > MAX_FLOAT32) || Math.abs(value) === Infinity) continue;
    if (Number.isFinite(to[i])) continue;
    if (overflow === "error") throw tooLarge(i, "float32");
    if (overflow === "wrap") changed++;
    else to[i] = value < 0 ? -MAX_FLOAT32 : MAX_FLOAT32;
  }
  return changed;
}

function tooLarge(index: number, target: string): RangeError {
  return new RangeError(
    `Cannot load as jax does: the number at place ${index} of the data does not fit into ${target}; ` +
      `load with x64 true, or choose overflow "wrap" or "saturate"`,
  );
}
