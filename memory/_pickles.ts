/**
 * How Memory and MemorizedResult stand in a pickle: as joblib's classes, which Python loads for the same
 * cache folder, and whose own pickles come back as ours. What joblib has no place for is beside that.
 */
import { PyObject, tuple } from "../pickle/mod.ts";
import { isPlainObject } from "../pickle/values.ts";
import type { MemoryOptions, MmapMode } from "./options.ts";
import type { Metadata } from "./stores/metadata.ts";

/** joblib's names of what is pickled. */
export const MEMORY_CLASS = "joblib.memory.Memory";
/** The name of references to results. */
export const RESULT_CLASS = "joblib.memory.MemorizedResult";

/** Attributes of every `joblib.logger.Logger`. */
const LOGGER = { depth: 3, _name: "joblib", timestamp: null };

/** A state, read as far as it is what it should be. */
type State = Readonly<Record<string, unknown>>;

/** `FileSystemStoreBackend` of joblib: where the folder `joblib` is. */
class StoreReference {
  static readonly pyClass = "joblib._store_backends.FileSystemStoreBackend";
  readonly location: string;
  readonly compress: unknown;
  readonly mmap_mode: MmapMode | null;
  readonly verbose: number;

  constructor(location: string, compress: unknown, mmapMode: MmapMode | null, verbose: number) {
    this.location = location;
    this.compress = compress;
    this.mmap_mode = mmapMode;
    this.verbose = verbose;
  }
}

/** What is pickled of a Memory. */
export interface PickledMemory {
  readonly location: string | null;
  /** The name of the kind of store. */
  readonly backend: string | undefined;
  readonly options: MemoryOptions;
}

/** The state of a Memory; functions among its options stay behind. */
export function memoryState({ location, backend, options }: PickledMemory, store: string): State {
  const { verbose = 0, compress = false, mmapMode = null } = options;
  const { hashName, durability, limits } = options;
  const pythons = Array.isArray(compress) ? tuple(...compress) : compress;
  return {
    ...LOGGER,
    _verbose: verbose,
    mmap_mode: mmapMode,
    backend: "local",
    compress: pythons,
    backend_options: {},
    location,
    store_backend: location === null ? null : new StoreReference(store, pythons, mmapMode, verbose),
    larder: withoutUndefined({ backend, hashName, durability, limits }),
  };
}

/** A Memory's location and options, of its state. */
export function memoryOf(state: unknown): PickledMemory {
  if (!isState(state)) throw new TypeError("Cannot load a Memory: its state is no dict");
  const { location, _verbose: verbose, compress, mmap_mode: mmapMode } = state;
  const { backend, ...own } = isState(state.larder) ? state.larder : {};
  return {
    location: location === null ? null : textOf("location", location),
    backend: typeof backend === "string" ? backend : undefined,
    options: {
      verbose: typeof verbose === "number" ? verbose : 0,
      compress: (Array.isArray(compress) ? [...compress] : compress ?? false) as boolean,
      mmapMode: (mmapMode ?? null) as MmapMode | null,
      ...own,
    },
  };
}

/** What is pickled of a reference. */
export interface PickledResult {
  readonly location: string;
  readonly backend: string;
  readonly func: string;
  readonly argsId: string;
  readonly mmapMode: MmapMode | null;
  readonly own: boolean;
  readonly metadata: Metadata;
}

/** The state of a reference. */
export function resultState(result: PickledResult, store: string): State {
  const { location, backend, func, argsId, mmapMode, own, metadata } = result;
  return {
    ...LOGGER,
    _call_id: tuple(func, argsId),
    store_backend: new StoreReference(store, false, mmapMode, 0),
    mmap_mode: mmapMode,
    metadata,
    duration: metadata.duration ?? null,
    verbose: 0,
    larder: { location, backend, own },
  };
}

/** A reference's parts, of its state. */
export function resultOf(state: unknown): PickledResult {
  if (!isState(state)) throw new TypeError("Cannot load a MemorizedResult: its state is no dict");
  const { _call_id: call, store_backend: store, mmap_mode: mmapMode, metadata } = state;
  const [func, argsId] = Array.isArray(call) ? call : [];
  const { location, backend = "local", own } = isState(state.larder) ? state.larder : {} as State;
  const folder = store instanceof PyObject ? store.get("location") : undefined;
  return {
    location: textOf("location", location ?? String(folder ?? "").replace(/[/\\]joblib$/, "")),
    backend: textOf("backend", backend),
    func: textOf("function", func),
    argsId: textOf("arguments' id", argsId),
    mmapMode: (mmapMode ?? null) as MmapMode | null,
    own: own === true,
    metadata: isState(metadata) ? metadata : {},
  };
}

function isState(value: unknown): value is State {
  return isPlainObject(value);
}

function textOf(what: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`Cannot load a reference to a cache: its ${what} is ${String(value)}`);
}

function withoutUndefined(values: State): State {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
