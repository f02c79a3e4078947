/**
 * A disassembler like `pickletools.dis`: one line an opcode, with the position, the nesting of MARKs,
 * the name and the argument. It reads nothing but the opcodes, so it is safe on any file.
 */
import { decodeLong } from "../bytes/long.ts";
import { TextError } from "../bytes/text.ts";
import { UnpicklingError } from "../errors.ts";
import { readLatin1, readUtf8 } from "../io/text.ts";
import { type Opcode, type OpcodeArgument, OPCODES } from "./opcodes.ts";

/** One opcode of a pickle. */
export interface Instruction {
  /** The opcode. */
  readonly opcode: Opcode;
  /** Its argument: a number, text, or the bytes. */
  readonly argument?: number | bigint | string | Uint8Array;
  /** Position of the opcode's byte. */
  readonly offset: number;
  /** Behind its last byte. */
  readonly end: number;
}

/**
 * The opcodes of one pickle, up to and with its STOP.
 *
 * @param bytes The pickle.
 * @param start Where it begins. @default 0
 * @throws UnpicklingError at a byte that is no opcode, or where the pickle ends early.
 */
export function* genops(bytes: Uint8Array, start = 0): Generator<Instruction> {
  let offset = start;
  for (;;) {
    if (offset >= bytes.length) {
      throw new UnpicklingError(
        `Cannot disassemble: the pickle ends at byte ${offset} before its STOP`,
        { offset },
      );
    }
    const opcode = OPCODES[bytes[offset]];
    if (opcode === undefined) {
      throw new UnpicklingError(
        `Cannot disassemble: 0x${bytes[offset].toString(16)} at byte ${offset} is no opcode`,
        { offset },
      );
    }
    const [argument, end] = readArgument(bytes, offset, opcode);
    yield { opcode, offset, end, ...(argument === undefined ? {} : { argument }) };
    if (opcode.name === "STOP") return;
    offset = end;
  }
}

/**
 * Disassemble a pickle as text, one line for each opcode.
 *
 * @param bytes The pickle; what follows its STOP is ignored.
 * @returns Lines of position, opcode byte, nesting, name and argument.
 *
 * @example What a list of one item is made of
 * ```ts
 * import assert from "node:assert/strict";
 * import { dis, dumps } from "@larder/joblib/pickle";
 *
 * assert.equal(
 *   dis(dumps([7], { protocol: 2 })),
 *   [
 *     "    0: \\x80 PROTO      2",
 *     "    2: ]    EMPTY_LIST",
 *     "    3: q    BINPUT     0",
 *     "    5: K    BININT1    7",
 *     "    7: a    APPEND",
 *     "    8: .    STOP",
 *     "highest protocol among opcodes = 2",
 *   ].join("\n"),
 * );
 * ```
 */
export function dis(bytes: Uint8Array): string {
  const lines: string[] = [];
  const marks: number[] = [];
  let highest = 0;
  let memo = 0;
  for (const { opcode, argument, offset } of genops(bytes)) {
    highest = Math.max(highest, opcode.protocol);
    let note = "";
    const indent = "    ".repeat(marks.length); // as pickletools: what takes a MARK stands inside of it
    if (takesMark(opcode.name) && marks.length > 0) note = `(MARK at ${marks.pop()})`;
    if (opcode.name === "MEMOIZE") note = `(as ${memo++})`;
    if (opcode.name === "PUT" || opcode.name.endsWith("BINPUT")) memo++;
    const char = opcode.code > 32 && opcode.code < 127
      ? String.fromCharCode(opcode.code)
      : `\\x${opcode.code.toString(16).padStart(2, "0")}`;
    const text = [argumentText(argument), note].filter((part) => part !== "").join(" ");
    const name = text === "" ? opcode.name : opcode.name.padEnd(10);
    lines.push(
      `${String(offset).padStart(5)}: ${char.padEnd(4)} ${indent}${name}${
        text === "" ? "" : ` ${text}`
      }`,
    );
    if (opcode.name === "MARK") marks.push(offset);
  }
  lines.push(`highest protocol among opcodes = ${highest}`);
  return lines.join("\n");
}

