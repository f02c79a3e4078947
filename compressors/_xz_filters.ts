/**
 * What can stand before LZMA2 in an .xz block: the differences of bytes at a distance, and the
 * addresses of x86 calls made absolute (xz's delta_decoder.c and x86.c). Both keep the length.
 */

/** Undoes a filter piece by piece. */
export interface XzFilter {
  /** Decode the next piece, in place where it can; may hold some bytes back. */
  push(bytes: Uint8Array): Uint8Array;
  /** What was held back. */
  end(): Uint8Array;
}

/** Add up bytes at `distance`, 1 to 256. */
export function deltaFilter(distance: number): XzFilter {
  const history = new Uint8Array(256);
  let position = 0;
  return {
    push(bytes: Uint8Array): Uint8Array {
      for (let i = 0; i < bytes.length; i++, position++) {
        bytes[i] += history[(position - distance) & 255];
        history[position & 255] = bytes[i];
      }
      return bytes;
    },
    end: () => new Uint8Array(0),
  };
}

/** An instruction: its first byte and an address. */
const CALL_BYTES = 5;
const MASK_ALLOWED = [true, true, true, false, true, false, false, false];
const MASK_BIT = [0, 1, 2, 2, 3, 3, 3, 3];

/** Make the addresses of x86 calls and jumps relative again. */
export function x86Filter(): XzFilter {
  let held: Uint8Array = new Uint8Array(0);
  let offset = 0; // of the first held byte
  let mask = 0;
  let last = -CALL_BYTES;

  /** Decode what is complete; returns how many bytes that is. */
  function decode(bytes: Uint8Array): number {
    if (bytes.length < CALL_BYTES) return 0;
    const limit = bytes.length - CALL_BYTES;
    if (offset - last > CALL_BYTES) last = offset - CALL_BYTES;
    let i = 0;
    while (i <= limit) {
      if ((bytes[i] & 0xfe) !== 0xe8) { // CALL and JMP
        i++;
        continue;
      }
      const distance = offset + i - last;
      last = offset + i;
      mask = distance > CALL_BYTES ? 0 : shifted(mask, distance);
      const high = bytes[i + 4];
      const index = mask >>> 1;
      if (isSignByte(high) && MASK_ALLOWED[index & 7] && index < 16) {
        const from = bytes[i + 1] | (bytes[i + 2] << 8) | (bytes[i + 3] << 16) | (high << 24);
        const to = relative(from, (offset + i + CALL_BYTES) | 0, index);
        bytes[i + 1] = to;
        bytes[i + 2] = to >>> 8;
        bytes[i + 3] = to >>> 16;
        bytes[i + 4] = (to >>> 24) & 1 ? 0xff : 0;
        i += CALL_BYTES;
        mask = 0;
      } else {
        i++;
        mask |= isSignByte(high) ? 0x11 : 1;
      }
    }
    return i;
  }

  return {
    push(piece: Uint8Array): Uint8Array {
      const bytes = new Uint8Array(held.length + piece.length);
      bytes.set(held);
      bytes.set(piece, held.length);
      const done = decode(bytes);
      held = bytes.subarray(done);
      offset += done;
      return bytes.subarray(0, done);
    },
    end: () => held,
  };
}

function relative(from: number, position: number, index: number): number {
  for (;;) {
    const to = (from - position) | 0;
    if (index === 0) return to;
    const shift = 8 * MASK_BIT[index];
    if (!isSignByte((to >>> (24 - shift)) & 0xff)) return to;
    from = to ^ (2 ** (32 - shift) - 1);
  }
}

function shifted(mask: number, count: number): number {
  for (let i = 0; i < count; i++) mask = (mask & 0x77) << 1;
  return mask;
}

function isSignByte(byte: number): boolean {
  return byte === 0 || byte === 0xff;
}
