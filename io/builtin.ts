/**
 * Node's built-in modules where the runtime has them (Deno, Bun, Node), without an import:
 * `process.getBuiltinModule` is synchronous, needs no permission, and is simply absent in browsers
 * and at the edge, so that a bundler finds nothing to resolve. See nodejs.org/api/process.html.
 */
import type * as buffer from "node:buffer";
import type * as fs from "node:fs";
import type * as path from "node:path";
import type * as url from "node:url";
import type * as zlib from "node:zlib";
import type * as crypto from "node:crypto";
import type * as module from "node:module";
import type * as os from "node:os";
import type * as sqlite from "node:sqlite";
import type * as util from "node:util";
import type * as workerThreads from "node:worker_threads";

/** The built-in modules that Larder uses, by their name without `node:`. */
export interface Builtins {
  /** Fast text codecs. */
  buffer: typeof buffer;
  /** Files. */
  fs: typeof fs;
  /** Paths in the platform's spelling. */
  path: typeof path;
  /** `file:` URLs to paths and back. */
  url: typeof url;
  /** Deflate, gzip, zstd, and CRC-32. */
  zlib: typeof zlib;
  /** Digests. */
  crypto: typeof crypto;
  /** `createRequire`. */
  module: typeof module;
  /** Host name and CPU count. */
  os: typeof os;
  /** Databases, whose locks the operating system frees when a process dies. */
  sqlite: typeof sqlite;
  /** Argument parsing and styled text. */
  util: typeof util;
  /** Threads. */
  worker_threads: typeof workerThreads;
}

/** Which runtime this is; `"other"` is a browser, a worker or an edge. */
export type Runtime = "deno" | "bun" | "node" | "other";

interface RuntimeGlobals {
  process?: {
    getBuiltinModule?: (name: string) => unknown;
    versions?: { node?: string };
    platform?: string;
    pid?: number;
    emitWarning?: (warning: unknown, ...details: unknown[]) => void;
    on?: (event: "exit" | "uncaughtExceptionMonitor", listener: () => void) => unknown;
  };
  Deno?: { version?: { deno?: string } };
  Bun?: { version?: string };
}

/**
 * A built-in module of Node's, or `undefined` where the runtime has none.
 *
 * @param name Its name without the `node:` prefix.
 */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] | undefined {
  const module = name === "sqlite" ? withoutNotice(() => load(name)) : load(name);
  return module as Builtins[N] | undefined;
}

/**
 * `require` for packages, resolved from the module at `from` (`import.meta.url`), or `undefined`
 * where there is none. The one way to load a package in the middle of a synchronous call.
 */
export function requireFrom(
  from: string | undefined,
): ((name: string) => unknown) | undefined {
  // A module loaded over http has no folder to resolve packages from; at the edge it has no place.
  if (!from?.startsWith("file:")) return undefined;
  return builtin("module")?.createRequire(from) as ((name: string) => unknown) | undefined;
}

/** The runtime this code runs in. */
export function runtime(): Runtime {
  const globals = globalThis as RuntimeGlobals;
  if (globals.Deno?.version?.deno !== undefined) return "deno";
  if (globals.Bun?.version !== undefined) return "bun";
  return globals.process?.versions?.node !== undefined ? "node" : "other";
}

/** Number of this process, or 0 where there are none. */
export function processId(): number {
  return (globalThis as RuntimeGlobals).process?.pid ?? 0;
}

/**
 * Have `run` called, once, when this program or thread ends by itself: not when it is killed, and in
 * Deno not after an error that nobody caught.
 */
export function atExit(run: () => void): void {
  let ran = false;
  function once(): void {
    if (ran) return;
    ran = true;
    run();
  }
  (globalThis as RuntimeGlobals).process?.on?.("exit", once);
  // Deno.exit() and Deno's test runner give no "exit".
  if (runtime() === "deno") globalThis.addEventListener("unload", once);
}

/**
 * Have `run` called when an error that nobody caught ends this program, where {@linkcode atExit} is
 * silent then. The program may go on after all.
 */
export function atUncaught(run: () => void): void {
  if (runtime() !== "deno") return;
  (globalThis as RuntimeGlobals).process?.on?.("uncaughtExceptionMonitor", run);
}

function load(name: string): unknown {
  return (globalThis as RuntimeGlobals).process?.getBuiltinModule?.(`node:${name}`);
}

/** Node 22 says on stderr, whenever a program loads it, that `node:sqlite` is experimental. */
function withoutNotice<T>(load: () => T): T {
  const { process } = globalThis as RuntimeGlobals;
  const warn = process?.emitWarning;
  if (process === undefined || warn === undefined) return load();
  process.emitWarning = (warning, ...details) => {
    if (details[0] !== "ExperimentalWarning") warn.call(process, warning, ...details);
  };
  try {
    return load();
  } finally {
    process.emitWarning = warn;
  }
}
