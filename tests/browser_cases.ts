/**
 * What a browser or an edge runtime does with each compressor. Bundled and run where there is no
 * `node:zlib`, no `require` and no file; what it found is compared outside.
 */
import { dump, type DumpOptions, dumps, load, loads, type NDArray, prepare } from "../mod.ts";

/** Files by method, and what comes of them. */
export interface BrowserFindings {
  /** Whether there is a trace of Node, Deno or Bun. */
  runtime: boolean;
  /** Methods that load() read from bytes, a Blob and a stream, with the sums of their arrays. */
  read: Record<string, unknown[]>;
  /** What loads() said before prepare(): the sum, or the error. */
  readBefore: Record<string, unknown>;
  /** And after it. */
  readAfter: Record<string, unknown>;
  /** What dump() wrote into a stream, in base64, or the error. */
  written: Record<string, unknown>;
  /** What dumps() wrote, or the error. */
  writtenNow: Record<string, unknown>;
  /** The codes of the warnings where two threads were asked for, then what load() made of it. */
  threads: unknown[];
}

/** The value that is written. */
export const WRITTEN: Float64Array<ArrayBuffer> = Float64Array.from(
  { length: 300_000 },
  (_, i) => (i * 31) % 1000,
);

/** Try all of it, and tell. */
export async function findings(files: Record<string, string>): Promise<BrowserFindings> {
  const found: BrowserFindings = {
    runtime: ["process", "Deno", "Bun", "Buffer", "require"].some((name) =>
      (globalThis as Record<string, unknown>)[name] !== undefined
    ),
    read: {},
    readBefore: {},
    readAfter: {},
    written: {},
    writtenNow: {},
    threads: [],
  };
  for (const [method, file] of Object.entries(files)) {
    found.readBefore[method] = await tried(() => sum(loads(fromBase64(file))));
  }
  for (const [method, file] of Object.entries(files)) {
    const bytes = fromBase64(file);
    const sources = [bytes, new Blob([bytes]), new Blob([bytes]).stream()];
    found.read[method] = [];
    for (const source of sources) {
      found.read[method].push(await tried(async () => sum(await load(source))));
    }
    await prepare(method).catch(() => {}); // what is missing is told by the calls
    found.readAfter[method] = await tried(() => sum(loads(bytes)));
    found.writtenNow[method] = await tried(() => toBase64(dumps(WRITTEN, { compress: method })));
    found.written[method] = await tried(async () => toBase64(await dumped({ compress: method })));
  }
  const bytes = await dumped({
    compress: "gzip",
    threads: 2,
    onWarning: ({ code }) => void found.threads.push(code),
  });
  found.threads.push(sum(await load(bytes)));
  return found;
}

async function dumped(options: DumpOptions): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const target = new WritableStream<Uint8Array>({
    write: (part) => void parts.push(new Uint8Array(part)),
  });
  await dump(WRITTEN, target, options);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function tried(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return String(error);
  }
}

function sum(value: unknown): number {
  return ((value as NDArray).data as Float64Array).reduce((total, item) => total + item, 0);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
