/**
 * Feeds the pickle machine. One generator holds all the logic and asks for bytes; two short loops
 * answer it, one synchronous and one that awaits and lets the event loop live.
 */
import { LimitError, UnpicklingError } from "../errors.ts";
import { yieldToEventLoop } from "../io/event_loop.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import { type Limits, NestedRequest, ReadRequest, SkipRequest } from "./context.ts";
import { roomFor } from "./room.ts";
import { DONE, type Request, type Unpickler } from "./unpickler.ts";
import { Window } from "./window.ts";

/** How far a load or dump has come. */
export interface Progress {
  /** Bytes of the (decompressed) stream so far. */
  bytes: number;
  /** Bytes in all, where they are known. */
  total?: number;
}

/** Files that lie beside the one being read. */
export interface Companions<T> {
  /** The bytes of the file `name`. */
  read(name: string): T;
}

/** What the drivers can be told. */
export interface DriveOptions {
  /** Bounds; `maxBytes` is held here. */
  limits?: Limits;
  /** How much is read ahead at a time; less where most of the stream will be passed over. @default 1 MiB */
  readAhead?: number;
  /** The file, for messages. */
  path?: string;
  /** Position of the reader's first byte, where something else was read before it. @default 0 */
  offset?: number;
  /** The reader's `remaining` is a bound and no length, as with what is decompressed: no total is told. */
  unsized?: boolean;
  /** Called after each piece that was read. */
  onProgress?: (progress: Progress) => void;
  /** Rejects the load with its reason when it fires. */
  signal?: AbortSignal;
}

/** What the generator asks its loop for. */
type Ask =
  | { readonly kind: "read"; readonly into: Uint8Array }
  | { readonly kind: "companion"; readonly name: string }
  | { readonly kind: "pause" };

/** The facts of a reader that the generator uses. */
interface ReaderFacts {
  readonly remaining: number | undefined;
  readonly bytes?: Uint8Array | undefined;
  readonly exact: boolean;
  skip?(count: number): void;
}

const PIECE = 1 << 20;

/** One stream of bytes, of which one or more pickles are read, each from where the last ended. */
export class PickleStream {
  readonly #reader: ReaderFacts;
  readonly #options: DriveOptions;
  readonly #window: Window;
  readonly #total: number | undefined;
  /** The whole stream is in memory: the window's end is only moved. */
  readonly #whole: boolean;
  #lastPause: number;
  /** Bytes that were passed over: they are not held against `maxBytes`. */
  #skipped = 0;

  /** Read from a reader that was just opened. */
  constructor(reader: ReaderFacts, options: DriveOptions = {}) {
    this.#reader = reader;
    this.#options = options;
    const { offset = 0, readAhead = PIECE, unsized = false } = options;
    const { remaining } = reader;
    this.#total = remaining === undefined || unsized ? undefined : offset + remaining;
    this.#lastPause = offset;
    this.#whole = reader.bytes !== undefined;
    if (reader.bytes === undefined) {
      const room = Math.min(readAhead, reader.exact ? 4096 : (reader.remaining ?? PIECE) + 1);
      this.#window = new Window(new Uint8Array(room));
      this.#window.end = 0;
    } else {
      this.#window = new Window(reader.bytes);
      this.#window.end = Math.min(PIECE, reader.bytes.length);
    }
    this.#window.base = offset;
  }

  /** Position in the stream. */
  get position(): number {
    return this.#window.base + this.#window.position;
  }

  /** Bytes that were read ahead. */
  get ahead(): number {
    return this.#whole ? 0 : this.#window.end - this.#window.position;
  }

