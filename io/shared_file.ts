/**
 * One open file with several owners, such as all arrays of one load: each closes its own share, and
 * the last one closes the file.
 */
import { LarderError } from "../errors.ts";
import { labelOf } from "./_backend.ts";
import type { ByteRange, RandomAccessFile } from "./random_access.ts";

/** A share of an open file. */
export interface SharedFile extends RandomAccessFile {
  /** One more share, for another owner. */
  share(): SharedFile;
}

/** The first share of a file, which is closed with the last share. */
export function shareFile(file: RandomAccessFile): SharedFile {
  return new Share({ file, owners: 0 });
}

interface Common {
  readonly file: RandomAccessFile;
  owners: number;
}

class Share implements SharedFile {
  readonly #common: Common;
  #open = true;

  constructor(common: Common) {
    this.#common = common;
    common.owners++;
  }

  get size(): number {
    return this.#common.file.size;
  }

  get name(): string | undefined {
    return this.#common.file.name;
  }

  get sync(): boolean {
    return this.#common.file.sync;
  }

  get writable(): boolean {
    return this.#common.file.writable;
  }

  share(): SharedFile {
    this.#file("share");
    return new Share(this.#common);
  }

  async read(ranges: readonly ByteRange[]): Promise<void> {
    await this.#file("read").read(ranges);
  }

  readSync(ranges: readonly ByteRange[]): void {
    this.#file("read").readSync(ranges);
  }

  async write(start: number, bytes: Uint8Array): Promise<void> {
    await this.#file("write").write(start, bytes);
  }

  writeSync(start: number, bytes: Uint8Array): void {
    this.#file("write").writeSync(start, bytes);
  }

  async flush(): Promise<void> {
    await this.#file("flush").flush();
  }

  flushSync(): void {
    this.#file("flush").flushSync();
  }

  async close(): Promise<void> {
    if (this.#leave()) await this.#common.file.close();
  }

  closeSync(): void {
    if (this.#leave()) this.#common.file.closeSync();
  }

  /** Whether this was the last open share. */
  #leave(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    return --this.#common.owners === 0;
  }

  #file(action: string): RandomAccessFile {
    const { file } = this.#common;
    if (this.#open) return file;
    throw new LarderError(
      `Cannot ${action} ${labelOf(file.name)}: it is closed`,
      file.name === undefined ? {} : { path: file.name },
    );
  }
}
