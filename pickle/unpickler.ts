/**
 * The pickle machine: reads opcodes of protocols 0 to 5 (PEP 307, 3154, 574) and builds values, calling
 * nothing that a file names. It does no I/O: when it runs out of bytes, meets raw array bytes or a
 * nested pickle it stops, says what it needs, and goes on where it was. A step that lacks bytes has
 * changed nothing.
 */
import { decodeLong } from "../bytes/long.ts";
import { encodeLatin1 } from "../bytes/text.ts";
import { LimitError, UnpicklingError, UnsupportedError } from "../errors.ts";
import { appendTo, DictBuilder } from "./containers.ts";
import {
  CompanionRequest,
  type FreshString,
  type GlobalTable,
  type IntoHook,
  type LarderWarning,
  type Limits,
  NestedRequest,
  type Py2Encoding,
  ReadRequest,
  SkipRequest,
} from "./context.ts";
import { GlobalResolver } from "./globals.ts";
import { MachineStack, unmarked } from "./machine_stack.ts";
import { Op, opcodeName } from "./opcodes.ts";
import type { MachineOptions } from "./options.ts";
import { type MachineContext, RareOpcodes, UndecodedString } from "./rare_opcodes.ts";
import { noteSeparate, TextIdentities } from "./string_identity.ts";
import { PyFloat, PyGlobal, PyTuple } from "./values.ts";
import type { Window } from "./window.ts";

/** What the machine needs from its driver. */
export type Request = ReadRequest | SkipRequest | NestedRequest | CompanionRequest;

/** How a step ended: done, so many bytes are needed from the position on, or a request. */
export type Step = typeof DONE | number | Request;

/** The pickle is complete; its value is in `result`. */
export const DONE: unique symbol = Symbol("larder.done");

/** Reads one pickle, in steps. */
export class Unpickler implements MachineContext {
  readonly exact: boolean;
  readonly dicts: "object" | "map";
  readonly encoding: Py2Encoding;
  readonly limits: Limits;
  readonly into?: IntoHook;
  /** The opcode that is being carried out. */
  opcode = 0;
  /** Its position in the stream. */
  offset = 0;
  /** The value, once a step answered DONE. */
  result: unknown = undefined;
  /** The protocol that the pickle declared. */
  protocol = 0;

  readonly #options: MachineOptions;
  readonly #globals: GlobalResolver;
  readonly #dicts: DictBuilder;
  readonly #stack: MachineStack;
  readonly #rare: RareOpcodes;
  #replacesTop = false;
  #pending: Request | undefined;