const MARK_TAKERS: ReadonlySet<string> = new Set([
  "APPENDS",
  "SETITEMS",
  "ADDITEMS",
  "TUPLE",
  "LIST",
  "DICT",
  "FROZENSET",
  "POP_MARK",
  "INST",
  "OBJ",
]);

function takesMark(name: string): boolean {
  return MARK_TAKERS.has(name);
}

function argumentText(argument: Instruction["argument"]): string {
  if (argument === undefined) return "";
  if (typeof argument === "string") return JSON.stringify(argument);
  if (!(argument instanceof Uint8Array)) return `${argument}`;
  const head = Array.from(argument.subarray(0, 32), byteText).join("");
  return argument.length > 32 ? `b"${head}"… (${argument.length} bytes)` : `b"${head}"`;
}

function byteText(byte: number): string {
  const plain = byte >= 32 && byte < 127 && byte !== 0x22 && byte !== 0x5c;
  return plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** Bytes of the length prefix of counted arguments. */
const PREFIXES: Readonly<Partial<Record<OpcodeArgument, number>>> = {
  bytes1: 1,
  bytes4: 4,
  bytes8: 8,
  bytearray8: 8,
  string1: 1,
  string4: 4,
  unicodestring1: 1,
  unicodestring4: 4,
  unicodestring8: 8,
  long1: 1,
  long4: 4,
};

/** Bytes of fixed numbers. */
const SIZES: Readonly<Partial<Record<OpcodeArgument, number>>> = {
  uint1: 1,
  uint2: 2,
  int4: 4,
  uint4: 4,
  uint8: 8,
  float8: 8,
};

function readArgument(
  bytes: Uint8Array,
  offset: number,
  opcode: Opcode,
): [Instruction["argument"], number] {
  const kind = opcode.argument;
  const start = offset + 1;
  if (kind === undefined) return [undefined, start];
  const need = (end: number) => {
    if (end <= bytes.length) return end;
    throw new UnpicklingError(
      `Cannot disassemble: ${opcode.name} at byte ${offset} needs bytes up to ${end}, the pickle ends at ${bytes.length}`,
      { offset, opcode: opcode.name },
    );
  };
  const size = SIZES[kind];
  if (size !== undefined) {
    need(start + size);
    return [
      fixedNumber(kind, new DataView(bytes.buffer, bytes.byteOffset + start, size)),
      start + size,
    ];
  }
  const prefix = PREFIXES[kind];
  if (prefix !== undefined) {
    need(start + prefix);
    const length = Number(
      decodeLong(Uint8Array.of(...bytes.subarray(start, start + prefix), 0), 0, prefix + 1),
    );
    const end = need(start + prefix + length);
    return [counted(kind, bytes, start + prefix, end, opcode, offset), end];
  }
  const lines = kind === "stringnl_noescape_pair" ? 2 : 1;
  const texts: string[] = [];
  let at = start;
  for (let i = 0; i < lines; i++) {
    const newline = bytes.indexOf(10, at);
    if (newline < 0) need(bytes.length + 1);
    texts.push(readLatin1(bytes, at, newline));
    at = newline + 1;
  }
  return [texts.join(" "), at];
}

function fixedNumber(kind: OpcodeArgument, view: DataView): number | bigint {
  switch (kind) {
    case "uint1":
      return view.getUint8(0);
    case "uint2":
      return view.getUint16(0, true);
    case "int4":
      return view.getInt32(0, true);
    case "uint4":
      return view.getUint32(0, true);
    case "uint8":
      return view.getBigUint64(0, true);
    default:
      return view.getFloat64(0, false);
  }
}

function counted(
  kind: OpcodeArgument,
  bytes: Uint8Array,
  start: number,
  end: number,
  opcode: Opcode,
  offset: number,
): number | bigint | string | Uint8Array {
  if (kind === "long1" || kind === "long4") return decodeLong(bytes, start, end);
  if (!kind.startsWith("unicode")) return bytes.subarray(start, end);
  try {
    return readUtf8(bytes, start, end);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new UnpicklingError(
      `Cannot disassemble: ${opcode.name} at byte ${offset} is not valid UTF-8`,
      {
        offset,
        opcode: opcode.name,
        cause: error,
      },
    );
  }
}
