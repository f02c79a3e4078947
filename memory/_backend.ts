/**
 * The store of a Memory: opened by location and name, or given; and how others find it.
 */
import { UnsupportedError } from "../errors.ts";
import type { LarderWarning } from "../pickle/context.ts";
import type { Whereabouts } from "./_handlers.ts";
import type { MemoryOptions } from "./options.ts";
import { isStoreBackend, openStore } from "./stores/registry.ts";
import type { StoreBackend } from "./stores/store.ts";

/** The store that a Memory is given, or that its location and options tell; none without a location. */
export function openBackend(
  location: string | URL | null,
  { backend, durability }: MemoryOptions,
  onWarning: (warning: LarderWarning) => void,
): StoreBackend | undefined {
  if (typeof backend === "object" && backend !== null) {
    if (isStoreBackend(backend)) return backend;
    throw new TypeError("Cannot use backend: it is neither the name of a store nor a store");
  }
  if (location === null) return undefined;
  return openStore(location, {
    onWarning,
    ...(durability === undefined ? {} : { durability }),
    ...(backend === undefined ? {} : { backend }),
  });
}

/** @throws {UnsupportedError} The results of a store can't be mapped. */
export function checkMappable({ path, location }: StoreBackend): void {
  if (path !== undefined) return;
  throw new UnsupportedError(
    `Cannot use mmapMode with ${location}: its results are no files of this machine`,
    { path: location },
  );
}

/** How another process finds the store: its kind, and the folder around the part `joblib`. */
export function whereaboutsOf(
  location: string | URL | null,
  store: StoreBackend | undefined,
  { backend }: MemoryOptions,
): Whereabouts {
  if (store === undefined) return { location: "", backend: "" };
  if (typeof backend === "object") return { location: store.location, backend: "" };
  return {
    location: store.location.replace(/\/joblib$/, ""),
    backend: backend ?? (/^https?:/i.test(String(location)) ? "http" : "local"),
  };
}
