/**
 * The seams of the pickler: how layers above take part in writing. numpy brings arrays, joblib stands raw
 * bytes between opcodes, the hasher puts dicts in order and keeps text out of the memo.
 */
import type { Reduction } from "./context.ts";
import type { Frames } from "./frames.ts";
import type { Pickler } from "./pickler.ts";
import type { Steps } from "./spelling.ts";
import type { Memoize } from "./writer_options.ts";

/** What a layer above makes of an object that the pickle layer has no spelling for. */
export interface RawArray {
  /** Written like any instance (and not kept in the memo). */
  wrapper: Reduction;
  /** Then the frame is closed, and this is written outside of it. */
  write(out: Frames): void;
}

/** What layers above give the pickler beside the caller's options. */
export interface PicklerHooks {
  /** Whose corners are followed: the C pickler of `pickle.dumps`, or the Python pickler that joblib uses. @default "c" */
  dialect?: "c" | "python";
  /** The value to write instead of this one (a typed array becomes an ndarray). */
  convert?(value: object): object | undefined;
  /** An array whose bytes stand between the opcodes, as joblib writes it. */
  rawArray?(value: object): RawArray | undefined;
  /** Position in the target where the first byte goes. @default 0 */
  start?: number;
  /** Told of an instance that is dumped as a class of `__main__`, which other programs don't have. */
  onMainClass?(className: string): void;
  /** Steps of spelling.ts for an object, instead of its own; none at all write nothing. */
  reduce?(value: object, pickler: Pickler): Steps | undefined;
  /** What enters the memo. @default "all" */
  memoize?: Memoize;
  /** Told of each object (null for a fresh one) where none enters the memo: such a pickler follows a cycle for ever. */
  onVisit?(object: unknown): void;
  /** The keys of an ordinary object in the order in which they are written; may sort them in place. @default as they are */
  keyOrder?(keys: string[]): readonly string[];
  /** The entries of any other dict likewise, as keys and values in turn. @default as they are */
  itemOrder?(entries: Iterable<readonly [unknown, unknown]>, pickler: Pickler): readonly unknown[];
  /** What to write of an instance of a registered class, instead of this. */
  instance?(reduction: Reduction): Reduction;
  /** What is being done to the value, for messages. @default "pickle" */
  action?: string;
}
