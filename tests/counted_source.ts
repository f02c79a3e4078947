/** A source that counts what is read of it. */
export class CountedSource {
  reads = 0;
  bytes = 0;
  readonly #content: Uint8Array;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  get size(): number {
    return this.#content.length;
  }

  read(start: number, end: number): Uint8Array {
    this.reads++;
    this.bytes += end - start;
    return this.#content.slice(start, end);
  }
}
