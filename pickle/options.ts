/**
 * The options of reading and writing pickles, and how they are checked: an unknown name is refused
 * and the right one is named.
 */
import { checkOptions } from "../bytes/check_options.ts";
import type { GlobalTable, IntoHook, LarderWarning, Limits, Py2Encoding } from "./context.ts";
import type { ClassEntry } from "./classes.ts";

export { checkOptions };

/** What reading a pickle can be told. */
export interface UnpickleOptions {
  /** Keep apart what JavaScript can't tell apart (1.0 and 1, dict and object). @default false */
  exact?: boolean;
  /** How dicts whose keys are all strings come out. @default "object" */
  dicts?: "object" | "map";
  /** Classes for this call only, by `module.Name`. */
  classes?: Record<string, ClassEntry>;
  /** What to do with an instance of a class that nobody registered. @default "inert" */
  unknownClasses?: "inert" | "error";
  /** What to do with a global that is known to be dangerous. @default "error" */
  dangerous?: "error" | "inert";
  /** How Python 2's 8-bit strings are decoded. @default "ASCII" */
  encoding?: Py2Encoding;
  /** Map Python 2's module and name spellings in protocols below 3. @default true */
  fixImports?: boolean;
  /** Out-of-band buffers of protocol 5, in order. */
  buffers?: Iterable<Uint8Array>;
  /** Resolves persistent ids. */
  persistentLoad?: (id: unknown) => unknown;
  /** The extension registry of `copyreg`, by code. */
  extensions?: ReadonlyMap<number, readonly [module: string, name: string]>;
  /** The buffer that an array's bytes go to; undefined for a fresh one. */
  into?: IntoHook;
  /** Bounds on what the file may make us do. */
  limits?: Limits;
  /** Takes notices that are not errors. @default console.warn, once for each text and path */
  onWarning?: (warning: LarderWarning) => void;
}

/** What writing a pickle can be told. */
export interface PickleOptions {
  /** 0 to 5; −1 for the highest, null for the default. @default 4 */
  protocol?: number | null;
  /**
   * Which equal strings are written once and referred to afterwards: "value" all of them,
   * "distinct" only dict keys and one-character strings (as Python does for computed text).
   * @default "value"
   */
  strings?: "value" | "distinct";
  /** Python 2's module and name spellings in protocols below 3. @default true */
  fixImports?: boolean;
  /** Takes buffers out of band (protocol 5); what it answers false for leaves the stream. */
  bufferCallback?: (buffer: Uint8Array) => unknown;
  /** Answers an id for values that are stored elsewhere, undefined for the others. */
  persistentId?: (value: unknown) => unknown;
  /** The extension registry of `copyreg`, by code. */
  extensions?: ReadonlyMap<number, readonly [module: string, name: string]>;
  /** Classes for this call only, by `module.Name`. */
  classes?: Record<string, ClassEntry>;
}

/** What layers above give the machine beside the caller's options. */
export interface MachineOptions extends UnpickleOptions {
  /** Known globals; the builtins when left out. */
  globals?: GlobalTable;
  /** The file, for messages. */
  path?: string;
}

const ENCODINGS: readonly string[] = ["ASCII", "latin1", "bytes"];

/** Names of {@link Limits}. */
const LIMITS: readonly (keyof Limits)[] = [
  "maxBytes",
  "maxDepth",
  "maxItems",
  "maxRatio",
  "maxNdim",
  "maxHeaderSize",
];

/** Refuse a value that is not among those an option takes. */
export function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (value !== undefined && !choices.includes(value)) {
    const list = choices.map((choice) => JSON.stringify(choice)).join(", ");
    throw new RangeError(`Cannot use ${name} ${JSON.stringify(value)}: known are ${list}`);
  }
}

/** Check the values of the options of reading. */
export function checkUnpickleOptions(options: UnpickleOptions): void {
  checkChoice("encoding", options.encoding, ENCODINGS);
  checkChoice("dicts", options.dicts, ["object", "map"]);
  checkChoice("unknownClasses", options.unknownClasses, ["inert", "error"]);
  checkChoice("dangerous", options.dangerous, ["error", "inert"]);
  checkLimits(options.limits);
}

/** Refuse bounds that would hold nothing: unknown names, and what is no number. */
function checkLimits(limits: Limits | undefined): void {
  if (limits === undefined) return;
  checkOptions(limits, LIMITS, "limits");
  for (const name of LIMITS) {
    const limit: unknown = limits[name];
    if (limit === undefined || typeof limit === "number" && limit >= 0) continue;
    const given = typeof limit === "string" ? JSON.stringify(limit) : String(limit);
    throw new RangeError(`Cannot use limits.${name} ${given}: it is a number from 0 on`);
  }
}

/** The protocol to write for the option's value. */
export function resolveProtocol(protocol: number | null | undefined): number {
  if (protocol === undefined || protocol === null) return 4;
  if (protocol === -1) return 5;
  if (!Number.isInteger(protocol) || protocol < 0 || protocol > 5) {
    throw new RangeError(`Cannot write pickle protocol ${protocol}: it must be 0 to 5, -1 or null`);
  }
  return protocol;
}
