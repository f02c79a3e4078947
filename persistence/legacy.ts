/**
 * joblib before 0.10: `NDArrayWrapper` names a `.npy` file beside the pickle, `ZNDArrayWrapper` one of
 * compressed raw bytes, and a compressed pickle is a "ZF" file: the length as text, then a zlib stream.
 * A side file's name may not leave the folder.
 */
import { compressorByName } from "../compressors/mod.ts";
import { UnpicklingError, UnsafeGlobalError, UnsupportedError } from "../errors.ts";
import { readNpyArray } from "../npy/read_array.ts";
import type { Memmap, NDArray } from "../numpy/mod.ts";
import { toNative } from "../numpy/native.ts";
import { numpyGlobals } from "../numpy/pickle.ts";
import { CompanionRequest, type GlobalTable, INERT, type LoadContext } from "../pickle/context.ts";
import { BUILTIN_GLOBALS } from "../pickle/builtins.ts";
import { isStateful } from "../pickle/protocols.ts";
import { PyTuple } from "../pickle/values.ts";
import { type ArrayHandling, stateReader } from "./array_wrapper.ts";

/** "ZF" and the length in hexadecimal, padded to the width of `hex(2**64)`. */
const ZF_HEADER_LENGTH = 21;

/** What an array of objects may hold. */
const OBJECTS: GlobalTable = new Map([...BUILTIN_GLOBALS, ...numpyGlobals]);

/** Whether the first bytes are those of a "ZF" file. */
export function isZfFile(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x5a && head[1] === 0x46;
}

/** The content of a "ZF" file. */
export function readZfFile(
  bytes: Uint8Array,
  path: string | undefined,
  maxBytes?: number,
): Uint8Array {
  const text = String.fromCharCode(...bytes.subarray(2, ZF_HEADER_LENGTH)).trim();
  const place = path === undefined ? {} : { path };
  if (!/^0x[0-9a-f]+L?$/i.test(text)) {
    throw new UnpicklingError(
      "Cannot read ZF file: its length is no hexadecimal number (at byte 2)",
      {
        offset: 2,
        ...place,
      },
    );
  }
  // Python 2 wrote one space more
  const start = bytes[ZF_HEADER_LENGTH] === 0x20 ? ZF_HEADER_LENGTH + 1 : ZF_HEADER_LENGTH;
  const content = compressorByName("zlib").decompress(
    bytes.subarray(start),
    maxBytes === undefined ? {} : { maxBytes },
  );
  if (content instanceof Promise) {
    throw new UnsupportedError("Cannot read ZF file synchronously here: use load()", place);
  }
  if (content.length !== Number(text.replace("L", ""))) {
    throw new UnpicklingError(
      `Cannot read ZF file: it holds ${content.length} bytes, its header says ${text}`,
      place,
    );
  }
  return content;
}

/** An array in a `.npy` file beside the pickle. */
export class CompanionArrayWrapper {
  readonly #handling: ArrayHandling;

  /** Make the array in this way. */
  constructor(handling: ArrayHandling) {
    this.#handling = handling;
  }

  /** BUILD: ask for the side file, and answer the array. */
  __setstate__(state: unknown, context: LoadContext): CompanionRequest | Memmap {
    const get = stateReader(state, context);
    warnOldFormat(context);
    const name = companionName(get("filename"), context);
    const mapped = this.#handling.mapping?.mapCompanion(name, context.limits);
    if (mapped !== undefined) return mapped;
    return new CompanionRequest(name, (bytes) => {
      const array: NDArray = readNpyArray(bytes, {
        exact: context.exact,
        dicts: context.dicts,
        encoding: context.encoding,
        limits: context.limits,
        globals: OBJECTS,
      });
      return this.#handling.native ? toNative(array) : array;
    });
  }
}

/** An array whose raw bytes are a "ZF" file beside the pickle. */
export class CompressedCompanionWrapper {
  readonly #native: boolean;

  /** `native`: swap arrays of foreign byte order. */
  constructor(native: boolean) {
    this.#native = native;
  }

  /** BUILD: ask for the side file, and answer the array. */
  __setstate__(state: unknown, context: LoadContext): CompanionRequest {
    const get = stateReader(state, context);
    const args = get("init_args");
    const parts = get("state");
    warnOldFormat(context);
    if (!(args instanceof PyTuple) || !(parts instanceof PyTuple)) {
      throw context.fail("a compressed array without its init_args and state");
    }
    return new CompanionRequest(companionName(get("filename"), context), (bytes) => {
      const data = readZfFile(bytes, undefined, context.limits.maxBytes);
      const reconstruct = numpyGlobals.get("numpy.core.multiarray._reconstruct");
      const array = reconstruct?.reduce?.(args, context) ?? INERT;
      if (array === INERT || typeof array !== "object" || array === null || !isStateful(array)) {
        throw context.fail("a compressed array of an unknown class");
      }
      const made = array.__setstate__(PyTuple.of<unknown>(...parts, data), context) ?? array;
      return this.#native ? toNative(made as NDArray) : made;
    });
  }
}

/** The name of a side file; one that leads out of the folder is refused. */
function companionName(value: unknown, context: LoadContext): string {
  const bytes = context.bytesOf(value);
  const name = typeof value === "string"
    ? value
    : bytes === undefined
    ? undefined
    : String.fromCharCode(...bytes);
  if (name === undefined || name === "") throw context.fail("an array wrapper without a file name");
  if (/[/\\:\0]/.test(name) || name === "." || name === "..") {
    throw new UnsafeGlobalError(
      `Cannot load a file that names the companion ${
        JSON.stringify(name)
      }: it may only lie in the same folder ` +
        `(at byte ${context.offset})`,
      { offset: context.offset, path: name },
    );
  }
  return name;
}

function warnOldFormat(context: LoadContext): void {
  context.warn({
    code: "old-format",
    message:
      "The file was written by joblib before 0.10: load and dump it again to have it in one file",
  });
}
