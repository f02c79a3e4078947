/**
 * The stack and the memo of the pickle machine. The fields are open because the machine's hot loop works
 * on them directly.
 */
import type { UnpicklingError } from "../errors.ts";
import type { DictBuilder } from "./containers.ts";
import { FreshString } from "./context.ts";
import { noteSeparate, type TextIdentities } from "./string_identity.ts";
import { PyObject } from "./values.ts";

/** Where the machine is, and how it fails. */
export interface MachinePlace {
  /** The opcode that is being carried out. */
  readonly opcode: number;
  /** Its position in the stream. */
  readonly offset: number;
  /** Go to an opcode. */
  at(opcode: number, offset: number): void;
  /** An error that names the opcode and its position. */
  fail(message: string): UnpicklingError;
}

/** The stack, the MARKs on it, and the memo. */
export class MachineStack {
  /** What lies on the stack; the array may be longer than the stack. */
  readonly items: unknown[] = [];
  /** How much lies on the stack. */
  size = 0;
  /** The sizes at which a MARK was put. */
  readonly marks: number[] = [];
  /** The memo, as far as its indexes follow each other. */
  readonly memo: unknown[] = [];
  /** Entries of the memo. */
  memoCount = 0;
  /** The memo's entries behind a gap. */
  sparse: Map<number, unknown> | undefined;
  /** Tells equal texts apart, in an exact load. */
  readonly identities: TextIdentities | undefined;
  readonly #context: MachinePlace;
  readonly #dicts: DictBuilder;

  /** An empty stack. */
  constructor(context: MachinePlace, dicts: DictBuilder, identities: TextIdentities | undefined) {
    this.#context = context;
    this.#dicts = dicts;
    this.identities = identities;
  }

  /** Put a value on top. */
  push(value: unknown): void {
    this.items[this.size++] = value;
  }

  /** Where the innermost MARK lies; nothing below it may be taken. */
  fence(): number {
    return this.marks.length > 0 ? this.marks[this.marks.length - 1] : 0;
  }

  /** The top, which stays. */
  top(): unknown {
    if (this.size <= this.fence()) throw this.underflow(this.#context.opcode, this.#context.offset);
    return this.items[this.size - 1];
  }

  /** Take the top. */
  pop(): unknown {
    const top = this.top();
    this.size--;
    return unmarked(top);
  }

  /** Take the marks off `stack[from, to)`, which goes to the end of `list` (or to `first`), and note them. */
  noteItems(list: unknown, from: number, to: number, first?: number): void {
    const texts = this.identities!.settle(this.items, from, to);
    if (texts.length === 0) return;
    const start = first ?? (Array.isArray(list) ? list.length : 0);
    for (const [i, text] of texts) noteSeparate(list, start + i - from, text);
  }

  /** Take the innermost MARK. */
  popMark(marks: number[]): number {
    const mark = marks.pop();
    if (mark === undefined) throw this.#context.fail("could not find MARK");
    return mark;
  }

  /** Take what lies above the innermost MARK, and the MARK. */
  takeMarked(): unknown[] {
    const mark = this.popMark(this.marks);
    if (this.identities?.any) this.identities.settle(this.items, mark, this.size);
    const items = this.items.slice(mark, this.size);
    this.size = mark;
    this.#dicts.count(items.length);
    return items;
  }

  /** Whether the memo has this index. */
  has(index: number): boolean {
    // undefined is a value too: a persistent id may resolve to it
    return index < this.memo.length || (this.sparse?.has(index) ?? false);
  }

  /** The value of the memo at this index. */
  get(index: number, op: number): unknown {
    const value = index < this.memo.length ? this.memo[index] : this.sparse?.get(index);
    if (value === undefined && !this.has(index)) {
      throw this.memoMiss(op, this.#context.offset, index);
    }
    if (typeof value === "object") this.#dicts.fetched(value);
    return value;
  }

  /** Remember a value under this index. */
  put(index: number, value: unknown, op: number, offset: number): void {
    this.#context.at(op, offset);
    const memo = this.memo;
    if (index < memo.length) memo[index] = value;
    else if (index === memo.length) {
      memo.push(value);
      if (!this.sparse?.delete(index)) this.memoCount++;
    } else {
      // gaps: a file may name any index, and a dense array must not grow on its word
      if (typeof value === "object") this.#dicts.fetched(value); // a dict that becomes a Map is mended at the end
      this.sparse ??= new Map();
      if (!this.sparse.has(index)) this.memoCount++;
      this.sparse.set(index, value);
    }
  }

  /** The error for an index that the memo does not have. */
  memoMiss(op: number, offset: number, index: number): UnpicklingError {
    this.#context.at(op, offset);
    return this.#context.fail(`memo value not found at index ${index}`);
  }

  /** The error for a stack that holds too little. */
  underflow(op: number, offset: number): UnpicklingError {
    this.#context.at(op, offset);
    return this.#context.fail("unpickling stack underflow");
  }

  /** POP drops the top, or a mark that lies there; what a state setter answered becomes a state of its object. */
  drop(): void {
    if (this.marks.length > 0 && this.size === this.fence()) {
      this.marks.pop();
      return;
    }
    const top = this.pop();
    const below = this.items[this.size - 1];
    if (
      top instanceof PyObject && below instanceof PyObject && top.how === "reduce" &&
      top.args.length === 2 && top.args[0] === below && top.states.length === 0
    ) {
      below.states.push({ value: top.args[1], setter: top.callable });
    }
  }
}

/** A value without the mark of {@link TextIdentities}. */
export function unmarked(value: unknown): unknown {
  return value instanceof FreshString ? value.value : value;
}
