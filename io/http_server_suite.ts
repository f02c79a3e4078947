/** A server of one file, with and without Range requests, that notes what it was asked for. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CONTENT } from "./random_access_suite.ts";

/** A running server. */
export interface ContentServer {
  /** Address of the file. */
  readonly url: string;
  /** Ranges that were asked for, `undefined` for the whole, in order. */
  readonly requests: ([start: number, end: number] | undefined)[];
  /** Values of `accept-encoding` that came. */
  readonly encodings: Set<string | undefined>;
  /** Most requests that were under way at a time. */
  readonly most: number;
  /** Stops it. */
  close(): Promise<void>;
}

/** What the server does; may be changed while it runs. */
export interface Served {
  /** The file. */
  content: Uint8Array;
  /** Whether it answers Range requests. */
  ranges: boolean;
  /** Headers that tell the version. */
  headers: Record<string, string>;
  /** Answers instead; false to leave it to the server. */
  answer: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** Start a server on this machine. */
export async function serveContent(options: Partial<Served> = {}): Promise<ContentServer> {
  const requests: ContentServer["requests"] = [];
  const encodings = new Set<string | undefined>();
  let running = 0;
  let most = 0;
  const server = createServer((request, response) => {
    most = Math.max(most, ++running);
    let counted = true;
    const finished = () => {
      if (counted) running--;
      counted = false;
    };
    response.on("close", finished);
    response.on("finish", finished);
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    requests.push(match === null ? undefined : [Number(match[1]), Number(match[2]) + 1]);
    encodings.add(request.headers["accept-encoding"] as string | undefined);
    if (options.answer?.(request, response)) return;
    const { content = CONTENT, ranges = true, headers = {} } = options;
    answerRange(response, ranges ? requests.at(-1) : undefined, content, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/content.bin`,
    requests,
    encodings,
    get most(): number {
      return most;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answer as a server does that knows ranges. */
export function answerRange(
  response: ServerResponse,
  range: [start: number, end: number] | undefined,
  content: Uint8Array,
  headers: Record<string, string>,
): void {
  const size = content.length;
  if (range === undefined) {
    response.writeHead(200, { "content-length": size, ...headers }).end(content);
  } else if (range[0] >= size) {
    response.writeHead(416, { "content-range": `bytes */${size}`, ...headers }).end();
  } else {
    const [start, end] = [range[0], Math.min(range[1], size)];
    response.writeHead(206, {
      "content-range": `bytes ${start}-${end - 1}/${size}`,
      "content-length": end - start,
      ...headers,
    }).end(content.subarray(start, end));
  }
}
