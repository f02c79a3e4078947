/**
 * Decoder of LZ4 frames: a machine without I/O over a window of input. It writes into what the
 * caller wants filled, and only what doesn't fit there goes through a buffer of its own. A block is
 * handed out when what follows it is there: a caller that stops at the last byte it needs would
 * never see a missing end mark or a wrong checksum.
 */
import { corrupt, truncated } from "./_engine.ts";
import { checkLimits } from "./_limits.ts";
import { LZ4_WINDOW_BYTES } from "./_lz4_block.ts";
import { lz4HeaderLength, lz4MagicKind, MAGIC_BYTES, readLz4Header, uint32 } from "./_lz4_frame.ts";
import type { Lz4Header } from "./_lz4_frame.ts";
import { UNCOMPRESSED_FLAG, WORD_BYTES } from "./_lz4_segment.ts";
import { Lz4Blocks } from "./_lz4_wasm.ts";
import { Xxh32, xxh32 } from "./_lz4_xxh32.ts";
import type { DecompressLimits } from "./registry.ts";

/** LZ4 grows at most so many times: a byte of a match's length stands for 255. */
export const MAX_LZ4_RATIO = 255;
/** The answer of `read`: feed the window first. */
export const NEEDS_INPUT = -1;

const READ_BYTES = 1 << 20;
/** Where something else may follow, so much is read ahead. */
const FEW_BYTES = 64 << 10;
const EMPTY = new Uint8Array(0);

/** What the machine expects next. */
type State = "frame" | "block" | "skip" | "end";

/** Decodes frames that follow each other. */
export class Lz4Decoder {
  readonly #limits: DecompressLimits;
  readonly #blocks = new Lz4Blocks();
  #state: State = "frame";
  #header: Lz4Header | undefined;
  #contentSum: Xxh32 | undefined;
  #contentBytes = 0;
  #skipBytes = 0;
  /** Bytes that came out of all frames. */
  #total = 0;

  /** Input from `#start` to `#end`; `#base` is the position of the buffer's first byte. */
  #input: Uint8Array;
  #start = 0;
  #end: number;
  #base = 0;
  /** How many bytes the next step needs. */
  #need = MAGIC_BYTES;
  #ended: boolean;

  /** Output for later from `#ready` to `#filled`; what is before may be referred to. */
  #buffer = EMPTY;
  #ready = 0;
  #filled = 0;
  /** From here on the caller's buffer holds output that is not in `#buffer`, or -1. */
  #direct = -1;

  /** Decode `input`, the whole; or what {@linkcode fed} adds. */
  constructor(limits: DecompressLimits, input?: Uint8Array) {
    this.#limits = limits;
    this.#input = input ?? EMPTY;
    this.#end = this.#input.length;
    this.#ended = input !== undefined;
  }

  /** Input that is not used yet. */
  get unused(): number {
    return this.#end - this.#start;
  }

  /** Output that is ready. */
  get ready(): number {
    return this.#filled - this.#ready;
  }

