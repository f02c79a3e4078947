/**
 * The seams of the pickle machine: what a layer above (numpy, joblib) or a registered class may
 * answer when the machine meets a global, a BUILD or a value to write.
 */
import type { PyGlobal, PyObject, PyTuple } from "./values.ts";

/** Bounds on what a file may make us do; one {@link LimitError} for all. */
export interface Limits {
  /** Decoded bytes of the whole stream. @default unlimited */
  maxBytes?: number;
  /** Nesting of containers. @default unlimited */
  maxDepth?: number;
  /** Items of all containers together. @default unlimited */
  maxItems?: number;
  /** Decoded bytes for each stored byte. @default unlimited */
  maxRatio?: number;
  /** Dimensions of an array. @default 64 */
  maxNdim?: number;
  /** Bytes of a `.npy` header. @default 10000 */
  maxHeaderSize?: number;
}

/** How Python 2's 8-bit strings are decoded. */
export type Py2Encoding = "ASCII" | "latin1" | "bytes";

/** A non-fatal notice: what, where, and a code for programs. */
export interface LarderWarning {
  /** Stable short name, such as `old-format`. */
  code: string;
  /** A sentence for people. */
  message: string;
  /** The file concerned, where it is known. */
  path?: string;
  /** The error underneath, where there is one. */
  cause?: unknown;
}

/** Asks for the buffer that an array's bytes go to; undefined: a fresh one. */
export type IntoHook = (
  info: { dtype: string; shape: readonly number[]; byteLength: number },
) => ArrayBuffer | undefined;

/** What constructors and state setters may know of the load that calls them. */
export interface LoadContext {
  /** Whether types that JavaScript can't tell apart are kept apart. */
  readonly exact: boolean;
  /** How dicts with string keys come out. */
  readonly dicts: "object" | "map";
  /** Decoding of Python 2's 8-bit strings. */
  readonly encoding: Py2Encoding;
  /** The protocol that the pickle declared so far. */
  readonly protocol: number;
  /** Bounds of this load. */
  readonly limits: Limits;
  /** Where the bytes of an array go. */
  readonly into?: IntoHook;
  /** Position of the opcode that is being carried out, in the (decompressed) stream. */
  readonly offset: number;
  /** Tell the caller something that is not an error. */
  warn(warning: LarderWarning): void;
  /** An UnpicklingError for the opcode that is being carried out, with its offset. */
  fail(message: string, className?: string): Error;
  /** An UnsupportedError likewise, for what the caller's options could provide. */
  unsupported(message: string): Error;
  /** The text of an 8-bit Python 2 string that was kept as bytes because its meaning was not known yet. */
  bytesOf(value: unknown): Uint8Array | undefined;
}

/** Answered by a constructor that leaves this form of a call to the machine, as an inert PyObject. */
export const INERT: unique symbol = Symbol("larder.inert");

/** What a known global does. All members are our own code: a name in a file is only a key to them. */
export interface GlobalEntry {
  /** REDUCE, INST or OBJ with these arguments: the value, or INERT. */
  reduce?(args: PyTuple, context: LoadContext): unknown;
  /** NEWOBJ or NEWOBJ_EX: the value before its state, or INERT. */
  newobj?(
    args: PyTuple,
    kwargs: Map<unknown, unknown> | undefined,
    context: LoadContext,
  ): unknown;
}

/** Known globals by `module.name` in Python 3's spelling. */
export type GlobalTable = ReadonlyMap<string, GlobalEntry>;

/** Asks the driver for raw bytes that stand in the stream at this place. */
export class ReadRequest {
  /** How many bytes. */
  readonly length: number;
  /** Where they go; a fresh buffer otherwise. `into.length` must equal `length`. */
  readonly into?: Uint8Array;
  /** Before them stands a byte that says how much padding follows it, at most this much; 0 for none. */
  readonly maxPadding: number;
  /** Takes the bytes and answers the value, or a further request. */
  readonly finish: (bytes: Uint8Array) => unknown;

  /** Ask for `length` bytes. */
  constructor(
    length: number,
    finish: (bytes: Uint8Array) => unknown,
    options: { into?: Uint8Array | undefined; maxPadding?: number } = {},
  ) {
    this.length = length;
    this.finish = finish;
    if (options.into !== undefined) this.into = options.into;
    this.maxPadding = options.maxPadding ?? 0;
  }
}

/** Asks the driver to pass over raw bytes that stand in the stream at this place, and where they begin. */
export class SkipRequest {
  /** How many bytes. */
  readonly length: number;
  /** As in {@link ReadRequest}. */
  readonly maxPadding: number;
  /** Takes the position of the first byte in the stream and answers the value, or a further request. */
  readonly finish: (position: number) => unknown;

  /** Pass over `length` bytes. */
  constructor(
    length: number,
    finish: (position: number) => unknown,
    options: { maxPadding?: number } = {},
  ) {
    this.length = length;
    this.finish = finish;
    this.maxPadding = options.maxPadding ?? 0;
  }
}

/** Asks the driver for a complete pickle with a memo of its own that stands in the stream at this place. */
export class NestedRequest {
  /** Takes the nested pickle's value and answers the value, or a further request. */
  readonly finish: (value: unknown) => unknown;
  /** Ask for one nested pickle. */
  constructor(finish: (value: unknown) => unknown) {
    this.finish = finish;
  }
}

/** Asks for a file beside this one (joblib before 0.10 kept arrays in files of their own). */
export class CompanionRequest {
  /** Name of the file, already checked to lie in the same folder. */
  readonly name: string;
  /** Takes the file's bytes and answers the value. */
  readonly finish: (bytes: Uint8Array) => unknown;
  /** Ask for the bytes of the file `name`. */
  constructor(name: string, finish: (bytes: Uint8Array) => unknown) {
    this.name = name;
    this.finish = finish;
  }
}

/** What the pickler tells a value that spells itself. */
export interface DumpContext {
  /** Protocol that is being written. */
  readonly protocol: number;
}

/** The answer of `__reduce_ex__`: how a value is rebuilt. */
export interface Reduction {
  /** "newobj": `callable` is the class, written by NEWOBJ from protocol 2 on. @default "reduce" */
  how?: "newobj" | "newobj_ex" | "reduce";
  /** What is called. */
  callable: PyGlobal | PyObject;
  /** With these arguments: a tuple that nobody else refers to. */
  args: readonly unknown[];
  /** Keyword arguments for "newobj_ex". */
  kwargs?: Map<unknown, unknown> | Record<string, unknown>;
  /** State for BUILD; left out when undefined. */
  state?: unknown;
  /** Items for APPENDS. */
  items?: Iterable<unknown>;
  /** Pairs for SETITEMS. */
  entries?: Iterable<readonly [unknown, unknown]>;
}

/** A string that Python makes anew each time it is written, so that the memo never shares it. */
export class FreshString {
  /** The text. */
  readonly value: string;
  /** Mark `value` as fresh. */
  constructor(value: string) {
    this.value = value;
  }
}
