/**
 * Blocks of bzip2 that workers decode before it is their turn. Where blocks start is a guess by their
 * magic numbers; what is guessed wrong, damaged or very long is decoded again where all is known, so
 * that results and errors are those of one thread.
 */
import { coreCount, openWorkers, type Workers } from "../io/workers.ts";
import { BZ2_BLOCK_TASK } from "./_bz2_block.ts";
import { findMagics } from "./_bz2_scan.ts";
import type { Feed } from "./_steps.ts";

const MAX_THREADS = 8;
/** So much is read by one thread first: several dumps in a file may be short ones. */
const FIRST_BYTES = 256 << 10;
/** So much must be left to be worth the start of workers. */
const LEFT_BYTES = 8 << 20;
/** No block is longer, but for what no compressor writes. */
const BLOCK_BYTES = 1 << 20;
/** From an end's first bit: its magic number, a sum. The next header starts at a whole byte. */
const END_BITS = 80;
const HEADER_BITS = 32;

/** When to have how many workers. */
export interface Bz2AheadOptions {
  /** How many blocks are decoded at a time. @default one a core, 8 at most */
  threads?: number;
  /** How many bytes are read by one thread before. @default 256 KiB */
  firstBytes?: number;
  /** How many must be left then. @default 8 MiB */
  leftBytes?: number;
}

/** A decoded block. */
export interface Bz2Ready {
  /** What it holds. */
  readonly output: Uint8Array;
  /** The bit behind its last one, in the whole. */
  readonly endBit: number;
}

interface Start {
  readonly bit: number;
  readonly isEnd: boolean;
  readonly level: number;
}

interface Job {
  readonly level: number;
  readonly endBit: number;
  readonly done: Promise<unknown>;
  output: Uint8Array | undefined;
}

/** What workers decode ahead. */
export class Bz2Ahead {
  /** How many blocks they decoded: for tests. */
  taken = 0;
  readonly #reader: { readonly remaining: number | undefined };
  readonly #threads: number;
  readonly #firstBytes: number;
  readonly #leftBytes: number;
  #workers: Workers | undefined;
  #isAsked = false;
  #isReleased = false;
  /** Position of the first byte that was not searched. */
  #searched = 0;
  /** The last magic number that was found. */
  #last: Start | undefined;
  /** By the first bit. */
  readonly #jobs = new Map<number, Job>();

  constructor(
    reader: { readonly remaining: number | undefined },
    options: Bz2AheadOptions = {},
  ) {
    this.#reader = reader;
    this.#threads = options.threads ?? Math.min(coreCount(), MAX_THREADS);
    this.#firstBytes = options.firstBytes ?? FIRST_BYTES;
    this.#leftBytes = options.leftBytes ?? LEFT_BYTES;
  }

  /**
   * The block that starts at the bit `bit` of the window, waited for; nothing where it has to be
   * decoded here.
   */
  *take(
    feed: Feed,
    bit: number,
    level: number,
  ): Generator<Promise<unknown> | undefined, Bz2Ready | undefined> {
    if (this.#isWorth(feed)) yield this.#open();
    if (this.#workers === undefined) return undefined;
    const start = 8 * feed.offset + bit;
    for (const other of this.#jobs.keys()) {
      if (other < start) this.#jobs.delete(other);
    }
    if (this.#searched < feed.offset || this.#last === undefined) {
      this.#searched = feed.offset;
      this.#last = undefined;
    }
    yield* this.#fill(feed, level);
    const job = this.#jobs.get(start);
    if (job === undefined) return undefined;
    yield job.done;
    this.#jobs.delete(start);
    const { output, endBit } = job;
    if (output === undefined || job.level !== level) return undefined;
    this.taken++;
    return { output, endBit };
  }

  /** Let the workers end. */
  release(): void {
    this.#isReleased = true;
    this.#jobs.clear();
    this.#workers?.release();
    this.#workers = undefined;
  }

  /** Whether there is enough to do for workers that were not asked for yet. */
  #isWorth(feed: Feed): boolean {
    if (this.#isAsked || this.#threads < 2 || feed.offset < this.#firstBytes) return false;
    // Of a stream nobody knows how much more comes, and when.
    const { remaining } = this.#reader;
    return remaining !== undefined && remaining + feed.length >= this.#leftBytes;
  }

  async #open(): Promise<void> {
    this.#isAsked = true;
    try {
      const workers = await openWorkers(BZ2_BLOCK_TASK, this.#threads);
      if (this.#isReleased) workers.release();
      else this.#workers = workers;
    } catch {
      // Nobody asked for threads: it goes without.
    }
  }

  /** Make the window so long that all workers have something to do. */
  *#fill(feed: Feed, level: number): Generator<undefined, void> {
    const wanted = 2 * this.#threads;
    for (;;) {
      this.#search(feed, level);
      if (this.#jobs.size >= wanted || feed.length >= wanted * BLOCK_BYTES || feed.ended) return;
      yield undefined;
    }
  }

  #search(feed: Feed, level: number): void {
    const window = feed.view(0, feed.length);
    const { found, next } = findMagics(window, this.#searched - feed.offset);
    this.#searched = feed.offset + next;
    for (const { bit, isEnd } of found) {
      const start = { bit: 8 * feed.offset + bit, isEnd, level: this.#levelAt(feed, bit, level) };
      const last = this.#last;
      this.#last = start;
      if (last !== undefined && !last.isEnd) this.#begin(feed, last, start.bit);
    }
  }

  /** The level of the stream in which the magic number is: behind an end stands another header. */
  #levelAt(feed: Feed, bit: number, level: number): number {
    const last = this.#last;
    if (last === undefined) return level;
    if (!last.isEnd) return last.level;
    const header = Math.ceil((last.bit + END_BITS) / 8) - feed.offset;
    if (header < 0) return level; // of the stream that is being read
    if (8 * header + HEADER_BITS !== bit) return last.level;
    return feed.byteAt(header + 3) - 0x30;
  }

  #begin(feed: Feed, block: Start, endBit: number): void {
    const first = Math.floor(block.bit / 8);
    const end = Math.ceil(endBit / 8);
    const isBlock = first >= feed.offset && block.level >= 1 && block.level <= 9;
    if (!isBlock || this.#workers === undefined) return;
    const bytes = feed.view(first - feed.offset, end - feed.offset).slice();
    const place = { bit: block.bit - 8 * first, endBit: endBit - 8 * first, level: block.level };
    const call = this.#workers.run([bytes, place], [bytes.buffer]);
    const job: Job = {
      level: block.level,
      endBit,
      done: call.then((output) => job.output = output, () => {}),
      output: undefined,
    };
    this.#jobs.set(block.bit, job);
  }
}
