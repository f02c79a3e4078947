/**
 * The output of a pickler: opcodes collected in frames (PEP 3154) and handed on in segments of about
 * 1 MiB. Large payloads pass by reference. A frame of fewer than 4 bytes is written without a header,
 * as CPython does.
 */
import { Op } from "./opcodes.ts";

/** CPython closes a frame once it holds this much. */
const FRAME_SIZE_TARGET = 64 * 1024;
/** CPython writes a shorter frame without its header. */
const FRAME_SIZE_MIN = 4;
const FRAME_HEADER = 9;
const SEGMENT = 1 << 20;
/** Raw bytes from here on pass by reference: below, a copy costs less than a write of its own. */
const BY_REFERENCE = 128 * 1024;
const SLACK = 2 * FRAME_SIZE_TARGET;
const FIRST_BYTES = 4096;

/** A first buffer that was given back: to make one costs more than a small pickle. */
let spare: { buffer: Uint8Array<ArrayBuffer>; view: DataView } | undefined;
const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** Bytes that are made when they are asked for, such as an array's that lies in a file. */
export interface Pieces {
  /** How many bytes there are. */
  readonly length: number;
  /** The bytes in order; each piece is valid until the next is asked for. */
  [Symbol.iterator](): Iterator<Uint8Array>;
  /** The same, for what must be waited for. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array>;
}

/** Collects bytes. The fields are open because the pickler's hot loops write through them. */
export class Frames {
  /** Where bytes are written. */
  buffer: Uint8Array<ArrayBuffer>;
  /** The same memory, for numbers. */
  view: DataView;
  /** The next free byte. */
  position = 0;
  /** From this position on {@link boundary} has something to do. */
  limit = 0;
  /** What is ready to be taken. */
  readonly ready: (Uint8Array | Pieces)[] = [];

  readonly #framing: boolean;
  /** Start of the open frame (its header), or −1. */
  #frame = -1;
  /** Start of what is not in `ready` yet. */
  #taken = 0;
  /** Bytes in segments that have left the buffer. */
  #passed: number;
  /** The pieces that are being taken. */
  #pieces: Iterator<Uint8Array> | AsyncIterator<Uint8Array> | undefined;

  /** Frames are made from protocol 4 on; `start` is the position in the target. */
  constructor(framing: boolean, start: number) {
    this.buffer = spare?.buffer ?? new Uint8Array(FIRST_BYTES);
    this.view = spare?.view ?? new DataView(this.buffer.buffer);
    spare = undefined;
    this.#framing = framing;
    this.#passed = start;
    this.#setLimit();
  }

  /** Position in the target, without the header of an open frame. */
  get offset(): number {
    return this.#passed + this.position - (this.#frame < 0 ? 0 : FRAME_HEADER);
  }

