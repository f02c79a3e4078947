/**
 * A reader as the tasks of this folder see it: they are generators that ask for bytes, so that one code
 * serves callers that wait and callers that don't (see pickle/driver.ts, whose two loops answer them).
 */
import { LimitError } from "../errors.ts";
import type { MachineOptions } from "../pickle/options.ts";
import { PickleStream, type Progress } from "../pickle/driver.ts";
import { roomFor } from "../pickle/room.ts";
import { Unpickler } from "../pickle/unpickler.ts";

/** The facts of a reader that tasks use. */
export interface ReaderFacts {
  /** Upper bound of the bytes that are left, where it is known. */
  readonly remaining: number | undefined;
  /** The whole rest as one view, where it is in memory already. */
  readonly bytes?: Uint8Array | undefined;
  /** Bytes read ahead can't be given back. */
  readonly exact: boolean;
}

type Ask = ReturnType<PickleStream["hasMore"]> extends Generator<infer A, unknown, unknown> ? A
  : never;

/** Work that asks for bytes; runSync and runAsync of pickle/driver.ts carry it out. */
export type Task<T> = Generator<Ask, T, number | Uint8Array | undefined>;

/** A read is told, and other work has its turn, after so many bytes. */
const PIECE_BYTES = 16 << 20;
/** What is allocated at first for data whose source does not tell its size. */
const TRUSTED_BYTES = 4 << 20;

/** The bytes of a reader from front to back. */
export class Input {
  readonly #facts: ReaderFacts;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  /** Bytes that were read and put back. */
  #head: Uint8Array = new Uint8Array(0);
  #position = 0;
  #ahead = 0;
  /** Bytes in all, for progress. */
  total: number | undefined;

  /** Read from a reader that was just opened. */
  constructor(facts: ReaderFacts, onProgress?: (progress: Progress) => void) {
    this.#facts = facts;
    this.#onProgress = onProgress;
    this.total = facts.remaining;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#position;
  }

  /** Upper bound of the bytes that are left, where it is known. */
  get remaining(): number | undefined {
    const { remaining } = this.#facts;
    return remaining === undefined ? undefined : remaining + this.#head.length;
  }

  /** Bytes that were read and not used: the reader takes them back by `unread`. */
  get ahead(): number {
    return this.#ahead + this.#head.length;
  }

  /** The first bytes, which stay to be read; fewer at the end, and where `goesOn` says that they tell enough. */
  *peek(length: number, goesOn: (head: Uint8Array) => boolean): Task<Uint8Array> {
    if (this.#facts.bytes !== undefined) return this.#facts.bytes.subarray(0, length);
    const head = new Uint8Array(length);
    let have = 0;
    while (have < length && goesOn(head.subarray(0, have))) {
      // what can't be given back is read byte by byte, as long as it may be needed
      const into = head.subarray(have, this.#facts.exact ? have + 1 : length);
      const got = (yield { kind: "read", into }) as number;
      if (got === 0) break;
      have += got;
    }
    return this.#head = head.subarray(0, have);
  }

  /** Fill `into` from the front; answers how many bytes, fewer only at the end. */
  *fill(into: Uint8Array): Task<number> {
    let filled = this.#takeHead(into);
    let told = 0;
    while (filled < into.length) {
      const piece = into.subarray(filled, filled + PIECE_BYTES);
      const got = (yield { kind: "read", into: piece }) as number;
      if (got === 0) break;
      filled += got;
      this.#position += got;
      if (filled - told >= PIECE_BYTES) {
        told = filled;
        this.report();
        yield { kind: "pause" };
      }
    }
    return filled;
  }

  /**
   * `length` bytes; fewer at the end. Without `into` they get memory of their own, of which no more is
   * taken than the source has, as far as that is known.
   */
  *take(length: number, into?: Uint8Array): Task<Uint8Array> {
    if (into !== undefined) return into.subarray(0, yield* this.fill(into.subarray(0, length)));
    const known = this.remaining !== undefined;
    let target = roomFor(known ? length : Math.min(length, TRUSTED_BYTES));
    for (let filled = 0;;) {
      filled += yield* this.fill(target.subarray(filled));
      if (filled < target.length || filled === length) return target.subarray(0, filled);
      const larger = roomFor(Math.min(length, 2 * target.length));
      larger.set(target);
      target = larger;
    }
  }

  /** All that is left, at most `most` bytes. @throws LimitError */
  *takeRest(most: number, path?: string): Task<Uint8Array> {
    const room = Math.min(most, this.remaining ?? TRUSTED_BYTES) + 1; // one more tells the end
    for (let target = roomFor(room), filled = 0;;) {
      filled += yield* this.fill(target.subarray(filled));
      if (filled > most) {
        throw new LimitError(
          `Cannot load: more than limits.maxBytes ${most} bytes of a source that runs forwards only`,
          { offset: most, ...(path === undefined ? {} : { path }) },
        );
      }
      if (filled < target.length) return target.subarray(0, filled);
      const larger = roomFor(Math.min(most + 1, 2 * target.length));
      larger.set(target);
      target = larger;
    }
  }

  /** One pickle. */
  *unpickle(options: MachineOptions): Task<unknown> {
    const { limits, path } = options;
    const stream = new PickleStream(this.#pickleFacts(), {
      offset: this.#position,
      ...(limits === undefined ? {} : { limits }),
      ...(path === undefined ? {} : { path }),
      ...(this.#onProgress === undefined ? {} : { onProgress: this.#onProgress }),
    });
    const task = stream.load(new Unpickler(options));
    let step = task.next();
    while (!step.done) {
      const ask = step.value;
      const again = ask.kind === "read" && this.#head.length > 0;
      step = task.next(again ? this.#replay(ask.into) : yield ask);
    }
    if (this.#facts.bytes !== undefined) yield* this.#skip(stream.position - this.#position);
    else {
      this.#ahead = stream.ahead;
      this.#position = stream.position;
    }
    return step.value;
  }

  /** Tell the caller how far it is. */
  report(): void {
    this.#onProgress?.({
      bytes: this.#position,
      ...(this.total === undefined ? {} : { total: this.total }),
    });
  }

  /** What the pickle's stream is told of the reader: bytes that were put back are still to come. */
  #pickleFacts(): ReaderFacts {
    const { bytes, exact } = this.#facts;
    const remaining = () => this.remaining;
    return {
      exact,
      bytes,
      get remaining(): number | undefined {
        return remaining();
      },
    };
  }

  /** Move on in memory that the pickle was read from without the reader. */
  *#skip(length: number): Task<void> {
    const scratch = new Uint8Array(Math.min(length, 1 << 16));
    for (let left = length; left > 0;) left -= yield* this.fill(scratch.subarray(0, left));
  }

  #takeHead(into: Uint8Array): number {
    const count = this.#replay(into);
    this.#position += count;
    return count;
  }

  #replay(into: Uint8Array): number {
    const count = Math.min(into.length, this.#head.length);
    if (count === 0) return 0;
    into.set(this.#head.subarray(0, count));
    this.#head = this.#head.subarray(count);
    return count;
  }
}
