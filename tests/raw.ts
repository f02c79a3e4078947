/** Bytes spelled as text: each character is the byte of its code point, so `"\x80\x02K\x01."` is a pickle. */
export function raw(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => {
    const byte = char.charCodeAt(0);
    if (byte > 0xff) throw new RangeError(`Cannot spell ${char} as one byte`);
    return byte;
  });
}
