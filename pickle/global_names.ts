/**
 * What CPython's pickles show of where a global's name comes from: code in C makes the string anew each
 * time, or has one of its own, where Python code shares one interned string. Byte-identical output hangs
 * on it where a name is data too.
 */

/** Modules written in C, as far as their names are likely to be data too. */
const C_MODULES: ReadonlySet<string> = new Set([
  "datetime",
  "_codecs",
  "array",
  "numpy",
  "builtins",
]);
/** Functions in C of modules that have types as well. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  "array._array_reconstructor",
  ...[
    ..."abs all any ascii bin callable chr divmod format getattr hasattr hash hex id".split(" "),
    ..."isinstance issubclass iter len max min next oct ord pow print repr round".split(" "),
    ..."sorted sum".split(" "),
  ].map((name) => `builtins.${name}`),
]);
const OPERATOR_TYPES = new Set(["attrgetter", "itemgetter", "methodcaller"]);

/** Whether CPython makes a global's name string anew each time: it does for what is written in C. */
export function isBuiltinName(module: string, name: string): boolean {
  if (C_MODULES.has(module) || module.endsWith(".multiarray")) return true;
  if (module.startsWith("numpy.random.")) return true;
  return module === "collections" && name !== "Counter" && name !== "ChainMap" &&
    name !== "UserDict";
}

/** Whether a type has a str of its own for its module's name: C code made it from a specification. */
export function hasOwnModule(module: string, name: string): boolean {
  return module === "ml_dtypes" || module === "functools" && name === "partial" ||
    module === "operator" && OPERATOR_TYPES.has(name);
}

/** Whether a global is a function in C whose module has types too; these have another string for its name. */
export function isBuiltinFunction(className: string): boolean {
  return FUNCTIONS.has(className);
}
