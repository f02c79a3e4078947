/**
 * Pickle's opcodes, by the names of Python's `pickletools`: one byte each, the protocol that brought
 * them, and the form of the argument that follows.
 */

/** The form of an opcode's argument, as `pickletools` names it. */
export type OpcodeArgument =
  | "bytearray8"
  | "bytes1"
  | "bytes4"
  | "bytes8"
  | "decimalnl_long"
  | "decimalnl_short"
  | "float8"
  | "floatnl"
  | "int4"
  | "long1"
  | "long4"
  | "string1"
  | "string4"
  | "stringnl"
  | "stringnl_noescape"
  | "stringnl_noescape_pair"
  | "uint1"
  | "uint2"
  | "uint4"
  | "uint8"
  | "unicodestring1"
  | "unicodestring4"
  | "unicodestring8"
  | "unicodestringnl";

/** One opcode. */
export interface Opcode {
  /** `pickletools` name. */
  readonly name: string;
  /** The byte on the wire. */
  readonly code: number;
  /** First protocol that has it. */
  readonly protocol: number;
  /** What follows the byte; undefined for nothing. */
  readonly argument?: OpcodeArgument;
}

/** Every opcode's byte, by name. */
export const Op = {
  INT: 0x49, // I
  BININT: 0x4a, // J
  BININT1: 0x4b, // K
  BININT2: 0x4d, // M
  LONG: 0x4c, // L
  LONG1: 0x8a,
  LONG4: 0x8b,
  STRING: 0x53, // S
  BINSTRING: 0x54, // T
  SHORT_BINSTRING: 0x55, // U
  BINBYTES: 0x42, // B
  SHORT_BINBYTES: 0x43, // C
  BINBYTES8: 0x8e,
  BYTEARRAY8: 0x96,
  NEXT_BUFFER: 0x97,
  READONLY_BUFFER: 0x98,
  NONE: 0x4e, // N
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  UNICODE: 0x56, // V
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE: 0x58, // X
  BINUNICODE8: 0x8d,
  FLOAT: 0x46, // F
  BINFLOAT: 0x47, // G
  EMPTY_LIST: 0x5d, // ]
  APPEND: 0x61, // a
  APPENDS: 0x65, // e
  LIST: 0x6c, // l
  EMPTY_TUPLE: 0x29, // )
  TUPLE: 0x74, // t
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  EMPTY_DICT: 0x7d, // }
  DICT: 0x64, // d
  SETITEM: 0x73, // s
  SETITEMS: 0x75, // u
  EMPTY_SET: 0x8f,
  ADDITEMS: 0x90,
  FROZENSET: 0x91,
  POP: 0x30, // 0
  DUP: 0x32, // 2
  MARK: 0x28, // (
  POP_MARK: 0x31, // 1
  GET: 0x67, // g
  BINGET: 0x68, // h
  LONG_BINGET: 0x6a, // j
  PUT: 0x70, // p
  BINPUT: 0x71, // q
  LONG_BINPUT: 0x72, // r
  MEMOIZE: 0x94,
  EXT1: 0x82,
  EXT2: 0x83,
  EXT4: 0x84,
  GLOBAL: 0x63, // c
  STACK_GLOBAL: 0x93,
  REDUCE: 0x52, // R
  BUILD: 0x62, // b
  INST: 0x69, // i
  OBJ: 0x6f, // o
  NEWOBJ: 0x81,
  NEWOBJ_EX: 0x92,
  PROTO: 0x80,
  STOP: 0x2e, // .
  FRAME: 0x95,
  PERSID: 0x50, // P
  BINPERSID: 0x51, // Q
} as const;

const ROWS: readonly [keyof typeof Op, number, OpcodeArgument?][] = [
  ["INT", 0, "decimalnl_short"],
  ["BININT", 1, "int4"],
  ["BININT1", 1, "uint1"],
  ["BININT2", 1, "uint2"],
  ["LONG", 0, "decimalnl_long"],
  ["LONG1", 2, "long1"],
  ["LONG4", 2, "long4"],
  ["STRING", 0, "stringnl"],
  ["BINSTRING", 1, "string4"],
  ["SHORT_BINSTRING", 1, "string1"],
  ["BINBYTES", 3, "bytes4"],
  ["SHORT_BINBYTES", 3, "bytes1"],
  ["BINBYTES8", 4, "bytes8"],
  ["BYTEARRAY8", 5, "bytearray8"],
  ["NEXT_BUFFER", 5],
  ["READONLY_BUFFER", 5],
  ["NONE", 0],
  ["NEWTRUE", 2],
  ["NEWFALSE", 2],
  ["UNICODE", 0, "unicodestringnl"],
  ["SHORT_BINUNICODE", 4, "unicodestring1"],
  ["BINUNICODE", 1, "unicodestring4"],
  ["BINUNICODE8", 4, "unicodestring8"],
  ["FLOAT", 0, "floatnl"],
  ["BINFLOAT", 1, "float8"],
  ["EMPTY_LIST", 1],
  ["APPEND", 0],
  ["APPENDS", 1],
  ["LIST", 0],
  ["EMPTY_TUPLE", 1],
  ["TUPLE", 0],
  ["TUPLE1", 2],
  ["TUPLE2", 2],
  ["TUPLE3", 2],
  ["EMPTY_DICT", 1],
  ["DICT", 0],
  ["SETITEM", 0],
  ["SETITEMS", 1],
  ["EMPTY_SET", 4],
  ["ADDITEMS", 4],
  ["FROZENSET", 4],
  ["POP", 0],
  ["DUP", 0],
  ["MARK", 0],
  ["POP_MARK", 1],
  ["GET", 0, "decimalnl_short"],
  ["BINGET", 1, "uint1"],
  ["LONG_BINGET", 1, "uint4"],
  ["PUT", 0, "decimalnl_short"],
  ["BINPUT", 1, "uint1"],
  ["LONG_BINPUT", 1, "uint4"],
  ["MEMOIZE", 4],
  ["EXT1", 2, "uint1"],
  ["EXT2", 2, "uint2"],
  ["EXT4", 2, "int4"],
  ["GLOBAL", 0, "stringnl_noescape_pair"],
  ["STACK_GLOBAL", 4],
  ["REDUCE", 0],
  ["BUILD", 0],
  ["INST", 0, "stringnl_noescape_pair"],
  ["OBJ", 1],
  ["NEWOBJ", 2],
  ["NEWOBJ_EX", 4],
  ["PROTO", 2, "uint1"],
  ["STOP", 0],
  ["FRAME", 4, "uint8"],
  ["PERSID", 0, "stringnl_noescape"],
  ["BINPERSID", 1],
];

/** The opcode table by byte; undefined for bytes that are none. */
export const OPCODES: readonly (Opcode | undefined)[] = tabulate();

function tabulate(): (Opcode | undefined)[] {
  const table = new Array<Opcode | undefined>(256).fill(undefined);
  for (const [name, protocol, argument] of ROWS) {
    const code = Op[name];
    table[code] = { name, code, protocol, ...(argument === undefined ? {} : { argument }) };
  }
  return table;
}

/** The name of the opcode with this byte, or its hexadecimal form. */
export function opcodeName(code: number): string {
  return OPCODES[code]?.name ?? `0x${code.toString(16).padStart(2, "0")}`;
}
