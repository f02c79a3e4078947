/**
 * One entry that was found: its metadata, and its content, which is checked on the way to whoever loads
 * it. An entry may be replaced while it is read, so what doesn't fit together is read once more; what
 * then is the same as before is damaged: it is set aside, told, and never returned.
 */
import {
  CompressionError,
  LarderError,
  NpyFormatError,
  UnpicklingError,
  UnsupportedError,
} from "../../errors.ts";
import { crc32 } from "../../compressors/crc32.ts";
import type { Source, SyncSource } from "../../io/source.ts";
import { CheckedSource } from "./_checked.ts";
import { type OpenContent, openContent, openContentSync } from "./_content.ts";
import type { ContentSum, Metadata, ReadMetadata } from "./metadata.ts";
import type { StoreBackend, Stored } from "./store.ts";

/** Name of an entry's content. */
export const OUTPUT = "output.pkl";
/** Name of what is known about it. */
export const METADATA = "metadata.json";

/** Both files of an entry, as they were at one moment or so. */
export interface Snapshot {
  /** The content, or its beginning. */
  readonly output: Stored;
  /** What is known about it. */
  readonly meta: ReadMetadata;
}

/** What an entry needs of the collection that it is in. */
export interface EntryHost {
  /** Where it is. */
  readonly store: StoreBackend;
  /** Both files again. */
  fetch(key: string): Promise<Snapshot | undefined>;
  /** Both files again. */
  fetchSync(key: string): Snapshot | undefined;
  /** Take a damaged content out of the way, and tell. */
  discard(key: string, reason: string): Promise<void>;
  /** Take a damaged content out of the way, and tell. */
  discardSync(key: string, reason: string): void;
}

/** Options of loading an entry. */
export interface LoadEntryOptions {
  /**
   * Give the reader the content's path, to map it: only its length is checked. For stores that have
   * paths. @default false
   */
  readonly mapped?: boolean;
}

/** A value that was loaded, or why it can't be. */
type Attempt<T> = { readonly value: T; readonly reason?: undefined } | { readonly reason: string };

/** How often an entry that keeps changing is tried. */
const TRIES = 5;

/** An entry that was found. */
export class Entry {
  /** Its folder in the store. */
  readonly key: string;
  /** What Memory or Python wrote about it; empty where there is nothing. */
  readonly metadata: Metadata;
  /** Size of its content in bytes. */
  readonly bytes: number;
  /** Whether its content is in memory already, so that nothing has to be waited for. */
  readonly inMemory: boolean;
  readonly #host: EntryHost;
  readonly #own: boolean;
  readonly #snapshot: Snapshot;

  /** @param own Whether only Larder writes such entries, so that their metadata must be whole. */
  constructor(host: EntryHost, key: string, own: boolean, snapshot: Snapshot) {
    this.#host = host;
    this.#own = own;
    this.#snapshot = snapshot;
    this.key = key;
    this.metadata = snapshot.meta.metadata;
    this.bytes = snapshot.output.size;
    this.inMemory = inMemory(snapshot) !== undefined;
  }

  /**
   * Load the content.
   *
   * @param read What makes a value of a source, such as {@linkcode load}, and of what is known about it. It may be
   *   called again.
   * @returns The value in an object; `undefined` where the entry turned out to be damaged or is gone.
   * @throws What `read` throws, unless damage is the reason.
   */
  async load<T>(
    read: (source: Source, metadata: Metadata) => T | Promise<T>,
    options: LoadEntryOptions = {},
  ): Promise<{ value: T } | undefined> {
    let snapshot: Snapshot | undefined = this.#snapshot;
    for (let tries = 0, before = ""; snapshot !== undefined && tries < TRIES; tries++) {
      const attempt: Attempt<T> = await this.#try(snapshot, read, options);
      if (attempt.reason === undefined) return this.#hit(attempt.value);
      if (attempt.reason === before) {
        await this.#host.discard(this.key, before);
        return undefined;
      }
      before = attempt.reason;
      snapshot = await this.#host.fetch(this.key);
    }
    return undefined;
  }

  /** Likewise, without promises, for stores that can. */
  loadSync<T>(
    read: (source: SyncSource, metadata: Metadata) => T,
    options: LoadEntryOptions = {},
  ): { value: T } | undefined {
    let snapshot: Snapshot | undefined = this.#snapshot;
    for (let tries = 0, before = ""; snapshot !== undefined && tries < TRIES; tries++) {
      const attempt: Attempt<T> = this.#trySync(snapshot, read, options);
      if (attempt.reason === undefined) return this.#hit(attempt.value);
      if (attempt.reason === before) {
        this.#host.discardSync(this.key, before);
        return undefined;
      }
      before = attempt.reason;
      snapshot = this.#host.fetchSync(this.key);
    }
    return undefined;
  }

