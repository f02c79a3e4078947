/**
 * Names of a zip archive's members: UTF-8 where bit 11 of the flags says so, else the code page 437
 * of MS-DOS (APPNOTE, appendix D). Python's zipfile writes and reads them in the same way.
 */
import { decodeUtf8 } from "../bytes/text.ts";
import { toUtf8 } from "../io/text.ts";

const CP437_HIGH = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";
/** The length of a name is written in 16 bits. */
const MAX_NAME_BYTES = 0xffff;

/** A name as it is written. */
export interface EncodedName {
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** Whether the flag for UTF-8 belongs to them. */
  readonly utf8: boolean;
}

/**
 * The name of a member. As in Python it ends at a zero byte, which is there only to deceive.
 *
 * @throws {TextError} The bytes are to be UTF-8 and are not.
 */
export function decodeName(bytes: Uint8Array, utf8: boolean): string {
  const name = utf8 ? decodeUtf8(bytes, 0, bytes.length) : decodeCp437(bytes);
  const zero = name.indexOf("\0");
  return zero < 0 ? name : name.slice(0, zero);
}

/** A name to be written. @throws {RangeError} No archive can hold it. */
export function encodeName(name: string): EncodedName {
  if (name.includes("\0") || !name.isWellFormed()) {
    throw new RangeError(
      `Cannot name a member ${JSON.stringify(name)}: a zero or half a character can't be stored`,
    );
  }
  const bytes = toUtf8(name);
  if (bytes.length > MAX_NAME_BYTES) {
    throw new RangeError(
      `Cannot name a member "${
        name.slice(0, 40)
      }…": ${bytes.length} bytes are more than ${MAX_NAME_BYTES}`,
    );
  }
  return { bytes, utf8: bytes.length !== name.length };
}

function decodeCp437(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    text += byte < 0x80 ? String.fromCharCode(byte) : CP437_HIGH[byte - 0x80];
  }
  return text;
}
