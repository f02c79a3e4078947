/** Memory for an array's bytes; runtimes have bounds of their own for one buffer. */
import { UnsupportedError } from "../errors.ts";

/** `length` bytes of fresh memory. @throws UnsupportedError where the runtime has no buffer of that size */
export function roomFor(length: number, path?: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new UnsupportedError(
      `Cannot read ${length} bytes into one array: this runtime holds no buffer of that size; ` +
        `read parts of it by mmapMode`,
      { cause, ...(path === undefined ? {} : { path }) },
    );
  }
}
