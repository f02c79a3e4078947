/**
 * The opcodes that are not on the pickle machine's hot path: arguments of any length, lines of text,
 * classes and calls, Python 2's strings, buffers and persistent ids.
 */
import { decodeLong, parseDecimal } from "../bytes/long.ts";
import { parseFloatText } from "../bytes/float_text.ts";
import { decodeRawUnicodeEscape, decodeStringEscape, TextError } from "../bytes/text.ts";
import type { UnpicklingError, UnsupportedError } from "../errors.ts";
import { readLatin1, readUtf8 } from "../io/text.ts";
import { addTo, type DictBuilder } from "./containers.ts";
import { type FreshString, type LoadContext, ReadRequest } from "./context.ts";
import type { GlobalResolver } from "./globals.ts";
import type { MachinePlace, MachineStack } from "./machine_stack.ts";
import { Op } from "./opcodes.ts";
import type { MachineOptions } from "./options.ts";
import { PyByteArray, PyFloat, PyFrozenSet, PyTuple } from "./values.ts";

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

/** The machine, as far as its rare opcodes know it. */
export interface MachineContext extends LoadContext, MachinePlace {
  readonly offset: number;
  protocol: number;
  fail(message: string, className?: string): UnpicklingError;
  unsupported(message: string): UnsupportedError;
}

/** Carries out the rare opcodes of one machine. */
export class RareOpcodes {
  /** A large payload that the driver must read. */
  pending: ReadRequest | undefined;
  /** Python 2 strings that nobody could decode so far. */
  readonly undecoded: UndecodedString[] = [];
  readonly #context: MachineContext;
  readonly #stack: MachineStack;
  readonly #dicts: DictBuilder;
  readonly #globals: GlobalResolver;
  readonly #options: MachineOptions;
  readonly #buffers: Iterator<Uint8Array> | undefined;
  /** The line (its offset) that was searched in vain so far, and how many of its bytes. */
  #searchedLine = -1;
  #searched = 0;

  /** Work on the machine's stack. */
  constructor(
    context: MachineContext,
    parts: { stack: MachineStack; dicts: DictBuilder; globals: GlobalResolver },
    options: MachineOptions,
  ) {
    this.#context = context;
    this.#stack = parts.stack;
    this.#dicts = parts.dicts;
    this.#globals = parts.globals;
    this.#options = options;
    this.#buffers = options.buffers?.[Symbol.iterator]();
  }

  /** Carry out an opcode that is not on the hot path; answers the next position, or −(bytes needed). */
  run(op: number, bytes: Uint8Array, view: DataView, p: number, end: number): number {
    switch (op) {
      case Op.PROTO:
        if (p + 2 > end) return -2;
        if (bytes[p + 1] > 5) {
          throw this.#context.fail(`pickle protocol ${bytes[p + 1]} is not supported`);
        }
        this.#context.protocol = bytes[p + 1];
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
        this.#stack.push(this.#globals.extension(bytes[p + 1], this.#context));
        return p + 2;
      case Op.EXT2:
        if (p + 3 > end) return -3;
        this.#stack.push(this.#globals.extension(view.getUint16(p + 1, true), this.#context));
        return p + 3;
      case Op.EXT4:
        if (p + 5 > end) return -5;
        this.#stack.push(this.#globals.extension(view.getInt32(p + 1, true), this.#context));
        return p + 5;
      default:
        this.#stackOnly(op);
        return p + 1;
    }
  }

