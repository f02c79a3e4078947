/**
 * Which globals are functions written in C: joblib doesn't hash these by the name they are pickled under,
 * but by their own name and that of the module that made them. Asked of CPython 3.11 and numpy 2.4.
 */
import { PyGlobal } from "../pickle/values.ts";

/** Modules all of whose lower-case names are functions in C, except for these types. */
const MODULES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    builtins:
      "bool bytearray bytes classmethod complex dict enumerate filter float frozenset int " +
      "list map memoryview object property range reversed set slice staticmethod str super tuple " +
      "type zip",
    math: "",
    cmath: "",
    _operator: "attrgetter itemgetter methodcaller",
    posix: "error stat_result statvfs_result sched_param terminal_size times_result uname_result " +
      "waitid_result",
    time: "struct_time",
    _codecs: "",
    _bisect: "",
    _heapq: "",
    _functools: "partial",
    _struct: "error",
    array: "array",
    binascii: "",
    unicodedata: "",
    zlib: "error",
  }).map(([module, types]) => [module, new Set(types.split(" "))]),
);

/** Modules under whose names functions of other modules were pickled. */
const ALIASES: Readonly<Record<string, string>> = { operator: "_operator" };

const MULTIARRAY: ReadonlySet<string> = new Set(["_reconstruct", "scalar"]);
const NUMPY: ReadonlySet<string> = new Set(
  ("arange array asanyarray asarray ascontiguousarray asfortranarray datetime_data empty " +
    "from_dlpack frombuffer fromfile fromiter frompyfunc fromstring may_share_memory " +
    "nested_iters promote_types zeros").split(" "),
);

/** The module in which a function in C was made; undefined for classes and functions in Python. */
export function builtinModule(global: PyGlobal, numpyMajor: 1 | 2): string | undefined {
  const { module, name } = global;
  if (isNumpyFunction(module, name)) {
    return numpyMajor === 1 ? "numpy.core._multiarray_umath" : "numpy._core._multiarray_umath";
  }
  if (module === "itertools") return name === "tee" ? module : undefined;
  if (module === "functools") return name === "reduce" ? "_functools" : undefined;
  if (!/^[a-z_]\w*$/.test(name)) return undefined;
  const made = ALIASES[module] ?? module;
  return MODULES.get(made)?.has(name) === false ? made : undefined;
}

function isNumpyFunction(module: string, name: string): boolean {
  if (module === "numpy") return NUMPY.has(name);
  return MULTIARRAY.has(name) &&
    (module === "numpy._core.multiarray" || module === "numpy.core.multiarray");
}

/** Where numpy's classes live that have moved, as numpy 2 and numpy 1 name them. */
const MOVED: readonly (readonly [two: string, one: string])[] = [
  ["numpy.rec.recarray", "numpy.recarray"],
  ["numpy.char.chararray", "numpy.chararray"],
  ["numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"],
];
const TO_TWO: ReadonlyMap<string, PyGlobal> = new Map(MOVED.map(([two, one]) => [one, named(two)]));
const TO_ONE: ReadonlyMap<string, PyGlobal> = new Map(MOVED.map(([two, one]) => [two, named(one)]));

/** The global under the name that this version of numpy has for it. */
export function numpyName(global: PyGlobal, numpyMajor: 1 | 2): PyGlobal {
  const { module, name } = global;
  if (!module.startsWith("numpy")) return global;
  const moved = (numpyMajor === 1 ? TO_ONE : TO_TWO).get(`${module}.${name}`);
  if (moved !== undefined) return moved;
  const [from, to] = numpyMajor === 1
    ? ["numpy._core", "numpy.core"]
    : ["numpy.core", "numpy._core"];
  if (module !== from && !module.startsWith(`${from}.`)) return global;
  return new PyGlobal(to + module.slice(from.length), name);
}

function named(className: string): PyGlobal {
  const dot = className.lastIndexOf(".");
  return new PyGlobal(className.slice(0, dot), className.slice(dot + 1));
}
