/**
 * Copy strided elements into packed memory. Runs that are packed already are copied whole; elements
 * of 1, 2, 4 and 8 bytes on whole words go word by word, others byte by byte.
 */
import {
  elementCount,
  forEachRun,
  type MemoryOrder,
  mergeAxes,
  reverseAxes,
  type StridedLayout,
} from "./strides.ts";

/** The elements of `layout`, packed in `order`, in fresh memory. */
export function packElements(
  source: Uint8Array,
  layout: StridedLayout,
  itemsize: number,
  order: MemoryOrder,
): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(elementCount(layout.shape) * itemsize);
  if (target.length === 0) return target;
  const walked = mergeAxes(order === "C" ? layout : reverseAxes(layout));
  const length = walked.shape.at(-1) ?? 1;
  const stride = walked.strides.at(-1) ?? itemsize;
  let at = 0;
  if (stride === itemsize) {
    const runBytes = length * itemsize;
    forEachRun(walked, (offset) => {
      target.set(source.subarray(offset, offset + runBytes), at);
      at += runBytes;
    });
    return target;
  }
  if (itemsize === 8 && isOnWords(source, walked, 8)) {
    packPairs(source, target, walked);
    return target;
  }
  const words = wordViews(source, target, walked, itemsize);
  if (words !== undefined) {
    const { from, to } = words;
    const step = stride / itemsize;
    forEachRun(walked, (offset) => {
      let position = offset / itemsize;
      const end = at + length;
      for (; at < end; at++, position += step) to[at] = from[position];
    });
    return target;
  }
  forEachRun(walked, (offset) => {
    for (let i = 0, from = offset; i < length; i++, from += stride) {
      for (let k = 0; k < itemsize; k++) target[at++] = source[from + k];
    }
  });
  return target;
}

/** The objects of `layout`, whose strides count objects, as one list in `order`. */
export function packObjects(
  source: readonly unknown[],
  layout: StridedLayout,
  order: MemoryOrder,
): unknown[] {
  const walked = order === "C" ? layout : reverseAxes(layout);
  const target: unknown[] = [];
  const length = walked.shape.at(-1) ?? 1;
  const stride = walked.strides.at(-1) ?? 1;
  forEachRun(walked, (offset) => {
    for (let i = 0; i < length; i++) target.push(source[offset + i * stride]);
  });
  return target;
}

type Words = Uint8Array | Uint16Array | Uint32Array;

/** Both memories as words of `itemsize` bytes; undefined where an element is not on a whole word. */
function wordViews(
  source: Uint8Array,
  target: Uint8Array,
  layout: StridedLayout,
  itemsize: number,
): { from: Words; to: Words } | undefined {
  if (!isOnWords(source, layout, itemsize)) return undefined;
  const count = Math.floor(source.length / itemsize);
  switch (itemsize) {
    case 1:
      return { from: source, to: target };
    case 2:
      return {
        from: new Uint16Array(source.buffer, source.byteOffset, count),
        to: new Uint16Array(target.buffer),
      };
    case 4:
      return {
        from: new Uint32Array(source.buffer, source.byteOffset, count),
        to: new Uint32Array(target.buffer),
      };
  }
  return undefined;
}

/** Whether every element starts on a whole word of `itemsize` bytes. */
function isOnWords(source: Uint8Array, layout: StridedLayout, itemsize: number): boolean {
  if (source.byteOffset % itemsize !== 0 || layout.offset % itemsize !== 0) return false;
  return layout.strides.every((stride) => stride % itemsize === 0);
}

/** Elements of 8 bytes as two words each: Float64Array may change the bits of a NaN. */
function packPairs(source: Uint8Array, target: Uint8Array, layout: StridedLayout): void {
  const from = new Uint32Array(source.buffer, source.byteOffset, source.length >>> 2);
  const to = new Uint32Array(target.buffer);
  const length = layout.shape.at(-1) ?? 1;
  const step = (layout.strides.at(-1) ?? 8) / 4;
  let at = 0;
  forEachRun(layout, (offset) => {
    let position = offset / 4;
    const end = at + 2 * length;
    for (; at < end; at += 2, position += step) {
      to[at] = from[position];
      to[at + 1] = from[position + 1];
    }
  });
}