  /** UTF-8 text of the stream. */
  text(bytes: Uint8Array, start: number, stop: number, op: number, offset: number): string {
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
      this.#context.at(op, offset);
      throw this.#textFailure(error, "not valid UTF-8");
    }
  }

  /** Opcodes without an argument that work on the stack alone. */
  #stackOnly(op: number): void {
    const stack = this.#stack.items;
    switch (op) {
      case Op.POP:
        this.#stack.drop();
        return;
      case Op.DUP: {
        const top = this.#stack.top();
        if (typeof top === "object") this.#dicts.fetched(top);
        return this.#stack.push(top);
      }
      case Op.POP_MARK:
        this.#stack.size = this.#stack.popMark(this.#stack.marks);
        return;
      case Op.LIST:
        return this.#stack.push(this.#stack.takeMarked());
      case Op.DICT: {
        const items = this.#stack.takeMarked();
        if (items.length % 2 !== 0) throw this.#context.fail("odd number of items for DICT");
        return this.#stack.push(
          this.#dicts.setItems(this.#dicts.empty(), items, 0, items.length, this.#stack.memo),
        );
      }
      case Op.EMPTY_SET:
        return this.#stack.push(new Set());
      case Op.FROZENSET: {
        const items = this.#stack.takeMarked();
        const made = new PyFrozenSet();
        addTo(made, items, 0, items.length, this.#context, this.#dicts);
        return this.#stack.push(made);
      }
      case Op.ADDITEMS: {
        const mark = this.#stack.popMark(this.#stack.marks);
        if (mark <= this.#stack.fence()) throw this.#stack.underflow(op, this.#context.offset);
        if (this.#stack.identities?.any) {
          this.#stack.identities.settle(stack, mark, this.#stack.size);
        }
        addTo(stack[mark - 1], stack, mark, this.#stack.size, this.#context, this.#dicts);
        this.#stack.size = mark;
        return;
      }
      case Op.STACK_GLOBAL: {
        const name = this.#stack.pop();
        const module = this.#stack.pop();
        if (typeof name !== "string" || typeof module !== "string") {
          throw this.#context.fail("STACK_GLOBAL requires str");
        }
        return this.#stack.push(this.#globals.find(module, name, this.#context));
      }
      case Op.REDUCE: {
        const args = this.#stack.pop();
        return this.#stack.push(this.#globals.reduce(this.#stack.pop(), args, this.#context));
      }
      case Op.NEWOBJ: {
        const args = this.#stack.pop();
        return this.#stack.push(
          this.#globals.newobj(this.#stack.pop(), args, undefined, this.#context),
        );
      }
      case Op.NEWOBJ_EX: {
        const kwargs = this.#stack.pop();
        const args = this.#stack.pop();
        return this.#stack.push(
          this.#globals.newobj(this.#stack.pop(), args, kwargs, this.#context),
        );
      }
      case Op.OBJ: {
        const items = this.#stack.takeMarked();
        if (items.length === 0) throw this.#stack.underflow(op, this.#context.offset);
        const args = PyTuple.from(items.slice(1)) as PyTuple;
        return this.#stack.push(this.#globals.instance("obj", items[0], args, this.#context));
      }
      case Op.BINPERSID:
        return this.#stack.push(this.#persistent(this.#stack.pop()));
      case Op.NEXT_BUFFER: {
        const next = this.#buffers?.next();
        if (next === undefined) {
          throw this.#context.unsupported(
            "the stream refers to out-of-band data: give its `buffers`",
          );
        }
        if (next.done || !(next.value instanceof Uint8Array)) {
          throw this.#context.fail("not enough out-of-band buffers");
        }
        const { buffer, byteOffset, byteLength } = next.value;
        return this.#stack.push(new PyByteArray(buffer as ArrayBuffer, byteOffset, byteLength));
      }
      case Op.READONLY_BUFFER: {
        const top = this.#stack.pop();
        if (!(top instanceof Uint8Array)) {
          throw this.#context.fail(
            "READONLY_BUFFER needs a buffer (the stream refers to out-of-band data: give its `buffers`)",
          );
        }
        return this.#stack.push(new Uint8Array(top.buffer, top.byteOffset, top.byteLength));
      }
      default:
        throw this.#context.fail(`invalid opcode 0x${op.toString(16).padStart(2, "0")}`);
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
        const module = this.text(bytes, p + 1, first, op, this.#context.offset);
        const global = this.#globals.find(
          module,
          this.text(bytes, first + 1, stop, op, this.#context.offset),
          this.#context,
        );
        if (op === Op.GLOBAL) this.#stack.push(global);
        else {
          const args = PyTuple.from(this.#stack.takeMarked()) as PyTuple;
          this.#stack.push(this.#globals.instance("inst", global, args, this.#context));
        }
        break;
      }
      case Op.INT:
        if (line === "00" || line === "01") this.#stack.push(line === "01");
        else this.#stack.push(this.#decimal(line));
        break;
      case Op.LONG:
        this.#stack.push(this.#decimal(line.endsWith("L") ? line.slice(0, -1) : line));
        break;
      case Op.FLOAT: {
        const value = parseFloatText(line);
        if (value === undefined) throw this.#context.fail(`${JSON.stringify(line)} is no float`);
        this.#stack.push(
          this.#context.exact && !(value % 1 !== 0 && value === value) && Number.isFinite(value)
            ? new PyFloat(value)
            : value,
        );
        break;
      }
      case Op.STRING: {
        const quote = line[0];
        if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) {
          throw this.#context.fail("the STRING opcode argument must be quoted");
        }
        this.#stack.push(
          this.#py2String(this.#decode(() => decodeStringEscape(line.slice(1, -1)))),
        );
        break;
      }
      case Op.UNICODE:
        this.#stack.push(this.#marked(this.#decode(() => decodeRawUnicodeEscape(line))));
        break;
      case Op.PERSID:
        // deno-lint-ignore no-control-regex -- a persistent id of protocol 0 is ASCII by definition
        if (!/^[\x00-\x7f]*$/.test(line)) {
          throw this.#context.fail("persistent IDs in protocol 0 must be ASCII");
        }
        this.#stack.push(this.#persistent(line));
        break;
      default: {
        const index = this.#decimal(line);
        if (typeof index !== "number" || index < 0) {
          throw this.#context.fail(`memo index ${line} is not valid`);
        }
        if (op === Op.PUT) this.#stack.put(index, this.#stack.top(), op, this.#context.offset);
        else this.#stack.push(this.#stack.get(index, op));
      }
    }
    return stop + 1;
  }

  /** The newline from `start` on, or −1; a long line that arrives in pieces is searched once. */
  #lineEnd(bytes: Uint8Array, p: number, start: number, end: number): number {
    const line = this.#context.offset + (start - p);
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
      this.#stack.push(this.#value(op, bytes, start, stop));
      return stop;
    }
    if (length < LARGE) return -(stop - p);
    this.pending = new ReadRequest(length, (all) => {
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
        return this.#marked(this.text(bytes, start, stop, op, this.#context.offset));
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

  #marked(text: string): string | FreshString {
    return this.#stack.identities === undefined ? text : this.#stack.identities.mark(text);
  }

  #decode<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      throw this.#textFailure(error, "text with a bad escape");
    }
  }

  #textFailure(error: unknown, what: string): unknown {
    return error instanceof TextError ? this.#context.fail(`${what}: ${error.message}`) : error;
  }

  #decimal(text: string): number | bigint {
    const value = parseDecimal(text);
    if (value === undefined) {
      throw this.#context.fail(`${JSON.stringify(text.slice(0, 40))} is no integer`);
    }
    return value;
  }

  #py2String(raw: Uint8Array): unknown {
    if (this.#context.encoding === "bytes") return raw;
    if (this.#context.encoding === "ASCII" && raw.some((byte) => byte >= 0x80)) {
      const kept = new UndecodedString(raw, this.#context.offset);
      this.undecoded.push(kept);
      return kept;
    }
    return readLatin1(raw, 0, raw.length);
  }

  #persistent(id: unknown): unknown {
    const resolve = this.#options.persistentLoad;
    if (resolve === undefined) {
      throw this.#context.unsupported("a persistent id needs the option `persistentLoad`");
    }
    return resolve(id);
  }

  #length(value: bigint, what: string): number {
    if (value > 0x7fffffffffffffffn) {
      throw this.#context.fail(`${what} ${value} exceeds the format's maximum`);
    }
    const length = Number(value);
    return length > MAX_SAFE ? MAX_SAFE : length;
  }

  #length32(op: number, view: DataView, at: number): number {
    if (op === Op.BINUNICODE || op === Op.BINBYTES) return view.getUint32(at, true);
    const length = view.getInt32(at, true);
    if (length < 0) throw this.#context.fail(`negative length ${length}`);
    return length;
  }
}
