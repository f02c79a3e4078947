/**
 * `metadata.json` of an entry: joblib's duration, time and input_args, and what Larder adds: length and
 * CRC-32 of the content, and last a CRC-32 of the text itself. A CRC finds damage as surely as a
 * digest does, in a tenth of the time and less; neither is a defence against who can write the file.
 */
import { crc32 } from "../../compressors/crc32.ts";
import { readUtf8, toUtf8 } from "../../io/text.ts";

/** What is known about an entry: what Memory and Python wrote. */
export type Metadata = Record<string, unknown>;

/** The content that a metadata file stands for. */
export interface ContentSum {
  /** Length of output.pkl in bytes. */
  readonly bytes: number;
  /** CRC-32 of output.pkl. */
  readonly crc32: number;
}

/**
 * A metadata file that was read.
 *
 * `state`: "checked" bears our checksum and it holds, "broken" it does not, "foreign" bears none (Python's),
 * "unreadable" is no JSON, "missing" is not there.
 */
export interface ReadMetadata {
  /** What it says; empty where that can't be told. */
  readonly metadata: Metadata;
  /** The content that it stands for, where it tells. */
  readonly output: ContentSum | undefined;
  /** What became of it. */
  readonly state: "checked" | "broken" | "foreign" | "unreadable" | "missing";
}

const SUM = /,"crc32":(\d{1,10})\}$/;

/** Spell metadata for a content. */
export function encodeMetadata(metadata: Metadata, output: ContentSum): Uint8Array {
  const { bytes, crc32: sum } = output;
  const text = JSON.stringify({ ...metadata, output: { bytes, crc32: sum } }).slice(0, -1);
  return toUtf8(`${text},"crc32":${crc32(toUtf8(text), 0)}}`);
}

/** Read a metadata file; nothing in it is an error, as in joblib. */
export function decodeMetadata(bytes: Uint8Array | undefined): ReadMetadata {
  if (bytes === undefined) return { metadata: {}, output: undefined, state: "missing" };
  try {
    const text = readUtf8(bytes, 0, bytes.length);
    const [suffix, sum] = SUM.exec(text) ?? [];
    if (suffix === undefined) return parsed(text, "foreign");
    if (crc32(bytes.subarray(0, bytes.length - suffix.length), 0) !== Number(sum)) {
      return { metadata: {}, output: undefined, state: "broken" };
    }
    return parsed(`${text.slice(0, -suffix.length)}}`, "checked");
  } catch {
    return { metadata: {}, output: undefined, state: "unreadable" };
  }
}

function parsed(text: string, state: "checked" | "foreign"): ReadMetadata {
  const metadata: unknown = JSON.parse(text);
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    return { metadata: {}, output: undefined, state: "unreadable" };
  }
  const { output } = metadata as { output?: Partial<ContentSum> };
  const { bytes, crc32: sum } = output ?? {};
  const told = state === "checked" && typeof bytes === "number" && typeof sum === "number";
  return {
    metadata: metadata as Metadata,
    output: told ? { bytes, crc32: sum } : undefined,
    state,
  };
}
