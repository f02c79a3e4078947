/**
 * All globals that joblib's files name: the standard library's, numpy's and joblib's own.
 */
import { numpyGlobals } from "../numpy/pickle.ts";
import { BUILTIN_GLOBALS } from "../pickle/builtins.ts";
import type { GlobalEntry, GlobalTable } from "../pickle/context.ts";
import { type ArrayHandling, ArrayWrapper } from "./array_wrapper.ts";
import { CompanionArrayWrapper, CompressedCompanionWrapper } from "./legacy.ts";

/** Where joblib has lived: on its own, inside old scikit-learn, and its module for old formats. */
const MODULES: readonly string[] = [
  "joblib.numpy_pickle",
  "joblib.numpy_pickle_compat",
  "sklearn.externals.joblib.numpy_pickle",
  "sklearn.externals.joblib.numpy_pickle_compat",
];

const NATIVE: GlobalTable = tableFor({ native: true });
const STORED: GlobalTable = tableFor({ native: false });

/** All globals that joblib.load knows, its arrays handled as told. */
export function joblibGlobals(handling: ArrayHandling): GlobalTable {
  if (handling.mapping !== undefined) return tableFor(handling);
  return handling.native ? NATIVE : STORED;
}

function tableFor(handling: ArrayHandling): GlobalTable {
  const table = new Map<string, GlobalEntry>([...BUILTIN_GLOBALS, ...numpyGlobals]);
  for (const module of MODULES) {
    table.set(`${module}.NumpyArrayWrapper`, { newobj: () => new ArrayWrapper(handling) });
    table.set(`${module}.NDArrayWrapper`, { newobj: () => new CompanionArrayWrapper(handling) });
    table.set(`${module}.ZNDArrayWrapper`, {
      newobj: () => new CompressedCompanionWrapper(handling.native),
    });
  }
  return table;
}
