/**
 * All globals that joblib's files name: the standard library's, numpy's and joblib's own.
 */
import { numpyGlobals } from "../numpy/pickle.ts";
import { BUILTIN_GLOBALS } from "../pickle/builtins.ts";
import type { GlobalEntry, GlobalTable } from "../pickle/context.ts";
import { ArrayWrapper } from "./array_wrapper.ts";
import { CompanionArrayWrapper, CompressedCompanionWrapper } from "./legacy.ts";

/** Where joblib has lived: on its own, inside old scikit-learn, and its module for old formats. */
const MODULES: readonly string[] = [
  "joblib.numpy_pickle",
  "joblib.numpy_pickle_compat",
  "sklearn.externals.joblib.numpy_pickle",
  "sklearn.externals.joblib.numpy_pickle_compat",
];

const NATIVE: GlobalTable = tableFor(true);
const STORED: GlobalTable = tableFor(false);

/** All globals that joblib.load knows; `native`: arrays of foreign byte order are swapped. */
export function joblibGlobals(native: boolean): GlobalTable {
  return native ? NATIVE : STORED;
}

function tableFor(native: boolean): GlobalTable {
  const table = new Map<string, GlobalEntry>([...BUILTIN_GLOBALS, ...numpyGlobals]);
  for (const module of MODULES) {
    table.set(`${module}.NumpyArrayWrapper`, { newobj: () => new ArrayWrapper(native) });
    table.set(`${module}.NDArrayWrapper`, { newobj: () => new CompanionArrayWrapper(native) });
    table.set(`${module}.ZNDArrayWrapper`, {
      newobj: () => new CompressedCompanionWrapper(native),
    });
  }
  return table;
}