  /** Make a machine for one pickle. */
  constructor(options: MachineOptions = {}, globals?: GlobalTable) {
    this.#options = options;
    this.exact = options.exact ?? false;
    this.dicts = this.exact ? "map" : options.dicts ?? "object";
    this.encoding = options.encoding ?? "ASCII";
    this.limits = options.limits ?? {};
    if (options.into !== undefined) this.into = options.into;
    this.#globals = new GlobalResolver(options, globals);
    this.#dicts = new DictBuilder(this, this.dicts === "map");
    const identities = this.exact ? new TextIdentities() : undefined;
    this.#stack = new MachineStack(this, this.#dicts, identities);
    const parts = { stack: this.#stack, dicts: this.#dicts, globals: this.#globals };
    this.#rare = new RareOpcodes(this, parts, options);
  }

  /** A machine with the same options and a fresh memo, for a nested pickle. */
  nested(): Unpickler {
    return new Unpickler(this.#options, this.#globals.table);
  }

  warn(warning: LarderWarning): void {
    this.#options.onWarning?.(
      this.#options.path === undefined ? warning : { path: this.#options.path, ...warning },
    );
  }

  fail(message: string, className?: string): UnpicklingError {
    const opcode = opcodeName(this.opcode);
    return new UnpicklingError(`Cannot unpickle: ${message} (${opcode} at byte ${this.offset})`, {
      offset: this.offset,
      opcode,
      ...(className === undefined ? {} : { className }),
      ...(this.#options.path === undefined ? {} : { path: this.#options.path }),
    });
  }

  unsupported(message: string): UnsupportedError {
    const opcode = opcodeName(this.opcode);
    return new UnsupportedError(`Cannot unpickle: ${message} (${opcode} at byte ${this.offset})`, {
      offset: this.offset,
      opcode,
      ...(this.#options.path === undefined ? {} : { path: this.#options.path }),
    });
  }

  bytesOf(value: unknown): Uint8Array | undefined {
    if (value instanceof Uint8Array) return value;
    if (typeof value === "string") return encodeLatin1(value);
    if (value instanceof UndecodedString) {
      value.used = true;
      return value.bytes;
    }
    return undefined;
  }

  /** Give the answer to the request of the last step; the result is the next request, or undefined. */
  answer(value: unknown): Request | undefined {
    const request = this.#pending!;
    this.#pending = undefined;
    const made = (request.finish as (value: unknown) => unknown)(value);
    if (isRequest(made)) return this.#pending = made;
    if (this.#replacesTop) this.#stack.items[this.#stack.size - 1] = made;
    else this.#stack.items[this.#stack.size++] = made;
    return undefined;
  }

  /** Carry out opcodes until the pickle ends or something is missing. */
  run(window: Window): Step {
    const bytes = window.bytes;
    const view = window.view;
    const end = window.end;
    const base = window.base;
    const exact = this.exact;
    const state = this.#stack;
    const identities = state.identities;
    const stack = state.items;
    const marks = state.marks;
    const memo = state.memo;
    let sp = this.#stack.size;
    let fence = marks.length > 0 ? marks[marks.length - 1] : 0;
    let p = window.position;
    let need = 1;

    loop: while (p < end) {
      const op = bytes[p];
      switch (op) {
        case Op.BINGET: {
          if (p + 2 > end) {
            need = 2;
            break loop;
          }
          const index = bytes[p + 1];
          const value = index < memo.length ? memo[index] : this.#stack.sparse?.get(index);
          if (value === undefined && !this.#stack.has(index)) {
            throw this.#stack.memoMiss(op, base + p, index);
          }
          if (typeof value === "object") this.#dicts.fetched(value);
          stack[sp++] = value;
          p += 2;
          break;
        }
        case Op.MEMOIZE:
          if (sp <= fence) throw this.#stack.underflow(op, base + p);
          if (this.#stack.memoCount === memo.length && this.#stack.sparse === undefined) {
            memo.push(stack[sp - 1]);
            this.#stack.memoCount++;
          } else this.#stack.put(this.#stack.memoCount, stack[sp - 1], op, base + p);
          p++;
          break;
        case Op.SHORT_BINUNICODE: {
          const stop = p + 2 + bytes[p + 1];
          if (p + 2 > end || stop > end) {
            need = p + 2 > end ? 2 : stop - p;
            break loop;
          }
          const text = this.#rare.text(bytes, p + 2, stop, op, base + p);
          stack[sp++] = identities === undefined ? text : identities.mark(text);
          p = stop;
          break;
        }
        case Op.BININT1:
          if (p + 2 > end) {
            need = 2;
            break loop;
          }
          stack[sp++] = bytes[p + 1];
          p += 2;
          break;
        case Op.BININT2:
          if (p + 3 > end) {
            need = 3;
            break loop;
          }
          stack[sp++] = bytes[p + 1] | (bytes[p + 2] << 8);
          p += 3;
          break;
        case Op.BININT:
          if (p + 5 > end) {
            need = 5;
            break loop;
          }
          stack[sp++] = view.getInt32(p + 1, true);
          p += 5;
          break;
        case Op.BINFLOAT: {
          if (p + 9 > end) {
            need = 9;
            break loop;
          }
          const value = view.getFloat64(p + 1, false);
          stack[sp++] = exact && !(value % 1 !== 0 && value === value)
            ? exactFloat(value, view, p + 1)
            : value;
          p += 9;
          break;
        }
        case Op.MARK:
          marks.push(sp);
          fence = sp;
          p++;
          break;
        case Op.EMPTY_DICT:
          stack[sp++] = this.#dicts.empty();
          p++;
          break;
        case Op.EMPTY_LIST:
          stack[sp++] = [];
          p++;
          break;
        case Op.EMPTY_TUPLE:
          stack[sp++] = new PyTuple();
          p++;
          break;
        case Op.NONE:
          stack[sp++] = null;
          p++;
          break;
        case Op.NEWTRUE:
          stack[sp++] = true;
          p++;
          break;
        case Op.NEWFALSE:
          stack[sp++] = false;
          p++;
          break;
        case Op.SETITEMS: {
          this.at(op, base + p);
          const mark = this.#stack.popMark(marks);
          fence = marks.length > 0 ? marks[marks.length - 1] : 0;
          if (mark <= fence) throw this.#stack.underflow(op, base + p);
          if ((sp - mark) % 2 !== 0) throw this.fail("odd number of items for SETITEMS");
          const texts = identities?.any ? identities.settle(stack, mark, sp) : NONE;
          const dict = this.#dicts.setItems(stack[mark - 1], stack, mark, sp, memo);
          stack[mark - 1] = dict;
          for (const [i, text] of texts) {
            if ((i - mark) % 2 === 1) noteSeparate(dict, stack[i - 1], text);
          }
          sp = mark;
          p++;
          break;
        }
        case Op.APPENDS: {
          this.at(op, base + p);
          const mark = this.#stack.popMark(marks);
          fence = marks.length > 0 ? marks[marks.length - 1] : 0;
          if (mark <= fence) throw this.#stack.underflow(op, base + p);
          if (identities?.any) this.#stack.noteItems(stack[mark - 1], mark, sp);
          appendTo(stack[mark - 1], stack, mark, sp, this);
          this.#dicts.count(sp - mark);
          sp = mark;
          p++;
          break;
        }
        case Op.APPEND:
          if (sp < fence + 2) throw this.#stack.underflow(op, base + p);
          this.at(op, base + p);
          if (identities?.any) this.#stack.noteItems(stack[sp - 2], sp - 1, sp);
          appendTo(stack[sp - 2], stack, sp - 1, sp, this);
          this.#dicts.count(1);
          sp--;
          p++;
          break;
        case Op.SETITEM: {
          if (sp < fence + 3) throw this.#stack.underflow(op, base + p);
          this.at(op, base + p);
          const texts = identities?.any ? identities.settle(stack, sp - 2, sp) : NONE;
          const dict = this.#dicts.setItems(stack[sp - 3], stack, sp - 2, sp, memo);
          stack[sp - 3] = dict;
          for (const [i, text] of texts) if (i === sp - 1) noteSeparate(dict, stack[i - 1], text);
          sp -= 2;
          p++;
          break;
        }
        case Op.TUPLE1:
        case Op.TUPLE2:
        case Op.TUPLE3: {
          const length = op - Op.TUPLE1 + 1;
          if (sp - length < fence) throw this.#stack.underflow(op, base + p);
          const made = new PyTuple(length);
          if (identities?.any) this.#stack.noteItems(made, sp - length, sp, 0);
          for (let i = 0; i < length; i++) made[i] = stack[sp - length + i];
          sp -= length;
          stack[sp++] = made;
          p++;
          break;
        }
        case Op.TUPLE: {
          this.at(op, base + p);
          const mark = this.#stack.popMark(marks);
          fence = marks.length > 0 ? marks[marks.length - 1] : 0;
          const made = new PyTuple(sp - mark);
          if (identities?.any) this.#stack.noteItems(made, mark, sp, 0);
          for (let i = mark; i < sp; i++) made[i - mark] = stack[i];
          this.#dicts.count(sp - mark);
          sp = mark;
          stack[sp++] = made;
          p++;
          break;
        }
        case Op.LONG1: {
          const stop = p + 2 + bytes[p + 1];
          if (p + 2 > end || stop > end) {
            need = p + 2 > end ? 2 : stop - p;
            break loop;
          }
          stack[sp++] = decodeLong(bytes, p + 2, stop);
          p = stop;
          break;
        }
        case Op.BINPUT:
          if (p + 2 > end) {
            need = 2;
            break loop;
          }
          if (sp <= fence) throw this.#stack.underflow(op, base + p);
          this.#stack.put(bytes[p + 1], stack[sp - 1], op, base + p);
          p += 2;
          break;
        case Op.LONG_BINGET: {
          if (p + 5 > end) {
            need = 5;
            break loop;
          }
          const index = view.getUint32(p + 1, true);
          const value = index < memo.length ? memo[index] : this.#stack.sparse?.get(index);
          if (value === undefined && !this.#stack.has(index)) {
            throw this.#stack.memoMiss(op, base + p, index);
          }
          if (typeof value === "object") this.#dicts.fetched(value);
          stack[sp++] = value;
          p += 5;
          break;
        }
        case Op.LONG_BINPUT:
          if (p + 5 > end) {
            need = 5;
            break loop;
          }
          if (sp <= fence) throw this.#stack.underflow(op, base + p);
          this.#stack.put(view.getUint32(p + 1, true), stack[sp - 1], op, base + p);
          p += 5;
          break;
        case Op.BUILD: {
          if (sp < fence + 2) throw this.#stack.underflow(op, base + p);
          this.at(op, base + p);
          const state = unmarked(stack[--sp]);
          const made = this.#globals.build(stack[sp - 1], state, this);
          p++;
          if (isRequest(made)) {
            this.#replacesTop = true;
            this.#pending = made;
            this.#stack.size = sp;
            window.position = p;
            return made;
          }
          break;
        }
        case Op.STOP: {
          if (sp === 0 || sp <= fence && marks.length > 0) {
            throw this.#stack.underflow(op, base + p);
          }
          this.at(op, base + p);
          this.#stack.size = sp - 1;
          window.position = p + 1;
          this.result = this.#finish(unmarked(stack[sp - 1]));
          return DONE;
        }
        default: {
          this.at(op, base + p);
          this.#stack.size = sp;
          const step = this.#rare.run(op, bytes, view, p, end);
          sp = this.#stack.size;
          fence = marks.length > 0 ? marks[marks.length - 1] : 0;
          if (step < 0) {
            need = -step;
            break loop;
          }
          p = step;
          const { pending } = this.#rare;
          if (pending !== undefined) {
            this.#rare.pending = undefined;
            this.#replacesTop = false;
            this.#pending = pending;
            window.position = p;
            return pending;
          }
        }
      }
    }
    this.#stack.size = sp;
    window.position = p;
    return need;
  }

  at(opcode: number, offset: number): void {
    this.opcode = opcode;
    this.offset = offset;
  }

  /** Last checks of the complete value. */
  #finish(value: unknown): unknown {
    for (const text of this.#rare.undecoded) {
      if (text.used) continue;
      this.offset = text.offset;
      throw new UnpicklingError(
        `Cannot decode a Python 2 string at byte ${text.offset}: it is not ASCII; ` +
          `try encoding: "latin1" (text) or "bytes"`,
        { offset: text.offset },
      );
    }
    const finished = this.#dicts.finish(value);
    const { maxDepth } = this.limits;
    if (maxDepth !== undefined && deeperThan(finished, maxDepth)) {
      throw new LimitError(`Cannot unpickle: nested deeper than limits.maxDepth ${maxDepth}`);
    }
    return finished;
  }
}

const NONE: readonly [number, FreshString][] = [];

/** Whether a constructor or BUILD asked for something. */
export function isRequest(value: unknown): value is Request {
  return value instanceof ReadRequest || value instanceof SkipRequest ||
    value instanceof NestedRequest || value instanceof CompanionRequest;
}

/** A float whose type or bits a JavaScript number would lose. */
function exactFloat(value: number, view: DataView, at: number): number | PyFloat {
  if (value === value) return Number.isFinite(value) ? new PyFloat(value) : value;
  const bits = view.getBigUint64(at, false);
  return bits === 0x7ff8000000000000n ? value : new PyFloat(value, bits);
}

/** Whether containers are nested deeper than `limit`; without recursion, and once for each object. */
function deeperThan(root: unknown, limit: number): boolean {
  let level: unknown[] = [root];
  const seen = new Set<unknown>();
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null || seen.has(value)) continue;
      seen.add(value);
      if (value instanceof PyGlobal || ArrayBuffer.isView(value)) continue;
      if (depth >= limit) return true;
      if (Array.isArray(value) || value instanceof Set) {
        for (const item of value) next.push(item);
      } else if (value instanceof Map) {
        for (const pair of value) next.push(pair[0], pair[1]);
      } else {
        for (const item of Object.values(value)) next.push(item);
      }
    }
    level = next;
  }
  return false;
}
