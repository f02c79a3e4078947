/**
 * Random access to a URL of the web by Range requests, through a page cache. The first request
 * fetches the first page and tells the size. A server that answers no ranges is read as a whole,
 * with a warning; a file that changes on the way is an error, never a mixture.
 */
import { LarderError, UnsupportedError } from "../errors.ts";
import { onlyAsyncError, ReadOnlyBackend, REMOTE } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import { BackedFile } from "./_backed_file.ts";
import {
  contentRange,
  difference,
  discard,
  isEncoded,
  networkError,
  readBody,
  readWhole,
  versionOf,
} from "./_http_answer.ts";
import type { BodyPlace, ContentRange, Version } from "./_http_answer.ts";
import { PAGE_BYTES, PageCache } from "./_page_cache.ts";
import type { Joining } from "./coalesce.ts";
import { openMemoryFile } from "./memory_file.ts";
import type { RandomAccessFile, RandomAccessOptions } from "./random_access.ts";

/** Longest file that is read as a whole unless the caller says otherwise. */
const MAX_WHOLE_BYTES = 1 << 30;

/** Access what a URL answers, for reading. */
export async function openHttpFile(
  url: URL,
  options: RandomAccessOptions,
): Promise<RandomAccessFile> {
  const { signal } = options;
  if (options.write) {
    throw new UnsupportedError(`Cannot write to ${url}: only files and bytes can be written`, {
      path: url.href,
    });
  }
  const response = await request(url, [0, PAGE_BYTES], signal);
  if (response.status === 206) {
    const range = contentRange(response.headers);
    if (range !== undefined) return await openRanges(url, response, range, signal);
  }
  if (response.status === 206 || isEncoded(response.headers)) {
    // Having been told not to expect encodings, Deno decodes none.
    await discard(response);
    return await openWhole(url, await request(url, undefined, signal), options);
  }
  if (response.status === 416 && isEmptyRange(response.headers)) {
    await discard(response);
    return openMemoryFile(new Uint8Array(0), { signal }, url.href);
  }
  return await openWhole(url, response, options);
}

async function openRanges(
  url: URL,
  response: Response,
  range: ContentRange,
  signal: AbortSignal | undefined,
): Promise<RandomAccessFile> {
  const end = Math.min(PAGE_BYTES, range.size);
  if (range.start !== 0 || range.end !== end) {
    await discard(response);
    throw wrongRangeError(url, 0, end, range);
  }
  const first = new Uint8Array(end);
  await readBody(response, first, { url, start: 0, signal });
  const backend = new HttpBackend(url, versionOf(response.headers, range.size), signal);
  backend.prime(first);
  return new BackedFile(backend, signal);
}

async function openWhole(
  url: URL,
  response: Response,
  options: RandomAccessOptions,
): Promise<RandomAccessFile> {
  const { signal, maxBytes = MAX_WHOLE_BYTES, onWarning = warnOnConsole } = options;
  if (response.status !== 200) {
    await discard(response);
    throw statusError(url, response);
  }
  const whole = await readWhole(response, maxBytes, { url, start: 0, signal });
  onWarning({
    code: "range",
    message: `The server answers no Range requests, so the whole file of ${whole.length} bytes ` +
      `was read into memory`,
    path: url.href,
  });
  return openMemoryFile(whole, { signal }, url.href);
}

class HttpBackend extends ReadOnlyBackend implements Backend {
  readonly size: number;
  readonly name: string;
  readonly sync: boolean = false;
  readonly joining: Joining = REMOTE;
  readonly #url: URL;
  readonly #version: Version;
  readonly #signal: AbortSignal | undefined;
  readonly #cache: PageCache;
  readonly #gate = new Gate(REMOTE.inFlight);

  constructor(url: URL, version: Version, signal: AbortSignal | undefined) {
    super();
    this.#url = url;
    this.#version = version;
    this.#signal = signal;
    this.size = version.size;
    this.name = url.href;
    this.#cache = new PageCache(
      version.size,
      (start, into) => this.#gate.pass(() => this.#fetch(start, into)),
    );
  }

  prime(bytes: Uint8Array): void {
    this.#cache.prime(bytes);
  }

  async fill(start: number, into: Uint8Array): Promise<void> {
    await this.#cache.fill(start, into);
  }

  fillSync(): void {
    throw onlyAsyncError(this.name);
  }

  override release(): void {
    this.#cache.clear();
  }

  async #fetch(start: number, into: Uint8Array): Promise<void> {
    const url = this.#url;
    const place: BodyPlace = { url, start, signal: this.#signal };
    place.signal?.throwIfAborted();
    const response = await request(url, [start, start + into.length], place.signal);
    try {
      this.#check(response, start, start + into.length);
    } catch (error) {
      await discard(response);
      throw error;
    }
    await readBody(response, into, place);
  }

  #check(response: Response, start: number, end: number): void {
    const { status, headers } = response;
    if (status === 200) throw changedError(this.#url, "it is not answered in ranges any more");
    if (status === 416) throw changedError(this.#url, `it ends before byte ${end}`);
    if (status !== 206) throw statusError(this.#url, response);
    const range = contentRange(headers);
    const change = range && difference(this.#version, versionOf(headers, range.size));
    if (change !== undefined) throw changedError(this.#url, change);
    if (range?.start !== start || range.end !== end) {
      throw wrongRangeError(this.#url, start, end, range);
    }
  }
}

/** Lets so many pass at a time; the others wait in order. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async pass(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

async function request(
  url: URL,
  range: readonly [start: number, end: number] | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (range !== undefined) {
    headers.range = `bytes=${range[0]}-${range[1] - 1}`;
    headers["accept-encoding"] = "identity"; // a piece of encoded bytes could not be decoded
  }
  try {
    return await fetch(url, signal === undefined ? { headers } : { headers, signal });
  } catch (error) {
    throw networkError(url, signal, error);
  }
}

/** Only of an empty file the first byte is out of range. */
function isEmptyRange(headers: Headers): boolean {
  return /^(bytes \*\/0)?$/i.test(headers.get("content-range")?.trim() ?? "");
}

function statusError(url: URL, { status, statusText }: Response): LarderError {
  const answer = `${status} ${statusText}`.trim();
  return new LarderError(`Cannot read ${url}: the server answered ${answer}`, { path: url.href });
}

function changedError(url: URL, change: string): LarderError {
  return new LarderError(`Cannot read ${url}: the file changed since it was opened: ${change}`, {
    path: url.href,
  });
}

function wrongRangeError(
  url: URL,
  start: number,
  end: number,
  got: ContentRange | undefined,
): LarderError {
  const answer = got === undefined ? "other bytes" : `bytes ${got.start} to ${got.end}`;
  return new LarderError(
    `Cannot read ${url}: the server was asked for bytes ${start} to ${end} and answered ${answer}`,
    { offset: start, path: url.href },
  );
}

function warnOnConsole({ message, path }: { message: string; path?: string }): void {
  console.warn(`larder: ${message} (${path})`);
}
