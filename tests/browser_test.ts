/**
 * Compressors without a runtime's help: the library is bundled as for a browser and run where neither
 * Node nor Deno nor Bun can be seen, and in Chromium where there is one (LARDER_CHROMIUM names it).
 * All methods are read there; zlib, gzip and lz4 are written, the others say why they are not.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { dump, loads, type NDArray } from "../mod.ts";
import { type BrowserFindings, WRITTEN } from "./browser_cases.ts";
import { freshPath } from "./temporary.ts";

const run = promisify(execFile);
const METHODS: readonly string[] = ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"];
/** What can be written without a package of native code or WebAssembly. */
const WRITERS: readonly string[] = ["zlib", "gzip", "lz4"];
/** More than a block of bz2 at level 1. */
const VALUE = Float64Array.from({ length: 60_000 }, (_, i) => (i * 7919) % 10_007);
const SUM = VALUE.reduce((total, item) => total + item, 0);

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const BUN = [process.env.LARDER_BUN, here("../tools/node_modules/.bin/bun")]
  .find((path) => path !== undefined && existsSync(path));
const CHROMIUM = [process.env.LARDER_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"]
  .find((path) => path !== undefined && existsSync(path));

test("a world without Node reads every method and writes zlib, gzip and lz4", {
  skip: BUN === undefined || "Bun" in globalThis
    ? "no bundler in tools/, or Bun, which can't be hidden"
    : false,
}, async () => {
  const folder = dirname(await bundled());
  for (const name of readdirSync(folder)) { // at the edge modules have no place
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("import.meta.url", "undefined"));
  }
  const input = join(folder, "input.json");
  const output = join(folder, "output.json");
  writeFileSync(input, JSON.stringify(await files()));
  const program = here("browser_child.mjs");
  const bundle = pathToFileURL(join(folder, "browser_cases.js")).href;
  const args = "Deno" in globalThis ? ["run", "--no-check", "--allow-all", program] : [program];
  await run(process.execPath, [...args, bundle, input, output]);
  check(JSON.parse(readFileSync(output, "utf8")));
});

test("Chromium reads every method and writes zlib, gzip and lz4", {
  skip: BUN === undefined || CHROMIUM === undefined ? "no Chromium, or no bundler" : false,
}, async () => {
  const folder = dirname(await bundled());
  const input = JSON.stringify(await files());
  check(JSON.parse(await inChromium(folder, input)));
});

function check(found: BrowserFindings): void {
  assert.equal(found.runtime, false);
  const sum = WRITTEN.reduce((total, item) => total + item, 0);
  assert.deepEqual(found.threads, ["threads", sum]); // fflate has none, and that is said
  for (const method of METHODS) {
    assert.deepEqual(found.read[method], [SUM, SUM, SUM], `load() of ${method}`);
    assert.equal(found.readAfter[method], SUM, `loads() of ${method} after prepare()`);
    if (["zlib", "gzip", "zstd"].includes(method)) {
      const told = new RegExp(
        `^UnsupportedError: Cannot read ${method}.*await prepare\\("${method}"\\)`,
      );
      assert.match(String(found.readBefore[method]), told);
    } else assert.equal(found.readBefore[method], SUM, `loads() of ${method}`);
    for (const written of [found.written[method], found.writtenNow[method]]) {
      if (WRITERS.includes(method)) {
        const bytes = Uint8Array.from(atob(String(written)), (char) => char.charCodeAt(0));
        assert.deepEqual(loads<NDArray>(bytes).data, WRITTEN, method);
      } else {
        assert.match(
          String(written),
          new RegExp(`^UnsupportedError: Cannot write ${method}: .*zlib`),
        );
      }
    }
  }
}

/** The value, dumped by each method, in base64. */
async function files(): Promise<Record<string, string>> {
  const made: Record<string, string> = {};
  for (const method of METHODS) {
    const path = freshPath();
    await dump(VALUE, path, { compress: [method, 1] });
    made[method] = readFileSync(path).toString("base64");
  }
  return made;
}

/** The bundle's path, in a folder of its own with what it loads later. */
async function bundled(): Promise<string> {
  const path = freshPath("browser_cases.js");
  const args = ["build", here("browser_cases.ts"), "--target=browser", "--splitting"];
  await run(BUN!, [...args, `--outdir=${dirname(path)}`]);
  return path;
}

/** Serve the folder to a page, which sends back what it found. */
async function inChromium(folder: string, input: string): Promise<string> {
  const profile = dirname(freshPath());
  let found: (text: string) => void;
  const answer = new Promise<string>((resolve) => found = resolve);
  const server = createServer(async (request, response) => {
    const { url = "/", method } = request;
    if (method === "POST") {
      let text = "";
      for await (const part of request) text += part;
      found(text);
      return response.end();
    }
    const page = `<script type="module">import { findings } from "./browser_cases.js";
const files = await (await fetch("/input.json")).json();
const found = await findings(files).catch((error) => ({ error: String(error) }));
await fetch("/found", { method: "POST", body: JSON.stringify(found) });</script>`;
    const isScript = /^\/[\w.-]+\.js$/.test(url) && existsSync(join(folder, url));
    const type = isScript ? "text/javascript" : url === "/" ? "text/html" : "application/json";
    response.setHeader("content-type", type);
    if (isScript) response.end(readFileSync(join(folder, url)));
    else response.end(url === "/" ? page : input);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`];
  const child = spawn(CHROMIUM!, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
  const ended = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`Chromium ended with ${code}`)));
  });
  try {
    return await Promise.race([answer, ended]);
  } finally {
    ended.catch(() => {});
    child.kill("SIGKILL");
    server.closeAllConnections();
    server.close();
  }
}
