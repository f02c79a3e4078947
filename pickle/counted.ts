/**
 * Opcodes in front of payloads: with their length in 4 or in 8 bytes.
 */

/** An opcode and a length of 4 bytes. */
export function counted4(op: number, length: number): Uint8Array {
  const header = new Uint8Array(5);
  header[0] = op;
  new DataView(header.buffer).setUint32(1, length, true);
  return header;
}

/** An opcode and a length of 8 bytes. */
export function counted8(op: number, length: number): Uint8Array {
  const header = new Uint8Array(9);
  header[0] = op;
  new DataView(header.buffer).setBigUint64(1, BigInt(length), true);
  return header;
}
