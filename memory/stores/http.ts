/**
 * A cache folder behind a URL, for reading: what a Python job or a server left there, used by an edge
 * function or a page. A web server lists no files, so listing needs the file that
 * {@linkcode writeIndex} makes.
 */
import { CacheError, UnsupportedError } from "../../errors.ts";
import { checkOptions } from "../../pickle/options.ts";
import { keyPath } from "./keys.ts";
import { ALONE, type Lease, type LeaseOptions, LeaseTable } from "./lease.ts";
import type { StoreBackend, Stored, StoredInfo, StoredRange } from "./store.ts";

/** Options of {@linkcode HttpStore}. */
export interface HttpStoreOptions {
  /** Sent with each request. @default none */
  headers?: Record<string, string>;
  /** Makes the requests. @default fetch */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Longest answer that is taken, in bytes. @default 1 GiB */
  maxBytes?: number;
}

const INDEX = "larder-index.json";
const MAX_BYTES = 1 << 30;

/** What the index holds. */
interface Index {
  readonly version: 1;
  readonly files: readonly { key: string; size: number; modified: number }[];
}

/** A store that is read by requests. */
export class HttpStore implements StoreBackend {
  /** The URL below which keys are. */
  readonly location: string;
  /** It can only be read. */
  readonly writable = false;
  readonly #headers: Record<string, string>;
  readonly #fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly #maxBytes: number;
  readonly #leases = new LeaseTable(ALONE);

