/**
 * The small words of a description: strings, bytes, numbers and folded lists, as the corpus spells them.
 */
import { createHash } from "node:crypto";
import { encodeUtf8 } from "../../bytes/text.ts";
import { floatRepr } from "../../bytes/float_text.ts";

/** A description: JSON data. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A description of one value. */
export type Description = { [key: string]: Json };

const STR_INLINE = 200;
const BYTES_INLINE = 64;
const INT_INLINE = 400;
const SEQ_INLINE = 400;

/** How many elements an array shows. */
export const HEAD = 8;

/** SHA-256 in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Canonical JSON: keys sorted, no spaces, ASCII. `space` stands behind commas and colons. */
export function canonicalJson(value: Json, space = ""): string {
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalJson(item, space)).join(`,${space}`)}]`;
  }
  if (typeof value === "object" && value !== null) {
    const pairs = Object.keys(value).sort().map((key) =>
      `${asciiJson(key)}:${space}${canonicalJson(value[key], space)}`
    );
    return `{${pairs.join(`,${space}`)}}`;
  }
  return typeof value === "string" ? asciiJson(value) : JSON.stringify(value);
}

/** A long list as its length, hash, head and tail. */
export function fold(items: Json[]): Json {
  if (items.length <= SEQ_INLINE) return items;
  return {
    len: items.length,
    sha256: sha256(canonicalJson(items)),
    head: items.slice(0, HEAD),
    tail: items.slice(-2),
  };
}

/** A str. */
export function describeString(text: string): Description {
  if (text.length <= STR_INLINE) return { t: "str", v: text };
  const points = Array.from(text);
  if (points.length <= STR_INLINE) return { t: "str", v: text };
  return {
    t: "str",
    len: points.length,
    sha256: sha256(encodeUtf8(text)),
    head: points.slice(0, 64).join(""),
  };
}

/** Bytes or a bytearray. */
export function describeBytes(bytes: Uint8Array, t = "bytes"): Description {
  if (bytes.length <= BYTES_INLINE) return { t, hex: hex(bytes) };
  return { t, len: bytes.length, sha256: sha256(bytes), head: hex(bytes.subarray(0, 32)) };
}

/** An int. */
export function describeInt(value: number | bigint): Description {
  const text = String(value);
  if (text.length <= INT_INLINE) return { t: "int", v: text };
  const v = { digits: text.replace("-", "").length, sha256: sha256(text), head: text.slice(0, 40) };
  return { t: "int", v };
}

/** A float; `bits` for a NaN that is not the usual one. */
export function describeFloat(value: number, bits?: bigint): Description {
  const view = new DataView(new ArrayBuffer(8));
  if (bits !== undefined) view.setBigUint64(0, bits);
  else if (value !== value) view.setBigUint64(0, 0x7ff8000000000000n);
  else view.setFloat64(0, value);
  return { t: "float", v: floatRepr(value), bits: hex(new Uint8Array(view.buffer)) };
}

/** Bytes in hex. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The first difference of two descriptions with its place, or undefined. */
export function difference(expected: Json, found: Json, path = "$"): string | undefined {
  if (Array.isArray(expected) && Array.isArray(found)) {
    if (expected.length !== found.length) {
      return `${path}: expected length ${expected.length}, found ${found.length}`;
    }
    for (let i = 0; i < expected.length; i++) {
      const first = difference(expected[i], found[i], `${path}[${i}]`);
      if (first !== undefined) return first;
    }
    return undefined;
  }
  if (isRecord(expected) && isRecord(found)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      if (!Object.hasOwn(expected, key)) return `${path}.${key}: unexpected ${show(found[key])}`;
      if (!Object.hasOwn(found, key)) return `${path}.${key}: missing ${show(expected[key])}`;
      const first = difference(expected[key], found[key], `${path}.${key}`);
      if (first !== undefined) return first;
    }
    return undefined;
  }
  if (expected === found) return undefined;
  return `${path}: expected ${show(expected)}, found ${show(found)}`;
}

function isRecord(value: Json): value is Description {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: Json): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
