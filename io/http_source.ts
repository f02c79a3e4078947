/**
 * A reader over what a URL of the web answers: one `fetch`, whose body is read as a stream.
 */
import { LarderError } from "../errors.ts";
import { contentLength } from "./_http_answer.ts";
import { openBytes } from "./bytes_source.ts";
import { asyncReader } from "./source.ts";
import type { AsyncReader, OpenReaderOptions } from "./source.ts";
import { openStream } from "./stream_source.ts";

/**
 * Fetch a URL and read its body from front to back.
 *
 * @throws {LarderError} The server's answer is not 2xx.
 */
export async function openHttp(url: URL, options: OpenReaderOptions): Promise<AsyncReader> {
  const { signal } = options;
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok) {
    await response.body?.cancel();
    const status = `${response.status} ${response.statusText}`.trim();
    throw new LarderError(`Cannot read ${url}: the server answered ${status}`, { path: url.href });
  }
  if (response.body === null) return asyncReader(openBytes(new Uint8Array(0)));
  return openStream(response.body, { remaining: contentLength(response.headers), signal });
}
