/**
 * Zip archives spelled out record by record, so that each of them can lie. Checksums and sizes are
 * right where nothing else is asked for.
 */
import { deflateRawSync } from "node:zlib";
import { crc32 } from "../compressors/crc32.ts";
import { bytesOf } from "./npy.ts";

/** A member of an archive. */
export interface ZipPart {
  name: string;
  data: Uint8Array;
  /** 8 deflates the data; other numbers are only said. @default 0 */
  method?: number;
  flags?: number;
  /** What both headers say, where it is not the truth. */
  crc?: number;
  size?: number;
  compressedSize?: number;
  /** The data as it is stored, for methods that nothing here can write. */
  stored?: Uint8Array;
  /** The name in front of the data. @default that of the directory */
  localName?: string;
  /** Extra fields in front of the data, and in the directory. */
  localExtra?: Uint8Array;
  centralExtra?: Uint8Array;
  /** What the directory says of where it is. */
  headerOffset?: number;
}

/** What is around the members. */
export interface ZipFrame {
  /** Bytes in front, which the offsets do not count. */
  prefix?: Uint8Array;
  comment?: Uint8Array;
  /** Bytes behind. */
  suffix?: Uint8Array;
  /** What stands between the directory and the end record. */
  beforeEnd?: (directory: { start: number; size: number }) => Uint8Array;
  /** What the end record says, where it is not the truth. */
  directorySize?: number;
  directoryStart?: number;
  count?: number;
}

const encoder = new TextEncoder();

/** The bytes of an archive. */
export function zipFile(parts: readonly ZipPart[], frame: ZipFrame = {}): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = 0;
  for (const part of parts) {
    const { method = 0, flags = 0, data } = part;
    const stored = part.stored ?? (method === 8 ? deflateRawSync(data) : data);
    const numbers = [
      ...u32(part.crc ?? crc32(data, 0)),
      ...u32(part.compressedSize ?? stored.length),
      ...u32(part.size ?? data.length),
    ];
    const name = encoder.encode(part.name);
    const localName = encoder.encode(part.localName ?? part.name);
    const localExtra = part.localExtra ?? new Uint8Array(0);
    const extra = part.centralExtra ?? new Uint8Array(0);
    const common = [...u16(20), ...u16(flags), ...u16(method), ...u16(0), ...u16(0x21), ...numbers];
    const local = bytesOf([
      Uint8Array.of(
        0x50,
        0x4b,
        3,
        4,
        ...common,
        ...u16(localName.length),
        ...u16(localExtra.length),
      ),
      localName,
      localExtra,
      stored,
    ]);
    directory.push(
      Uint8Array.of(0x50, 0x4b, 1, 2, ...u16(20), ...common),
      Uint8Array.of(...u16(name.length), ...u16(extra.length), ...u16(0), ...u16(0), ...u16(0)),
      Uint8Array.of(...u32(0), ...u32(part.headerOffset ?? position)),
      name,
      extra,
    );
    pieces.push(local);
    position += local.length;
  }
  const entries = bytesOf(directory);
  const comment = frame.comment ?? new Uint8Array(0);
  const count = u16(frame.count ?? parts.length);
  return bytesOf([
    frame.prefix ?? new Uint8Array(0),
    ...pieces,
    entries,
    frame.beforeEnd?.({ start: position, size: entries.length }) ?? new Uint8Array(0),
    Uint8Array.of(0x50, 0x4b, 5, 6, ...u16(0), ...u16(0), ...count, ...count),
    Uint8Array.of(...u32(frame.directorySize ?? entries.length)),
    Uint8Array.of(...u32(frame.directoryStart ?? position), ...u16(comment.length)),
    comment,
    frame.suffix ?? new Uint8Array(0),
  ]);
}

/** A number of 16 bits. */
export function u16(value: number): number[] {
  return [value & 0xff, value >>> 8 & 0xff];
}

/** A number of 32 bits. */
export function u32(value: number): number[] {
  return [...u16(value & 0xffff), ...u16(value >>> 16)];
}

/** A number of 64 bits. */
export function u64(value: number): number[] {
  return [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))];
}
