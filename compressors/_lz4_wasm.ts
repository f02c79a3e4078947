/**
 * Blocks of LZ4 decoded by WebAssembly: 1.4 to 2.3 times as fast as JavaScript, which has no moves of
 * 8 and 16 bytes (bench/lz4.ts). Where no module can be made from bytes (workerd, a page's policy),
 * JavaScript does it.
 */
import { decodeLz4Block, LZ4_WINDOW_BYTES } from "./_lz4_block.ts";
import type { BlockSource, BlockTarget } from "./_lz4_block.ts";

/** _lz4_decode.wat, assembled. */
export const LZ4_DECODE_WASM: string =
  "AGFzbQEAAAABCgFgBX9/f39/AX8DAgEABQMBAAEHEwIGbWVtb3J5AgAGZGVjb2RlAAAKnAUBmQUBCH8gAUERayEFIANB" +
  "IGshBgNAIAAgAU4EQEF/DwsgAC0AACELIAtBBHYhByALQQ9xIQgCQAJAIAdBD0YNACAAIAVKDQAgAiAGSg0AIAIgAP0A" +
  "BAH9CwQAIAAgB2ohACACIAdqIQIgAC8BASEJIABBA2ohACACIAlrIQogCEEPRg0BIAlBCEkNASAKIARIDQEgAiAKKQMA" +
  "NwMAIAIgCikDCDcDCCACIAovARA7ARAgAiAIQQRqaiECDAILIABBAWohACAHQQ9GBEADQCAAIAFOBEBBfw8LIAAtAAAh" +
  "CyAAQQFqIQAgByALaiEHIAtB/wFGDQALCyAHIAEgAGtKBEBBfw8LIAcgAyACa0oEQEF/DwsgACAHaiEMIAdBgAJJBEAg" +
  "AiEKA0AgCiAA/QAEAP0LBAAgCkEQaiEKIABBEGohACAAIAxIDQALBSACIAAgB/wKAAALIAIgB2ohAiAMIQAgACABRgRA" +
  "IAIPCyAAQQJqIAFKBEBBfw8LIAAvAQAhCSAAQQJqIQAgAiAJayEKCyAIQQ9GBEADQCAAIAFOBEBBfw8LIAAtAAAhCyAA" +
  "QQFqIQAgCCALaiEIIAtB/wFGDQALCyAIQQRqIQggCCADIAJrSgRAQX8PCyAKIARIBEBBfw8LIAlFBEBBfw8LIAIgCGoh" +
  "DCAJQQhJBEADQCACIAotAAA6AAAgAkEBaiECIApBAWohCiACIAwgCEEIa2tIDQALA0AgCiAJayEKIAIgCmtBCEgNAAsL" +
  "IAIgDEgEQCACIAprQRBIBEADQCACIAopAwA3AwAgAkEIaiECIApBCGohCiACIAxIDQALBQNAIAIgCv0ABAD9CwQAIAJB" +
  "EGohAiAKQRBqIQogAiAMSA0ACwsLIAwhAgwAC0F/Cw==";

interface Lz4Exports {
  memory: WebAssembly.Memory;
  decode(from: number, end: number, to: number, limit: number, floor: number): number;
}

const PAGE_BYTES = 64 << 10;
/** What is read and written behind the end of what is meant. */
const SLACK_BYTES = 64;
/** Output of linked blocks goes behind each other; then its end moves to the front. */
const AREA_BYTES = 512 << 10;
/** The module is made when so much went through JavaScript, which takes as long. */
const FEW_BYTES = 256 << 10;

let loaded: Lz4Exports | "unavailable" | undefined;
let plainBytes = 0;
let view: Uint8Array = new Uint8Array(0);
/** Whose output is in the memory. */
let owner: Lz4Blocks | undefined;

/** Decodes the blocks of frames, one after the other. */
export class Lz4Blocks {
  /** Where the next output goes, and the first place that its matches may refer to. */
  #at = 0;
  #floor = 0;

  /**
   * Decode one block; returns the end of its output.
   *
   * @param linked It looks back into what came before.
   * @throws {CompressionError} The block is damaged.
   */
  decode(source: BlockSource, target: BlockTarget, linked: boolean): number {
    const size = source.end - source.start;
    const most = target.limit - target.start;
    const areaEnd = LZ4_WINDOW_BYTES + Math.max(AREA_BYTES, most);
    const inputAt = areaEnd + SLACK_BYTES;
    const lz4 = load(most);
    const memory = lz4 && room(lz4, inputAt + size + SLACK_BYTES);
    if (lz4 === undefined || memory === undefined) {
      this.forget();
      return decodeLz4Block(source, target);
    }
    if (!linked || owner !== this) this.#begin(memory, linked ? target : undefined);
    else if (this.#at + most > areaEnd) this.#wrap(memory);
    const at = this.#at;
    memory.set(source.bytes.subarray(source.start, source.end), inputAt);
    const end = lz4.decode(inputAt, inputAt + size, at, at + most, this.#floor);
    if (end < 0) {
      this.forget();
      return decodeLz4Block(source, target); // tells what is wrong
    }
    target.bytes.set(memory.subarray(at, end), target.start);
    this.#at = end;
    return target.start + end - at;
  }

  /** What comes next does not follow what was decoded here last. */
  forget(): void {
    if (owner === this) owner = undefined;
  }

  /** Put what matches may refer to in front. */
  #begin(memory: Uint8Array, target: BlockTarget | undefined): void {
    owner = this;
    this.#floor = this.#at = LZ4_WINDOW_BYTES;
    if (target === undefined) return;
    const { bytes, start, floor, history } = target;
    const recent = bytes.subarray(Math.max(floor, start - LZ4_WINDOW_BYTES), start);
    const missing = LZ4_WINDOW_BYTES - recent.length;
    const older = history.subarray(Math.max(0, history.length - missing));
    this.#floor -= recent.length + older.length;
    memory.set(older, this.#floor);
    memory.set(recent, this.#floor + older.length);
  }

  #wrap(memory: Uint8Array): void {
    const kept = Math.min(LZ4_WINDOW_BYTES, this.#at - this.#floor);
    memory.copyWithin(LZ4_WINDOW_BYTES - kept, this.#at - kept, this.#at);
    this.#floor = LZ4_WINDOW_BYTES - kept;
    this.#at = LZ4_WINDOW_BYTES;
  }
}

/** The module, for `length` more bytes. */
function load(length: number): Lz4Exports | undefined {
  if (loaded === undefined) {
    plainBytes += length;
    if (plainBytes < FEW_BYTES) return undefined;
    try {
      const bytes = Uint8Array.from(atob(LZ4_DECODE_WASM), (char) => char.charCodeAt(0));
      const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
      loaded = instance.exports as unknown as Lz4Exports;
    } catch {
      loaded = "unavailable"; // JavaScript does the same
    }
  }
  return loaded === "unavailable" ? undefined : loaded;
}

/** The memory, with at least so many bytes; nothing where there are no more. */
function room({ memory }: Lz4Exports, length: number): Uint8Array | undefined {
  const missing = length - memory.buffer.byteLength;
  try {
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  } catch {
    return undefined;
  }
  if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer);
  return view;
}
