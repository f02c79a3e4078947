/** bz2: the suite of stepped methods, blocks and streams, and what is written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bz2 } from "./bz2.ts";
import { assertSame, concat, makePayload } from "./deflate_suite.ts";
import { readers, testStepped, TEXT, unbase64 } from "./steps_suite.ts";

// TEXT by Python's bz2.compress.
const PYTHON = unbase64(
  "QlpoOTFBWSZTWW705W0AAZSZgEAEAAgmQ5yAIABwQAAApUk9Iemp6mCZJ2J0TJOhNkXZNE2JoTwTBPxVsq4J8JwTwnBNEyEyTAn8XckU4UJBu9OVtA==",
);
const EMPTY = unbase64("QlpoORdyRThQkAAAAAA=");

testStepped({
  name: "bz2",
  compressor: bz2,
  fromPython: PYTHON,
  levels: [1, 2, 5, 9],
  wrongLevels: [0, -1, 10, 2.5, NaN],
  checked: true,
});

test("bz2 is written byte for byte as by Python, where it fits in one stream", async () => {
  assert.deepEqual(await bz2.compress(TEXT), PYTHON);
  assert.deepEqual(await bz2.compress(new Uint8Array(0)), EMPTY);
});

test("bz2 of more than a stream goes through several, and back", async () => {
  const payload = makePayload(8_000_000);
  const bytes = await bz2.compress(payload, 9);
  for (const read of Object.values(readers)) assertSame(await read(bz2, bytes), payload);
});

test("bz2: empty streams between others are read", async () => {
  for (const read of Object.values(readers)) {
    assertSame(await read(bz2, concat(EMPTY, PYTHON, EMPTY, PYTHON)), concat(TEXT, TEXT));
    assert.equal((await read(bz2, EMPTY)).length, 0);
  }
});

test("bz2: runs of all lengths are read", async () => {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < 600; length++) {
    parts.push(new Uint8Array(length).fill(length & 1 ? 250 : length));
  }
  const payload = concat(...parts);
  const bytes = await bz2.compress(payload, 1);
  for (const read of Object.values(readers)) assertSame(await read(bz2, bytes), payload);
});

test("bz2: wrong sums of a block and of all blocks are CompressionErrors", async () => {
  for (const at of [10, PYTHON.length - 3]) {
    const damaged = PYTHON.slice();
    damaged[at] ^= 4;
    for (const read of Object.values(readers)) {
      await assert.rejects(read(bz2, damaged), {
        name: "CompressionError",
        message: /incorrect data check/,
      });
    }
  }
});

test("bz2: a randomised block says what it is", async () => {
  const old = PYTHON.slice();
  old[14] |= 0x80;
  for (const read of Object.values(readers)) {
    await assert.rejects(read(bz2, old), { name: "CompressionError", message: /randomised/ });
  }
});
