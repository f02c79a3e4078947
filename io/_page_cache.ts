/**
 * The pages of a file that were read last, for sources where each request costs much. A page that
 * is on its way is asked for once, however many wait for it. Long reads pass it by.
 */

/** The unit of requests. */
export const PAGE_BYTES: number = 64 << 10;
const MAX_PAGES = 128; // 8 MiB
/** Reads of at least this length go straight into their buffer. */
const DIRECT_BYTES = 512 << 10;

/** Fetches exactly the bytes that fill `into`, or throws. */
export type Fetcher = (start: number, into: Uint8Array) => Promise<void>;

/** A bounded cache of pages over a fetcher. */
export class PageCache {
  readonly #size: number;
  readonly #fetch: Fetcher;
  /** Pages and pages on their way, the one used last at the end. */
  readonly #pages = new Map<number, Uint8Array | Promise<Uint8Array>>();

  constructor(size: number, fetch: Fetcher) {
    this.#size = size;
    this.#fetch = fetch;
  }

  /** Keep what is known of the start of the file. */
  prime(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += PAGE_BYTES) {
      const page = bytes.slice(start, start + PAGE_BYTES);
      if (page.length === PAGE_BYTES || start + page.length === this.#size) {
        this.#keep(start / PAGE_BYTES, page);
      }
    }
  }

  /** Fill `into`, which lies within the file. */
  async fill(start: number, into: Uint8Array): Promise<void> {
    if (into.length === 0) return;
    if (into.length >= DIRECT_BYTES) return await this.#fetch(start, into);
    const first = Math.floor(start / PAGE_BYTES);
    const last = Math.floor((start + into.length - 1) / PAGE_BYTES);
    const pages = this.#request(first, last);
    const failures: unknown[] = [];
    for (let i = 0; i < pages.length; i++) {
      try {
        const page = await pages[i];
        const pageStart = (first + i) * PAGE_BYTES;
        const from = Math.max(start, pageStart);
        const end = Math.min(start + into.length, pageStart + page.length);
        into.set(page.subarray(from - pageStart, end - pageStart), from - start);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Forget all pages. */
  clear(): void {
    this.#pages.clear();
  }

  /** The pages, with one request for each run of those that are not here. */
  #request(first: number, last: number): (Uint8Array | Promise<Uint8Array>)[] {
    const pages: (Uint8Array | Promise<Uint8Array>)[] = [];
    for (let index = first; index <= last; index++) {
      const known = this.#pages.get(index);
      if (known === undefined) {
        let end = index + 1;
        while (end <= last && !this.#pages.has(end)) end++;
        for (const page of this.#fetchRun(index, end)) pages.push(page);
        index = end - 1;
      } else {
        this.#keep(index, known);
        pages.push(known);
      }
    }
    return pages;
  }

  #fetchRun(first: number, end: number): Promise<Uint8Array>[] {
    const start = first * PAGE_BYTES;
    const bytes = new Uint8Array(Math.min(end * PAGE_BYTES, this.#size) - start);
    const fetched = this.#fetch(start, bytes);
    const pages: Promise<Uint8Array>[] = [];
    for (let index = first; index < end; index++) {
      const offset = index * PAGE_BYTES - start;
      const page = fetched.then(() => {
        // A page of its own, so that a page which is kept doesn't keep the whole run.
        const part = end === first + 1 ? bytes : bytes.slice(offset, offset + PAGE_BYTES);
        if (this.#pages.get(index) === page) this.#pages.set(index, part);
        return part;
      });
      page.catch(() => {
        if (this.#pages.get(index) === page) this.#pages.delete(index);
      });
      this.#keep(index, page);
      pages.push(page);
    }
    return pages;
  }

  #keep(index: number, page: Uint8Array | Promise<Uint8Array>): void {
    this.#pages.delete(index);
    this.#pages.set(index, page);
    if (this.#pages.size <= MAX_PAGES) return;
    for (const oldest of this.#pages.keys()) {
      this.#pages.delete(oldest);
      return;
    }
  }
}
