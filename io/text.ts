/**
 * Text codecs with the runtime's own speed: Buffer where there is one, TextDecoder elsewhere. Both lose
 * lone surrogates, so whatever they can't represent is decoded again by bytes/text.ts.
 */
import { decodeLatin1, decodeUtf8, encodeUtf8Into, utf8Length } from "../bytes/text.ts";
import { builtin } from "./builtin.ts";

/** The methods of Buffer.prototype that are used; they accept any Uint8Array as `this`. */
interface Slices {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

const slices = (builtin("buffer") as { Buffer: { prototype: unknown } } | undefined)?.Buffer
  .prototype as Slices | undefined;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Decode `bytes[start, end)` as UTF-8 with lone surrogates kept; throws a TextError for what is not UTF-8. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  const text = slices === undefined
    ? decoder.decode(bytes.subarray(start, end))
    : slices.utf8Slice.call(bytes, start, end);
  return text.includes("\ufffd") ? decodeUtf8(bytes, start, end) : text;
}

/** Decode `bytes[start, end)` as latin-1. */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  return slices === undefined
    ? decodeLatin1(bytes, start, end)
    : slices.latin1Slice.call(bytes, start, end);
}

/** Write `text` as UTF-8 at `position`; the target must have room for three bytes a unit. Returns the end. */
export function writeUtf8(text: string, target: Uint8Array, position: number): number {
  if (!text.isWellFormed()) return encodeUtf8Into(text, target, position);
  return position + encoder.encodeInto(text, target.subarray(position)).written;
}

/** Encode `text` as UTF-8 into a fresh array, lone surrogates as three bytes. */
export function toUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes = new Uint8Array(utf8Length(text));
  encodeUtf8Into(text, bytes, 0);
  return bytes;
}
