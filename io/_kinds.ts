/**
 * Which kind of source or target a value is, told by its shape: values come from other realms,
 * polyfills and runtimes, so `instanceof` is not enough.
 */
import { builtin } from "./builtin.ts";
import type { DenoFile, NodeFileHandle, RandomAccessSource } from "./source.ts";

/** A `Uint8Array` or `ArrayBuffer`. */
export function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object ArrayBuffer]") return true;
  return ArrayBuffer.isView(value) && tag === "[object Uint8Array]";
}

/** A `URL`. */
export function isUrl(value: unknown): value is URL {
  return value instanceof URL;
}

/** A `Blob` or `File`. */
export function isBlob(value: unknown): value is Blob {
  return typeof Blob !== "undefined" && value instanceof Blob;
}

/** A stream to read. */
export function isReadableStream(value: unknown): value is ReadableStream<Uint8Array> {
  return has(value, "getReader", "cancel");
}

/** A stream to write. */
export function isWritableStream(value: unknown): value is WritableStream<Uint8Array> {
  return has(value, "getWriter", "abort");
}

/** A `Deno.FsFile`. */
export function isDenoFile(value: unknown): value is DenoFile {
  return has(value, "read", "readSync", "seekSync", "writeSync");
}

/** Node's `FileHandle`. */
export function isFileHandle(value: unknown): value is NodeFileHandle {
  return has(value, "read", "write", "stat") && typeof (value as { fd?: unknown }).fd === "number";
}

/** An object with `size` and `read(start, end)`. */
export function isRandomAccess(value: unknown): value is RandomAccessSource {
  return has(value, "read") && typeof (value as { size?: unknown }).size === "number";
}

/** The file's path of a path or `file:` URL; `undefined` for URLs of the web. */
export function pathOf(source: string | URL): string | undefined {
  if (typeof source === "string") {
    if (/^https?:\/\//i.test(source)) return undefined;
    return /^file:\/\//i.test(source) ? urlPath(new URL(source)) : source;
  }
  return source.protocol === "file:" ? urlPath(source) : undefined;
}

/** A value for an error message: short, and never its content. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") {
    const name = (value as object).constructor?.name;
    return name === undefined || name === "Object" ? "an object" : `a value of class ${name}`;
  }
  return typeof value === "function" ? "a function" : `the ${typeof value} ${String(value)}`;
}

function urlPath(url: URL): string {
  return builtin("url")?.fileURLToPath(url) ?? decodeURIComponent(url.pathname);
}

function has(value: unknown, ...methods: string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (const name of methods) {
    if (typeof (value as Record<string, unknown>)[name] !== "function") return false;
  }
  return true;
}
