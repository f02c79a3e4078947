/**
 * Python's pickle format: reading protocols 0 to 5 without executing anything, writing them byte for
 * byte as CPython does, and taking a pickle apart opcode by opcode.
 *
 * @example Look into a pickle
 * ```ts
 * import { dis, dumps, loads } from "@larder/joblib/pickle";
 *
 * const bytes = dumps({ name: "larder", sizes: [1, 2, 3] });
 * console.log(loads(bytes));
 * console.log(dis(bytes));
 * ```
 *
 * @module
 */
export { dumps, loads } from "./pickle.ts";
export type { PickleOptions, UnpickleOptions } from "./options.ts";
export type {
  DumpContext,
  IntoHook,
  LarderWarning,
  Limits,
  LoadContext,
  Py2Encoding,
  Reduction,
} from "./context.ts";
export { FreshString } from "./context.ts";
export { dis, genops } from "./dis.ts";
export type { Instruction } from "./dis.ts";
export type { Opcode, OpcodeArgument } from "./opcodes.ts";
export { registerClass } from "./classes.ts";
export type { ClassDump, ClassEntry } from "./classes.ts";
export { getItem } from "./hashing.ts";
export { UNHASHABLE } from "./protocols.ts";
export type { Hashable, Reducible, Stateful } from "./protocols.ts";
export {
  PyByteArray,
  PyComplex,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyTuple,
  tuple,
} from "./values.ts";
export type { PyObjectHow, PyObjectParts, PyObjectState } from "./values.ts";
export { PyArray, PyCounter, PyDefaultDict, PyDeque, PyOrderedDict } from "./collections.ts";
export type { PyArrayData, PyArrayTypecode } from "./collections.ts";
export { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone } from "./datetime.ts";
export type { PyTimeFields } from "./datetime.ts";
export { PickleBuffer } from "./pickle_buffer.ts";
export {
  LarderError,
  LimitError,
  PicklingError,
  UnpicklingError,
  UnsafeGlobalError,
} from "../errors.ts";
export type { LarderErrorDetails } from "../errors.ts";
