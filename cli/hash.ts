/** `larder hash`: joblib.hash of what files hold, or digests of their bytes. */
import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { hash } from "../hash/hash.ts";
import { isHashName, prepareHash } from "../hash/prepare.ts";
import { load as loadNpy } from "../npy/load.ts";
import { load } from "../persistence/load.ts";
import { UsageError } from "./arguments.ts";
import { type Command, JSON_OPTION, printJson } from "./command.ts";
import { describeError } from "./errors.ts";
import { printable } from "./terminal.ts";

const VALUE_HASHES = ["md5", "sha1", "xxh3", "blake3"];
const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const BYTES_HASHES = ["sha256", "sha512", "sha1", "md5"];

/** Prints hashes. */
export const HASH: Command = {
  syntax: {
    name: "larder hash",
    positionals: "FILE...",
    least: 1,
    most: Infinity,
    options: {
      name: {
        type: "string",
        value: "NAME",
        help: "md5, sha1, xxh3 or blake3; of bytes sha256, sha512, sha1 or md5",
      },
      bytes: { type: "boolean", short: "b", help: "Hash the bytes of the file" },
      json: JSON_OPTION,
    },
  },
  summary: "Print joblib.hash of the value in a file",
  more: `FILE is a .joblib, .pkl or .npy file, compressed or not. The hash is the one
that Python computes:
  python -c 'import joblib; print(joblib.hash(joblib.load("FILE")))'
Nothing in the file is executed. For several files each line ends with the
file's name.`,
  async run(args, terminal) {
    const ofBytes = args.flag("bytes");
    const known = ofBytes ? BYTES_HASHES : VALUE_HASHES;
    const name = args.value("name") ?? known[0];
    if (!known.includes(name)) {
      throw new UsageError(`--name ${name}: known are ${known.join(", ")}`, HASH.syntax);
    }
    const files = args.positionals;
    const results: { file: string; name: string; hash: string }[] = [];
    let failed = false;
    for (const file of files) {
      try {
        const found = ofBytes ? await hashOfBytes(file, name) : await hashOfValue(file, name);
        if (args.flag("json")) results.push({ file, name, hash: found });
        else {
          const which = files.length > 1 ? `  ${printable(file)}` : "";
          terminal.stdout.write(`${found}${which}\n`);
        }
      } catch (error) {
        terminal.stderr.write(`larder: ${printable(file)}: ${describeError(error)}\n`);
        failed = true;
      }
    }
    if (args.flag("json")) printJson(terminal, results);
    return failed ? 1 : 0;
  },
};

async function hashOfValue(file: string, name: string): Promise<string> {
  const hashName = isHashName(name) ? name : "md5";
  await prepareHash(hashName);
  const read = isNpy(file) ? loadNpy : load;
  // A value that is not exact has another hash: 1.0 would be 1.
  const value = await read(file, { exact: true, dangerous: "inert" });
  return hash(value, { hashName });
}

async function hashOfBytes(file: string, name: string): Promise<string> {
  const digest = createHash(name);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    digest.update(chunk as Uint8Array);
  }
  return digest.digest("hex");
}

function isNpy(file: string): boolean {
  const bytes = new Uint8Array(6);
  const descriptor = openSync(file, "r");
  try {
    const count = readSync(descriptor, bytes, 0, bytes.length, 0);
    return count === bytes.length && NPY_MAGIC.every((byte, at) => bytes[at] === byte);
  } finally {
    closeSync(descriptor);
  }
}
