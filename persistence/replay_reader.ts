/**
 * A reader that takes bytes back whatever the source is: loadAll goes from one dump to the next by it.
 * It keeps what it read last, and gives to the source what nobody wanted.
 */
import type { AsyncReader } from "../io/source.ts";

/** More than any decompressor reads ahead. */
const KEPT_BYTES = 1 << 20;

/** Reads another reader, some of it again. */
export class ReplayReader implements AsyncReader {
  readonly exact: boolean;
  readonly #reader: AsyncReader;
  /** Bytes to be read again. */
  #again: Uint8Array = new Uint8Array(0);
  /** Copies of what was read last. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #keeps = false;

  constructor(reader: AsyncReader) {
    this.#reader = reader;
    this.exact = reader.exact;
  }

  get remaining(): number | undefined {
    const { remaining } = this.#reader;
    return remaining === undefined ? undefined : remaining + this.#again.length;
  }

  /** Whether to keep copies from now on, for {@link unread}. */
  set keeps(keeps: boolean) {
    this.#keeps = keeps;
    this.#kept = [];
    this.#keptBytes = 0;
  }

  async read(into: Uint8Array): Promise<number> {
    let count: number;
    if (this.#again.length > 0) {
      count = Math.min(into.length, this.#again.length);
      into.set(this.#again.subarray(0, count));
      this.#again = this.#again.subarray(count);
    } else count = await this.#reader.read(into);
    if (this.#keeps && count > 0) this.#keep(into.slice(0, count));
    return count;
  }

  /** Put bytes in front of the rest. */
  putBack(bytes: Uint8Array): void {
    const all = new Uint8Array(bytes.length + this.#again.length);
    all.set(bytes);
    all.set(this.#again, bytes.length);
    this.#again = all;
  }

  unread(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const last = this.#kept.pop();
      if (last === undefined) {
        return Promise.reject(new RangeError(`Cannot give back ${left} bytes: they were not kept`));
      }
      this.#keptBytes -= last.length;
      const taken = Math.min(left, last.length);
      this.putBack(last.subarray(last.length - taken));
      if (taken < last.length) this.#keep(last.subarray(0, last.length - taken));
      left -= taken;
    }
    return Promise.resolve();
  }

  /** Give the source back what is to be read again. */
  async settle(): Promise<void> {
    const { length } = this.#again;
    this.#again = this.#again.subarray(length);
    if (length > 0) await this.#reader.unread(length);
  }

  /** Does nothing: who opened the source closes it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #keep(bytes: Uint8Array): void {
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    while (this.#keptBytes - this.#kept[0].length >= KEPT_BYTES) {
      this.#keptBytes -= this.#kept.shift()!.length;
    }
  }
}