  async #try<T>(
    snapshot: Snapshot,
    read: (source: Source, metadata: Metadata) => T | Promise<T>,
    options: LoadEntryOptions,
  ): Promise<Attempt<T>> {
    const { metadata, output: expected } = snapshot.meta;
    const reason = this.#contradiction(snapshot, options);
    if (reason !== undefined) return { reason };
    const direct = this.#direct(snapshot, options);
    if (direct !== undefined) {
      try {
        return { value: await read(direct, metadata) };
      } catch (error) {
        return damage(error, expected !== undefined && options.mapped !== true);
      }
    }
    const content = await openContent(this.#host.store, `${this.key}/${OUTPUT}`, this.bytes);
    if (content === undefined) return { reason: "it is gone" };
    const source = new CheckedSource(content.size, content);
    try {
      const value = await read(source, metadata);
      return judged({ value }, await source.finish(), expected);
    } catch (error) {
      if (!(error instanceof LarderError)) throw error;
      if (expected === undefined) return damage(error, false);
      return judged({ error }, await source.finish().catch(() => undefined), expected);
    } finally {
      content.close();
    }
  }

  #trySync<T>(
    snapshot: Snapshot,
    read: (source: SyncSource, metadata: Metadata) => T,
    options: LoadEntryOptions,
  ): Attempt<T> {
    const { metadata, output: expected } = snapshot.meta;
    const reason = this.#contradiction(snapshot, options);
    if (reason !== undefined) return { reason };
    const direct = this.#direct(snapshot, options);
    if (direct !== undefined) {
      try {
        return { value: read(direct, metadata) };
      } catch (error) {
        return damage(error, expected !== undefined && options.mapped !== true);
      }
    }
    const content: OpenContent | undefined = openContentSync(
      this.#host.store,
      `${this.key}/${OUTPUT}`,
      this.bytes,
    );
    if (content === undefined) return { reason: "it is gone" };
    const source = new CheckedSource(content.size, content);
    try {
      return judged({ value: read(source, metadata) }, source.finishSync(), expected);
    } catch (error) {
      if (!(error instanceof LarderError)) throw error;
      if (expected === undefined) return damage(error, false);
      return judged({ error }, sumOrNothing(source), expected);
    } finally {
      content.close();
    }
  }

  /** What is wrong already before anything is loaded. */
  #contradiction(snapshot: Snapshot, { mapped = false }: LoadEntryOptions): string | undefined {
    const { output, meta: { state, output: expected } } = snapshot;
    const readable = state === "checked" || state === "missing" || !this.#own;
    if (state === "broken" || !readable) return `its ${METADATA} is damaged`;
    const bytes = mapped ? undefined : inMemory(snapshot);
    if (expected === undefined || output.size === expected.bytes && bytes === undefined) {
      return undefined;
    }
    const sum = bytes === undefined ? 0 : crc32(bytes, 0);
    return difference({ bytes: output.size, crc32: sum }, expected);
  }

  /** What can be read without being added up on the way. */
  #direct(
    snapshot: Snapshot,
    { mapped = false }: LoadEntryOptions,
  ): Uint8Array | string | undefined {
    const { store } = this.#host;
    if (mapped) {
      if (store.path !== undefined) return store.path(`${this.key}/${OUTPUT}`);
      throw new UnsupportedError(
        `Cannot map entries of ${store.location}: they are no files of this machine`,
        { path: `${store.location}/${this.key}` },
      );
    }
    const bytes = inMemory(snapshot);
    if (bytes !== undefined) return bytes;
    return snapshot.meta.output === undefined ? store.path?.(`${this.key}/${OUTPUT}`) : undefined;
  }

  #hit<T>(value: T): { value: T } {
    this.#host.store.usage?.hit(this.key);
    return { value };
  }
}

/** The whole content, where it is here already. */
function inMemory({ output }: Snapshot): Uint8Array | undefined {
  return output.whole ?? (output.bytes.length === output.size ? output.bytes : undefined);
}

/** What was read is worth what its sum is worth. */
function judged<T>(
  outcome: { readonly value: T } | { readonly error: unknown },
  sum: ContentSum | undefined,
  expected: ContentSum | undefined,
): Attempt<T> {
  const reason = sum === undefined ? "it ends early" : difference(sum, expected);
  if (reason !== undefined) return { reason };
  if ("error" in outcome) throw outcome.error;
  return outcome;
}

function difference(sum: ContentSum, expected: ContentSum | undefined): string | undefined {
  if (expected === undefined) return undefined;
  if (sum.bytes !== expected.bytes) {
    return `it has ${sum.bytes} bytes, ${expected.bytes} were stored`;
  }
  if (sum.crc32 === expected.crc32) return undefined;
  return `its CRC-32 is ${hex(sum.crc32)}, ${hex(expected.crc32)} was stored`;
}

/** Whether an error comes of damage, where no sum has told already. */
function damage(error: unknown, checked: boolean): { reason: string } {
  const told = error instanceof UnpicklingError || error instanceof CompressionError ||
    error instanceof NpyFormatError;
  if (checked || !told) throw error;
  return { reason: error.message };
}

function sumOrNothing(source: CheckedSource): ContentSum | undefined {
  try {
    return source.finishSync();
  } catch {
    return undefined;
  }
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, "0");
}
