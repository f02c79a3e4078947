/**
 * What the libraries of the hand-over examples ask of the arrays that they are given, so that the
 * examples run without them: the same arguments, the same refusals, and the values as they see them.
 */

/** What holds numbers. */
type Numbers = ArrayLike<number | bigint> & ArrayBufferView;

/** A tensor, with the values in C order. */
export interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: (number | bigint)[];
}

/**
 * `tensor(values, shape, dtype)` of tfjs 4: of typed arrays it knows four, each has one dtype that
 * needs no conversion, and 64 bits are none of them.
 */
export function tensor(values: unknown, shape: readonly number[], dtype?: string): Tensor {
  const known = values instanceof Float32Array || values instanceof Int32Array ||
    values instanceof Uint8Array || values instanceof Uint8ClampedArray;
  if (!known) throw new Error("values passed to tensor(values) must be … a TypedArray");
  const inferred = values instanceof Float32Array ? "float32" : "int32";
  const wanted = dtype ?? inferred;
  if (!["float32", "int32", "bool"].includes(wanted)) {
    throw new Error(`Unknown data type ${wanted}`);
  }
  checkSize(values.length, shape);
  return { dtype: wanted, shape, values: [...values] };
}

const ONNX: Readonly<Record<string, string>> = {
  float32: "Float32Array",
  float64: "Float64Array",
  int8: "Int8Array",
  uint8: "Uint8Array",
  int16: "Int16Array",
  uint16: "Uint16Array",
  int32: "Int32Array",
  uint32: "Uint32Array",
  int64: "BigInt64Array",
  uint64: "BigUint64Array",
  bool: "Uint8Array",
  float16: "Float16Array" in globalThis ? "Float16Array" : "Uint16Array",
};

/** `new ort.Tensor(type, data, dims)` of onnxruntime 1: each type has its one typed array. */
export function ortTensor(type: string, data: unknown, dims: readonly number[]): Tensor {
  const wanted = ONNX[type];
  if (wanted === undefined) throw new TypeError(`Unsupported tensor type: ${type}.`);
  const found = (data as object).constructor.name;
  const bits = type === "float16" && found === "Uint16Array"; // where there is no Float16Array
  if (found !== wanted && !bits) {
    throw new TypeError(`A ${type} tensor's data must be type of ${wanted}`);
  }
  checkSize((data as Numbers).length, dims);
  return { dtype: type, shape: dims, values: Array.from(data as Numbers) };
}

/** What zarrita's `set` takes and `get` gives. */
export interface Chunk {
  readonly data: unknown;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/** `await zarr.set(array, null, chunk)` of zarrita: the elements stand where the strides say. */
export function zarrSet(
  array: { dtype: string; shape: readonly number[] },
  { data, shape, stride }: Chunk,
): Tensor {
  const wanted = array.dtype === "bool" ? "Uint8Array" : ONNX[array.dtype];
  if ((data as object).constructor.name !== wanted) {
    throw new TypeError(`${array.dtype} wants ${wanted}`);
  }
  if (shape.length !== array.shape.length || shape.some((length, i) => length !== array.shape[i])) {
    throw new RangeError(`Shape ${shape} does not fit ${array.shape}`);
  }
  let places = [0];
  shape.forEach((length, axis) => {
    const steps = Array.from({ length }, (_, i) => i * stride[axis]);
    places = places.flatMap((place) => steps.map((step) => place + step));
  });
  const values = places.map((place) => (data as Numbers)[place]);
  if (values.includes(undefined as never)) throw new RangeError("A stride leads out of the data");
  return { dtype: array.dtype, shape, values };
}

function checkSize(length: number, shape: readonly number[]): void {
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (size !== length) throw new Error(`Shape ${shape} needs ${size} values, ${length} are there`);
}
