/**
 * Random access to a `Deno.FsFile` that the caller opened, by moving its cursor. Asynchronous calls
 * take turns, since another may not move the cursor between the seek and the read; the file is
 * never closed, and its cursor ends wherever the last call left it.
 */
import { LarderError, UnsupportedError } from "../errors.ts";
import { endsError, growsError, LOCAL } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import { BackedFile } from "./_backed_file.ts";
import type { Joining } from "./coalesce.ts";
import type { RandomAccessFile, RandomAccessOptions } from "./random_access.ts";
import type { DenoFile } from "./source.ts";

const SEEK_START = 0; // Deno.SeekMode.Start
const ONE_AT_A_TIME: Joining = { ...LOCAL, inFlight: 1 };

/** Access an open file; places count from its start, wherever its cursor is. */
export function openDenoRandomAccess(
  file: DenoFile,
  { write = false, signal }: RandomAccessOptions,
): RandomAccessFile {
  const stat = file.statSync();
  if (!stat.isFile) {
    throw new UnsupportedError("Cannot access a Deno.FsFile at any place: it is no regular file");
  }
  return new BackedFile(new DenoBackend(file, stat.size, write), signal);
}

class DenoBackend implements Backend {
  readonly size: number;
  readonly name: string | undefined = undefined;
  readonly sync: boolean = true;
  readonly writable: boolean;
  readonly joining: Joining = ONE_AT_A_TIME;
  readonly #file: DenoFile;
  readonly #turns: Turns;

  constructor(file: DenoFile, size: number, writable: boolean) {
    this.#file = file;
    this.#turns = turnsOf(file);
    this.size = size;
    this.writable = writable;
  }

  async fill(start: number, into: Uint8Array): Promise<void> {
    await this.#turns.take(async () => {
      await this.#file.seek(start, SEEK_START);
      for (let done = 0; done < into.length;) {
        const count = await this.#file.read(into.subarray(done));
        if (!count) throw this.#ends(start + done, start + into.length);
        done += count;
      }
    });
  }

  fillSync(start: number, into: Uint8Array): void {
    if (into.length === 0) return;
    this.#turns.checkFree();
    this.#file.seekSync(start, SEEK_START);
    for (let done = 0; done < into.length;) {
      const count = this.#file.readSync(into.subarray(done));
      if (!count) throw this.#ends(start + done, start + into.length);
      done += count;
    }
  }

  async store(start: number, bytes: Uint8Array): Promise<void> {
    await this.#turns.take(async () => {
      this.#checkGrowth(start + bytes.length);
      await this.#file.seek(start, SEEK_START);
      for (let done = 0; done < bytes.length;) {
        done += await this.#file.write(bytes.subarray(done));
      }
    });
  }

  storeSync(start: number, bytes: Uint8Array): void {
    this.#turns.checkFree();
    this.#checkGrowth(start + bytes.length);
    this.#file.seekSync(start, SEEK_START);
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
  }

  async flush(): Promise<void> {
    await this.#turns.take(() => this.#file.sync());
  }

  flushSync(): void {
    this.#turns.checkFree();
    this.#file.syncSync();
  }

  release(): void {}

  #ends(position: number, needed: number): Error {
    return endsError(this.name, Math.min(this.#file.statSync().size, position), needed);
  }

  #checkGrowth(needed: number): void {
    const { size } = this.#file.statSync();
    if (needed > size) throw growsError(this.name, size, needed);
  }
}

/** Who may move the cursor of a file. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  async take(work: () => Promise<void>): Promise<void> {
    this.#waiting++;
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    try {
      await turn;
    } finally {
      this.#waiting--;
    }
  }

  checkFree(): void {
    if (this.#waiting === 0) return;
    throw new LarderError(
      "Cannot access a Deno.FsFile synchronously: an asynchronous call on it is under way",
    );
  }
}

const turns = new WeakMap<DenoFile, Turns>();

function turnsOf(file: DenoFile): Turns {
  let found = turns.get(file);
  if (found === undefined) turns.set(file, found = new Turns());
  return found;
}
