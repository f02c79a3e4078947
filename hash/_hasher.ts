/**
 * joblib.hashing.NumpyHasher: a pickler of protocol 3 that sorts dicts and sets, shares no text, and feeds
 * arrays and dtypes to the digest ahead of its pickle.
 */
import { LimitError } from "../errors.ts";
import { MaskedArray } from "../numpy/masked.ts";
import { Memmap } from "../numpy/memmap.ts";
import { DType } from "../numpy/dtype.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { arrayOfTyped } from "../numpy/pickle.ts";
import { NumpyScalar } from "../numpy/scalar.ts";
import type { Reduction } from "../pickle/context.ts";
import { PyTimezone, UTC } from "../pickle/datetime.ts";
import { Pickler, type PicklerHooks } from "../pickle/pickler.ts";
import { reductionSteps, SAVE, type Steps } from "../pickle/spelling.ts";
import { PyFrozenSet, PyGlobal, PyObject } from "../pickle/values.ts";
import {
  arrayOfState,
  classOf,
  hashedArray,
  MASKED_ARRAY,
  memoryPieces,
  subclassState,
} from "./_arrays.ts";
import { type DigestMethod, digestMethod } from "./_digest.ts";
import { dtypeBytes } from "./_dtypes.ts";
import { frozensetOrder } from "./_frozenset.ts";
import { builtinModule, numpyName } from "./_functions.ts";
import { HashStream } from "./_hash_stream.ts";
import { KeyOrder } from "./_key_order.ts";
import {
  isUnknownTuple,
  myHashSteps,
  objectSteps,
  setSteps,
  withoutEmptyState,
} from "./_objects.ts";
import { RecordKeys } from "./_record_keys.ts";
import type { Settings } from "./_settings.ts";

const PROTOCOL = 3;
/** Keys that are hashed for the sake of a dict, inside of keys of such. */
const MAX_DEPTH = 100;

const FROZENSET = new PyGlobal("builtins", "frozenset");
const NOTHING: Steps = [];
/** Globals that were found to need nothing, by numpy's version: those of arrays come again and again. */
const asItIs = { 1: new WeakSet<PyGlobal>(), 2: new WeakSet<PyGlobal>() };

/** The hash of a value. `depth`: of keys inside of keys. */
export function joblibHash(
  value: unknown,
  method: DigestMethod,
  settings: Settings,
  depth: number = 0,
): string {
  if (depth > MAX_DEPTH) {
    throw new LimitError(`Cannot hash keys inside of keys of more than ${MAX_DEPTH} levels`);
  }
  const stream = new HashStream(method);
  return stream.run(() =>
    new Pickler(value, { protocol: PROTOCOL }, new HasherHooks(stream, settings, depth))
  );
}

/** What the hasher does otherwise than a pickler. */
class HasherHooks implements PicklerHooks {
  readonly dialect = "python";
  readonly memoize = "objects";
  readonly action = "hash";
  readonly #stream: HashStream;
  readonly #settings: Settings;
  readonly #order: KeyOrder;
  readonly #records = new RecordKeys();
  #patterns: Map<string, PyObject> | undefined;

