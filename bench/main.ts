/**
 * The benches behind one command: `deno task bench` measures dump and load, `deno task bench compress`
 * the compressors, `deno task bench lz4` its decoder, `deno task bench npy` numpy's files,
 * `deno task bench hash` joblib.hash, `deno task bench memory` cached calls, and
 * `deno task bench plot` draws what `compress` saved.
 */
import process from "node:process";

const [name, ...args] = process.argv.slice(2);
if (name === "compress") (await import("./compress.ts")).compress(args);
else if (name === "npy") await (await import("./npy.ts")).benchNpy(args);
else if (name === "hash") await (await import("./hash.ts")).benchHash(args);
else if (name === "memory") await (await import("./memory.ts")).benchMemory(args);
else if (name === "lz4") await (await import("./lz4.ts")).benchLz4(args);
else if (name === "plot") (await import("./plot.ts")).plot(args);
else await import("./values.ts");
