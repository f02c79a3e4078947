/**
 * From keys to names of files. Keys are relative paths with `/`; a name that is too long for file
 * systems ends in a digest instead, and Windows gets the characters that it refuses as `%XX`, which
 * is how joblib spells them there.
 */

/** Longest name of a file that every common file system takes, in bytes. */
const MAX_NAME_BYTES = 255;
/** A shorter part of a key, in UTF-16 units, fits whatever characters it has. */
const SURELY_SHORT = MAX_NAME_BYTES / 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Our own folder in the store's: locks, drafts, counters. No key may enter it. */
export const LARDER_FOLDER = ".larder";

/**
 * The path of a key below a store's root.
 *
 * @param windows Whether names follow the rules of Windows. @default false
 * @throws {TypeError} The key is no relative path, or leads out of the store.
 */
export function keyPath(key: string, windows = false): string {
  checkKey(key);
  if (!windows && !/[^/]{85}/.test(key)) return key;
  return key.split("/").map((name) => fileName(name, windows)).join("/");
}

/**
 * Refuse what is no key.
 *
 * @throws {TypeError} The key is no relative path, or leads out of the store.
 */
export function checkKey(key: string): void {
  // A part that is empty, "." or "..", a NUL, or a lone surrogate, which no file name can hold.
  const bad = typeof key !== "string" || /(?:^|\/)\.{0,2}(?:\/|$)|\0/.test(key) ||
    !key.isWellFormed();
  if (!bad && !/^\.larder(?:\/|$)/i.test(key)) return;
  throw new TypeError(
    `Cannot use ${JSON.stringify(key)} as a key: it is a relative path with "/" between names, ` +
      `outside of ${LARDER_FOLDER}`,
  );
}

/** The name of a file for a part of a key; the same for the same part, everywhere. */
export function fileName(part: string, windows: boolean): string {
  const name = windows ? windowsName(part) : part;
  if (name.length <= SURELY_SHORT) return name;
  const bytes = encoder.encode(name);
  if (bytes.length <= MAX_NAME_BYTES) return name;
  const suffix = `-${fnv1a64(bytes)}`;
  let end = MAX_NAME_BYTES - suffix.length;
  while ((bytes[end] & 0xc0) === 0x80) end--; // not in the middle of a character
  return decoder.decode(bytes.subarray(0, end)) + suffix;
}

function windowsName(part: string): string {
  const quoted = part.replace(/[<>!:\\"|?*]/g, percent).replace(/[. ]$/, percent);
  return quoted.replace(
    /^(?:con|prn|aux|nul|com\d|lpt\d)(?=$|\.)/i,
    (name) => percent(name[0]) + name.slice(1),
  );
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** FNV-1a: two long names with one beginning must differ, nothing more. */
function fnv1a64(bytes: Uint8Array): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