  constructor(stream: HashStream, settings: Settings, depth: number) {
    this.#stream = stream;
    this.#settings = settings;
    // joblib hashes keys with its defaults, whatever it was called with
    this.#order = new KeyOrder((key) =>
      joblibHash(key, digestMethod("md5"), { ...settings, coerceMmap: false }, depth + 1)
    );
  }

  keyOrder(keys: string[]): readonly string[] {
    return this.#records.sorted(keys);
  }

  itemOrder(entries: Iterable<readonly [unknown, unknown]>, pickler: Pickler): unknown[] {
    return this.#order.entries(entries, pickler);
  }

  instance(reduction: Reduction): Reduction {
    return withoutEmptyState(reduction);
  }

  reduce(value: object, pickler: Pickler): Steps | undefined {
    if (value instanceof PyObject) return this.#object(value, pickler);
    if (value instanceof PyGlobal) return this.#global(value);
    if (value instanceof NDArray || value instanceof Memmap) return this.#array(value);
    if (value instanceof NumpyScalar) return scalarSteps(value);
    if (value instanceof DType) return this.#dtype(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Set.prototype) {
      return setSteps(this.#order.members(value as Set<unknown>, pickler));
    }
    if (prototype === PyFrozenSet.prototype) {
      return frozensetSteps(value as PyFrozenSet, pickler);
    }
    if (value instanceof MaskedArray) return this.#masked(value, pickler);
    if (value instanceof PyTimezone) return timezoneSteps(value);
    const array = arrayOfTyped(value);
    return array === undefined ? undefined : this.#array(array);
  }

  #object(value: PyObject, pickler: Pickler): Steps {
    if (isUnknownTuple(value)) {
      throw pickler.fail(`only Python knows whether ${value.className} is a namedtuple`);
    }
    if (value.className === "builtins.type" && value.how === "reduce") {
      throw pickler.fail(`joblib has no hash for the type of ${String(value.args[0])}`);
    }
    if (value.className === "re._compile") {
      const same = this.#patternLike(value);
      if (same !== value) return [SAVE, same];
    }
    const state = subclassState(value);
    if (state === undefined) return objectSteps(value, pickler);
    const array = arrayOfState(state);
    if (array === undefined) {
      throw pickler.fail(`only Python knows what makes a ${String(value.args[0])}`);
    }
    if (array.dtype.hasObject) return objectSteps(value, pickler);
    this.#feed(array);
    return hashedArray(value.args[0] as PyGlobal, array);
  }

  /** Python keeps compiled patterns: equal ones are one object. */
  #patternLike(pattern: PyObject): PyObject {
    const key = JSON.stringify(pattern.args);
    this.#patterns ??= new Map();
    const known = this.#patterns.get(key);
    if (known === undefined) this.#patterns.set(key, pattern);
    return known ?? pattern;
  }

  #global(global: PyGlobal): Steps | undefined {
    const { numpyMajor } = this.#settings;
    if (asItIs[numpyMajor].has(global)) return undefined;
    const module = builtinModule(global, numpyMajor);
    if (module !== undefined) return myHashSteps(global.name, module);
    const named = numpyName(global, numpyMajor);
    if (named !== global) return [SAVE, named];
    asItIs[numpyMajor].add(global);
    return undefined;
  }

  #array(array: NDArray | Memmap): Steps | undefined {
    if (array.dtype.hasObject) return undefined;
    this.#feed(array);
    return hashedArray(classOf(array, this.#settings.coerceMmap), array);
  }

  /** joblib sees the values only, and raises where it can't take the mask off. */
  #masked(array: MaskedArray, pickler: Pickler): Steps | undefined {
    if (array.dtype.hasObject) return undefined;
    if (array.mask !== null && array.dtype.itemsize !== 1) {
      throw pickler.fail("joblib has no hash for a masked array; hash its data and its mask");
    }
    this.#feed(array.data);
    return hashedArray(MASKED_ARRAY, array.data);
  }

  #feed(array: NDArray | Memmap): void {
    if (this.#stream.replaying) return;
    for (const piece of memoryPieces(array)) this.#stream.feedAhead(piece);
    this.#stream.feedAhead(dtypeBytes(array.dtype, this.#settings));
  }

  #dtype(dtype: DType): Steps {
    this.#stream.feedAhead(dtypeBytes(dtype, this.#settings));
    return NOTHING;
  }
}

/** numpy's text and bytes are text and bytes, which are not kept in the memo. */
function scalarSteps(scalar: NumpyScalar): Steps {
  const steps = reductionSteps(scalar.__reduce__(), scalar, PROTOCOL);
  return "SU".includes(scalar.dtype.kind) ? steps.slice(0, -2) : steps;
}

function frozensetSteps(set: PyFrozenSet, pickler: Pickler): Steps {
  pickler.checkKeys(set);
  const members = frozensetOrder([...set]);
  if (members !== undefined) {
    return reductionSteps({ callable: FROZENSET, args: [members] }, set, PROTOCOL);
  }
  throw pickler.fail(
    "the order of a frozenset, and so its hash, differs from one Python process to the next; use a Set",
  );
}

/** Python has one UTC. */
function timezoneSteps(zone: PyTimezone): Steps | undefined {
  const utc = zone !== UTC && zone.name === undefined && zone.offset.totalSeconds() === 0;
  return utc ? [SAVE, UTC] : undefined;
}
