/**
 * Reading and writing at any place of an open descriptor, with `node:fs` positional reads and
 * writes: no cursor is moved, and it is the same code on Deno, Bun and Node. One that was opened
 * here is closed when everything that could use it is gone, should its owners forget to.
 */
import { endsError, growsError, LOCAL } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import type { Builtins } from "./builtin.ts";
import type { Joining } from "./coalesce.ts";
import { called, MAX_IO_BYTES, readSome, writeSome } from "./fs_calls.ts";

type Fs = Builtins["fs"];

const PROBE = new Uint8Array(1);

/** A descriptor of a regular file. */
export class DescriptorBackend implements Backend {
  readonly size: number;
  readonly name: string | undefined;
  readonly sync: boolean = true;
  readonly writable: boolean;
  readonly joining: Joining = LOCAL;
  readonly #fs: Fs;
  readonly #holder: { readonly fd: number };
  #owned = false;
  #release: () => void = () => {};

  constructor(
    fs: Fs,
    holder: { readonly fd: number },
    facts: { size: number; name: string | undefined; writable: boolean },
  ) {
    this.#fs = fs;
    this.#holder = holder;
    this.size = facts.size;
    this.name = facts.name;
    this.writable = facts.writable;
  }

  /** Close the descriptor with this backend. */
  own(): void {
    this.#owned = true;
    const held = { fs: this.#fs, fd: this.#holder.fd };
    forgotten?.register(this, held, this);
    this.#release = () => {
      forgotten?.unregister(this);
      held.fs.closeSync(held.fd);
    };
  }

  async fill(start: number, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const count = await readSome(this.#fs, this.#holder.fd, into.subarray(done), start + done);
      if (count === 0) throw this.#ends(start + done, start + into.length);
      done += count;
    }
  }

  fillSync(start: number, into: Uint8Array): void {
    const { length } = into;
    for (let done = 0; done < length;) {
      const some = Math.min(length - done, MAX_IO_BYTES);
      const count = this.#fs.readSync(this.#holder.fd, into, done, some, start + done);
      if (count === 0) throw this.#ends(start + done, start + length);
      done += count;
    }
  }

  async store(start: number, bytes: Uint8Array): Promise<void> {
    this.#checkGrowth(start + bytes.length);
    for (let done = 0; done < bytes.length;) {
      done += await writeSome(this.#fs, this.#holder.fd, bytes.subarray(done), start + done);
    }
  }

  storeSync(start: number, bytes: Uint8Array): void {
    this.#checkGrowth(start + bytes.length);
    for (let done = 0; done < bytes.length;) {
      const length = Math.min(bytes.length - done, MAX_IO_BYTES);
      done += this.#fs.writeSync(this.#holder.fd, bytes, done, length, start + done);
    }
  }

  flush(): Promise<void> {
    return called((callback) => this.#fs.fsync(this.#holder.fd, callback));
  }

  flushSync(): void {
    this.#fs.fsyncSync(this.#holder.fd);
  }

  release(): void {
    this.#release();
  }

  /** Whether the file goes on to `end` by now: a read of one byte costs less than asking for the size. */
  reaches(end: number): boolean {
    return end === 0 || this.#fs.readSync(this.#holder.fd, PROBE, 0, 1, end - 1) === 1;
  }

  /** Size of the file by now. */
  currentSize(): number {
    return this.#fs.fstatSync(this.#holder.fd).size;
  }

  /** Which file this is, whatever its path means by now. */
  identity(): string {
    const { dev, ino } = this.#fs.fstatSync(this.#holder.fd, { bigint: true });
    return `${dev}:${ino}`;
  }

  #ends(position: number, needed: number): Error {
    return endsError(this.name, Math.min(this.currentSize(), position), needed);
  }

  // A file may have been cut since it was opened; a write behind its end would make it grow again.
  // Deno takes 8 µs to ask for the size, and 1 µs to read the last byte concerned.
  #checkGrowth(needed: number): void {
    if (needed === 0 || this.#owned && this.reaches(needed)) return;
    const size = this.currentSize();
    if (needed > size) throw growsError(this.name, size, needed);
  }
}

const forgotten = typeof FinalizationRegistry === "undefined" // some edge runtimes
  ? undefined
  : new FinalizationRegistry<{ fs: Fs; fd: number }>(({ fs, fd }) => fs.closeSync(fd));