  /**
   * Fill `into` from the front; returns how many bytes, 0 at the end, or {@linkcode NEEDS_INPUT}.
   *
   * @throws {CompressionError} The frames are cut or damaged.
   * @throws {LimitError} More comes out than the limits allow.
   */
  read(into: Uint8Array): number {
    let to = 0;
    while (to < into.length) {
      if (this.#ready < this.#filled) {
        const end = Math.min(this.#filled, this.#ready + into.length - to);
        into.set(this.#buffer.subarray(this.#ready, end), to);
        to += end - this.#ready;
        this.#ready = end;
        continue;
      }
      if (this.#state === "end") break;
      // What follows a frame is looked at only when more is wanted.
      if (to > 0 && this.#betweenFrames) break;
      const next = this.#step(into, to);
      if (next === NEEDS_INPUT) {
        if (to > 0) break;
        if (!this.#ended) return NEEDS_INPUT;
        this.#finish();
      } else to = next;
    }
    this.#keepDirect(into, to);
    return to;
  }

  /** A frame, or something to skip, has ended. */
  get #betweenFrames(): boolean {
    return this.#state === "frame" && this.#header !== undefined;
  }

  /** Where the next input goes; `exact`: no more than what is needed. */
  room(exact: boolean, remaining: number | undefined): Uint8Array {
    const unused = this.unused;
    const missing = this.#need - unused;
    if (unused === 0 || this.#start + this.#need > this.#input.length) this.#moveUnused(remaining);
    let most = exact ? missing : READ_BYTES;
    if (!exact && this.#limits.several) most = Math.max(missing, FEW_BYTES);
    return this.#input.subarray(this.#end, Math.min(this.#end + most, this.#input.length));
  }

  /** So many bytes were put into the room; 0 tells that there are no more. */
  fed(count: number): void {
    this.#end += count;
    if (count === 0) this.#ended = true;
  }

  /** Drop the input that is not used; returns how much of it there was. */
  release(): number {
    const { unused } = this;
    this.#start = this.#end;
    return unused;
  }

  /** To the front of the buffer, or of a longer one: it doubles over bytes that are there. */
  #moveUnused(remaining: number | undefined): void {
    const unused = this.#input.subarray(this.#start, this.#end);
    if (unused.length === this.#input.length) {
      const least = Math.min(READ_BYTES, Math.max(remaining ?? READ_BYTES, WORD_BYTES) + 1);
      this.#input = new Uint8Array(Math.max(2 * unused.length, least));
    }
    this.#input.set(unused);
    this.#base += this.#start;
    this.#start = 0;
    this.#end = unused.length;
  }

  #finish(): void {
    if (this.#betweenFrames && (this.unused === 0 || this.#limits.several)) {
      this.#state = "end";
    } else throw truncated({ name: "lz4", offset: 0 }, this.#base + this.#end);
  }

  /** One step; returns the new end of what `into` holds. */
  #step(into: Uint8Array, to: number): number {
    if (this.unused < this.#need && this.#state !== "skip") return NEEDS_INPUT;
    switch (this.#state) {
      case "frame":
        return this.#beginFrame() ? to : NEEDS_INPUT;
      case "skip":
        return this.#skip() ? to : NEEDS_INPUT;
      default:
        return this.#block(into, to);
    }
  }

  #needs(length: number): boolean {
    this.#need = length;
    return this.unused >= length;
  }

  #beginFrame(): boolean {
    const offset = this.#base + this.#start;
    const start = this.#input.subarray(this.#start, this.#end);
    const kind = lz4MagicKind(start, offset);
    if (kind === "unknown") {
      if (!this.#betweenFrames || !this.#limits.several) throw this.#damaged("no lz4 frame");
      this.#state = "end";
      return true;
    }
    // Two bytes behind the magic tell how long the header is; the first block's size follows it.
    if (!this.#needs(MAGIC_BYTES + WORD_BYTES)) return false;
    if (kind === "skippable") {
      this.#skipBytes = uint32(start, MAGIC_BYTES);
      this.#start += MAGIC_BYTES + WORD_BYTES;
      this.#state = "skip";
      return true;
    }
    if (!this.#needs(lz4HeaderLength(start))) return false;
    const header = readLz4Header(start, offset);
    this.#header = header;
    this.#blocks.forget();
    this.#contentSum = header.contentChecksum ? new Xxh32() : undefined;
    this.#contentBytes = 0;
    this.#ready = this.#filled = 0;
    this.#direct = -1;
    this.#start += header.length;
    this.#state = "block";
    this.#need = WORD_BYTES;
    return true;
  }

  #skip(): boolean {
    const count = Math.min(this.#skipBytes, this.unused);
    this.#start += count;
    this.#skipBytes -= count;
    this.#need = 1;
    if (this.#skipBytes > 0) return false;
    this.#header ??= SKIPPED;
    this.#state = "frame";
    this.#need = MAGIC_BYTES;
    return true;
  }

  #block(into: Uint8Array, to: number): number {
    const header = this.#header!;
    const word = uint32(this.#input, this.#start);
    if (word === 0) return this.#endFrame(WORD_BYTES) ? to : NEEDS_INPUT;
    // A remainder would be a double to JavaScriptCore, and all positions with it: 15 times slower.
    const size = word & ~UNCOMPRESSED_FLAG;
    if (size > header.maxBlockBytes) throw this.#damaged("a block that is too long");
    const end = WORD_BYTES + size + (header.blockChecksum ? WORD_BYTES : 0);
    if (!this.#needs(end + WORD_BYTES)) return NEEDS_INPUT;
    const last = uint32(this.#input, this.#start + end) === 0;
    if (last && header.contentChecksum && !this.#needs(end + 2 * WORD_BYTES)) return NEEDS_INPUT;

    const start = this.#start + WORD_BYTES;
    if (header.blockChecksum) {
      const sum = xxh32(this.#input.subarray(start, start + size));
      if (sum !== uint32(this.#input, start + size)) {
        throw this.#damaged("incorrect block checksum");
      }
    }
    const stored = word >= UNCOMPRESSED_FLAG;
    const most = stored ? size : Math.min(header.maxBlockBytes, MAX_LZ4_RATIO * size);
    const next = into.length - to >= most
      ? this.#decodeDirect(start, { size, stored, into, to })
      : this.#decodeLater(start, { size, stored, into, to, most });
    if (last) this.#endFrame(end + WORD_BYTES);
    else this.#start += end;
    this.#need = last ? MAGIC_BYTES : WORD_BYTES;
    return next;
  }

  #decodeDirect(
    start: number,
    block: { size: number; stored: boolean; into: Uint8Array; to: number },
  ): number {
    const { size, stored, into, to } = block;
    const linked = !this.#header!.independent;
    if (linked && this.#direct < 0) this.#direct = to;
    const end = stored ? this.#copy(start, size, into, to) : this.#blocks.decode(
      { bytes: this.#input, start, end: start + size, base: this.#base },
      {
        bytes: into,
        start: to,
        limit: Math.min(into.length, to + this.#header!.maxBlockBytes),
        floor: linked ? this.#direct : to,
        history: linked ? this.#buffer.subarray(0, this.#filled) : EMPTY,
      },
      linked,
    );
    this.#count(into, to, end, start + size);
    return end;
  }

  #decodeLater(
    start: number,
    block: { size: number; stored: boolean; into: Uint8Array; to: number; most: number },
  ): number {
    const { size, stored, into, to, most } = block;
    this.#keepDirect(into, to);
    const linked = !this.#header!.independent;
    this.#makeRoom(most, linked ? Math.min(this.#filled, LZ4_WINDOW_BYTES) : 0);
    const from = this.#filled;
    const buffer = this.#buffer;
    const end = stored ? this.#copy(start, size, buffer, from) : this.#blocks.decode(
      { bytes: this.#input, start, end: start + size, base: this.#base },
      {
        bytes: buffer,
        start: from,
        limit: from + Math.min(this.#header!.maxBlockBytes, buffer.length - from),
        floor: linked ? 0 : from,
        history: EMPTY,
      },
      linked,
    );
    this.#filled = end;
    this.#ready = from;
    this.#count(buffer, from, end, start + size);
    return to;
  }

  #copy(start: number, size: number, into: Uint8Array, to: number): number {
    this.#blocks.forget();
    into.set(this.#input.subarray(start, start + size), to);
    return to + size;
  }

  /** Add output to the sums, and hold it to the limits. */
  #count(bytes: Uint8Array, from: number, to: number, used: number): void {
    this.#contentSum?.update(bytes.subarray(from, to));
    this.#contentBytes += to - from;
    this.#total += to - from;
    const { contentSize } = this.#header!;
    if (contentSize !== undefined && this.#contentBytes > contentSize) {
      throw this.#damaged("incorrect content size");
    }
    checkLimits("lz4", this.#limits, this.#total, this.#base + used);
  }

  /** Check what follows the end mark, which ends `end` bytes from here. */
  #endFrame(end: number): boolean {
    const { contentChecksum, contentSize } = this.#header!;
    const length = end + (contentChecksum ? WORD_BYTES : 0);
    if (!this.#needs(length)) return false;
    const sum = this.#contentSum?.digest();
    if (sum !== undefined && sum !== uint32(this.#input, this.#start + end)) {
      throw this.#damaged("incorrect content checksum");
    }
    if (contentSize !== undefined && contentSize !== this.#contentBytes) {
      throw this.#damaged("incorrect content size");
    }
    this.#start += length;
    this.#state = "frame";
    this.#need = MAGIC_BYTES;
    return true;
  }

  /** Make `length` bytes of room in the buffer, keeping the last `kept` of it. */
  #makeRoom(length: number, kept: number): void {
    if (this.#filled + length <= this.#buffer.length) return;
    const history = this.#buffer.subarray(this.#filled - kept, this.#filled);
    if (kept + length > this.#buffer.length) {
      this.#buffer = new Uint8Array(kept + Math.max(length, LZ4_WINDOW_BYTES));
    }
    this.#buffer.set(history);
    this.#ready = this.#filled = kept;
  }

  /** Copy what later blocks may refer to out of the caller's buffer. */
  #keepDirect(into: Uint8Array, to: number): void {
    if (this.#direct < 0) return;
    const recent = into.subarray(Math.max(this.#direct, to - LZ4_WINDOW_BYTES), to);
    this.#makeRoom(
      recent.length,
      Math.min(this.#filled, LZ4_WINDOW_BYTES - recent.length),
    );
    this.#buffer.set(recent, this.#filled);
    this.#ready = this.#filled += recent.length;
    this.#direct = -1;
  }

  #damaged(reason: string): Error {
    const offset = this.#base + this.#start;
    return corrupt({ name: "lz4", offset }, reason, offset);
  }
}

/** Stands for the header where there was only something to skip. */
const SKIPPED: Lz4Header = {
  length: 0,
  independent: true,
  blockChecksum: false,
  contentChecksum: false,
  contentSize: undefined,
  maxBlockBytes: 0,
};