  /** @param root The folder's URL: for a joblib location its part `joblib`. */
  constructor(root: string | URL, options: HttpStoreOptions = {}) {
    checkOptions(options, ["headers", "fetch", "maxBytes"], "HttpStore");
    this.location = new URL(root).href.replace(/\/+$/, "");
    this.#headers = options.headers ?? {};
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  /** A file's bytes, or a stretch of them, by a Range request. */
  async get(key: string, range?: StoredRange): Promise<Stored | undefined> {
    const url = this.#url(key);
    const headers: Record<string, string> = {};
    if (range !== undefined) {
      if (range.end <= range.start) return this.#nothing(key);
      headers.range = `bytes=${range.start}-${range.end - 1}`;
      headers["accept-encoding"] = "identity"; // a piece of encoded bytes could not be decoded
    }
    const response = await this.#request(url, "GET", headers);
    if (response === undefined) return undefined;
    if (response.status === 206) {
      const { start, size } = contentRange(response, url);
      if (start !== range?.start) {
        await response.body?.cancel();
        throw failed(url, `the server answered from byte ${start} on`);
      }
      return { bytes: await this.#body(response, url), size };
    }
    if (response.status === 416) {
      await response.body?.cancel();
      const size = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
      return { bytes: new Uint8Array(0), size: Number(size ?? 0) };
    }
    const whole = await this.#body(response, url);
    const bytes = range === undefined ? whole : whole.slice(range.start, range.end);
    return { bytes, size: whole.length, whole };
  }

  /** Facts about a file, by a HEAD request. */
  async stat(key: string): Promise<StoredInfo | undefined> {
    const url = this.#url(key);
    const response = await this.#request(url, "HEAD", { "accept-encoding": "identity" });
    if (response === undefined) return undefined;
    await response.body?.cancel();
    const { headers } = response;
    const size = Number(headers.get("content-length") ?? NaN);
    const modified = Date.parse(headers.get("last-modified") ?? "") || 0;
    const version = headers.get("etag") ?? `${headers.get("last-modified") ?? ""}-${size}`;
    return { key, size, modified, accessed: modified, version };
  }

  /**
   * The files in a folder and below it, as its index has them.
   *
   * @throws {UnsupportedError} There is no index.
   */
  async *list(folder: string): AsyncGenerator<StoredInfo> {
    const start = folder === "" ? "" : `${keyPath(folder)}/`;
    for (const { key, size, modified } of await this.#index()) {
      if (!key.startsWith(start)) continue;
      yield { key, size, modified, accessed: modified, version: `${modified}-${size}` };
    }
  }

  /** Not here. */
  put(): Promise<never> {
    return Promise.reject(this.#readOnly("store in"));
  }

  /** Not here. */
  putIfAbsent(): Promise<never> {
    return Promise.reject(this.#readOnly("store in"));
  }

  /** Not here. */
  replaceIfUnchanged(): Promise<never> {
    return Promise.reject(this.#readOnly("store in"));
  }

  /** Not here. */
  delete(): Promise<never> {
    return Promise.reject(this.#readOnly("delete from"));
  }

  /** Wait until no other call of this thread computes what belongs to `key`. */
  lease(key: string, options?: LeaseOptions): Promise<Lease> {
    return this.#leases.lease(key, options);
  }

  /** Nothing is held. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #nothing(key: string): Promise<Stored | undefined> {
    const info = await this.stat(key);
    return info === undefined ? undefined : { bytes: new Uint8Array(0), size: info.size };
  }

  async #index(): Promise<Index["files"]> {
    const url = `${this.location}/${INDEX}`;
    const response = await this.#request(url, "GET", {});
    if (response === undefined) {
      throw new UnsupportedError(
        `Cannot list ${this.location}: it has no ${INDEX}, which writeIndex() makes`,
        { path: url },
      );
    }
    const text = new TextDecoder().decode(await this.#body(response, url));
    let index: Partial<Index>;
    try {
      index = JSON.parse(text);
    } catch (cause) {
      throw new CacheError(`Cannot read ${url}: it is no index`, { path: url, cause });
    }
    if (index?.version === 1 && Array.isArray(index.files)) return index.files;
    throw failed(url, "it is no index of this version");
  }

  /** The server's answer; `undefined` where it has no such file. */
  async #request(
    url: string,
    method: string,
    headers: Record<string, string>,
  ): Promise<Response | undefined> {
    let response: Response;
    try {
      response = await this.#fetch(url, { method, headers: { ...this.#headers, ...headers } });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CacheError(`Cannot read ${url}: ${reason}`, { path: url, cause });
    }
    const { status, statusText } = response;
    if (status === 200 || status === 206 || status === 416) return response;
    await response.body?.cancel();
    if (status === 404 || status === 410) return undefined;
    throw failed(url, `the server answered ${`${status} ${statusText}`.trim()}`);
  }

  async #body(response: Response, url: string): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    const reader = response.body?.getReader();
    for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
      length += read.value.length;
      if (length > this.#maxBytes) {
        await reader?.cancel();
        throw failed(url, `the answer is longer than ${this.#maxBytes} bytes`);
      }
      pieces.push(read.value);
    }
    const bytes = new Uint8Array(length);
    for (let i = 0, at = 0; i < pieces.length; at += pieces[i++].length) bytes.set(pieces[i], at);
    return bytes;
  }

  #url(key: string): string {
    return `${this.location}/${keyPath(key).split("/").map(encodeURIComponent).join("/")}`;
  }

  #readOnly(action: string): UnsupportedError {
    return new UnsupportedError(`Cannot ${action} ${this.location}: it is read over http`, {
      path: this.location,
    });
  }
}

/**
 * Write the list of a store's files into it, so that it can be listed when a web server offers it.
 *
 * @returns The number of files.
 */
export async function writeIndex(store: StoreBackend): Promise<number> {
  const files: { key: string; size: number; modified: number }[] = [];
  for await (const { key, size, modified } of store.list("")) {
    if (key !== INDEX) files.push({ key, size, modified });
  }
  const index: Index = { version: 1, files };
  await store.put(INDEX, new TextEncoder().encode(JSON.stringify(index)));
  return files.length;
}

function contentRange(response: Response, url: string): { start: number; size: number } {
  const header = response.headers.get("content-range") ?? "";
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(header.trim()) ?? [];
  if (size === undefined) throw failed(url, `the server answered with content-range "${header}"`);
  return { start: Number(start), size: Number(size) };
}

function failed(url: string, reason: string): CacheError {
  return new CacheError(`Cannot read ${url}: ${reason}`, { path: url });
}
