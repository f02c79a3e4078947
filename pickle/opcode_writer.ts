/**
 * Opcodes that carry a value by themselves: numbers, text, bytes, and references to the memo, each in the
 * shortest form that the protocol has, as CPython chooses it. The memo lives here.
 */
import { encodeLong } from "../bytes/long.ts";
import { floatRepr } from "../bytes/float_text.ts";
import { encodeRawUnicodeEscape } from "../bytes/text.ts";
import { toUtf8, writeUtf8 } from "../io/text.ts";
import type { FreshString } from "./context.ts";
import { Frames } from "./frames.ts";
import { Op } from "./opcodes.ts";
import { counted4, counted8 } from "./counted.ts";
import { HASH_SEED, hashStep, StringMemo } from "./string_memo.ts";
import type { WriterOptions } from "./writer_options.ts";

/** Strings and bytes from here on stand outside of frames. */
const LARGE = 64 * 1024;
/** Strings up to here go through the {@link StringMemo}. */
const SHORT = 48;
/** So many keys of a dict are remembered by their place. */
const LAST_KEYS = 64;

/** Writes scalars and keeps the memo. */
export class OpcodeWriter {
  /** Where the bytes go. */
  readonly out: Frames;
  /** Protocol that is being written. */
  readonly protocol: number;
  /** Whether the protocol has binary opcodes. */
  readonly bin: boolean;
  /** Whether text and bytes enter the memo. */
  readonly keepsText: boolean;
  /** Whether anything enters the memo. */
  readonly keeps: boolean;
  readonly #distinct: boolean;
  readonly #fail: (message: string) => Error;
  readonly #onVisit: WriterOptions["onVisit"];
  readonly #memo = new Map<unknown, number>();
  #strings: Map<string, number> | undefined;
  /** Short ASCII text of protocol 4 and 5. */
  readonly #shorts = new StringMemo();
  /** The keys of the last dict by their place, and their memo indexes: records repeat them. */
  readonly #lastKeys: string[] = [];
  readonly #lastIndexes: number[] = [];
  #functionModules: Map<string, number> | undefined;
  #memoCount = 0;

  /** Write the head of a pickle. */
  constructor(options: WriterOptions) {
    this.protocol = options.protocol;
    this.bin = this.protocol >= 1;
    this.keepsText = options.memoize === "all";
    this.keeps = options.memoize !== "none";
    this.#distinct = options.distinct;
    this.#fail = options.fail;
    this.#onVisit = options.onVisit;
    this.out = new Frames(this.protocol >= 4, options.start);
    if (this.protocol >= 2) {
      this.out.byte(Op.PROTO);
      this.out.byte(this.protocol);
    }
    this.out.startFraming();
  }

  /** How many values the memo has: the index of the next. */
  get memoCount(): number {
    return this.#memoCount;
  }

  /** The memo index of an object, or undefined. */
  known(object: unknown): number | undefined {
    return this.#memo.get(object);
  }

  /** Before each object: CPython closes a frame that is full when the next save begins. */
  boundary(): void {
    if (this.out.position >= this.out.limit) this.out.boundary();
  }

  /** True or False. */
  boolean(value: boolean): void {
    if (this.protocol >= 2) this.out.byte(value ? Op.NEWTRUE : Op.NEWFALSE);
    else this.line(Op.INT, value ? "01" : "00");
  }

