/**
 * Hashes where the runtime offers no built-in module, as in a browser or at the edge, and prints what it
 * found. For hash_no_crypto_test.ts.
 */
Object.assign((globalThis as { process?: object }).process!, { getBuiltinModule: undefined });
const { hash, prepareHash } = await import("../hash/mod.ts");

const VALUE = { text: "héllo", list: [1, 2.5], array: Float64Array.of(1, 2) };

function tried(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

const found: Record<string, string[]> = {};
for (const hashName of ["md5", "sha1", "xxh3", "blake3"] as const) {
  const before = tried(() => hash(VALUE, { hashName }));
  await prepareHash(hashName);
  found[hashName] = [before, hash(VALUE, { hashName })];
}
console.log(JSON.stringify(found));
