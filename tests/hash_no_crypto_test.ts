/** Hashes where there is no `node:crypto`: md5 at once, the others after prepareHash(). */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { hash } from "../hash/hash.ts";
import { prepareHash } from "../hash/prepare.ts";

const CHILD = fileURLToPath(new URL("./hash_no_crypto_child.ts", import.meta.url));
const VALUE = { text: "héllo", list: [1, 2.5], array: Float64Array.of(1, 2) };

test("hashes are the same where the runtime has no built-in modules, and say what must be prepared", async () => {
  const args = "Deno" in globalThis
    ? ["run", "--no-check", "--allow-read", "--allow-env", CHILD]
    : [CHILD];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const found: Record<string, [before: string, after: string]> = JSON.parse(stdout);
  assert.deepEqual(Object.keys(found), ["md5", "sha1", "xxh3", "blake3"]);
  assert.equal(found.md5[0], hash(VALUE));
  for (const hashName of ["md5", "sha1", "xxh3", "blake3"] as const) {
    await prepareHash(hashName);
    const [before, after] = found[hashName];
    assert.equal(after, hash(VALUE, { hashName }), hashName);
    assert.equal(after.length, { md5: 32, sha1: 40, xxh3: 32, blake3: 64 }[hashName]);
    if (hashName === "md5") continue;
    assert.match(before, new RegExp(`^UnsupportedError: .*await prepare\\("${hashName}"\\) first`));
  }
});