  /** A number: an int where it is a safe integer, a float otherwise. */
  number(value: number): void {
    const out = this.out;
    if (value === (value | 0) && (value !== 0 || !Object.is(value, -0))) {
      if (!this.bin) return this.line(Op.INT, `${value}`);
      if (out.position + 9 > out.buffer.length) out.ensure(9);
      const { buffer } = out;
      let at = out.position;
      if (value >= 0 && value < 0x10000) {
        if (value < 0x100) {
          buffer[at++] = Op.BININT1;
          buffer[at++] = value;
        } else {
          buffer[at++] = Op.BININT2;
          buffer[at++] = value & 0xff;
          buffer[at++] = value >> 8;
        }
      } else {
        buffer[at++] = Op.BININT;
        buffer[at++] = value & 0xff;
        buffer[at++] = (value >> 8) & 0xff;
        buffer[at++] = (value >> 16) & 0xff;
        buffer[at++] = value >>> 24;
      }
      out.position = at;
    } else if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.bigint(BigInt(value));
    } else this.float(value);
  }

  /** A float; `bits` for a NaN that has others than usual. */
  float(value: number, bits?: bigint): void {
    const out = this.out;
    if (!this.bin) return this.line(Op.FLOAT, floatRepr(value));
    out.ensure(9);
    out.buffer[out.position] = Op.BINFLOAT;
    if (bits === undefined) out.view.setFloat64(out.position + 1, value, false);
    else out.view.setBigUint64(out.position + 1, bits, false);
    out.position += 9;
  }

  /** An int of any size. */
  bigint(value: bigint): void {
    const out = this.out;
    const small = value >= -0x80000000n && value <= 0x7fffffffn;
    if (small && this.bin) return this.number(Number(value));
    if (this.protocol < 2) {
      return small ? this.line(Op.INT, `${value}`) : this.line(Op.LONG, `${value}L`);
    }
    const bytes = encodeLong(value);
    if (bytes.length < 256) {
      out.byte(Op.LONG1);
      out.byte(bytes.length);
    } else {
      out.ensure(5);
      out.byte(Op.LONG4);
      out.view.setUint32(out.position, bytes.length, true);
      out.position += 4;
    }
    out.bytes(bytes);
  }

  /** A string that is a value. */
  string(text: string): void {
    if (!this.#distinct || text.length <= 1) return this.key(text);
    this.#text(text);
    this.memoize(null);
  }

  /** A dict key or attribute name: shared when it is equal, whatever `strings` says. */
  key(text: string): void {
    if (!this.keepsText) return this.#text(text);
    if (text.length <= SHORT && this.protocol >= 4 && this.#short(text)) return;
    this.#strings ??= new Map();
    const known = this.#strings.get(text);
    if (known !== undefined) this.refer(known);
    else {
      this.#text(text);
      this.#strings.set(text, this.#memoCount);
      this.memoize(null);
    }
  }

  /** A dict key, as a complete save. */
  dictKey(key: string): void {
    this.boundary();
    this.key(key);
  }

  /** A key at this place of an ordinary object. */
  recordKey(key: string, place: number): void {
    if (place < LAST_KEYS && this.#lastKeys[place] === key) {
      this.boundary();
      this.refer(this.#lastIndexes[place]);
      return;
    }
    this.dictKey(key);
    if (place >= LAST_KEYS || !this.keepsText) return;
    const index = this.#keyIndex(key);
    if (index < 0) return;
    this.#lastKeys[place] = key;
    this.#lastIndexes[place] = index;
  }

  /** A string of its own; `object` is its key for the memo, null for one that is never referred to. */
  freshString(text: string, object: FreshString | null): void {
    this.#text(text);
    if (this.keepsText) this.memoize(object);
  }

  /** The strings of a global: objects of their own for Python, so frames may end before each. */
  nameString(text: string, fresh: boolean): void {
    this.boundary();
    if (fresh) this.freshString(text, null);
    else this.key(text);
  }

  /** Functions in C share one object for their module's name, the types of that module another. */
  functionModule(module: string): void {
    this.boundary();
    this.#functionModules ??= new Map();
    const known = this.#functionModules.get(module);
    if (known !== undefined) return this.refer(known);
    this.#functionModules.set(module, this.#memoCount);
    this.#text(module);
    this.memoize(null);
  }

  /** Bytes, in protocol 3 and above; they are not memoized. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length < 256) this.#counted(Uint8Array.of(Op.SHORT_BINBYTES, length), bytes);
    else if (length <= 0xffffffff) this.#counted(counted4(Op.BINBYTES, length), bytes);
    else if (this.protocol >= 4) this.#counted(counted8(Op.BINBYTES8, length), bytes);
    else throw this.#fail("bytes of more than 4 GiB need protocol 4");
  }

  /** A bytearray of protocol 5; it is not memoized. */
  bytearray(bytes: Uint8Array): void {
    this.#counted(counted8(Op.BYTEARRAY8, bytes.length), bytes);
  }

  /** A global by its code in the extension registry. */
  extension(code: number): void {
    const out = this.out;
    out.ensure(5);
    if (code <= 0xff) {
      out.byte(Op.EXT1);
      out.byte(code);
    } else if (code <= 0xffff) {
      out.byte(Op.EXT2);
      out.view.setUint16(out.position, code, true);
      out.position += 2;
    } else {
      out.byte(Op.EXT4);
      out.view.setInt32(out.position, code, true);
      out.position += 4;
    }
  }

  /** An opcode with a line of text. */
  line(op: number, text: string): void {
    const out = this.out;
    out.ensure(text.length + 2);
    out.byte(op);
    for (let i = 0; i < text.length; i++) out.buffer[out.position++] = text.charCodeAt(i);
    out.byte(10);
  }

  /** Give the value on top of the stack the next memo index; null for one that is never referred to. */
  memoize(object: unknown): void {
    if (!this.keeps) return this.#onVisit?.(object);
    const out = this.out;
    const index = this.#memoCount++;
    if (object !== null) this.#memo.set(object, index);
    if (this.protocol >= 4) {
      if (out.position === out.buffer.length) out.ensure(1);
      out.buffer[out.position++] = Op.MEMOIZE;
    } else if (this.bin) this.#indexed(Op.BINPUT, Op.LONG_BINPUT, index);
    else this.line(Op.PUT, `${index}`);
  }

  /** At the end, by one who has copied all segments: the next writer may have the memory. */
  giveBack(): void {
    this.out.giveBack();
    this.#shorts.giveBack();
  }

  /** Put the value with this memo index on the stack. */
  refer(index: number): void {
    if (this.bin) this.#indexed(Op.BINGET, Op.LONG_BINGET, index);
    else this.line(Op.GET, `${index}`);
  }

  #indexed(short: number, long: number, index: number): void {
    const out = this.out;
    if (out.position + 5 > out.buffer.length) out.ensure(5);
    if (index < 256) {
      out.buffer[out.position] = short;
      out.buffer[out.position + 1] = index;
      out.position += 2;
    } else {
      out.buffer[out.position] = long;
      out.view.setUint32(out.position + 1, index, true);
      out.position += 5;
    }
  }

  /** The memo index of a key that was just written. */
  #keyIndex(key: string): number {
    if (key.length <= SHORT && this.protocol >= 4) {
      let hash = HASH_SEED;
      for (let i = 0; i < key.length; i++) hash = hashStep(hash, key.charCodeAt(i));
      const index = this.#shorts.find(key, hash);
      if (index >= 0) return index;
    }
    return this.#strings?.get(key) ?? -1;
  }

  /** Write short ASCII text, or refer to it: it is copied and hashed in one go. False for other text. */
  #short(text: string): boolean {
    const out = this.out;
    const { length } = text;
    if (out.position + 2 + SHORT > out.buffer.length) out.ensure(2 + SHORT);
    const { buffer, position } = out;
    let at = position + 2;
    let hash = HASH_SEED;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      buffer[at++] = unit;
      hash = hashStep(hash, unit);
    }
    const known = this.#shorts.find(text, hash);
    if (known >= 0) {
      this.refer(known);
      return true;
    }
    buffer[position] = Op.SHORT_BINUNICODE;
    buffer[position + 1] = length;
    out.position = at;
    this.#shorts.add(text, hash, this.#memoCount);
    this.memoize(null);
    return true;
  }

  #text(text: string): void {
    const out = this.out;
    const length = text.length;
    if (!this.bin) {
      out.byte(Op.UNICODE);
      out.bytes(encodeRawUnicodeEscape(text));
      out.byte(10);
      return;
    }
    const short = this.protocol >= 4;
    if (length * 3 >= LARGE) return this.#longText(text);
    if (length <= SHORT && !short && this.#shortAscii(text)) return;
    out.ensure(5 + 3 * length);
    const start = out.position;
    const end = writeUtf8(text, out.buffer, start + 5);
    const size = end - start - 5;
    if (short && size < 256) {
      out.buffer[start] = Op.SHORT_BINUNICODE;
      out.buffer[start + 1] = size;
      out.buffer.copyWithin(start + 2, start + 5, end);
      out.position = start + 2 + size;
    } else {
      out.buffer[start] = Op.BINUNICODE;
      out.view.setUint32(start + 1, size, true);
      out.position = end;
    }
  }

  /** Short ASCII text of protocols 1 to 3, without a call into the runtime; false for other text. */
  #shortAscii(text: string): boolean {
    const out = this.out;
    const { length } = text;
    if (out.position + 5 + SHORT > out.buffer.length) out.ensure(5 + SHORT);
    const { buffer, position } = out;
    let at = position + 5;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      buffer[at++] = unit;
    }
    buffer[position] = Op.BINUNICODE;
    buffer[position + 1] = length;
    buffer[position + 2] = 0;
    buffer[position + 3] = 0;
    buffer[position + 4] = 0;
    out.position = at;
    return true;
  }

  #longText(text: string): void {
    const bytes = toUtf8(text);
    if (bytes.length > 0xffffffff && this.protocol < 4) {
      throw this.#fail("a str of more than 4 GiB needs protocol 4");
    }
    const header = bytes.length > 0xffffffff
      ? counted8(Op.BINUNICODE8, bytes.length)
      : counted4(Op.BINUNICODE, bytes.length);
    this.#counted(header, bytes);
  }

  #counted(header: Uint8Array, payload: Uint8Array): void {
    if (payload.length >= LARGE) this.out.large(header, payload);
    else {
      this.out.bytes(header);
      this.out.bytes(payload);
    }
  }
}
