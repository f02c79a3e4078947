/**
 * The pickle machine: reads opcodes of protocols 0 to 5 (PEP 307, 3154, 574) and builds values, calling
 * nothing that a file names. It does no I/O: when it runs out of bytes, meets raw array bytes or a
 * nested pickle it stops, says what it needs, and goes on where it was. A step that lacks bytes has
 * changed nothing.
 */
import { decodeLong, parseDecimal } from "../bytes/long.ts";
import { parseFloatText } from "../bytes/float_text.ts";
import {
  decodeRawUnicodeEscape,
  decodeStringEscape,
  encodeLatin1,
  TextError,
} from "../bytes/text.ts";
import { LimitError, UnpicklingError, UnsupportedError } from "../errors.ts";
import { readLatin1, readUtf8 } from "../io/text.ts";
import {
  CompanionRequest,
  FreshString,
  type GlobalTable,
  type IntoHook,
  type LarderWarning,
  type Limits,
  type LoadContext,
  NestedRequest,
  type Py2Encoding,
  ReadRequest,
} from "./context.ts";
import { addTo, appendTo, DictBuilder } from "./containers.ts";
import { GlobalResolver } from "./globals.ts";
import { Op, opcodeName } from "./opcodes.ts";
import type { MachineOptions } from "./options.ts";
import { noteSeparate, TextIdentities } from "./string_identity.ts";
import { PyByteArray, PyFloat, PyFrozenSet, PyGlobal, PyObject, PyTuple } from "./values.ts";

/** The bytes that the machine may look at: `[position, end)` of `bytes`, which start at `base` of the stream. */
export class Window {
  #bytes: Uint8Array;
  #view: DataView;
  /** The next byte. */
  position = 0;
  /** Behind the last valid byte. */
  end: number;
  /** Stream offset of `bytes[0]`. */
  base = 0;

  /** Look at all of `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  /** The buffer. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The same memory, for numbers. */
  get view(): DataView {
    return this.#view;
  }

  /** Go on in a larger buffer that begins with the same bytes. */
  replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** What the machine needs from its driver. */
export type Request = ReadRequest | NestedRequest | CompanionRequest;

/** How a step ended: done, so many bytes are needed from the position on, or a request. */
export type Step = typeof DONE | number | Request;

/** The pickle is complete; its value is in `result`. */
export const DONE: unique symbol = Symbol("larder.done");

/** Payloads from here on are read straight into their own buffer. */
const LARGE = 1 << 20;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** A Python 2 string that is not ASCII, until somebody takes it as bytes. */
export class UndecodedString {
  /** The raw bytes. */
  readonly bytes: Uint8Array;
  /** Where it stands in the stream. */
  readonly offset: number;
  /** Whether it was taken as bytes. */
  used = false;
  /** Keep `bytes` for later. */
  constructor(bytes: Uint8Array, offset: number) {
    this.bytes = bytes;
    this.offset = offset;
  }
}

/** Reads one pickle, in steps. */
export class Unpickler implements LoadContext {
  readonly exact: boolean;
  readonly dicts: "object" | "map";
  readonly encoding: Py2Encoding;
  readonly limits: Limits;
  readonly into?: IntoHook;
  /** Position of the opcode that is being carried out. */
  offset = 0;
  /** The value, once a step answered DONE. */
  result: unknown = undefined;
  /** The protocol that the pickle declared. */
  protocol = 0;

