/**
 * Index maths of strided arrays: where the element at an index lies, in bytes.
 * Pure functions on shapes and byte strides, after numpy's rules; strides may be negative or 0.
 * The surprise is numpy's own: an axis of length 1 has no say in contiguity, whatever its stride.
 */

/** Order in which the elements of a packed array follow each other. */
export type MemoryOrder = "C" | "F";

/** Python's `start:stop:step` for one axis; each may be negative or left out. */
export interface Slice {
  /** First index. @default 0, or the last for a negative step */
  start?: number;
  /** Index behind the last. @default the end, or before the first for a negative step */
  stop?: number;
  /** Distance between two taken indices, not 0. @default 1 */
  step?: number;
}

/** What is taken of one axis: all (null), one index (drops the axis) or a slice. */
export type Selection = number | null | Slice;

const SELECTIONS = "an index, null for all, or { start, stop, step }";

/** A view on strided memory. */
export interface StridedLayout {
  /** Length of each axis. */
  shape: number[];
  /** Bytes from one index to the next, for each axis. */
  strides: number[];
  /** Bytes to the element at index 0 of every axis. */
  offset: number;
}

/** How many elements a shape holds: 1 for a 0-d shape. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const length of shape) count *= length;
  return count;
}

/** Byte strides of a packed array. */
export function packedStrides(
  shape: readonly number[],
  itemsize: number,
  order: MemoryOrder,
): number[] {
  const strides = new Array<number>(shape.length);
  let stride = itemsize;
  for (let i = 0; i < shape.length; i++) {
    const axis = order === "C" ? shape.length - 1 - i : i;
    strides[axis] = stride;
    stride *= Math.max(shape[axis], 1);
  }
  return strides;
}

/** Whether the elements lie packed in `order`. An empty array does in both orders. */
export function isContiguous(
  layout: { readonly shape: readonly number[]; readonly strides: readonly number[] },
  itemsize: number,
  order: MemoryOrder,
): boolean {
  const { shape, strides } = layout;
  if (shape.includes(0)) return true;
  let stride = itemsize;
  for (let i = 0; i < shape.length; i++) {
    const axis = order === "C" ? shape.length - 1 - i : i;
    if (shape[axis] === 1) continue;
    if (strides[axis] !== stride) return false;
    stride *= shape[axis];
  }
  return true;
}

/** First byte and byte behind the last that a layout touches; equal when it has no elements. */
export function byteBounds(layout: StridedLayout, itemsize: number): [start: number, end: number] {
  let { offset: start } = layout;
  let end = start;
  for (let axis = 0; axis < layout.shape.length; axis++) {
    if (layout.shape[axis] === 0) return [layout.offset, layout.offset];
    const reach = (layout.shape[axis] - 1) * layout.strides[axis];
    if (reach < 0) start += reach;
    else end += reach;
  }
  return [start, end + itemsize];
}

/** Bytes from the layout's origin to the element at `index`; negative indices count from the end. */
export function indexOffset(
  index: readonly number[],
  shape: readonly number[],
  strides: readonly number[],
): number {
  let offset = 0;
  for (let axis = 0; axis < index.length; axis++) {
    offset += wrapIndex(index[axis], shape[axis], axis) * strides[axis];
  }
  return offset;
}

/** An index made non-negative. @throws RangeError when it lies outside of the axis. */
export function wrapIndex(index: number, length: number, axis: number): number {
  const wrapped = index < 0 ? index + length : index;
  if (!(wrapped >= 0 && wrapped < length) || !Number.isInteger(index)) {
    throw new RangeError(
      Number.isInteger(index)
        ? `Cannot index axis ${axis}: ${index} is out of bounds for length ${length}`
        : `Cannot index axis ${axis}: ${shown(index)} is not an integer number`,
    );
  }
  return wrapped;
}

/** Take a selection of each axis, the trailing ones whole. @throws RangeError */
export function select(layout: StridedLayout, selection: readonly Selection[]): StridedLayout {
  if (selection.length > layout.shape.length) {
    throw new RangeError(
      `Cannot take ${selection.length} indices: the array has ${layout.shape.length} dimensions`,
    );
  }
  const shape: number[] = [];
  const strides: number[] = [];
  let offset = layout.offset;
  for (let axis = 0; axis < layout.shape.length; axis++) {
    const part = axis < selection.length ? selection[axis] : null;
    const length = layout.shape[axis];
    const stride = layout.strides[axis];
    if (typeof part === "number") {
      offset += wrapIndex(part, length, axis) * stride;
      continue;
    }
    const { start, step, count } = sliceBounds(part ?? {}, length);
    offset += start * stride;
    shape.push(count);
    strides.push(step * stride);
  }
  return { shape, strides, offset };
}

