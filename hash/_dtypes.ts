/**
 * What joblib feeds of a dtype: a marker, and the dtype's own pickle by the C pickler in the default
 * protocol of the interpreter, so that sharing dtypes does not show in the hash.
 */
import { DType } from "../numpy/dtype.ts";
import { FreshString } from "../pickle/context.ts";
import { picklerBytes } from "../pickle/pickle.ts";
import { reductionSteps } from "../pickle/spelling.ts";
import { PyTuple, tuple } from "../pickle/values.ts";
import type { Settings } from "./_settings.ts";

const MARKER = new TextEncoder().encode("_HASHED_DTYPE");

/** The spellings of one dtype, by protocol and state. */
type Variants = (Uint8Array | undefined)[];

/** Caches of what follows from a dtype alone: the numbers by their name, which are few, the others by object. */
const numbers = new Map<string, Variants>();
const others = new WeakMap<DType, Variants>();

/** The bytes that a dtype adds to the digest, ahead of the pickle. */
export function dtypeBytes(dtype: DType, settings: Settings): Uint8Array {
  const { pickleProtocol, datetimeState } = settings;
  const place = pickleProtocol * 2 + (datetimeState === "old" ? 1 : 0);
  return variantsOf(dtype)[place] ??= spell(dtype, settings);
}

function variantsOf(dtype: DType): Variants {
  let variants = others.get(dtype);
  if (variants !== undefined) return variants;
  const number = isNumber(dtype);
  variants = number ? numbers.get(dtype.str) ?? [] : [];
  if (number) numbers.set(dtype.str, variants);
  others.set(dtype, variants);
  return variants;
}

/** Whether the dtype is one of the few that their name tells all about. */
export function isNumber(dtype: DType): boolean {
  return "biufc".includes(dtype.kind) && dtype.metadata === null;
}

function spell(dtype: DType, { pickleProtocol: protocol, datetimeState }: Settings): Uint8Array {
  const old = datetimeState === "old";
  const pickle = picklerBytes(dtype, { protocol }, {
    reduce(value) {
      if (!(value instanceof DType) || value.kind === "T") return undefined;
      const reduction = value.__reduce__({ protocol });
      const state = PyTuple.from(reduction.state as PyTuple);
      if (old && value.unit !== null && value.metadata === null) useOldState(state);
      if (value.names !== null) shareNames(state);
      return reductionSteps({ ...reduction, state }, value, protocol);
    },
  });
  const bytes = new Uint8Array(MARKER.length + pickle.length);
  bytes.set(MARKER);
  bytes.set(pickle, MARKER.length);
  return bytes;
}

/** numpy before 2.4 has an empty dict where later ones have None. */
function useOldState(state: PyTuple): void {
  state[state.length - 1] = tuple(new Map(), (state.at(-1) as PyTuple)[1]);
}

/** The names and the keys of the fields are the same text, whatever else in the file was equal to it. */
function shareNames(state: PyTuple): void {
  state[3] = PyTuple.from(state[3] as PyTuple);
  const fields = state[4] as Map<unknown, unknown>;
  state[4] = new Map(
    Array.from(fields, ([key, field]) => [key instanceof FreshString ? key.value : key, field]),
  );
}
