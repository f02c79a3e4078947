/** From keys to names of files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName, keyPath } from "./keys.ts";

test("keyPath() leaves names as they are where they fit", () => {
  const key = "__main__--home-me-e7/<locals>/f é/d3ffa92536e9b2aeb96c6d0e11ccd857/output.pkl";
  assert.equal(keyPath(key), key);
  assert.equal(keyPath(`a/${"x".repeat(255)}/b`), `a/${"x".repeat(255)}/b`);
  assert.equal(keyPath("a/...b/.c"), "a/...b/.c");
});

test("keyPath() ends a name that is too long in a digest, always the same", () => {
  const path = keyPath(`a/${"x".repeat(256)}/b`);
  assert.equal(path, `a/${"x".repeat(238)}-${path.slice(-18, -2)}/b`);
  assert.match(path, /-[0-9a-f]{16}\/b$/);
  assert.equal(keyPath(`a/${"x".repeat(256)}/b`), path);
  assert.notEqual(keyPath(`a/${"x".repeat(257)}/b`), path);
  assert.equal(keyPath(path), path);
  assert.equal(fileName("x".repeat(256), false).slice(-16), "295fa478294e7725");
});

test("keyPath() counts bytes and cuts between characters", () => {
  const encoder = new TextEncoder();
  for (const [name, fits] of [["é".repeat(127), true], ["é".repeat(128), false]] as const) {
    assert.equal(fileName(name, false) === name, fits);
  }
  for (const character of ["é", "漢", "😀"]) {
    for (let lead = 0; lead < 4; lead++) {
      const name = fileName("a".repeat(lead) + character.repeat(300), false);
      const length = encoder.encode(name).length;
      assert.ok(length <= 255 && length > 250, `${length}`);
      assert.ok(!name.includes("\ufffd"));
    }
  }
});

test("keyPath() quotes what Windows refuses, as joblib does", () => {
  assert.equal(keyPath("a/<lambda>", true), "a/%3Clambda%3E");
  assert.equal(keyPath('x!y:z\\|"?*', true), "x%21y%3Az%5C%7C%22%3F%2A");
  assert.equal(keyPath("a./b /con/CON.x/console", true), "a%2E/b%20/%63on/%43ON.x/console");
  assert.equal(keyPath("a/<lambda>"), "a/<lambda>");
});
