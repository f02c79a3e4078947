/** What stands in metadata.json, and what is made of it when it is damaged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMetadata, encodeMetadata } from "./metadata.ts";

const SUM = { bytes: 5, crc32: 4294967295 };
const METADATA = { duration: 0.5, input_args: { x: "'é\"}'" }, time: 1795247427.84 };

test("metadata comes back, with the content it stands for", () => {
  const bytes = encodeMetadata(METADATA, SUM);
  assert.deepEqual(decodeMetadata(bytes), {
    metadata: { ...METADATA, output: SUM },
    output: SUM,
    state: "checked",
  });
  const { output, ...others } = JSON.parse(new TextDecoder().decode(bytes)); // as Python reads it
  assert.deepEqual(output, SUM);
  assert.deepEqual(others.input_args, METADATA.input_args);
});

test("metadata without anything of Memory's is spelled right too", () => {
  assert.equal(decodeMetadata(encodeMetadata({}, SUM)).state, "checked");
});

test("metadata with a flipped bit or a lost end is never taken for whole", () => {
  const bytes = encodeMetadata(METADATA, SUM);
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = bytes.slice();
      flipped[at] ^= 1 << bit;
      const { state, output } = decodeMetadata(flipped);
      assert.notEqual(state, "checked", `byte ${at}, bit ${bit}`);
      assert.equal(output, undefined);
    }
    assert.notEqual(decodeMetadata(bytes.subarray(0, at)).state, "checked");
  }
});

test("metadata of Python's is foreign", () => {
  const text = '{"duration": 0.01, "input_args": {"x": "1"}, "time": 1795247427.84}';
  const { metadata, output, state } = decodeMetadata(new TextEncoder().encode(text));
  assert.deepEqual(metadata, { duration: 0.01, input_args: { x: "1" }, time: 1795247427.84 });
  assert.equal(output, undefined);
  assert.equal(state, "foreign");
});

test("metadata that is no JSON object, or not there, is empty as in joblib", () => {
  for (const text of ["", "{", "[]", "null", "1", "\xff"]) {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    assert.deepEqual(decodeMetadata(bytes).metadata, {}, text);
    assert.equal(decodeMetadata(bytes).state, "unreadable");
  }
  assert.equal(decodeMetadata(undefined).state, "missing");
});
