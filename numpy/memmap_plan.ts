/**
 * Which bytes of a file a view needs, in few reads: packed stretches go straight into the result,
 * elements that lie close together are read in one block and picked out, others one by one.
 * Axes are walked from the largest stride to the smallest, so that no part of the file is read twice.
 */
import type { ByteRange } from "../io/random_access.ts";
import { packElements } from "./packing.ts";
import {
  byteBounds,
  elementCount,
  forEachRun,
  isContiguous,
  mergeAxes,
  packedStrides,
  type StridedLayout,
} from "./strides.ts";

/** The longest block that is read to pick elements out of it. */
const BLOCK_BYTES = 1 << 20;
/** A block may hold so many times the bytes that are needed: 64 bytes of a row cost as much as 8. */
const MAX_WASTE = 16;
/** Ranges that are asked for together, and their bytes. */
const BATCH_RANGES = 1024;
const BATCH_BYTES = 4 << 20;

/** Ranges to be read together; `finish` then brings what was read in blocks to its place. */
export interface ReadBatch {
  /** What to read. */
  readonly ranges: readonly ByteRange[];
  /** To be called when all ranges are filled. */
  finish(): void;
}

/** The strides of a packed array whose axes lie as those of `layout` do, largest stride first. */
export function packedLike(layout: StridedLayout, itemsize: number): number[] {
  const axes = axesByStride(layout);
  const packed = packedStrides(axes.map((axis) => layout.shape[axis]), itemsize, "C");
  const strides = new Array<number>(axes.length);
  axes.forEach((axis, place) => strides[axis] = packed[place]);
  return strides;
}

/** The reads that fill `out` with the elements of `layout`, packed with the strides of {@link packedLike}. */
export function* planReads(
  layout: StridedLayout,
  itemsize: number,
  out: Uint8Array,
): Generator<ReadBatch> {
  if (out.length === 0) return;
  let batch = new Batch();
  for (const { part, at } of blocks(walkedLayout(layout), itemsize, 0)) {
    batch.add(part, itemsize, out, at);
    if (batch.isFull) {
      yield batch;
      batch = new Batch();
    }
  }
  if (batch.ranges.length > 0) yield batch;
}

/** Where packed `bytes` of the strides of {@link packedLike} go in the file, stretch by stretch. */
export function* planWrites(
  layout: StridedLayout,
  itemsize: number,
  bytes: Uint8Array,
): Generator<{ start: number; bytes: Uint8Array }> {
  const walked = walkedLayout(layout);
  const packed = (walked.strides.at(-1) ?? itemsize) === itemsize;
  const length = (packed ? walked.shape.at(-1) ?? 1 : 1) * itemsize;
  const outer = packed
    ? { ...walked, shape: walked.shape.slice(0, -1), strides: walked.strides.slice(0, -1) }
    : walked;
  const starts: number[] = [];
  forEachElementOf(outer, (offset) => starts.push(offset));
  let at = 0;
  for (const start of starts) {
    yield { start, bytes: bytes.subarray(at, at + length) };
    at += length;
  }
}

/** A part of a layout that is read at once, and where its elements go in the result. */
interface Part {
  readonly part: StridedLayout;
  readonly at: number;
}

/** Cut a layout, whose axes lie from the largest stride to the smallest, into parts. */
function* blocks(layout: StridedLayout, itemsize: number, at: number): Generator<Part> {
  const bytes = elementCount(layout.shape) * itemsize;
  if (bytes === 0) return;
  const [start, end] = byteBounds(layout, itemsize);
  const fits = end - start <= BLOCK_BYTES && end - start <= MAX_WASTE * bytes;
  if (fits || isContiguous(layout, itemsize, "C")) return yield { part: layout, at };
  const [length, ...shape] = layout.shape;
  const [stride, ...strides] = layout.strides;
  const step = rowsPerBlock(layout, itemsize);
  const row = elementCount(shape) * itemsize;
  for (let i = 0; i < length; i += step) {
    const offset = layout.offset + i * stride;
    const part = step === 1
      ? { shape, strides, offset }
      : { shape: [Math.min(step, length - i), ...shape], strides: layout.strides, offset };
    if (step === 1) yield* blocks(part, itemsize, at + i * row);
    else yield { part, at: at + i * row };
  }
}

/** How many indices of the first axis make a block that wastes little; 1 where each is read apart. */
function rowsPerBlock(layout: StridedLayout, itemsize: number): number {
  const row = { ...layout, shape: layout.shape.slice(1), strides: layout.strides.slice(1) };
  const [start, end] = byteBounds(row, itemsize);
  const reach = Math.abs(layout.strides[0]);
  const needed = elementCount(row.shape) * itemsize;
  if (reach > MAX_WASTE * needed || end - start > BLOCK_BYTES) return 1;
  return Math.max(1, Math.floor((BLOCK_BYTES - (end - start)) / Math.max(reach, 1)));
}

class Batch implements ReadBatch {
  readonly ranges: ByteRange[] = [];
  readonly #gathers: (() => void)[] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.ranges.length >= BATCH_RANGES || this.#bytes >= BATCH_BYTES;
  }

  add(part: StridedLayout, itemsize: number, out: Uint8Array, at: number): void {
    const [start, end] = byteBounds(part, itemsize);
    this.#bytes += end - start;
    const target = out.subarray(at, at + elementCount(part.shape) * itemsize);
    if (isContiguous(part, itemsize, "C")) {
      this.ranges.push({ start, into: target });
      return;
    }
    const block = new Uint8Array(end - start);
    this.ranges.push({ start, into: block });
    const inside = { ...part, offset: part.offset - start };
    this.#gathers.push(() => target.set(packElements(block, inside, itemsize, "C")));
  }

  finish(): void {
    for (const gather of this.#gathers) gather();
  }
}

/** The layout with its axes from the largest stride to the smallest, and as few of them as possible. */
function walkedLayout(layout: StridedLayout): StridedLayout {
  const axes = axesByStride(layout);
  return mergeAxes({
    shape: axes.map((axis) => layout.shape[axis]),
    strides: axes.map((axis) => layout.strides[axis]),
    offset: layout.offset,
  });
}

function axesByStride({ shape, strides }: StridedLayout): number[] {
  const size = (axis: number) => shape[axis] === 1 ? 0 : Math.abs(strides[axis]);
  const axes = shape.map((_, axis) => axis);
  // an axis of length 1 stays where it is: its stride says nothing
  const moving = axes.filter((axis) => shape[axis] !== 1).sort((a, b) => size(b) - size(a));
  let next = 0;
  return axes.map((axis) => shape[axis] === 1 ? axis : moving[next++]);
}

function forEachElementOf(layout: StridedLayout, visit: (offset: number) => void): void {
  const length = layout.shape.at(-1) ?? 1;
  const stride = layout.strides.at(-1) ?? 0;
  forEachRun(layout, (offset) => {
    for (let i = 0; i < length; i++) visit(offset + i * stride);
  });
}
