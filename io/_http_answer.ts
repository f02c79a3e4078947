/**
 * What a server's answer to a Range request says, and its body. All bytes of a file must come from
 * one version of it: each answer is compared with the first, because conditional headers would ask
 * for a CORS preflight. See RFC 9110, sections 14 and 15.3.7.
 */
import { join } from "../bytes/join.ts";
import { LarderError, LimitError } from "../errors.ts";

/** `Content-Range: bytes start-end/size`, with the end made exclusive. */
export interface ContentRange {
  /** First byte. */
  readonly start: number;
  /** One behind the last byte. */
  readonly end: number;
  /** Size of the whole. */
  readonly size: number;
}

/** What tells one version of a file from another. */
export interface Version {
  /** The entity tag. */
  readonly etag: string | null;
  /** The time of the last change. */
  readonly modified: string | null;
  /** Size of the whole. */
  readonly size: number;
}

/** The part of the file that an answer holds; `undefined` where it isn't known for certain. */
export function contentRange(headers: Headers): ContentRange | undefined {
  if (isEncoded(headers)) return undefined; // its places are those of the encoded bytes
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(headers.get("content-range")?.trim() ?? "");
  if (match === null) return undefined;
  const [start, last, size] = match.slice(1).map(Number);
  if (!Number.isSafeInteger(size) || last < start || last >= size) return undefined;
  return { start, end: last + 1, size };
}

/** The length of the body, where the header tells that of the bytes that fetch hands out. */
export function contentLength(headers: Headers): number | undefined {
  if (isEncoded(headers)) return undefined;
  const length = headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

/** Whether the bytes on the wire are not those of the file. */
export function isEncoded(headers: Headers): boolean {
  const encoding = headers.get("content-encoding");
  return encoding !== null && encoding.trim().toLowerCase() !== "identity";
}

/** The version that an answer belongs to. */
export function versionOf(headers: Headers, size: number): Version {
  return { etag: headers.get("etag"), modified: headers.get("last-modified"), size };
}

/** What differs between two versions, for people; `undefined` where they are one. */
export function difference(was: Version, is: Version): string | undefined {
  if (was.size !== is.size) return `it had ${was.size} bytes, now ${is.size}`;
  if (was.etag !== is.etag) return `its ETag was ${was.etag}, now ${is.etag}`;
  // An equal tag is the stronger word: some servers make up the date.
  if (was.etag !== null || was.modified === is.modified) return undefined;
  return `it was last modified ${was.modified}, now ${is.modified}`;
}

/** Drop the body of an answer; one that failed already rejects when it is cancelled. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** Where the bytes of an answer belong. */
export interface BodyPlace {
  /** The URL, for messages. */
  readonly url: URL;
  /** Place in the file of the first byte. */
  readonly start: number;
  /** Cancels the download. */
  readonly signal: AbortSignal | undefined;
}

/** Fill `into` with a body of exactly that length. */
export async function readBody(
  response: Response,
  into: Uint8Array,
  place: BodyPlace,
): Promise<void> {
  const { url, start } = place;
  let done = 0;
  await eachChunk(response, place, (chunk) => {
    if (chunk.length > into.length - done) {
      throw new LarderError(
        `Cannot read ${url}: the answer holds more than the ${into.length} bytes from byte ` +
          `${start} on that it should`,
        { offset: start + into.length, path: url.href },
      );
    }
    into.set(chunk, done);
    done += chunk.length;
  });
  if (done < into.length) throw cutError(place, done, into.length);
}

/** A body whose length nobody promised, up to a limit. */
export async function readWhole(
  response: Response,
  maxBytes: number,
  place: BodyPlace,
): Promise<Uint8Array> {
  const promised = contentLength(response.headers);
  const tooLong = (length: number | string) =>
    new LimitError(
      `Cannot read ${place.url} as a whole: ${length} bytes are more than maxBytes ${maxBytes}`,
      { path: place.url.href },
    );
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (promised !== undefined && promised > maxBytes) {
    await discard(response);
    throw tooLong(promised);
  }
  await eachChunk(response, place, (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw tooLong(`at least ${length}`);
  });
  if (promised !== undefined && length < promised) throw cutError(place, length, promised);
  return join(chunks);
}

/** An error of the network, with the URL; an abort stays what it is. */
export function networkError(url: URL, signal: AbortSignal | undefined, cause: unknown): unknown {
  if (signal?.aborted) return signal.reason;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LarderError(`Cannot read ${url}: ${reason}`, { path: url.href, cause });
}

async function eachChunk(
  response: Response,
  { url, signal }: BodyPlace,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  // A body that has failed rejects again on cancel: its error was thrown by read already.
  const cancel = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", cancel);
  try {
    for (;;) {
      let piece: ReadableStreamReadResult<Uint8Array>;
      try {
        piece = await reader.read();
      } catch (error) {
        throw networkError(url, signal, error);
      }
      signal?.throwIfAborted();
      if (piece.done) return;
      take(piece.value);
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
    cancel();
  }
}

function cutError({ url, start }: BodyPlace, length: number, needed: number): LarderError {
  return new LarderError(
    `Cannot read ${url}: the answer ends after ${length} of ${needed} bytes`,
    { offset: start + length, path: url.href },
  );
}