/** Which indices of an axis a slice takes: Python's `slice.indices`. @throws RangeError */
export function sliceBounds(
  slice: Slice,
  length: number,
): { start: number; step: number; count: number } {
  checkSlice(slice);
  const step = slice.step ?? 1;
  if (!Number.isInteger(step) || step === 0) {
    throw new RangeError(`Cannot slice: step is ${step}, not an integer other than 0`);
  }
  const lowest = step > 0 ? 0 : -1;
  const highest = step > 0 ? length : length - 1;
  const start = clampBound(slice.start, length, lowest, highest, step > 0 ? lowest : highest);
  const stop = clampBound(slice.stop, length, lowest, highest, step > 0 ? highest : lowest);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  // An empty slice must not move the origin out of the memory.
  return { start: count === 0 ? 0 : start, step, count };
}

/** A misspelt or foreign slice would take all of the axis. */
function checkSlice(slice: Slice): void {
  if (typeof slice !== "object") {
    throw new TypeError(`Cannot slice by ${shown(slice)}: an axis takes ${SELECTIONS}`);
  }
  for (const name in slice) {
    if (name === "start" || name === "stop" || name === "step") continue;
    throw new TypeError(`Cannot slice by "${name}": an axis takes ${SELECTIONS}`);
  }
}

function shown(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** One end of a slice: counted from the end when negative, then clamped. */
function clampBound(
  bound: number | undefined,
  length: number,
  lowest: number,
  highest: number,
  absent: number,
): number {
  if (bound === undefined || bound === null) return absent;
  if (!Number.isInteger(bound)) {
    throw new RangeError(`Cannot slice: ${bound} is not an integer`);
  }
  return Math.min(Math.max(bound < 0 ? bound + length : bound, lowest), highest);
}

/** Strides that repeat an array over `target` without copying, as numpy broadcasts. @throws RangeError */
export function broadcastStrides(
  shape: readonly number[],
  strides: readonly number[],
  target: readonly number[],
): number[] {
  const lead = target.length - shape.length;
  const repeated = new Array<number>(target.length).fill(0);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = target[lead + axis];
    if (lead < 0 || (shape[axis] !== length && shape[axis] !== 1)) {
      throw new RangeError(`Cannot broadcast shape (${shape}) to (${target})`);
    }
    if (shape[axis] === length) repeated[lead + axis] = strides[axis];
  }
  return repeated;
}

/**
 * Visit each innermost run in C order: `visit` gets the offset of its first element.
 * The run itself has `shape.at(-1)` elements, `strides.at(-1)` bytes apart; a 0-d layout is one run.
 */
export function forEachRun(layout: StridedLayout, visit: (offset: number) => void): void {
  const { shape, strides } = layout;
  if (shape.includes(0)) return;
  const outer = Math.max(shape.length - 1, 0);
  const index = new Array<number>(outer).fill(0);
  let offset = layout.offset;
  while (true) {
    visit(offset);
    let axis = outer - 1;
    while (axis >= 0 && index[axis] === shape[axis] - 1) {
      offset -= index[axis] * strides[axis];
      index[axis--] = 0;
    }
    if (axis < 0) return;
    index[axis]++;
    offset += strides[axis];
  }
}

/** The same memory with fewer axes, where neighbours in C order can be walked as one. */
export function mergeAxes(layout: StridedLayout): StridedLayout {
  const shape: number[] = [];
  const strides: number[] = [];
  for (let axis = 0; axis < layout.shape.length; axis++) {
    const length = layout.shape[axis];
    const stride = layout.strides[axis];
    if (length === 1) continue;
    const last = shape.length - 1;
    if (last >= 0 && strides[last] === length * stride) {
      shape[last] *= length;
      strides[last] = stride;
    } else {
      shape.push(length);
      strides.push(stride);
    }
  }
  return { shape, strides, offset: layout.offset };
}

/** The axes in the opposite order: C order of the result is Fortran order of `layout`. */
export function reverseAxes(layout: StridedLayout): StridedLayout {
  return {
    shape: [...layout.shape].reverse(),
    strides: [...layout.strides].reverse(),
    offset: layout.offset,
  };
}
