/**
 * The errors of Larder: one root, one class for each kind of failure (see the README's table).
 * Each carries the data that its message tells: offsets, paths, class names.
 */

/** What an error may carry beside its message. */
export interface LarderErrorDetails {
  /** Position in bytes from the start of the (decompressed) stream. */
  offset?: number;
  /** Name of the pickle opcode that failed, as `pickletools` spells it. */
  opcode?: string;
  /** `module.Name` of the Python class or function concerned. */
  className?: string;
  /** File path, URL, or the place inside a value such as `$.models[3].coef_`. */
  path?: string;
  /** The error underneath. */
  cause?: unknown;
}

/** Root of all errors thrown by Larder itself. */
export class LarderError extends Error {
  /** Name of the class, as in `Error.name`. */
  override name = "LarderError";
  /** Position in bytes from the start of the (decompressed) stream. */
  readonly offset?: number;
  /** Name of the pickle opcode that failed, as `pickletools` spells it. */
  readonly opcode?: string;
  /** `module.Name` of the Python class or function concerned. */
  readonly className?: string;
  /** File path, URL, or the place inside a value such as `$.models[3].coef_`. */
  readonly path?: string;

  /** Make an error with its data; `cause` goes to `Error.cause`. */
  constructor(message: string, details: LarderErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    if (details.offset !== undefined) this.offset = details.offset;
    if (details.opcode !== undefined) this.opcode = details.opcode;
    if (details.className !== undefined) this.className = details.className;
    if (details.path !== undefined) this.path = details.path;
  }
}

/** A pickle or joblib stream that is truncated, corrupt or refers to what is not there. */
export class UnpicklingError extends LarderError {
  /** Name of the class, as in `Error.name`. */
  override name = "UnpicklingError";
}

/** A value that has no faithful pickle. */
export class PicklingError extends LarderError {
  /** Name of the class, as in `Error.name`. */
  override name = "PicklingError";
}

/** A `.npy` or `.npz` file that breaks its format. */
export class NpyFormatError extends LarderError {
  /** Name of the class, as in `Error.name`. */
  override name = "NpyFormatError";
}

/** A compressed stream that is truncated, corrupt or fails its checksum. */
export class CompressionError extends LarderError {
  /** Name of the class, as in `Error.name`. */
  override name = "CompressionError";
}

/** A limit that the caller set (or the format's own bound) would be passed. */
export class LimitError extends LarderError {
  /** Name of the class, as in `Error.name`. */
  override name = "LimitError";
}

/** A file names a callable that is known to be dangerous, or a file outside its folder. */
export class UnsafeGlobalError extends LarderError {
  /** Name of the class, as in `Error.name`. */
  override name = "UnsafeGlobalError";
}

/** A cache entry that can't be read, or a cache folder that can't be used. */
export class CacheError extends LarderError {
  /** Name of the class, as in `Error.name`. */
  override name = "CacheError";
}

/** Something that this runtime, call or version can't do. */
export class UnsupportedError extends LarderError {
  /** Name of the class, as in `Error.name`. */
  override name = "UnsupportedError";
}