  readonly #options: MachineOptions;
  readonly #globals: GlobalResolver;
  readonly #dicts: DictBuilder;
  readonly #undecoded: UndecodedString[] = [];
  /** Of an exact load. */
  #identities: TextIdentities | undefined;
  #stack: unknown[] = [];
  #sp = 0;
  #marks: number[] = [];
  #memo: unknown[] = [];
  #memoCount = 0;
  #sparse: Map<number, unknown> | undefined;
  #opcode = 0;
  #buffers: Iterator<Uint8Array> | undefined;
  #replacesTop = false;
  #pending: Request | undefined;
  /** The line (its offset) that was searched in vain so far, and how many of its bytes. */
  #searchedLine = -1;
  #searched = 0;

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
    if (this.exact) this.#identities = new TextIdentities();
    this.#buffers = options.buffers?.[Symbol.iterator]();
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
    const opcode = opcodeName(this.#opcode);
    return new UnpicklingError(`Cannot unpickle: ${message} (${opcode} at byte ${this.offset})`, {
      offset: this.offset,
      opcode,
      ...(className === undefined ? {} : { className }),
      ...(this.#options.path === undefined ? {} : { path: this.#options.path }),
    });
  }

  unsupported(message: string): UnsupportedError {
    const opcode = opcodeName(this.#opcode);
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
    if (this.#replacesTop) this.#stack[this.#sp - 1] = made;
    else this.#stack[this.#sp++] = made;
    return undefined;
  }

  /** Carry out opcodes until the pickle ends or something is missing. */
  run(window: Window): Step {
    const bytes = window.bytes;
    const view = window.view;
    const end = window.end;
    const base = window.base;
    const exact = this.exact;
    const identities = this.#identities;
    const stack = this.#stack;
    const marks = this.#marks;
    const memo = this.#memo;
    let sp = this.#sp;
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
          const value = index < memo.length ? memo[index] : this.#sparse?.get(index);
          if (value === undefined && !this.#has(index)) throw this.#memoMiss(op, base + p, index);
          if (typeof value === "object") this.#dicts.fetched(value);
          stack[sp++] = value;
          p += 2;
          break;
        }
        case Op.MEMOIZE:
          if (sp <= fence) throw this.#underflow(op, base + p);
          if (this.#memoCount === memo.length && this.#sparse === undefined) {
            memo.push(stack[sp - 1]);
            this.#memoCount++;
          } else this.#put(this.#memoCount, stack[sp - 1], op, base + p);
          p++;
          break;
        case Op.SHORT_BINUNICODE: {
          const stop = p + 2 + bytes[p + 1];
          if (p + 2 > end || stop > end) {
            need = p + 2 > end ? 2 : stop - p;
            break loop;
          }
          const text = this.#text(bytes, p + 2, stop, op, base + p);
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
          this.#at(op, base + p);
          const mark = this.#popMark(marks);
          fence = marks.length > 0 ? marks[marks.length - 1] : 0;
          if (mark <= fence) throw this.#underflow(op, base + p);
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
          this.#at(op, base + p);
          const mark = this.#popMark(marks);
          fence = marks.length > 0 ? marks[marks.length - 1] : 0;
          if (mark <= fence) throw this.#underflow(op, base + p);
          if (identities?.any) this.#noteItems(stack[mark - 1], mark, sp);
          appendTo(stack[mark - 1], stack, mark, sp, this);
          this.#dicts.count(sp - mark);
          sp = mark;
          p++;
          break;
        }
        case Op.APPEND:
          if (sp < fence + 2) throw this.#underflow(op, base + p);
          this.#at(op, base + p);
          if (identities?.any) this.#noteItems(stack[sp - 2], sp - 1, sp);
          appendTo(stack[sp - 2], stack, sp - 1, sp, this);
          this.#dicts.count(1);
          sp--;
          p++;
          break;
        case Op.SETITEM: {
          if (sp < fence + 3) throw this.#underflow(op, base + p);
          this.#at(op, base + p);
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
          if (sp - length < fence) throw this.#underflow(op, base + p);
          const made = new PyTuple(length);
          if (identities?.any) this.#noteItems(made, sp - length, sp, 0);
          for (let i = 0; i < length; i++) made[i] = stack[sp - length + i];
          sp -= length;
          stack[sp++] = made;
          p++;
          break;
        }
        case Op.TUPLE: {
          this.#at(op, base + p);
          const mark = this.#popMark(marks);
          fence = marks.length > 0 ? marks[marks.length - 1] : 0;
          const made = new PyTuple(sp - mark);
          if (identities?.any) this.#noteItems(made, mark, sp, 0);
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
          if (sp <= fence) throw this.#underflow(op, base + p);
          this.#put(bytes[p + 1], stack[sp - 1], op, base + p);
          p += 2;
          break;
        case Op.LONG_BINGET: {
          if (p + 5 > end) {
            need = 5;
            break loop;
          }
          const index = view.getUint32(p + 1, true);
          const value = index < memo.length ? memo[index] : this.#sparse?.get(index);
          if (value === undefined && !this.#has(index)) throw this.#memoMiss(op, base + p, index);
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
          if (sp <= fence) throw this.#underflow(op, base + p);
          this.#put(view.getUint32(p + 1, true), stack[sp - 1], op, base + p);
          p += 5;
          break;
        case Op.BUILD: {
          if (sp < fence + 2) throw this.#underflow(op, base + p);
          this.#at(op, base + p);
          const state = unmarked(stack[--sp]);
          const made = this.#globals.build(stack[sp - 1], state, this);
          p++;
          if (isRequest(made)) {
            this.#replacesTop = true;
            this.#pending = made;
            this.#sp = sp;
            window.position = p;
            return made;
          }
          break;
        }
        case Op.STOP: {
          if (sp === 0 || sp <= fence && marks.length > 0) throw this.#underflow(op, base + p);
          this.#at(op, base + p);
          this.#sp = sp - 1;
          window.position = p + 1;
          this.result = this.#finish(unmarked(stack[sp - 1]));
          return DONE;
        }
        default: {
          this.#at(op, base + p);
          this.#sp = sp;
          const step = this.#rare(op, bytes, view, p, end);
          sp = this.#sp;
          fence = marks.length > 0 ? marks[marks.length - 1] : 0;
          if (step < 0) {
            need = -step;
            break loop;
          }
          p = step;
          if (this.#pending !== undefined) {
            window.position = p;
            return this.#pending;
          }
        }
      }
    }
    this.#sp = sp;
    window.position = p;
    return need;
  }

  /** The opcodes that are not on the hot path; answers the next position, or −(bytes needed). */
  #rare(op: number, bytes: Uint8Array, view: DataView, p: number, end: number): number {
    switch (op) {
      case Op.PROTO:
        if (p + 2 > end) return -2;
        if (bytes[p + 1] > 5) throw this.fail(`pickle protocol ${bytes[p + 1]} is not supported`);
        this.protocol = bytes[p + 1];
        return p + 2;
      case Op.FRAME: {
        if (p + 9 > end) return -9;
        const length = this.#length(view.getBigUint64(p + 1, true), "frame");
        return p + 9 + length > end ? -(9 + length) : p + 9;
      }
      case Op.BINUNICODE:
      case Op.BINBYTES:
      case Op.BINSTRING:
      case Op.LONG4:
        if (p + 5 > end) return -5;
        return this.#payload(op, bytes, p, p + 5, this.#length32(op, view, p + 1), end);
      case Op.BINUNICODE8:
      case Op.BINBYTES8:
      case Op.BYTEARRAY8:
        if (p + 9 > end) return -9;
        return this.#payload(
          op,
          bytes,
          p,
          p + 9,
          this.#length(view.getBigUint64(p + 1, true), "length"),
          end,
        );
      case Op.SHORT_BINBYTES:
      case Op.SHORT_BINSTRING:
        if (p + 2 > end) return -2;
        return this.#payload(op, bytes, p, p + 2, bytes[p + 1], end);
      case Op.GLOBAL:
      case Op.INST:
      case Op.INT:
      case Op.LONG:
      case Op.FLOAT:
      case Op.STRING:
      case Op.UNICODE:
      case Op.PERSID:
      case Op.GET:
      case Op.PUT:
        return this.#textual(op, bytes, p, end);
      case Op.EXT1:
        if (p + 2 > end) return -2;
        this.#push(this.#globals.extension(bytes[p + 1], this));
        return p + 2;
      case Op.EXT2:
        if (p + 3 > end) return -3;
        this.#push(this.#globals.extension(view.getUint16(p + 1, true), this));
        return p + 3;
      case Op.EXT4:
        if (p + 5 > end) return -5;
        this.#push(this.#globals.extension(view.getInt32(p + 1, true), this));
        return p + 5;
      default:
        this.#stackOnly(op);
        return p + 1;
    }
  }

  /** Opcodes without an argument that work on the stack alone. */
  #stackOnly(op: number): void {
    const stack = this.#stack;
    switch (op) {
      case Op.POP:
        this.#popOne();
        return;
      case Op.DUP: {
        const top = this.#top();
        if (typeof top === "object") this.#dicts.fetched(top);
        return this.#push(top);
      }
      case Op.POP_MARK:
        this.#sp = this.#popMark(this.#marks);
        return;
      case Op.LIST:
        return this.#push(this.#takeMarked());
      case Op.DICT: {
        const items = this.#takeMarked();
        if (items.length % 2 !== 0) throw this.fail("odd number of items for DICT");
        return this.#push(
          this.#dicts.setItems(this.#dicts.empty(), items, 0, items.length, this.#memo),
        );
      }
      case Op.EMPTY_SET:
        return this.#push(new Set());
      case Op.FROZENSET: {
        const items = this.#takeMarked();
        const made = new PyFrozenSet();
        addTo(made, items, 0, items.length, this, this.#dicts);
        return this.#push(made);
      }
      case Op.ADDITEMS: {
        const mark = this.#popMark(this.#marks);
        if (mark <= this.#fence()) throw this.#underflow(op, this.offset);
        if (this.#identities?.any) this.#identities.settle(stack, mark, this.#sp);
        addTo(stack[mark - 1], stack, mark, this.#sp, this, this.#dicts);
        this.#sp = mark;
        return;
      }
      case Op.STACK_GLOBAL: {
        const name = this.#pop();
        const module = this.#pop();
        if (typeof name !== "string" || typeof module !== "string") {
          throw this.fail("STACK_GLOBAL requires str");
        }
        return this.#push(this.#globals.find(module, name, this));
      }
      case Op.REDUCE: {
        const args = this.#pop();
        return this.#push(this.#globals.reduce(this.#pop(), args, this));
      }
      case Op.NEWOBJ: {
        const args = this.#pop();
        return this.#push(this.#globals.newobj(this.#pop(), args, undefined, this));
      }
      case Op.NEWOBJ_EX: {
        const kwargs = this.#pop();
        const args = this.#pop();
        return this.#push(this.#globals.newobj(this.#pop(), args, kwargs, this));
      }
      case Op.OBJ: {
        const items = this.#takeMarked();
        if (items.length === 0) throw this.#underflow(op, this.offset);
        const args = PyTuple.from(items.slice(1)) as PyTuple;
        return this.#push(this.#globals.instance("obj", items[0], args, this));
      }
      case Op.BINPERSID:
        return this.#push(this.#persistent(this.#pop()));
      case Op.NEXT_BUFFER: {
        const next = this.#buffers?.next();
        if (next === undefined) {
          throw this.unsupported("the stream refers to out-of-band data: give its `buffers`");
        }
        if (next.done || !(next.value instanceof Uint8Array)) {
          throw this.fail("not enough out-of-band buffers");
        }
        const { buffer, byteOffset, byteLength } = next.value;
        return this.#push(new PyByteArray(buffer as ArrayBuffer, byteOffset, byteLength));
      }
      case Op.READONLY_BUFFER: {
        const top = this.#pop();
        if (!(top instanceof Uint8Array)) {
          throw this.fail(
            "READONLY_BUFFER needs a buffer (the stream refers to out-of-band data: give its `buffers`)",
          );
        }
        return this.#push(new Uint8Array(top.buffer, top.byteOffset, top.byteLength));
      }
      default:
        throw this.fail(`invalid opcode 0x${op.toString(16).padStart(2, "0")}`);
    }
  }

  /** Opcodes whose argument is one or two lines of text. */
  #textual(op: number, bytes: Uint8Array, p: number, end: number): number {
    const first = this.#lineEnd(bytes, p, p + 1, end);
    if (first < 0) return -(end - p + 1);
    let stop = first;
    if (op === Op.GLOBAL || op === Op.INST) {
      stop = this.#lineEnd(bytes, p, first + 1, end);
      if (stop < 0) return -(end - p + 1);
    }
    const line = readLatin1(bytes, p + 1, first);
    switch (op) {
      case Op.GLOBAL:
      case Op.INST: {
        const module = this.#text(bytes, p + 1, first, op, this.offset);
        const global = this.#globals.find(
          module,
          this.#text(bytes, first + 1, stop, op, this.offset),
          this,
        );
        if (op === Op.GLOBAL) this.#push(global);
        else {
          const args = PyTuple.from(this.#takeMarked()) as PyTuple;
          this.#push(this.#globals.instance("inst", global, args, this));
        }
        break;
      }
      case Op.INT:
        if (line === "00" || line === "01") this.#push(line === "01");
        else this.#push(this.#decimal(line));
        break;
      case Op.LONG:
        this.#push(this.#decimal(line.endsWith("L") ? line.slice(0, -1) : line));
        break;
      case Op.FLOAT: {
        const value = parseFloatText(line);
        if (value === undefined) throw this.fail(`${JSON.stringify(line)} is no float`);
        this.#push(
          this.exact && !(value % 1 !== 0 && value === value) && Number.isFinite(value)
            ? new PyFloat(value)
            : value,
        );
        break;
      }
      case Op.STRING: {
        const quote = line[0];
        if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) {
          throw this.fail("the STRING opcode argument must be quoted");
        }
        this.#push(this.#py2String(this.#decode(() => decodeStringEscape(line.slice(1, -1)))));
        break;
      }
      case Op.UNICODE:
        this.#push(this.#marked(this.#decode(() => decodeRawUnicodeEscape(line))));
        break;
      case Op.PERSID:
        // deno-lint-ignore no-control-regex -- a persistent id of protocol 0 is ASCII by definition
        if (!/^[\x00-\x7f]*$/.test(line)) {
          throw this.fail("persistent IDs in protocol 0 must be ASCII");
        }
        this.#push(this.#persistent(line));
        break;
      default: {
        const index = this.#decimal(line);
        if (typeof index !== "number" || index < 0) {
          throw this.fail(`memo index ${line} is not valid`);
        }
        if (op === Op.PUT) this.#put(index, this.#top(), op, this.offset);
        else this.#push(this.#get(index, op));
      }
    }
    return stop + 1;
  }

  /** The newline from `start` on, or −1; a long line that arrives in pieces is searched once. */
  #lineEnd(bytes: Uint8Array, p: number, start: number, end: number): number {
    const line = this.offset + (start - p);
    const from = this.#searchedLine === line ? start + this.#searched : start;
    const near = Math.min(end, from + 64);
    for (let i = from; i < near; i++) if (bytes[i] === 10) return i;
    const found = near < end ? bytes.subarray(near, end).indexOf(10) : -1;
    if (found >= 0) return near + found;
    this.#searchedLine = line;
    this.#searched = end - start;
    return -1;
  }

