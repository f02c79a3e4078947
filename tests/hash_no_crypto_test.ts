/** Hashes where there is no `node:crypto`: md5 at once, the others after prepareHash(). */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { UnsupportedError } from "../errors.ts";
import { hash } from "../hash/hash.ts";
import { prepareHash } from "../hash/prepare.ts";

const CHILD = fileURLToPath(new URL("./hash_no_crypto_child.ts", import.meta.url));
const VALUE = { text: "héllo", list: [1, 2.5], array: Float64Array.of(1, 2) };

test("xxh3 and blake3 say that they must be prepared, then hash", async () => {
  for (const [hashName, digits] of [["xxh3", 32], ["blake3", 64]] as const) {
    assert.throws(
      () => hash(VALUE, { hashName }),
      (error) =>
        error instanceof UnsupportedError && error.message.includes(`await prepare("${hashName}")`),
    );
    await prepareHash(hashName);
    assert.equal(hash(VALUE, { hashName }).length, digits);
  }
});

test("hashes are the same where the runtime has no built-in modules", async () => {
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
    if (hashName === "md5") continue;
    assert.match(before, new RegExp(`^UnsupportedError: .*await prepare\\("${hashName}"\\) first`));
  }
});
