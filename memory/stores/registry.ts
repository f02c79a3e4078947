/**
 * The kinds of stores by name, as `Memory(location, { backend })` takes them; joblib's
 * `register_store_backend`.
 */
import { builtin } from "../../io/builtin.ts";
import type { Durability } from "../../io/sink.ts";
import type { LarderWarning } from "../../pickle/context.ts";
import { FileStore } from "./file.ts";
import { HttpStore } from "./http.ts";
import { MemoryStore } from "./memory.ts";
import type { StoreBackend } from "./store.ts";

/** What a store is opened with. */
export interface StoreOptions {
  /** What is flushed to the disk before a result appears. @default "none" */
  durability?: Durability;
  /** Takes notices that are not errors. @default console.warn, once for each text and path */
  onWarning?: (warning: LarderWarning) => void;
}

/** Opens a store at a location. */
export type StoreFactory = (location: string | URL, options: StoreOptions) => StoreBackend;

const factories = new Map<string, StoreFactory>([
  ["local", openFolder],
  ["http", (location) => new HttpStore(`${String(location).replace(/\/+$/, "")}/joblib`)],
  ["memory", (location) => new MemoryStore(String(location))],
]);

/**
 * Make a kind of store known by name. A name that is known gets the new meaning.
 *
 * @throws {TypeError} The name is no string, or the factory no function.
 *
 * @param name What `backend` names it by.
 * @param factory Opens such a store.
 */
export function registerStoreBackend(name: string, factory: StoreFactory): void {
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot register a store backend by the name ${String(name)}: not a string`,
    );
  }
  if (typeof factory !== "function") {
    throw new TypeError(
      `Cannot register the store backend "${name}": a function that opens a store is needed`,
    );
  }
  factories.set(name, factory);
}

/**
 * Open a store.
 *
 * @param location For "local" the folder that holds `joblib/`, as in joblib.
 * @param backend Its kind. @default "http" for a URL of the web, else "local"
 * @throws {TypeError} The location or the backend is unknown.
 */
export function openStore(
  location: string | URL,
  { backend, ...options }: StoreOptions & { backend?: string } = {},
): StoreBackend {
  if (typeof location !== "string" && !(location instanceof URL) || location === "") {
    throw new TypeError(`Cannot open a cache at ${String(location)}: it is a path or a URL`);
  }
  const kind = backend ?? (/^https?:/i.test(String(location)) ? "http" : "local");
  const factory = factories.get(kind);
  if (factory === undefined) {
    const known = [...factories.keys()].join(", ");
    throw new TypeError(
      `Cannot open a cache at "${location}": unknown backend "${kind}", known are ${known}`,
    );
  }
  const store = factory(location, options);
  if (isStoreBackend(store)) return store;
  throw new TypeError(`Cannot open a cache at "${location}": backend "${kind}" made no store`);
}

/** Whether a value can serve as a store. */
export function isStoreBackend(value: unknown): value is StoreBackend {
  const methods = ["get", "stat", "list", "put", "putIfAbsent", "delete", "lease", "close"];
  const store = value as Record<string, unknown> | null;
  return typeof store === "object" && store !== null &&
    methods.every((name) => typeof store[name] === "function");
}

function openFolder(location: string | URL, options: StoreOptions): StoreBackend {
  return new FileStore(`${folderPath(location).replace(/[/\\]+$/, "")}/joblib`, options);
}

function folderPath(location: string | URL): string {
  const text = String(location);
  if (/^file:/i.test(text)) return builtin("url")?.fileURLToPath(text) ?? text;
  // As Python's os.path.expanduser; Deno asks a permission for it.
  if (/^~(?=$|[/\\])/.test(text)) return (builtin("os")?.homedir() ?? "~") + text.slice(1);
  return text;
}