  /** Opcodes with counted bytes; a large payload becomes a request of its own. */
  #payload(
    op: number,
    bytes: Uint8Array,
    p: number,
    start: number,
    length: number,
    end: number,
  ): number {
    const stop = start + length;
    if (stop <= end) {
      this.#push(this.#value(op, bytes, start, stop));
      return stop;
    }
    if (length < LARGE) return -(stop - p);
    this.#replacesTop = false;
    this.#pending = new ReadRequest(length, (all) => {
      if (op === Op.BINBYTES || op === Op.BINBYTES8) return all;
      if (op === Op.BYTEARRAY8) {
        return new PyByteArray(all.buffer as ArrayBuffer, all.byteOffset, all.length);
      }
      return this.#value(op, all, 0, length);
    });
    return start;
  }

  #value(op: number, bytes: Uint8Array, start: number, stop: number): unknown {
    switch (op) {
      case Op.BINUNICODE:
      case Op.BINUNICODE8:
        return this.#marked(this.#text(bytes, start, stop, op, this.offset));
      case Op.LONG4:
        return decodeLong(bytes, start, stop);
      case Op.BINSTRING:
      case Op.SHORT_BINSTRING:
        return this.#py2String(bytes.slice(start, stop));
      case Op.BYTEARRAY8: {
        const made = new PyByteArray(stop - start);
        made.set(bytes.subarray(start, stop));
        return made;
      }
      default: {
        const made = new Uint8Array(stop - start);
        made.set(bytes.subarray(start, stop));
        return made;
      }
    }
  }

  #text(bytes: Uint8Array, start: number, stop: number, op: number, offset: number): string {
    const length = stop - start;
    if (length <= 10) {
      // short ASCII text without a call into the runtime: see bench/ (records)
      let text = "";
      let i = start;
      for (; i < stop; i++) {
        const byte = bytes[i];
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (i === stop) return text;
    }
    try {
      return readUtf8(bytes, start, stop);
    } catch (error) {
      this.#at(op, offset);
      throw this.#textFailure(error, "not valid UTF-8");
    }
  }

  #marked(text: string): string | FreshString {
    return this.#identities === undefined ? text : this.#identities.mark(text);
  }

  #decode<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      throw this.#textFailure(error, "text with a bad escape");
    }
  }

  #textFailure(error: unknown, what: string): unknown {
    return error instanceof TextError ? this.fail(`${what}: ${error.message}`) : error;
  }

  #decimal(text: string): number | bigint {
    const value = parseDecimal(text);
    if (value === undefined) {
      throw this.fail(`${JSON.stringify(text.slice(0, 40))} is no integer`);
    }
    return value;
  }

  #py2String(raw: Uint8Array): unknown {
    if (this.encoding === "bytes") return raw;
    if (this.encoding === "ASCII" && raw.some((byte) => byte >= 0x80)) {
      const kept = new UndecodedString(raw, this.offset);
      this.#undecoded.push(kept);
      return kept;
    }
    return readLatin1(raw, 0, raw.length);
  }

  #persistent(id: unknown): unknown {
    const resolve = this.#options.persistentLoad;
    if (resolve === undefined) {
      throw this.unsupported("a persistent id needs the option `persistentLoad`");
    }
    return resolve(id);
  }

  #length(value: bigint, what: string): number {
    if (value > 0x7fffffffffffffffn) {
      throw this.fail(`${what} ${value} exceeds the format's maximum`);
    }
    const length = Number(value);
    return length > MAX_SAFE ? MAX_SAFE : length;
  }

  #length32(op: number, view: DataView, at: number): number {
    if (op === Op.BINUNICODE || op === Op.BINBYTES) return view.getUint32(at, true);
    const length = view.getInt32(at, true);
    if (length < 0) throw this.fail(`negative length ${length}`);
    return length;
  }

  #at(op: number, offset: number): void {
    this.#opcode = op;
    this.offset = offset;
  }

  #push(value: unknown): void {
    this.#stack[this.#sp++] = value;
  }

  #fence(): number {
    return this.#marks.length > 0 ? this.#marks[this.#marks.length - 1] : 0;
  }

  #top(): unknown {
    if (this.#sp <= this.#fence()) throw this.#underflow(this.#opcode, this.offset);
    return this.#stack[this.#sp - 1];
  }

  #pop(): unknown {
    const top = this.#top();
    this.#sp--;
    return unmarked(top);
  }

  /** Take the marks off `stack[from, to)`, which goes to the end of `list` (or to `first`), and note them. */
  #noteItems(list: unknown, from: number, to: number, first?: number): void {
    const texts = this.#identities!.settle(this.#stack, from, to);
    if (texts.length === 0) return;
    const start = first ?? (Array.isArray(list) ? list.length : 0);
    for (const [i, text] of texts) noteSeparate(list, start + i - from, text);
  }

  /** POP drops the top, or a mark that lies there; what a state setter answered becomes a state of its object. */
  #popOne(): void {
    if (this.#marks.length > 0 && this.#sp === this.#fence()) {
      this.#marks.pop();
      return;
    }
    const top = this.#pop();
    const below = this.#stack[this.#sp - 1];
    if (
      top instanceof PyObject && below instanceof PyObject && top.how === "reduce" &&
      top.args.length === 2 && top.args[0] === below && top.states.length === 0
    ) {
      below.states.push({ value: top.args[1], setter: top.callable });
    }
  }

  #popMark(marks: number[]): number {
    const mark = marks.pop();
    if (mark === undefined) throw this.fail("could not find MARK");
    return mark;
  }

  #takeMarked(): unknown[] {
    const mark = this.#popMark(this.#marks);
    if (this.#identities?.any) this.#identities.settle(this.#stack, mark, this.#sp);
    const items = this.#stack.slice(mark, this.#sp);
    this.#sp = mark;
    this.#dicts.count(items.length);
    return items;
  }

  #has(index: number): boolean {
    // undefined is a value too: a persistent id may resolve to it
    return index < this.#memo.length || (this.#sparse?.has(index) ?? false);
  }

  #get(index: number, op: number): unknown {
    const value = index < this.#memo.length ? this.#memo[index] : this.#sparse?.get(index);
    if (value === undefined && !this.#has(index)) throw this.#memoMiss(op, this.offset, index);
    if (typeof value === "object") this.#dicts.fetched(value);
    return value;
  }

  #put(index: number, value: unknown, op: number, offset: number): void {
    this.#at(op, offset);
    const memo = this.#memo;
    if (index < memo.length) memo[index] = value;
    else if (index === memo.length) {
      memo.push(value);
      if (!this.#sparse?.delete(index)) this.#memoCount++;
    } else {
      // gaps: a file may name any index, and a dense array must not grow on its word
      if (typeof value === "object") this.#dicts.fetched(value); // a dict that becomes a Map is mended at the end
      this.#sparse ??= new Map();
      if (!this.#sparse.has(index)) this.#memoCount++;
      this.#sparse.set(index, value);
    }
  }

  #memoMiss(op: number, offset: number, index: number): UnpicklingError {
    this.#at(op, offset);
    return this.fail(`memo value not found at index ${index}`);
  }

  #underflow(op: number, offset: number): UnpicklingError {
    this.#at(op, offset);
    return this.fail("unpickling stack underflow");
  }

  /** Last checks of the complete value. */
  #finish(value: unknown): unknown {
    for (const text of this.#undecoded) {
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

/** A value without the mark of {@link TextIdentities}. */
function unmarked(value: unknown): unknown {
  return value instanceof FreshString ? value.value : value;
}

/** Whether a constructor or BUILD asked for something. */
export function isRequest(value: unknown): value is Request {
  return value instanceof ReadRequest || value instanceof NestedRequest ||
    value instanceof CompanionRequest;
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
