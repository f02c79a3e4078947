/**
 * A buffer that protocol 5 may carry out of band (PEP 574): what numpy answers for the data of an array.
 */

/** Bytes with the mark of whether they may be written to. */
export class PickleBuffer {
  /** The memory, not copied. */
  readonly bytes: Uint8Array;
  /** Read-only buffers come back as bytes, others as a bytearray. */
  readonly readonly: boolean;

  /** Wrap `bytes`. */
  constructor(bytes: Uint8Array, readonly = false) {
    this.bytes = bytes;
    this.readonly = readonly;
  }
}
