/**
 * From names to values: what a GLOBAL, REDUCE, NEWOBJ or BUILD of a file leads to. A name is looked up
 * whole in Maps of our own; it is never traversed, imported or called.
 */
import { UnsafeGlobalError } from "../errors.ts";
import { BUILTIN_GLOBALS } from "./builtins.ts";
import { type ClassEntry, ClassTable, setOwnState } from "./classes.ts";
import { toPython3 } from "./compat.ts";
import { type GlobalEntry, type GlobalTable, INERT, type LoadContext } from "./context.ts";
import { isDangerous } from "./dangerous.ts";
import type { MachineOptions } from "./options.ts";
import { oldInstances } from "./old_protocols.ts";
import { isStateful } from "./protocols.ts";
import { isPlainObject, PyGlobal, PyObject, type PyObjectHow, PyTuple } from "./values.ts";

/** Modules of types in C: their attributes are methods, which Python makes anew each time. */
const WITHOUT_NESTED_CLASSES: ReadonlySet<string> = new Set([
  "builtins",
  "collections",
  "datetime",
  "decimal",
  "zoneinfo",
]);

/** What a global of this load leads to. */
interface Known {
  readonly global: PyGlobal;
  readonly entry?: GlobalEntry;
  readonly classEntry?: ClassEntry;
}

/** Resolves the globals of one load. */
export class GlobalResolver {
  /** The known globals. */
  readonly table: GlobalTable;
  readonly #options: MachineOptions;
  readonly #classes: ClassTable;
  readonly #byName = new Map<string, Known>();
  readonly #byGlobal = new Map<PyGlobal, Known>();
  readonly #instances = new Map<object, ClassEntry>();

  /** Use the options' classes and `table` (the standard library's globals when left out). */
  constructor(options: MachineOptions, table?: GlobalTable) {
    this.#options = options;
    this.table = table ?? options.globals ?? BUILTIN_GLOBALS;
    this.#classes = new ClassTable(options.classes);
  }

  /** The global of this name; one object for one name. */
  find(module: string, name: string, context: LoadContext): PyGlobal {
    const key = `${module}\n${name}\n${context.protocol < 3}`;
    let known = this.#byName.get(key);
    if (known === undefined) {
      if (context.protocol < 3 && this.#options.fixImports !== false) {
        [module, name] = toPython3(module, name);
      }
      known = this.#know(new PyGlobal(module, name), context);
      this.#byName.set(key, known);
    }
    return known.global;
  }

  /** The global behind a code of the extension registry. */
  extension(code: number, context: LoadContext): PyGlobal {
    if (code <= 0) throw context.fail(`extension code ${code} is not valid`);
    const found = this.#options.extensions?.get(code);
    if (found === undefined) {
      throw context.unsupported(
        `extension code ${code} is not registered: give it in the option \`extensions\``,
      );
    }
    return this.find(found[0], found[1], context);
  }

  /** REDUCE. */
  reduce(callable: unknown, args: unknown, context: LoadContext): unknown {
    const call = this.#checkCall(callable, args, context);
    const known = call instanceof PyGlobal ? this.#known(call, context) : undefined;
    const list = args as PyTuple;
    switch (known?.global.className) {
      case "copyreg._reconstructor":
        if (list.length === 3) return this.#reconstruct(list, context);
        break;
      case "copyreg.__newobj__":
        if (list.length > 0) return this.newobj(list[0], rest(list), undefined, context);
        break;
      case "copyreg.__newobj_ex__":
        if (list.length === 3) return this.newobj(list[0], list[1], list[2], context);
        break;
      case "builtins.getattr": {
        const [owner, name] = list;
        // a nested class in protocols below 4; methods of types in C are spelled likewise and stay calls
        if (
          context.protocol < 4 && owner instanceof PyGlobal &&
          !WITHOUT_NESTED_CLASSES.has(owner.module) && typeof name === "string"
        ) return this.find(owner.module, `${owner.name}.${name}`, context);
      }
    }
    if (known?.classEntry?.load !== undefined) {
      return this.#instance(known.classEntry, list, new Map());
    }
    const made = known?.entry?.reduce?.(list, context) ?? INERT;
    return made === INERT ? this.#inert("reduce", call, list, undefined, context) : made;
  }

  /** NEWOBJ, and NEWOBJ_EX where there are keyword arguments. */
  newobj(callable: unknown, args: unknown, kwargs: unknown, context: LoadContext): unknown {
    const call = this.#checkCall(callable, args, context);
    const named = kwargs === undefined ? undefined : toKwargs(kwargs, context);
    const known = call instanceof PyGlobal ? this.#known(call, context) : undefined;
    if (known?.classEntry?.load !== undefined) {
      return this.#instance(known.classEntry, args as PyTuple, named ?? new Map());
    }
    const made = known?.entry?.newobj?.(args as PyTuple, named, context) ?? INERT;
    if (made !== INERT) return made;
    const how = kwargs === undefined ? "newobj" : "newobj_ex";
    return this.#inert(how, call, args as PyTuple, kwargs, context);
  }

