/** The bytes that were read last, for sources that can't go back. */
import { join } from "../bytes/join.ts";

/** More than any decompressor reads ahead. */
const KEPT_BYTES = 1 << 20;

/** Copies of the last bytes, at least of the last MiB. */
export class RecentBytes {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** These were read. */
  keep(bytes: Uint8Array): void {
    const copy = bytes.slice(Math.max(0, bytes.length - KEPT_BYTES));
    this.#pieces.push(copy);
    this.#length += copy.length;
    while (this.#length - this.#pieces[0].length >= KEPT_BYTES) {
      this.#length -= this.#pieces.shift()!.length;
    }
  }

  /** Take out the last `count` bytes; fewer where so many are not kept. */
  take(count: number): Uint8Array {
    const all = join(this.#pieces);
    const start = Math.max(0, all.length - count);
    this.#pieces = [all.subarray(0, start)];
    this.#length = start;
    return all.subarray(start);
  }

  /** Forget all. */
  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }
}
