/**
 * A hit is deep-equal to what the miss returned: the places of a value at which its pickle alone would
 * load as another type (Float64Array as NDArray, a Map of text as an object, a small bigint as a number).
 */

/** Such places as JSON, for metadata.json. */
export interface JsTree {
  /** Version of this form. */
  readonly v: 1;
  /** Shape of the value itself, by its number. */
  readonly root: number;
  /** The different shapes. */
  readonly shapes: readonly JsShape[];
}

/** What becomes of a value, and of the values in it. */
export interface JsShape {
  /** The type that it had. */
  readonly as?: string;
}

/** Something that does not come back. */
export interface LostType {
  /** Place in the value, such as `$.a[3]`. */
  readonly path: string;
  /** What is not kept. */
  readonly what: string;
}

/** What is to be kept beside a pickle. */
export interface JsTypes {
  /** Undefined where loading alone gives the same types. */
  readonly tree: JsTree | undefined;
  /** What can't be kept. */
  readonly lost: readonly LostType[];
}

/** Find what a pickle alone does not tell. */
export function jsTypes(_value: unknown): JsTypes {
  throw new TypeError("not yet");
}

/** Give a loaded value the types that it had. @throws CacheError for a tree that does not fit */
export function restoreJsTypes(_loaded: unknown, _tree: JsTree): unknown {
  throw new TypeError("not yet");
}
