/**
 * A look at a stored value. It is loaded as any file from a stranger: nothing runs, and limits hold;
 * the arrays of a large one stay in their file. A result of JavaScript has the types that it was
 * returned with.
 */
import { inspect } from "node:util";
import { LimitError } from "../errors.ts";
import { restoreResult } from "../memory/js_types.ts";
import { decodeMetadata } from "../memory/stores/metadata.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import { load } from "../persistence/load.ts";
import { formatBytes } from "./format.ts";
import { printable } from "./terminal.ts";

/** How a value is shown. */
export interface PreviewOptions {
  /** Width of a line. */
  readonly width: number;
  /** Size of the content in bytes. */
  readonly bytes: number;
}

/** What a preview may cost. */
const LIMITS = { maxBytes: 256 << 20, maxItems: 1_000_000, maxDepth: 1000 };
/** Files from this size on are mapped: their arrays show no elements. */
const MAPPED_BYTES = 32 << 20;
const MOST_LINES = 40;

/** Text of an entry's value, or why there is none. */
export async function previewValue(
  store: StoreBackend,
  entry: string,
  options: PreviewOptions,
): Promise<{ text: string; failed: boolean }> {
  const key = `${entry}/output.pkl`;
  const source = store.path?.(key) ?? (await store.get(key))?.bytes;
  if (source === undefined) return { text: "there is no result", failed: true };
  try {
    const loaded = await load(source, {
      mmapMode: options.bytes < MAPPED_BYTES ? null : "r",
      limits: LIMITS,
      dangerous: "inert",
      onWarning: () => {}, // a compressed array can't be mapped: it is loaded then
    });
    const { metadata } = decodeMetadata((await store.get(`${entry}/metadata.json`))?.bytes);
    const value = restoreResult(loaded, metadata);
    return { text: show(value, options.width), failed: false };
  } catch (error) {
    if (error instanceof LimitError) {
      const text = `too large to be shown: more than ${formatBytes(LIMITS.maxBytes)} or ` +
        `${LIMITS.maxItems} items`;
      return { text, failed: false };
    }
    return { text: `can't be loaded: ${printable((error as Error).message)}`, failed: true };
  }
}

function show(value: unknown, width: number): string {
  const text = inspect(value, {
    depth: 4,
    maxArrayLength: 10,
    maxStringLength: 400,
    breakLength: width,
  });
  const lines = text.split("\n").map(printable);
  const rest = lines.length - MOST_LINES;
  if (rest > 0) lines.splice(MOST_LINES, rest, `… ${rest} more lines`);
  return lines.join("\n");
}
