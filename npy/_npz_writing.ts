/**
 * Writes an archive, one piece of one array at a time, so that memory does not grow with it. A
 * member's checksum is written over the header in front of the data, or behind the data where the
 * target has no way back.
 */
import {
  deflateRaw,
  deflateRawSync,
  openDeflate,
  openDeflateSync,
} from "../compressors/raw_deflate.ts";
import { yieldToEventLoop } from "../io/event_loop.ts";
import { openSink, openSinkSync, type SyncTarget, type Target } from "../io/sink.ts";
import { sourcePath } from "../io/source.ts";
import { onceEach, warningSink } from "../pickle/warnings.ts";
import type { NamedArray } from "./_npz_arrays.ts";
import { NpzMember, NpzMemberSync } from "./_npz_member.ts";
import { PatchedOutput, PatchedOutputSync } from "./_patched_output.ts";
import { withExtension } from "./_savable.ts";
import type { SavezCompressedOptions, SavezOptions } from "./savez_options.ts";
import type { WriteNpyOptions } from "./write_array.ts";
import { STORED } from "./_zip_format.ts";
import { ZipWriter } from "./_zip_writer.ts";

/** zlib's default, which numpy leaves as it is. */
const DEFAULT_LEVEL = 6;
/** Other work has its turn, and an abort is heeded, after so much data. */
const TURN_BYTES = 1 << 20;
/** What is stored goes out in pieces of this size, each summed up while it is in the cache. */
const STORED_BYTES = 4 << 20;
/** Arrays up to this size are deflated at once. */
const SMALL_BYTES = 256 << 10;

/** How an archive is written. */
export interface ArchiveSettings extends SavezOptions, SavezCompressedOptions {
  /** 0 stored, 8 deflated. */
  readonly method: number;
}

/** Write an archive. */
export async function writeArchive(
  target: Target,
  arrays: Iterable<NamedArray> | AsyncIterable<NamedArray>,
  settings: ArchiveSettings,
): Promise<void> {
  const { durability = "none", signal, method, align } = settings;
  signal?.throwIfAborted();
  const named = withExtension(target, ".npz") as Target;
  const writing = writeOptions(named, settings);
  const sink = await openSink(named, { durability, signal });
  try {
    const output = new PatchedOutput(sink);
    const canPatch = sink.patch !== undefined;
    const zip = new ZipWriter({ start: sink.start, canPatch, method, align });
    const turns = new Turns(settings);
    for await (const [name, value] of arrays) {
      signal?.throwIfAborted();
      const member = await NpzMember.open(value, writing);
      await output.write(zip.start(memberName(name), member.headerLength));
      await writeMember(member, output, { ...settings, ...writing }, turns);
      await output.patch(zip.end(member));
    }
    for (const piece of zip.directory()) await output.write(piece);
    await output.flush();
    signal?.throwIfAborted(); // the last moment at which an abort leaves the old file
    await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** Write an archive without waiting. */
export function writeArchiveSync(
  target: SyncTarget,
  arrays: Iterable<NamedArray>,
  settings: ArchiveSettings,
): void {
  const { durability = "none", signal, method, align } = settings;
  signal?.throwIfAborted();
  const named = withExtension(target, ".npz") as SyncTarget;
  const writing = writeOptions(named, settings);
  const sink = openSinkSync(named, { durability });
  try {
    const output = new PatchedOutputSync(sink);
    const canPatch = sink.patch !== undefined;
    const zip = new ZipWriter({ start: sink.start, canPatch, method, align });
    const turns = new Turns(settings);
    for (const [name, value] of arrays) {
      const member = new NpzMemberSync(value, writing);
      output.write(zip.start(memberName(name), member.headerLength));
      writeMemberSync(member, output, settings, turns);
      output.patch(zip.end(member));
    }
    for (const piece of zip.directory()) output.write(piece);
    output.flush();
    sink.close();
  } catch (error) {
    sink.abort();
    throw error;
  }
}

function writeOptions(target: unknown, settings: ArchiveSettings): WriteNpyOptions {
  const path = sourcePath(target);
  const { allowPickle, classes } = settings;
  const warn = onceEach(warningSink(settings.onWarning));
  return {
    onWarning: (warning) => warn({ ...warning, ...(path === undefined ? {} : { path }) }),
    ...(allowPickle !== undefined && { allowPickle }),
    ...(classes !== undefined && { classes }),
  };
}

/** numpy adds the extension to whatever name there is. */
function memberName(name: string): string {
  return `${name}.npy`;
}

async function writeMember(
  member: NpzMember,
  output: PatchedOutput,
  { method, level = DEFAULT_LEVEL, threads, onWarning }: ArchiveSettings,
  turns: Turns,
): Promise<void> {
  const write = async (bytes: Uint8Array): Promise<void> => {
    member.compressedSize += bytes.length;
    await output.write(bytes);
  };
  if (method === STORED) {
    for await (const piece of member.pieces(STORED_BYTES)) {
      await write(piece);
      await turns.after(piece);
    }
    return;
  }
  const small = await member.whole(SMALL_BYTES);
  if (small !== undefined) {
    await write(await deflateRaw(small, level));
    return await turns.after(small);
  }
  const done = (): Promise<void> => Promise.resolve();
  const sink = { start: 0, write, close: done, abort: done };
  const deflate = openDeflate(sink, {
    level,
    ...(threads !== undefined && { threads }),
    ...(onWarning !== undefined && { onWarning }),
  });
  try {
    for await (const piece of member.pieces(TURN_BYTES)) {
      await deflate.write(piece);
      await turns.after(piece);
    }
    await deflate.close();
  } catch (error) {
    await deflate.abort(); // lets go of the threads
    throw error;
  }
}

function writeMemberSync(
  member: NpzMemberSync,
  output: PatchedOutputSync,
  { method, level = DEFAULT_LEVEL }: ArchiveSettings,
  turns: Turns,
): void {
  const write = (bytes: Uint8Array): void => {
    member.compressedSize += bytes.length;
    output.write(bytes);
  };
  if (method === STORED) {
    for (const piece of member.pieces(STORED_BYTES)) {
      write(piece);
      turns.tell(piece);
    }
    return;
  }
  const small = member.whole(SMALL_BYTES);
  if (small !== undefined) {
    write(deflateRawSync(small, level));
    return turns.tell(small);
  }
  const done = (): void => {};
  const deflate = openDeflateSync({ start: 0, write, close: done, abort: done }, { level });
  for (const piece of member.pieces(TURN_BYTES)) {
    deflate.write(piece);
    turns.tell(piece);
  }
  deflate.close();
}

/** Tells how far it is, and lets other work run in between. */
class Turns {
  readonly #settings: ArchiveSettings;
  #bytes = 0;
  #sincePause = 0;

  constructor(settings: ArchiveSettings) {
    this.#settings = settings;
  }

  /** So much more is written. */
  tell(piece: Uint8Array): void {
    this.#bytes += piece.length;
    this.#settings.onProgress?.({ bytes: this.#bytes });
  }

  /** The same, where there is time for others. */
  async after(piece: Uint8Array): Promise<void> {
    this.tell(piece);
    this.#sincePause += piece.length;
    if (this.#sincePause < TURN_BYTES) return;
    this.#sincePause = 0;
    await yieldToEventLoop();
    this.#settings.signal?.throwIfAborted();
  }
}
