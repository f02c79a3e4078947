/**
 * A sink behind a buffer: the headers of small members are still in it when their checksums are
 * known, so that they cost no write of their own.
 */
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import type { Patch } from "./_zip_writer.ts";

const BUFFER_BYTES = 256 << 10;

/** Bytes go in, each write a promise; what went in last is in memory still. */
export class PatchedOutput {
  readonly #sink: AsyncSink;
  readonly #buffer: PatchBuffer;

  constructor(sink: AsyncSink) {
    this.#sink = sink;
    this.#buffer = new PatchBuffer(sink.start);
  }

  /** Write all of `bytes`. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#buffer.take(bytes)) return;
    await this.flush();
    if (this.#buffer.take(bytes)) return;
    await this.#sink.write(bytes);
    this.#buffer.start += bytes.length;
  }

  /** Write at a place where something stands already, or right behind it all. */
  async patch(patch: Patch): Promise<void> {
    if (patch.position === this.#buffer.end) return await this.write(patch.bytes);
    if (this.#buffer.patch(patch)) return;
    await this.flush();
    await this.#sink.patch!(patch.position, patch.bytes);
  }

  /** Write what is in memory. */
  async flush(): Promise<void> {
    const bytes = this.#buffer.give();
    if (bytes.length > 0) await this.#sink.write(bytes);
  }
}

/** Bytes go in at once; what went in last is in memory still. */
export class PatchedOutputSync {
  readonly #sink: SyncSink;
  readonly #buffer: PatchBuffer;

  constructor(sink: SyncSink) {
    this.#sink = sink;
    this.#buffer = new PatchBuffer(sink.start);
  }

  /** Write all of `bytes`. */
  write(bytes: Uint8Array): void {
    if (this.#buffer.take(bytes)) return;
    this.flush();
    if (this.#buffer.take(bytes)) return;
    this.#sink.write(bytes);
    this.#buffer.start += bytes.length;
  }

  /** Write at a place where something stands already, or right behind it all. */
  patch(patch: Patch): void {
    if (patch.position === this.#buffer.end) return this.write(patch.bytes);
    if (this.#buffer.patch(patch)) return;
    this.flush();
    this.#sink.patch!(patch.position, patch.bytes);
  }

  /** Write what is in memory. */
  flush(): void {
    const bytes = this.#buffer.give();
    if (bytes.length > 0) this.#sink.write(bytes);
  }
}

class PatchBuffer {
  /** Position of its first byte. */
  start: number;
  readonly #bytes = new Uint8Array(BUFFER_BYTES);
  #length = 0;

  constructor(start: number) {
    this.start = start;
  }

  /** Where the next byte goes. */
  get end(): number {
    return this.start + this.#length;
  }

  /** Copy bytes in, if there is room for all. */
  take(bytes: Uint8Array): boolean {
    if (this.#length + bytes.length > BUFFER_BYTES) return false;
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return true;
  }

  /** Write over bytes, if all of them are here. */
  patch({ position, bytes }: Patch): boolean {
    if (position < this.start) return false;
    this.#bytes.set(bytes, position - this.start);
    return true;
  }

  /** What is here, as a view that lasts until more comes in; the next bytes follow it. */
  give(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.start += this.#length;
    this.#length = 0;
    return bytes;
  }
}
