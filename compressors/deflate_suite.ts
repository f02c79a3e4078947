/**
 * What the tests of zlib and gzip share: both engines, both formats, payloads, and bytes that come
 * and go in pieces.
 */
import assert from "node:assert/strict";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { join } from "../bytes/join.ts";
import type { AsyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import type { DeflateFormat } from "./_deflate.ts";
import { readyEngine } from "./_engine.ts";
import type { DeflateEngine } from "./_engine.ts";
import { loadFflateEngine } from "./_fflate_engine.ts";
import { gzipFormat } from "./gzip.ts";
import { zlibFormat } from "./zlib.ts";

export const engines: Record<string, DeflateEngine> = {
  "node:zlib": readyEngine()!,
  "fflate": await loadFflateEngine(),
};
export const PAYLOAD: Uint8Array = makePayload(3_300_000);
export const SMALL: Uint8Array = PAYLOAD.subarray(0, 700);

export interface Case {
  format: DeflateFormat;
  packed: (bytes: Uint8Array) => Uint8Array;
  unpacked: (bytes: Uint8Array) => Uint8Array;
  trailerBytes: number;
}
export const cases: Case[] = [
  { format: zlibFormat, packed: deflateSync, unpacked: inflateSync, trailerBytes: 4 },
  { format: gzipFormat, packed: gzipSync, unpacked: gunzipSync, trailerBytes: 8 },
];

// assert.deepEqual takes seconds for megabytes.
export function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i]) assert.fail(`byte ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}

export function makePayload(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    bytes[i] = i % 3 === 0 ? state >>> 24 : i >>> 6;
  }
  return bytes;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return join(parts);
}

export function* pieces(bytes: Uint8Array, sizes: number[]): Generator<Uint8Array> {
  for (let offset = 0, i = 0; offset < bytes.length; i++) {
    yield bytes.subarray(offset, offset += sizes[Math.min(i, sizes.length - 1)]);
  }
}

export function inPieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  const parts = pieces(bytes, [size]);
  return new ReadableStream({
    pull(controller): void {
      const { value, done } = parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

export async function drain(reader: AsyncReader): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  try {
    for (;;) {
      const part = new Uint8Array(65_536);
      const count = await reader.read(part);
      if (count === 0) return concat(...parts);
      parts.push(part.subarray(0, count));
    }
  } finally {
    await reader.close();
  }
}

export function collector(): SyncSink & {
  later: AsyncSink;
  bytes(): Uint8Array;
  aborted(): boolean;
} {
  const parts: Uint8Array[] = [];
  let isAborted = false;
  const sink = {
    start: 0,
    write(bytes: Uint8Array): void {
      parts.push(bytes.slice());
    },
    close(): void {},
    abort(): void {
      isAborted = true;
    },
  };
  const later: AsyncSink = {
    start: 0,
    write: (bytes) => Promise.resolve(sink.write(bytes)),
    close: () => Promise.resolve(),
    abort: () => Promise.resolve(sink.abort()),
  };
  return { ...sink, later, bytes: () => concat(...parts), aborted: () => isAborted };
}