  /** Room for `count` more bytes. */
  ensure(count: number): void {
    if (this.position + count <= this.buffer.length) return;
    const larger = new Uint8Array(
      Math.max(2 * this.buffer.length, this.position + count + 64),
    );
    larger.set(this.buffer.subarray(0, this.position));
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  /** One byte. */
  byte(value: number): void {
    if (this.position === this.buffer.length) this.ensure(1);
    this.buffer[this.position++] = value;
  }

  /** Bytes, copied. */
  bytes(value: Uint8Array): void {
    this.ensure(value.length);
    this.buffer.set(value, this.position);
    this.position += value.length;
  }

  /** Open the first frame. */
  startFraming(): void {
    if (this.#framing) this.#openFrame();
    this.#setLimit();
  }

  /** Between two objects: close a full frame, hand on a full buffer. */
  boundary(): void {
    if (this.#frame >= 0) {
      if (this.position - this.#frame - FRAME_HEADER < FRAME_SIZE_TARGET) return;
      this.commit();
    } else if (this.position >= SEGMENT) this.#flush();
    this.#setLimit();
  }

  /** Close the frame, however short, and open the next. */
  commit(): void {
    if (this.#frame < 0) return;
    this.#closeFrame();
    if (this.position - this.#taken >= SEGMENT) this.#flush();
    this.#openFrame();
    this.#setLimit();
  }

  /** `payload` by reference behind `header`, outside of any frame. */
  large(header: Uint8Array, payload: Uint8Array): void {
    const framed = this.#frame >= 0;
    if (framed) this.#closeFrame();
    this.bytes(header);
    this.#flush();
    this.#pass(payload);
    if (framed) this.#openFrame();
    this.#setLimit();
  }

  /** Raw bytes between frames, by reference; the frame before must have been committed. */
  raw(payload: Uint8Array | Pieces): void {
    const framed = this.#frame >= 0;
    if (framed) this.#closeFrame();
    if (payload instanceof Uint8Array && payload.length < BY_REFERENCE) this.bytes(payload);
    else {
      this.#flush();
      this.#pass(payload);
    }
    if (framed) this.#openFrame();
    this.#setLimit();
  }

  /** Close the last frame and hand on everything. */
  finish(): void {
    if (this.#frame >= 0) this.#closeFrame();
    this.#flush();
  }

  /** At the end, by one who has copied all segments: the next writer may have the buffer. */
  giveBack(): void {
    const { buffer, view } = this;
    if (buffer.length === FIRST_BYTES) spare = { buffer, view };
    this.buffer = NOTHING;
  }

  /** Take the next segment; it is valid until the next call of anything. */
  take(): Uint8Array | undefined {
    for (;;) {
      const segment = this.#next();
      if (segment === undefined || segment instanceof Uint8Array) return segment;
      const pieces = this.#pieces ??= segment[Symbol.iterator]();
      const piece = (pieces as Iterator<Uint8Array>).next();
      if (piece.done !== true) return piece.value;
      this.#endPieces();
    }
  }

  /** The same; pieces are waited for. */
  async takeAsync(): Promise<Uint8Array | undefined> {
    for (;;) {
      const segment = this.#next();
      if (segment === undefined || segment instanceof Uint8Array) return segment;
      const pieces = this.#pieces ??= segment[Symbol.asyncIterator]();
      const piece = await pieces.next();
      if (piece.done !== true) return piece.value;
      this.#endPieces();
    }
  }

  #next(): Uint8Array | Pieces | undefined {
    const [segment] = this.ready;
    // only now the caller is done with the segments that lie in the buffer
    if (segment === undefined) this.#reuse();
    else if (segment instanceof Uint8Array) this.ready.shift();
    return segment;
  }

  #endPieces(): void {
    this.ready.shift();
    this.#pieces = undefined;
  }

  #openFrame(): void {
    this.ensure(FRAME_HEADER);
    this.#frame = this.position;
    this.position += FRAME_HEADER;
  }

  #closeFrame(): void {
    const start = this.#frame;
    const length = this.position - start - FRAME_HEADER;
    if (length < FRAME_SIZE_MIN) {
      this.buffer.copyWithin(start, start + FRAME_HEADER, this.position);
      this.position -= FRAME_HEADER;
    } else {
      this.buffer[start] = Op.FRAME;
      this.view.setUint32(start + 1, length, true);
      this.view.setUint32(start + 5, Math.floor(length / 2 ** 32), true);
    }
    this.#frame = -1;
  }

  #flush(): void {
    if (this.position === this.#taken) return;
    this.#pass(this.buffer.subarray(this.#taken, this.position));
    this.#passed -= this.position - this.#taken; // still counted by `position`
    this.#taken = this.position;
  }

  #pass(segment: Uint8Array | Pieces): void {
    this.ready.push(segment);
    this.#passed += segment.length;
  }

  /** Start again at the front of the buffer once all segments were taken. */
  #reuse(): void {
    const rest = this.position - this.#taken;
    this.#passed += this.#taken;
    // a larger buffer only for those who have filled a small one
    if (this.buffer.length < SEGMENT + SLACK && this.#passed > SEGMENT) {
      const larger = new Uint8Array(SEGMENT + SLACK);
      larger.set(this.buffer.subarray(this.#taken, this.position));
      this.buffer = larger;
      this.view = new DataView(larger.buffer);
    } else this.buffer.copyWithin(0, this.#taken, this.position);
    if (this.#frame >= 0) this.#frame -= this.#taken;
    this.position = rest;
    this.#taken = 0;
    this.#setLimit();
  }

  #setLimit(): void {
    this.limit = this.#frame >= 0 ? this.#frame + FRAME_HEADER + FRAME_SIZE_TARGET : SEGMENT;
  }
}
