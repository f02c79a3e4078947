/** Files of the web: what is asked for is counted, and servers misbehave. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { fileReader } from "./file_reader.ts";
import { answerRange, serveContent } from "./http_server_suite.ts";
import type { ContentServer, Served } from "./http_server_suite.ts";
import { openRandomAccessFile } from "./random_access.ts";
import type { RandomAccessWarning } from "./random_access.ts";
import { CONTENT, range } from "./random_access_suite.ts";

const PAGE = 65_536;
const quiet = { onWarning: () => {} };

/** Run a test against a server of its own. */
async function serving(
  options: Partial<Served>,
  run: (server: ContentServer, options: Partial<Served>) => Promise<void>,
): Promise<void> {
  const server = await serveContent(options);
  try {
    await run(server, options);
  } finally {
    await server.close();
  }
}

test("opening is one request, which tells the size and brings the first page", async () => {
  await serving({}, async (server) => {
    const file = await openRandomAccessFile(server.url);
    assert.equal(file.size, CONTENT.length);
    assert.equal(file.name, server.url);
    const parts = [range(0, 8), range(60_000, PAGE)];
    await file.read(parts);
    assert.deepEqual(parts[1].into, CONTENT.slice(60_000, PAGE));
    assert.deepEqual(server.requests, [[0, PAGE]]);
    await file.close();
  });
});

test("reads of one page are one request, one after another and at once", async () => {
  await serving({}, async (server) => {
    const file = await openRandomAccessFile(server.url);
    const places = Array.from(
      { length: 50 },
      (_, i) => range(3 * PAGE + i * 900, 3 * PAGE + i * 900 + 8),
    );
    await Promise.all(places.map((place) => file.read([place])));
    for (const place of places) await file.read([place]);
    assert.deepEqual(server.requests.slice(1), [[3 * PAGE, 4 * PAGE]]);
    await file.close();
  });
});

test("pages side by side are one request, and only those that are not here", async () => {
  await serving({}, async (server) => {
    const file = await openRandomAccessFile(server.url);
    await file.read([range(5 * PAGE, 5 * PAGE + 1)]);
    const part = range(3 * PAGE + 10, 8 * PAGE - 10);
    await file.read([part]);
    assert.equal(Buffer.compare(part.into, CONTENT.subarray(3 * PAGE + 10, 8 * PAGE - 10)), 0);
    assert.deepEqual(server.requests.slice(2), [[3 * PAGE, 5 * PAGE], [6 * PAGE, 8 * PAGE]]);
    await file.close();
  });
});

test("a long range is one request of just its bytes", async () => {
  await serving({}, async (server) => {
    const file = await openRandomAccessFile(server.url);
    const part = range(100_001, 1_200_001);
    await file.read([part]);
    assert.equal(Buffer.compare(part.into, CONTENT.subarray(100_001, 1_200_001)), 0);
    assert.deepEqual(server.requests.slice(1), [[100_001, 1_200_001]]);
    await file.close();
  });
});

test("at most six requests are under way", async () => {
  const content = new Uint8Array(12 << 20);
  const slow: Partial<Served> = { content };
  slow.answer = (request, response) => {
    const [, start, last] = /(\d+)-(\d+)/.exec(request.headers.range!)!.map(Number);
    setTimeout(() => answerRange(response, [start, last + 1], content, {}), 20);
    return true;
  };
  await serving(slow, async (server) => {
    const file = await openRandomAccessFile(server.url);
    const reads = Array.from({ length: 40 }, (_, i) => range(i * 300_000, i * 300_000 + 10));
    await Promise.all([file.read(reads.slice(0, 20)), file.read(reads.slice(20))]);
    assert.equal(server.most, 6);
    assert.equal(server.requests.length, 40); // the first lies in the page that came with opening
    await file.close();
  });
});