  /** INST and OBJ: an instance of a classic class of Python 2. */
  instance(how: "inst" | "obj", callable: unknown, args: PyTuple, context: LoadContext): unknown {
    const call = this.#checkCall(callable, args, context);
    const known = call instanceof PyGlobal ? this.#known(call, context) : undefined;
    if (known?.classEntry?.load !== undefined) {
      return this.#instance(known.classEntry, args, new Map());
    }
    const made = known?.entry?.reduce?.(args, context) ?? INERT;
    return made === INERT ? this.#inert(how, call, args, undefined, context) : made;
  }

  /** BUILD: give `target` its state; a request is handed to the driver. */
  build(target: unknown, state: unknown, context: LoadContext): unknown {
    if (target instanceof PyObject) {
      target.states.push({ value: state });
      return undefined;
    }
    if (typeof target !== "object" || target === null) {
      throw context.fail(`a state for a value that takes none (${typeof target})`);
    }
    const entry = this.#instances.get(target);
    if (entry?.setState !== undefined) {
      entry.setState(target, state);
      return undefined;
    }
    if (entry !== undefined) {
      if (setOwnState(target, state)) return undefined;
      throw context.fail("a state that is no dict: give the class a `setState`");
    }
    if (isStateful(target)) return target.__setstate__(state, context);
    throw context.fail("a state for a value that takes none");
  }

  #know(global: PyGlobal, context: LoadContext): Known {
    if (this.#options.dangerous !== "inert" && isDangerous(global.module, global.name)) {
      throw new UnsafeGlobalError(
        `Cannot load a file that names ${global.className}: it is known to be dangerous ` +
          `(at byte ${context.offset}); \`dangerous: "inert"\` shows it as data`,
        { className: global.className, offset: context.offset },
      );
    }
    const entry = this.table.get(global.className);
    const classEntry = this.#classes.get(global.className);
    const known: Known = {
      global,
      ...(entry === undefined ? {} : { entry }),
      ...(classEntry === undefined ? {} : { classEntry }),
    };
    this.#byGlobal.set(global, known);
    return known;
  }

  #known(global: PyGlobal, context: LoadContext): Known {
    return this.#byGlobal.get(global) ?? this.#know(global, context);
  }

  #checkCall(callable: unknown, args: unknown, context: LoadContext): PyGlobal | PyObject {
    if (!(callable instanceof PyGlobal) && !(callable instanceof PyObject)) {
      throw context.fail(`a ${callable === null ? "None" : typeof callable} is called`);
    }
    if (!(args instanceof PyTuple)) {
      throw context.fail("the arguments of a call must be a tuple", callable.className);
    }
    return callable;
  }

  /** `copyreg._reconstructor(class, base, state)`: an instance in protocols 0 and 1. */
  #reconstruct(args: PyTuple, context: LoadContext): unknown {
    const [callable, base, state] = args;
    const call = this.#checkCall(callable, args, context);
    const known = call instanceof PyGlobal ? this.#known(call, context) : undefined;
    if (known?.classEntry?.load !== undefined) {
      const plain = base instanceof PyGlobal && base.className === "builtins.object";
      return this.#instance(
        known.classEntry,
        plain ? new PyTuple() : PyTuple.of(state) as PyTuple,
        new Map(),
      );
    }
    if (known?.entry?.newobj !== undefined && state === null) {
      const made = known.entry.newobj(new PyTuple(), undefined, context);
      if (made !== INERT) return made;
    }
    const parts = PyTuple.of(base, state) as PyTuple;
    const made = this.#inert("reconstructor", call, parts, undefined, context);
    if (context.protocol < 2) oldInstances.add(made);
    return made;
  }

  #instance(entry: ClassEntry, args: PyTuple, kwargs: Map<unknown, unknown>): unknown {
    const made: unknown = entry.load!(args, kwargs);
    if (typeof made === "object" && made !== null) this.#instances.set(made, entry);
    return made;
  }

  #inert(
    how: PyObjectHow,
    callable: PyGlobal | PyObject,
    args: PyTuple,
    kwargs: unknown,
    context: LoadContext,
  ): PyObject {
    if (this.#options.unknownClasses === "error") {
      throw context.fail(
        `class ${callable.className} is not registered (registerClass or the option \`classes\`)`,
        callable.className,
      );
    }
    return new PyObject({
      how,
      callable,
      args,
      ...(kwargs === undefined ? {} : { kwargs: kwargs as Map<unknown, unknown> }),
    });
  }
}

function toKwargs(kwargs: unknown, context: LoadContext): Map<unknown, unknown> {
  if (kwargs instanceof Map) return kwargs;
  if (isPlainObject(kwargs)) return new Map(Object.entries(kwargs));
  throw context.fail("the keyword arguments of NEWOBJ_EX must be a dict");
}

function rest(args: PyTuple): PyTuple {
  const made = new PyTuple(args.length - 1);
  for (let i = 1; i < args.length; i++) made[i - 1] = args[i];
  return made;
}
