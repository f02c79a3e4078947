/** Who reads and writes Zstandard: `node:zlib`, and for reading fzstd where there is none. */
import { UnsupportedError } from "../errors.ts";
import { builtin, requireFrom } from "../io/builtin.ts";
import type { Builtins } from "../io/builtin.ts";
import type { ZstdDecoder } from "./_zstd_format.ts";
import { fzstdDecoder } from "./_zstd_fzstd.ts";
import { nodeZstdDecoder } from "./_zstd_node.ts";

type Zlib = Builtins["zlib"];
type Fzstd = typeof import("fzstd");

let byFzstd: ZstdDecoder | undefined;

/** The decoder of this runtime, loaded where it must be. */
export async function loadZstdDecoder(): Promise<ZstdDecoder> {
  const ready = readyZstdDecoder();
  if (ready !== undefined) return ready;
  try {
    return byFzstd = fzstdDecoder(await import("fzstd"));
  } catch (cause) {
    throw new UnsupportedError(
      `Cannot read zstd: this runtime has no node:zlib with zstd, and fzstd can't be loaded`,
      { cause },
    );
  }
}

/** The decoder of this runtime, where it needs no waiting. */
export function readyZstdDecoder(): ZstdDecoder | undefined {
  const zlib = builtin("zlib");
  const byZlib = zlib === undefined ? undefined : nodeZstdDecoder(zlib);
  if (byZlib !== undefined) return byZlib;
  if (byFzstd !== undefined) return byFzstd;
  try {
    const fzstd = requireFrom(import.meta.url)?.("fzstd") as Fzstd | undefined;
    if (fzstd !== undefined) byFzstd = fzstdDecoder(fzstd);
  } catch {
    // not to be had in this way: the caller says what else there is
  }
  return byFzstd;
}

/**
 * `node:zlib`, for writing.
 *
 * @throws {UnsupportedError} There is none.
 */
export function requireZstd(): Zlib {
  const zlib = zstdZlib();
  if (zlib !== undefined) return zlib;
  throw new UnsupportedError(
    `Cannot write zstd: this runtime has no node:zlib with zstd; zlib, gzip and lz4 are written`,
  );
}

function zstdZlib(): Zlib | undefined {
  const zlib = builtin("zlib");
  return typeof zlib?.zstdCompressSync === "function" ? zlib : undefined;
}
