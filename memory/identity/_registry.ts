/**
 * The functions that this program caches, by their folders: two functions never share one. Copies of
 * one text that depend on nothing but that text are one function.
 */
import { CacheError } from "../../errors.ts";

/** A function as the registry knows it. */
export interface Registered {
  /** Itself. */
  readonly fn: object;
  /** Folder of all its versions, and the place where results are stored. */
  readonly folder: string;
  /** Its fingerprint. */
  readonly fingerprint: string;
  /** Where it stands, if that is known. */
  readonly place: string | undefined;
  /** Its text; undefined where nobody knows. A version or a whole module may stand for several. */
  readonly text: () => string | undefined;
  /** What makes copies of its text differ; undefined where nobody knows. */
  readonly captured: () => readonly string[] | undefined;
}

interface Known {
  readonly fn: WeakRef<object>;
  readonly place: string | undefined;
  readonly text: () => string | undefined;
}

/** By folder, then by fingerprint. */
const folders = new Map<string, Map<string, Known>>();

/**
 * Take a function.
 *
 * @param title How messages call it.
 * @returns Whether another text of the same name is told apart by its fingerprint only.
 * @throws {CacheError} Another function has its id.
 */
export function register(entry: Registered, title: string): boolean {
  const { fn, folder, fingerprint, place, text } = entry;
  let versions = folders.get(folder);
  if (versions === undefined) folders.set(folder, versions = new Map());
  const known = versions.get(fingerprint);
  const before = known?.fn.deref();
  if (known !== undefined && before !== undefined && before !== fn) {
    refuseCopy(entry, known, title);
  }
  const another = [...versions.values()].some((version) => {
    const other = version.fn.deref();
    return other !== undefined && other !== fn && place !== undefined &&
      version.place !== undefined && version.place !== place;
  });
  versions.set(fingerprint, { fn: new WeakRef(fn), place, text });
  return another;
}

function refuseCopy({ captured, text }: Registered, known: Known, title: string): void {
  const names = text() === known.text() ? captured() : undefined;
  if (names?.length === 0) return;
  const reason = names === undefined
    ? "another function has the same name and version"
    : `it was cached before with another ${names.map((name) => `"${name}"`).join(", ")}`;
  throw new CacheError(
    `Cannot cache ${title} twice: ${reason}; give each a name of its own, or deps`,
  );
}
