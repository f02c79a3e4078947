/** xz: the suite of stepped methods, its checks, its filters, and headers that claim too much. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "./_checksums.ts";
import { concat } from "./deflate_suite.ts";
import { readers, testStepped, TEXT, unbase64 } from "./steps_suite.ts";
import { xz } from "./xz.ts";

// TEXT by Python's lzma.compress, with each check and with filters.
const CRC64 = unbase64(
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ANvAChdADoaCM522XbTk87gbFx15Cv3+qOBPh9N16kUcWMDnKtGJdHt45aVUgAABmo4fLsfQZgAAUTwBgAAACaTwzqxxGf7AgAAAAAEWVo=",
);
const OTHERS: Readonly<Record<string, string>> = {
  "no check":
    "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4ANvAChdADoaCM522XbTk87gbFx15Cv3+qOBPh9N16kUcWMDnKtGJdHt45aVUgAAAAE88AYAAACKHLLdqAAK/AIAAAAAAFla",
  "CRC-32":
    "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4ANvAChdADoaCM522XbTk87gbFx15Cv3+qOBPh9N16kUcWMDnKtGJdHt45aVUgAAPUkchwABQPAGAAAAMNFSoT4wDYsCAAAAAAFZWg==",
  "SHA-256":
    "/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4ANvAChdADoaCM522XbTk87gbFx15Cv3+qOBPh9N16kUcWMDnKtGJdHt45aVUgAAtHvkzISF5c4Bgo2/8yGmbYXyN4oH9M+zrsvGY/Lx738AAVzwBgAAANATRtW26d8cAgAAAAAKWVo=",
  "the x86 and delta filters":
    "/Td6WFoAAATm1rRGAwIEAAMBAiEBFgAAax5KZOADbwAyXQA6GgjYZkBhxFXSclmJUHv6zZLdZ/T/rmMyVlo8mBCoS3+ZtvdO9e2pfw/Hv+eCJR9HAAAAAAZqOHy7H0GYAAFS8AYAAACgckzvscRn+wIAAAAABFla",
};
const ARM = unbase64(
  "/Td6WFoAAATm1rRGAgEHACEBFgCj9KGZ4ANvAChdADoaCM522XbTk87gbFx15Cv3+qOBPh9N16kUcWMDnKtGJdHt45aVUgAABmo4fLsfQZgAAUTwBgAAACaTwzqxxGf7AgAAAAAEWVo=",
);
const HEADER_BYTES = 12;
const BLOCK_HEADER_BYTES = 12;

testStepped({
  name: "xz",
  compressor: xz,
  fromPython: CRC64,
  levels: [0, 1, 3, 6, 9],
  wrongLevels: [-1, 10, 2.5, NaN],
  checked: true,
});

for (const [what, text] of Object.entries(OTHERS)) {
  test(`xz with ${what} is read, and a changed value of the check is found`, async () => {
    const bytes = unbase64(text);
    for (const read of Object.values(readers)) assert.deepEqual(await read(xz, bytes), TEXT);
    if (what === "no check") return;
    const damaged = bytes.slice();
    damaged[bytes.length - 12 - 12 - 1] ^= 1; // before index and footer
    for (const read of Object.values(readers)) {
      await assert.rejects(read(xz, damaged), { name: "CompressionError" });
    }
  });
}

test("xz: zeros between and behind streams are skipped, four at a time", async () => {
  const four = new Uint8Array(4);
  const bytes = concat(CRC64, four, four, CRC64, four);
  for (const read of Object.values(readers)) {
    assert.deepEqual(await read(xz, bytes), concat(TEXT, TEXT));
  }
});

test("xz: a filter that is not known is an UnsupportedError with its number", async () => {
  for (const read of Object.values(readers)) {
    await assert.rejects(read(xz, ARM), { name: "UnsupportedError", message: /0x7/ });
  }
});

test("xz: a dictionary of 4 GiB is refused by its header", async () => {
  const bytes = CRC64.slice();
  bytes[HEADER_BYTES + 4] = 40; // dictionary of 2 ** 32 - 1 bytes
  const end = HEADER_BYTES + BLOCK_HEADER_BYTES - 4;
  new DataView(bytes.buffer).setUint32(end, crc32(bytes.subarray(HEADER_BYTES, end), 0), true);
  for (const read of Object.values(readers)) {
    await assert.rejects(read(xz, bytes), {
      name: "CompressionError",
      message: /dictionary of 4294967295 bytes/,
      offset: HEADER_BYTES,
    });
  }
});

test("xz is written with CRC-64, as by Python", async () => {
  const bytes = await xz.compress(TEXT, 6);
  assert.deepEqual(bytes.subarray(0, HEADER_BYTES), CRC64.subarray(0, HEADER_BYTES));
});