test("bytes are asked for as they are, without a content encoding", async () => {
  await serving({}, async (server) => {
    const file = await openRandomAccessFile(server.url);
    await file.read([range(700_000, 700_001)]);
    for (const encoding of server.encodings) assert.match(encoding!, /^identity(, identity)?$/);
    await file.close();
  });
});

test("a reader over a URL fetches growing pieces", async () => {
  await serving({}, async (server) => {
    const file = await openRandomAccessFile(server.url);
    const reader = fileReader(file);
    const whole = new Uint8Array(CONTENT.length);
    for (let done = 0; done < whole.length;) {
      done += await reader.read(whole.subarray(done, done + 10_000));
    }
    assert.equal(Buffer.compare(whole, CONTENT), 0);
    assert.deepEqual(
      server.requests.map((place) => place![1] - place![0]),
      [1, 2, 4, 8].map((pages) => pages * PAGE).concat(CONTENT.length - 15 * PAGE),
    );
    await file.close();
  });
});

test("a server without Range is read as a whole, with one warning", async () => {
  await serving({ ranges: false }, async (server) => {
    const warnings: RandomAccessWarning[] = [];
    const onWarning = (warning: RandomAccessWarning) => void warnings.push(warning);
    const file = await openRandomAccessFile(server.url, { onWarning });
    const part = range(1_000_000, 1_000_100);
    file.readSync([part]);
    await file.read([part]);
    assert.deepEqual(part.into, CONTENT.slice(1_000_000, 1_000_100));
    assert.equal(server.requests.length, 1);
    assert.deepEqual(warnings.map(({ code, path }) => ({ code, path })), [
      { code: "range", path: server.url },
    ]);
    assert.match(warnings[0].message, /1300001 bytes/);
    await file.close();
  });
});

test("a whole file beyond maxBytes is a LimitError, told by header or met on the way", async () => {
  await serving({ ranges: false }, async (server, options) => {
    const limited = (maxBytes: number) => openRandomAccessFile(server.url, { ...quiet, maxBytes });
    const expected = { name: "LimitError", path: server.url, message: /maxBytes 1300000/ };
    await assert.rejects(limited(1_300_000), expected);
    assert.equal((await limited(1_300_001)).size, CONTENT.length);
    options.answer = (_request, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.end(CONTENT);
      return true;
    };
    await assert.rejects(limited(1_300_000), expected);
    assert.equal((await limited(1_300_001)).size, CONTENT.length);
  });
});

test("an answer with a content encoding, or of unknown size, is not taken for a range", async () => {
  const encoded = gzipSync(CONTENT);
  const answers: Served["answer"][] = [
    (request, response) => {
      const headers = { "content-encoding": "gzip" };
      const place = request.headers.range ? [0, 1000] as [number, number] : undefined;
      answerRange(response, place, encoded, headers);
      return true;
    },
    (request, response) => {
      if (request.headers.range === undefined) return false;
      response.writeHead(206, { "content-range": "bytes 0-99/*" }).end(CONTENT.subarray(0, 100));
      return true;
    },
    (request, response) => {
      if (request.headers.range === undefined) return false;
      response.writeHead(206).end(CONTENT.subarray(0, 100)); // as a browser sees it across origins
      return true;
    },
  ];
  answers.push((_request, response) => {
    answerRange(response, undefined, encoded, { "content-encoding": "gzip" });
    return true;
  });
  for (const answer of answers) {
    await serving({ answer }, async (server) => {
      const warnings: string[] = [];
      const onWarning = ({ code }: RandomAccessWarning) => void warnings.push(code);
      const file = await openRandomAccessFile(server.url, { onWarning });
      const whole = range(0, CONTENT.length);
      await file.read([whole]);
      assert.equal(Buffer.compare(whole.into, CONTENT), 0);
      assert.deepEqual(warnings, ["range"]);
      assert.equal(server.requests.length, 2);
    });
  }
});

