/**
 * Reading zstd by fzstd, where no `node:zlib` has it: plain JavaScript, several times slower. It looks
 * at no checksums, so that is done here.
 */
import type { ZstdDecoder, ZstdStream } from "./_zstd_format.ts";
import { CHECKSUM_BYTES } from "./_zstd_format.ts";
import { Xxh64 } from "./_zstd_xxh64.ts";

type Fzstd = typeof import("fzstd");

/** A decoder over an fzstd module. */
export function fzstdDecoder(fzstd: Fzstd): ZstdDecoder {
  return (hasChecksum) => new FzstdStream(fzstd, hasChecksum);
}

class FzstdStream implements ZstdStream {
  used = 0;
  made = 0;
  readonly #decompress: InstanceType<Fzstd["Decompress"]>;
  readonly #sum: Xxh64 | undefined;
  /** Blocks that were decoded and not handed out, the first one from `#start` on. */
  readonly #blocks: Uint8Array[] = [];
  #start = 0;

  constructor(fzstd: Fzstd, hasChecksum: boolean) {
    this.#sum = hasChecksum ? new Xxh64() : undefined;
    this.#decompress = new fzstd.Decompress((block) => {
      this.#sum?.update(block);
      this.#blocks.push(block);
    });
  }

  step(input: Uint8Array, output: Uint8Array, last: boolean): void {
    this.used = input.length;
    this.made = 0;
    if (input.length > 0) {
      // Its own: what isn't used yet is kept in views.
      this.#decompress.push(input.slice(), last);
      if (last) this.#check(input);
    }
    while (this.#blocks.length > 0) {
      const block = this.#blocks[0];
      const part = block.subarray(this.#start, this.#start + output.length - this.made);
      output.set(part, this.made);
      this.made += part.length;
      this.#start += part.length;
      if (this.#start < block.length) break;
      this.#blocks.shift();
      this.#start = 0;
    }
  }

  close(): void {}

  /** The last bytes of a frame are the low half of the sum over its content. */
  #check(input: Uint8Array): void {
    if (this.#sum === undefined) return;
    const stored = new DataView(input.buffer, input.byteOffset + input.length - CHECKSUM_BYTES);
    if (this.#sum.low() !== stored.getUint32(0, true)) throw new Error("incorrect checksum");
  }
}
