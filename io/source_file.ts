/**
 * Random access to a caller's own source. Whether it answers at once or by a promise shows with
 * its first answer; one of another length than was asked for is an error.
 */
import { LarderError, UnsupportedError } from "../errors.ts";
import { LOCAL, ReadOnlyBackend, REMOTE } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import { BackedFile } from "./_backed_file.ts";
import { describe } from "./_kinds.ts";
import type { Joining } from "./coalesce.ts";
import type { RandomAccessFile, RandomAccessOptions } from "./random_access.ts";
import type { RandomAccessSource } from "./source.ts";

/** Largest single request: a bigger one would hold the data twice. */
const MAX_REQUEST_BYTES = 8 << 20;

/** Access a caller's source, for reading. */
export function openSourceFile(
  source: RandomAccessSource,
  { signal }: RandomAccessOptions,
): RandomAccessFile {
  if (!Number.isSafeInteger(source.size) || source.size < 0) {
    throw new TypeError(`Cannot read a random-access source of size ${source.size}`);
  }
  return new BackedFile(new SourceBackend(source), signal);
}

class SourceBackend extends ReadOnlyBackend implements Backend {
  readonly size: number;
  readonly name: string | undefined = undefined;
  readonly #source: RandomAccessSource;
  #promises = false;

  constructor(source: RandomAccessSource) {
    super();
    this.#source = source;
    this.size = source.size;
  }

  get sync(): boolean {
    return !this.#promises;
  }

  get joining(): Joining {
    return this.#promises ? REMOTE : LOCAL;
  }

  async fill(start: number, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const end = Math.min(done + MAX_REQUEST_BYTES, into.length);
      const answer = this.#source.read(start + done, start + end);
      if (isPromise(answer)) this.#promises = true;
      take(await answer, start + done, into.subarray(done, end));
      done = end;
    }
  }

  fillSync(start: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const end = Math.min(done + MAX_REQUEST_BYTES, into.length);
      const answer = this.#source.read(start + done, start + end);
      if (isPromise(answer)) {
        this.#promises = true;
        answer.then(undefined, () => {}); // nobody else waits for it
        throw new UnsupportedError(
          `Cannot read a random-access source whose read() returns a promise synchronously: ` +
            `use the asynchronous call`,
        );
      }
      take(answer, start + done, into.subarray(done, end));
      done = end;
    }
  }
}

function take(bytes: Uint8Array, start: number, into: Uint8Array): void {
  if (!ArrayBuffer.isView(bytes)) {
    throw new TypeError(
      `Cannot read source: read(${start}, ${start + into.length}) gave ${describe(bytes)}, ` +
        `not a Uint8Array`,
    );
  }
  if (bytes.length !== into.length) {
    throw new LarderError(
      `Cannot read source: read(${start}, ${start + into.length}) gave ${bytes.length} bytes, ` +
        `${into.length} needed`,
      { offset: start },
    );
  }
  into.set(bytes);
}

function isPromise(answer: Uint8Array | Promise<Uint8Array>): answer is Promise<Uint8Array> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === "function";
}