const changes: Record<string, (served: Partial<Served>) => void> = {
  'ETag was "a", now "b"': (served) => served.headers = { etag: '"b"' },
  'ETag was "a", now null': (served) => served.headers = {},
  "1300001 bytes, now 1300002": (served) => served.content = new Uint8Array(CONTENT.length + 1),
  "it ends before byte": (served) => served.content = CONTENT.subarray(0, 10),
  "not answered in ranges": (served) => served.ranges = false,
};

for (const [message, change] of Object.entries(changes)) {
  test(`a file that changes between requests is an error: ${message}`, async () => {
    await serving({ headers: { etag: '"a"' } }, async (server, served) => {
      const file = await openRandomAccessFile(server.url);
      await file.read([range(100_000, 100_010)]);
      change(served);
      const expected = { name: "LarderError", path: server.url, message: new RegExp(message) };
      await assert.rejects(file.read([range(800_000, 800_010)]), expected);
      await assert.rejects(file.read([range(300_000, 1_000_000)]), expected);
      const kept = range(100_000, 100_010);
      await file.read([kept]);
      assert.deepEqual(kept.into, CONTENT.slice(100_000, 100_010));
      await file.close();
    });
  });
}

test("without an ETag the time of the change tells versions apart, with one it doesn't", async () => {
  for (const etag of [undefined, '"a"']) {
    const headers = (time: string) => ({ "last-modified": time, ...(etag && { etag }) });
    const served = { headers: headers("Fri, 21 Nov 2025 10:00:00 GMT") };
    await serving(served, async (server, served) => {
      const file = await openRandomAccessFile(server.url);
      served.headers = headers("Fri, 21 Nov 2025 10:00:01 GMT");
      const reading = file.read([range(800_000, 800_010)]);
      if (etag === undefined) await assert.rejects(reading, /last modified .*, now .*01 GMT/);
      else await reading;
      await file.close();
    });
  }
});

test("a file that is gone is an error with the status, and a later read asks again", async () => {
  await serving({}, async (server, served) => {
    const file = await openRandomAccessFile(server.url);
    served.answer = (_request, response) => {
      response.writeHead(404, "Not Found").end("no");
      return true;
    };
    const part = range(800_000, 800_010);
    const expected = { name: "LarderError", path: server.url, message: /answered 404 Not Found$/ };
    await assert.rejects(file.read([part]), expected);
    served.answer = () => false;
    await file.read([part]);
    assert.deepEqual(part.into, CONTENT.slice(800_000, 800_010));
    await file.close();
  });
});

test("an error of the server or of the network on opening names the URL", async () => {
  await serving({}, async (server, served) => {
    for (const status of [403, 404, 500]) {
      served.answer = (_request, response) => {
        response.writeHead(status).end();
        return true;
      };
      const expected = { name: "LarderError", path: server.url, message: new RegExp(`${status}`) };
      await assert.rejects(openRandomAccessFile(server.url), expected);
    }
    await server.close();
    await assert.rejects(openRandomAccessFile(server.url), {
      name: "LarderError",
      path: server.url,
      message: new RegExp(`^Cannot read ${server.url}: `),
    });
  });
});

test("an answer that is cut, too long or of other bytes is an error, and writes nothing more", async () => {
  const answers: Record<string, [RegExp, Served["answer"]]> = {
    cut: [/^Cannot read http/, (_request, response) => {
      response.writeHead(206, {
        "content-range": `bytes 786432-851967/${CONTENT.length}`,
        "content-length": PAGE,
      });
      response.write(CONTENT.subarray(786_432, 800_000));
      setTimeout(() => response.destroy(), 20);
      return true;
    }],
    "ended early": [/answer ends after 100 of 65536 bytes/, (_request, response) => {
      response.writeHead(206, { "content-range": `bytes 786432-851967/${CONTENT.length}` });
      response.end(CONTENT.subarray(786_432, 786_532));
      return true;
    }],
    "too long": [/more than the 65536 bytes/, (_request, response) => {
      response.writeHead(206, { "content-range": `bytes 786432-851967/${CONTENT.length}` });
      response.end(CONTENT.subarray(786_432, 786_432 + PAGE + 1));
      return true;
    }],
    "other bytes": [/answered bytes 0 to 10/, (_request, response) => {
      answerRange(response, [0, 10], CONTENT, {});
      return true;
    }],
    "no Content-Range": [/answered other bytes/, (_request, response) => {
      response.writeHead(206).end(CONTENT.subarray(786_432, 786_432 + PAGE));
      return true;
    }],
  };
  for (const [name, [message, answer]] of Object.entries(answers)) {
    await serving({}, async (server, served) => {
      const file = await openRandomAccessFile(server.url);
      served.answer = answer;
      const part = range(800_000, 800_010);
      const expected = { name: "LarderError", path: server.url, message };
      await assert.rejects(file.read([part]), expected, name);
      assert.deepEqual(part.into, new Uint8Array(10));
      await file.close();
    });
  }
});

