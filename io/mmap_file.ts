/**
 * Reading through `Bun.mmap`, for those who ask for it. The map is private, is only read, and never
 * leaves this file: a stray write, or a view that outlives its map, would end the program. So does
 * a read behind the end of a file that was cut, hence its size is asked for before each call.
 */
import { LarderError, UnsupportedError } from "../errors.ts";
import { endsError } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import type { DescriptorBackend } from "./_descriptor.ts";
import { requireFs } from "./file_source.ts";
import type { Joining } from "./coalesce.ts";

/** A map longer than 4 GiB is refused by Bun. */
const WINDOW_BYTES = 2 ** 30;
/** Nothing to gain by joining: each range is a copy. */
const COPIES: Joining = { gapBytes: -1, blockBytes: 0, aloneBytes: 0, inFlight: 1 };

type Mmap = (
  path: string,
  options: { shared: boolean; offset: number; size: number },
) => Uint8Array;

/** Bun's way to map a file, or an error that says that there is none. */
export function requireMmap(path: string): Mmap {
  const { Bun } = globalThis as { Bun?: { mmap?: Mmap } };
  if (Bun?.mmap !== undefined) return Bun.mmap;
  throw new UnsupportedError(
    `Cannot map "${path}": only Bun maps files; leave out the option mmap`,
    { path },
  );
}

/** The same file, read through a map; what is written goes through the descriptor. */
export function mapBackend(file: DescriptorBackend, path: string): Backend {
  const windows: Uint8Array[] = [];
  const map = requireMmap(path);
  for (let offset = 0; offset < file.size; offset += WINDOW_BYTES) {
    const size = Math.min(WINDOW_BYTES, file.size - offset);
    windows.push(map(path, { shared: false, offset, size }));
  }
  // Bun maps by path, which may mean another file since the descriptor was opened.
  const { dev, ino } = requireFs(path).statSync(path, { bigint: true });
  const mapped = windows.reduce((length, window) => length + window.length, 0);
  if (`${dev}:${ino}` !== file.identity() || mapped !== file.size) {
    throw new LarderError(`Cannot map "${path}": it was replaced while it was opened`, { path });
  }
  return new MmapBackend(file, windows);
}

class MmapBackend implements Backend {
  readonly size: number;
  readonly name: string | undefined;
  readonly sync: boolean = true;
  readonly writable: boolean;
  readonly joining: Joining = COPIES;
  readonly #file: DescriptorBackend;
  #windows: readonly Uint8Array[];
  #currentSize = 0;

  constructor(file: DescriptorBackend, windows: readonly Uint8Array[]) {
    this.#file = file;
    this.#windows = windows;
    this.size = file.size;
    this.name = file.name;
    this.writable = file.writable;
  }

  prepare(end: number): void {
    this.#currentSize = this.#file.reaches(end) ? end : this.#file.currentSize();
  }

  fillSync(start: number, into: Uint8Array): void {
    const end = start + into.length;
    if (end > this.#currentSize) throw endsError(this.name, this.#currentSize, end);
    for (let done = 0; done < into.length;) {
      const position = start + done;
      const window = this.#windows[Math.floor(position / WINDOW_BYTES)];
      const offset = position % WINDOW_BYTES;
      const part = window.subarray(offset, offset + into.length - done);
      into.set(part, done);
      done += part.length;
    }
  }

  async fill(start: number, into: Uint8Array): Promise<void> {
    this.prepare(start + into.length); // for each: others run in between, who may cut the file
    await this.fillSync(start, into);
  }

  async store(start: number, bytes: Uint8Array): Promise<void> {
    await this.#file.store(start, bytes);
  }

  storeSync(start: number, bytes: Uint8Array): void {
    this.#file.storeSync(start, bytes);
  }

  async flush(): Promise<void> {
    await this.#file.flush();
  }

  flushSync(): void {
    this.#file.flushSync();
  }

  release(): void {
    this.#windows = []; // unmapped when it is collected
    this.#file.release();
  }
}