  /** The bytes at hand behind the position, as a view that lasts until the next read. */
  get rest(): Uint8Array {
    const { bytes, position, end } = this.#window;
    return bytes.subarray(position, this.#whole ? bytes.length : end);
  }

  /** Whether there are further bytes; reads one piece if it must. */
  *hasMore(): Generator<Ask, boolean, number | Uint8Array | undefined> {
    return (yield* this.#fill(1)) === undefined;
  }

  /** Read one pickle to its end. */
  *load(machine: Unpickler): Generator<Ask, unknown, number | Uint8Array | undefined> {
    const machines = [machine];
    for (;;) {
      const current = machines[machines.length - 1];
      const step = current.run(this.#window);
      this.#checkSize(0);
      if (this.position - this.#lastPause >= PIECE) {
        this.#lastPause = this.position;
        this.#report();
        yield { kind: "pause" };
      }
      if (typeof step === "number") {
        const short = yield* this.#fill(step);
        if (short !== undefined) throw this.#truncated("pickle", step, short);
        continue;
      }
      let request: Request | undefined;
      if (step === DONE) {
        machines.pop();
        if (machines.length === 0) {
          this.#report();
          return current.result;
        }
        request = machines[machines.length - 1].answer(current.result);
      } else request = step;
      while (request !== undefined) {
        if (request instanceof NestedRequest) {
          machines.push(machines[machines.length - 1].nested());
          break;
        }
        const answer: Uint8Array | number = request instanceof ReadRequest
          ? this.#buffered(request) ?? (yield* this.#readExactly(request))
          : request instanceof SkipRequest
          ? yield* this.#skip(request)
          : (yield { kind: "companion", name: request.name }) as Uint8Array;
        request = machines[machines.length - 1].answer(answer);
      }
    }
  }

  /** Make `need` bytes visible from the position on; answers how many there are if the stream ends before. */
  *#fill(need: number): Generator<Ask, number | undefined, number | Uint8Array | undefined> {
    const window = this.#window;
    this.#checkSize(need);
    if (this.#whole) {
      const left = window.bytes.length - window.position;
      if (left < need) {
        // all that is there has been looked at, and it is not enough
        const seen = window.end === window.bytes.length;
        window.end = window.bytes.length;
        return seen || left === 0 ? left : undefined;
      }
      window.end = Math.min(window.bytes.length, window.position + Math.max(need, PIECE));
      return undefined;
    }
    let have = window.end - window.position;
    if (have >= need) return undefined;
    this.#makeRoom(need);
    while (have < need) {
      // only when it is full: what a file says it needs may never come
      if (window.end === window.bytes.length) this.#grow(2 * window.bytes.length);
      const stop = this.#reader.exact
        ? Math.min(window.bytes.length, window.position + need)
        : window.bytes.length;
      const got = (yield { kind: "read", into: window.bytes.subarray(window.end, stop) }) as number;
      if (got === 0) return have;
      window.end += got;
      have += got;
    }
    return undefined;
  }

  /** Move what is unread to the front. */
  #makeRoom(need: number): void {
    const window = this.#window;
    if (window.position === 0) return;
    if (
      window.position === window.end || window.bytes.length - window.position < Math.max(need, 1024)
    ) {
      window.bytes.copyWithin(0, window.position, window.end);
      window.base += window.position;
      window.end -= window.position;
      window.position = 0;
    }
  }

  /** A larger buffer; it only ever doubles over bytes that are really there. */
  #grow(size: number): void {
    const window = this.#window;
    if (size <= window.bytes.length) return;
    const larger = new Uint8Array(size);
    larger.set(window.bytes.subarray(0, window.end));
    window.replace(larger);
  }