test("a whole answer that is cut is an error", async () => {
  const answer: Served["answer"] = (_request, response) => {
    response.writeHead(200, { "content-length": CONTENT.length });
    response.write(CONTENT.subarray(0, 5000));
    setTimeout(() => response.destroy(), 20);
    return true;
  };
  await serving({ answer }, async (server) => {
    const opening = openRandomAccessFile(server.url, quiet);
    await assert.rejects(opening, { name: "LarderError", path: server.url });
  });
});

test("an abort ends what waits for the server: an answer, a body, a turn", async () => {
  const silent: Served["answer"] = () => true;
  const half: Served["answer"] = (request, response) => {
    const [, start, last] = /(\d+)-(\d+)/.exec(request.headers.range!)!.map(Number);
    response.writeHead(206, {
      "content-range": `bytes ${start}-${last}/${CONTENT.length}`,
      "content-length": PAGE,
    });
    response.write(CONTENT.subarray(start, start + 5000));
    return true;
  };
  for (const answer of [silent, half]) {
    await serving({}, async (server, served) => {
      const controller = new AbortController();
      const file = await openRandomAccessFile(server.url, { signal: controller.signal });
      served.answer = answer;
      const reason = new Error("enough");
      const reads = [range(800_000, 800_010)];
      for (let i = 1; i < 10; i++) reads.push(range(i * 131_072, i * 131_072 + 4));
      setTimeout(() => controller.abort(reason), 50);
      await assert.rejects(file.read(reads), reason);
      await assert.rejects(file.read([range(0, 1)]), reason);
      await file.close();
    });
  }
  await serving({ answer: silent }, async (server) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 50);
    const opening = openRandomAccessFile(server.url, { signal: controller.signal });
    await assert.rejects(opening, { message: "enough" });
  });
});

test("an empty file is empty, whatever the server says of its ranges", async () => {
  const bare: Served["answer"] = (_request, response) => {
    response.writeHead(416).end();
    return true;
  };
  for (const answer of [bare, () => false]) {
    await serving({ answer, content: new Uint8Array(0) }, async (server) => {
      const file = await openRandomAccessFile(server.url);
      assert.equal(file.size, 0);
      await assert.rejects(file.read([range(0, 1)]), { name: "LarderError", offset: 0 });
      await file.close();
    });
  }
  const odd: Served["answer"] = (_request, response) => {
    response.writeHead(416, { "content-range": "bytes */500" }).end();
    return true;
  };
  await serving({ answer: odd }, async (server) => {
    await assert.rejects(openRandomAccessFile(server.url), /answered 416/);
  });
});

test("a redirect is followed", async () => {
  await serving({}, async (server, served) => {
    served.answer = (request, response) => {
      if (request.url !== "/moved") return false;
      response.writeHead(302, { location: "/content.bin" }).end();
      return true;
    };
    const file = await openRandomAccessFile(new URL("/moved", server.url));
    const part = range(800_000, 800_010);
    await file.read([part]);
    assert.deepEqual(part.into, CONTENT.slice(800_000, 800_010));
    await file.close();
  });
});
