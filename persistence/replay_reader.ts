/**
 * A reader that takes bytes back whatever the source is: loadAll goes from one dump to the next by it.
 * It keeps what it read last, and gives to the source what nobody wanted.
 */
import { RecentBytes } from "../io/recent_bytes.ts";
import type { AsyncReader } from "../io/source.ts";

/** Reads another reader, some of it again. */
export class ReplayReader implements AsyncReader {
  readonly exact: boolean;
  readonly #reader: AsyncReader;
  /** Bytes to be read again. */
  #again: Uint8Array = new Uint8Array(0);
  /** Copies of what was read last. */
  readonly #recent = new RecentBytes();
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
    this.#recent.clear();
  }

  async read(into: Uint8Array): Promise<number> {
    let count: number;
    if (this.#again.length > 0) {
      count = Math.min(into.length, this.#again.length);
      into.set(this.#again.subarray(0, count));
      this.#again = this.#again.subarray(count);
    } else count = await this.#reader.read(into);
    if (this.#keeps && count > 0) this.#recent.keep(into.subarray(0, count));
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
    const taken = this.#recent.take(count);
    this.putBack(taken);
    const missing = count - taken.length;
    if (missing === 0) return Promise.resolve();
    return Promise.reject(new RangeError(`Cannot give back ${missing} bytes: they were not kept`));
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
}