  /** The payload, where all of it was read ahead: small arrays need no generator of their own. */
  #buffered(request: ReadRequest): Uint8Array | undefined {
    const { length, maxPadding } = request;
    const window = this.#window;
    const { bytes } = window;
    const end = this.#whole ? bytes.length : window.end;
    let start = window.position;
    if (maxPadding > 0) {
      if (start >= end || bytes[start] < 1 || bytes[start] > maxPadding) return undefined;
      start += 1 + bytes[start];
    }
    const stop = start + length;
    if (stop > end) return undefined;
    this.#checkSize(stop - window.position);
    const target = request.into ?? new Uint8Array(length);
    copyShort(bytes, start, target, length);
    window.position = stop;
    if (window.end < stop) window.end = stop;
    return target;
  }

  /** Bytes of a payload, straight into their own buffer. */
  *#readExactly(
    request: ReadRequest,
  ): Generator<Ask, Uint8Array, number | Uint8Array | undefined> {
    const { length } = request;
    const window = this.#window;
    if (request.maxPadding > 0) yield* this.#skipPadding(request.maxPadding);
    this.#checkSize(length);
    const end = this.#whole ? window.bytes.length : window.end;
    const buffered = Math.min(length, end - window.position);
    let available: number | undefined = buffered;
    if (buffered < length && !this.#whole) {
      const { remaining } = this.#reader;
      available = remaining === undefined ? undefined : remaining + buffered;
    }
    if (available !== undefined && length > available) {
      throw this.#truncated("data", length, available);
    }
    const known = available !== undefined;
    let target = request.into ?? this.#room(known ? length : Math.min(length, 4 * PIECE));
    let filled = Math.min(buffered, target.length);
    copyShort(window.bytes, window.position, target, filled);
    window.position += filled;
    while (filled < length) {
      if (filled === target.length) {
        const larger = this.#room(Math.min(length, 2 * target.length));
        larger.set(target);
        target = larger;
      }
      if (window.position < window.end && !this.#whole) {
        const more = Math.min(target.length - filled, window.end - window.position);
        target.set(window.bytes.subarray(window.position, window.position + more), filled);
        window.position += more;
        filled += more;
        continue;
      }
      const piece = target.subarray(filled, Math.min(target.length, filled + 8 * PIECE));
      const got = (yield { kind: "read", into: piece }) as number;
      if (got === 0) throw this.#truncated("data", length, filled);
      filled += got;
      window.base += got;
      this.#report();
      // a read that has its bytes at hand (a decompressor's) does not wait for anything
      if (this.position - this.#lastPause >= PIECE) {
        this.#lastPause = this.position;
        yield { kind: "pause" };
      }
    }
    if (this.#whole) window.end = Math.max(window.end, window.position);
    return target;
  }

  /** Pass over a payload; answers where it begins. The reader must be one that can skip. */
  *#skip(request: SkipRequest): Generator<Ask, number, number | Uint8Array | undefined> {
    const { length } = request;
    if (request.maxPadding > 0) yield* this.#skipPadding(request.maxPadding);
    const start = this.position;
    const window = this.#window;
    const buffered = Math.min(length, window.end - window.position);
    const available = buffered + (this.#reader.remaining ?? 0);
    if (length > available) throw this.#truncated("data", length, available);
    window.position += buffered;
    this.#reader.skip!(length - buffered);
    window.base += length - buffered;
    this.#skipped += length;
    this.#report();
    return start;
  }

  /** A byte that says how much padding follows it. */
  *#skipPadding(most: number): Generator<Ask, void, number | Uint8Array | undefined> {
    const window = this.#window;
    for (let need = 1;;) {
      const short = yield* this.#fill(need);
      if (short !== undefined) throw this.#truncated("padding", need, short);
      const length = window.bytes[window.position];
      if (length < 1 || length > most) {
        throw new UnpicklingError(
          `Cannot read array at byte ${this.position}: its padding of ${length} bytes is not within 1 to ${most}`,
          { offset: this.position, ...this.#path() },
        );
      }
      if (need === 1 + length) break;
      need = 1 + length;
    }
    window.position += 1 + window.bytes[window.position];
  }

  #checkSize(need: number): void {
    const maxBytes = this.#options.limits?.maxBytes;
    const size = this.position - this.#skipped + need;
    if (maxBytes === undefined || size <= maxBytes) return;
    throw new LimitError(
      `Cannot load: ${size} bytes are more than limits.maxBytes ${maxBytes}`,
      { offset: this.position, ...this.#path() },
    );
  }

  #truncated(what: string, need: number, have: number): UnpicklingError {
    const at = this.position;
    return new UnpicklingError(
      `Cannot read ${what} at byte ${at}: the file ends after ${have} of ${need} bytes needed`,
      { offset: at, ...this.#path() },
    );
  }

  #room(length: number): Uint8Array {
    return roomFor(length, this.#options.path);
  }

  #path(): { path?: string } {
    return this.#options.path === undefined ? {} : { path: this.#options.path };
  }

  #report(): void {
    this.#options.onProgress?.({
      bytes: this.position,
      ...(this.#total === undefined ? {} : { total: this.#total }),
    });
  }
}

/** Run a task of a {@link PickleStream} to its end without waiting. */
export function runSync<T>(
  task: Generator<Ask, T, number | Uint8Array | undefined>,
  reader: SyncReader,
  companions?: Companions<Uint8Array>,
): T {
  let step = task.next();
  while (!step.done) {
    const ask = step.value;
    let answer: number | Uint8Array | undefined;
    if (ask.kind === "read") answer = reader.read(ask.into);
    else if (ask.kind === "companion") answer = needCompanions(companions, ask.name).read(ask.name);
    step = task.next(answer);
  }
  return step.value;
}

/** Run a task of a {@link PickleStream} to its end, awaiting bytes and letting other work run in between. */
export async function runAsync<T>(
  task: Generator<Ask, T, number | Uint8Array | undefined>,
  reader: AsyncReader,
  companions?: Companions<Promise<Uint8Array>>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  let step = task.next();
  while (!step.done) {
    const ask = step.value;
    let answer: number | Uint8Array | undefined;
    if (ask.kind === "read") answer = await reader.read(ask.into);
    else if (ask.kind === "companion") {
      answer = await needCompanions(companions, ask.name).read(ask.name);
    } else await yieldToEventLoop();
    signal?.throwIfAborted();
    step = task.next(answer);
  }
  return step.value;
}

function needCompanions<T>(companions: Companions<T> | undefined, name: string): Companions<T> {
  if (companions !== undefined) return companions;
  throw new UnpicklingError(
    `Cannot read the companion file "${name}": it lies beside the file that is loaded, so load that by its path`,
    { path: name },
  );
}

/** Copy `length` bytes; short ones without a view, whose making takes longer than the copy. */
function copyShort(from: Uint8Array, start: number, to: Uint8Array, length: number): void {
  if (length > 64) to.set(from.subarray(start, start + length));
  else for (let i = 0; i < length; i++) to[i] = from[start + i];
}
