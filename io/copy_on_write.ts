/**
 * A file whose changes stay in memory, as pages over the file underneath, which is only read.
 * Memory grows by the pages that were written to, not by those that were read.
 */
import { LarderError } from "../errors.ts";
import { growsError, labelOf, onlyAsyncError } from "./_backend.ts";
import type { ByteRange, RandomAccessFile } from "./random_access.ts";

/** As the operating system's pages: one changed value costs this much. */
const PAGE_BYTES = 4 << 10;

/** Lay changes over a file; closing it closes the file and drops the changes. */
export function copyOnWrite(file: RandomAccessFile): RandomAccessFile {
  return new Overlay(file);
}

class Overlay implements RandomAccessFile {
  readonly writable: boolean = true;
  readonly #file: RandomAccessFile;
  #pages = new Map<number, Uint8Array>();
  #closed = false;

  constructor(file: RandomAccessFile) {
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  get name(): string | undefined {
    return this.#file.name;
  }

  get sync(): boolean {
    return this.#file.sync;
  }

  async read(ranges: readonly ByteRange[]): Promise<void> {
    const pages = this.#pages;
    await this.#file.read(notKept(pages, ranges));
    layOver(pages, ranges);
  }

  readSync(ranges: readonly ByteRange[]): void {
    this.#file.readSync(notKept(this.#pages, ranges));
    layOver(this.#pages, ranges);
  }

  async write(start: number, bytes: Uint8Array): Promise<void> {
    this.#checkWrite(start, bytes);
    const edges = this.#missingEdges(start, bytes.length);
    if (edges.length > 0) await this.#file.read(edges);
    this.#store(start, bytes, edges);
  }

  writeSync(start: number, bytes: Uint8Array): void {
    if (!this.sync) throw onlyAsyncError(this.name);
    this.#checkWrite(start, bytes);
    const edges = this.#missingEdges(start, bytes.length);
    if (edges.length > 0) this.#file.readSync(edges);
    this.#store(start, bytes, edges);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  flushSync(): void {}

  async close(): Promise<void> {
    this.#drop();
    await this.#file.close();
  }

  closeSync(): void {
    this.#drop();
    this.#file.closeSync();
  }

  #drop(): void {
    this.#closed = true;
    this.#pages = new Map(); // not cleared: a read may be under way
  }

  /** The first and last page of a write, where it changes a part of a page that is not kept yet. */
  #missingEdges(start: number, length: number): ByteRange[] {
    const end = start + length;
    const edges: ByteRange[] = [];
    if (length === 0) return edges;
    const first = Math.floor(start / PAGE_BYTES);
    const last = Math.floor((end - 1) / PAGE_BYTES);
    for (const index of first === last ? [first] : [first, last]) {
      const pageStart = index * PAGE_BYTES;
      const pageEnd = Math.min(pageStart + PAGE_BYTES, this.size);
      if (this.#pages.has(index) || (start <= pageStart && end >= pageEnd)) continue;
      edges.push({ start: pageStart, into: new Uint8Array(pageEnd - pageStart) });
    }
    return edges;
  }

  #store(start: number, bytes: Uint8Array, edges: readonly ByteRange[]): void {
    if (bytes.length === 0) return;
    if (this.#closed) throw closedError(this.name);
    for (const { start: pageStart, into } of edges) {
      const index = pageStart / PAGE_BYTES;
      // Another write may have made the page while this one waited.
      if (!this.#pages.has(index)) this.#pages.set(index, into);
    }
    const last = Math.floor((start + bytes.length - 1) / PAGE_BYTES);
    for (let index = Math.floor(start / PAGE_BYTES); index <= last; index++) {
      const pageStart = index * PAGE_BYTES;
      let page = this.#pages.get(index);
      if (page === undefined) {
        page = new Uint8Array(Math.min(PAGE_BYTES, this.size - pageStart));
        this.#pages.set(index, page);
      }
      copyOverlap(bytes, start, page, pageStart);
    }
  }

  #checkWrite(start: number, bytes: Uint8Array): void {
    if (this.#closed) throw closedError(this.name);
    if (!Number.isSafeInteger(start) || start < 0) {
      throw new RangeError(
        `Cannot access a file at ${start}: a place is a whole number from 0 on`,
      );
    }
    if (start + bytes.length > this.size) {
      throw growsError(this.name, this.size, start + bytes.length);
    }
  }
}

/** The ranges of which the file is needed: what is changed as a whole may be gone from it. */
function notKept(
  pages: ReadonlyMap<number, Uint8Array>,
  ranges: readonly ByteRange[],
): readonly ByteRange[] {
  if (pages.size === 0) return ranges;
  return ranges.filter(({ start, into }) => {
    const end = start + into.length;
    for (let at = start; at < end; at += PAGE_BYTES - at % PAGE_BYTES) {
      if (!pages.has(Math.floor(at / PAGE_BYTES))) return true;
    }
    return into.length === 0;
  });
}

/** Put the changed bytes over what the file gave. */
function layOver(pages: ReadonlyMap<number, Uint8Array>, ranges: readonly ByteRange[]): void {
  if (pages.size === 0) return;
  for (const { start, into } of ranges) {
    if (into.length === 0) continue;
    const first = Math.floor(start / PAGE_BYTES);
    const last = Math.floor((start + into.length - 1) / PAGE_BYTES);
    if (last - first < pages.size) {
      for (let index = first; index <= last; index++) {
        const page = pages.get(index);
        if (page !== undefined) copyOverlap(page, index * PAGE_BYTES, into, start);
      }
    } else {
      for (const [index, page] of pages) {
        if (index >= first && index <= last) copyOverlap(page, index * PAGE_BYTES, into, start);
      }
    }
  }
}

/** Copy the part of `from` that lies within `into`, both given by where they start in the file. */
function copyOverlap(
  from: Uint8Array,
  fromStart: number,
  into: Uint8Array,
  intoStart: number,
): void {
  const start = Math.max(fromStart, intoStart);
  const end = Math.min(fromStart + from.length, intoStart + into.length);
  into.set(from.subarray(start - fromStart, end - fromStart), start - intoStart);
}

function closedError(name: string | undefined): LarderError {
  return new LarderError(
    `Cannot write ${labelOf(name)}: it is closed`,
    name === undefined ? {} : { path: name },
  );
}
