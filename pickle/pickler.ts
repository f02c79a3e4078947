/**
 * Writes pickles of protocols 0 to 5, byte for byte as CPython does: its framing, batches of 1000 and
 * memo. It works off an explicit list of tasks, so depth costs no stack, and hands on segments of about
 * 1 MiB. CPython has two picklers whose bytes differ in corners; `dialect` says which one is followed.
 */
import { decodeLatin1 } from "../bytes/text.ts";
import { PicklingError } from "../errors.ts";
import { toUtf8 } from "../io/text.ts";
import { ClassTable } from "./classes.ts";
import { toPython2 } from "./compat.ts";
import { ContainerWriter } from "./container_writer.ts";
import { type DumpContext, FreshString, type Reduction } from "./context.ts";
import { fromForeignDate } from "./foreign.ts";
import type { Frames } from "./frames.ts";
import { hasOwnModule, isBuiltinFunction, isBuiltinName } from "./global_names.ts";
import { keyProblem } from "./hashing.ts";
import type { PicklerHooks, RawArray } from "./hooks.ts";
import { OpcodeWriter } from "./opcode_writer.ts";
import { Op } from "./opcodes.ts";
import { type PickleOptions, resolveProtocol } from "./options.ts";
import { PickleBuffer } from "./pickle_buffer.ts";
import { isReducible } from "./protocols.ts";
import {
  attributeSteps,
  BYTE,
  CALL,
  instanceReduction,
  pyObjectSteps,
  reductionSteps,
  type Steps,
} from "./spelling.ts";
import { separateTexts } from "./string_identity.ts";
import { DICT, LIST, MAP, MEMBERS, TaskStack } from "./tasks.ts";
import {
  isPlainObject,
  PyByteArray,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyTuple,
} from "./values.ts";

export type { PicklerHooks, RawArray } from "./hooks.ts";

const EMPTY_BYTES = new Uint8Array(0);
const BYTES = new PyGlobal("builtins", "bytes");
const BYTEARRAY = new PyGlobal("builtins", "bytearray");
const SET = new PyGlobal("builtins", "set");
const FROZENSET = new PyGlobal("builtins", "frozenset");
const ENCODE = new PyGlobal("_codecs", "encode");

/** Writes one pickle; the segments are drawn with {@link Pickler.next}. */
export class Pickler implements DumpContext {
  readonly protocol: number;
  readonly #hooks: PicklerHooks;
  readonly #options: PickleOptions;
  readonly #classes: ClassTable;
  readonly #writer: OpcodeWriter;
  readonly #out: Frames;
  readonly #tasks = new TaskStack();
  readonly #containers: ContainerWriter;
  #globals: Map<string, number> | undefined;
  #extensions: Map<string, number> | undefined;
  #done = false;

  /** Begin a pickle of `value`. */
  constructor(value: unknown, options: PickleOptions = {}, hooks: PicklerHooks = {}) {
    this.protocol = resolveProtocol(options.protocol);
    if (options.bufferCallback !== undefined && this.protocol < 5) {
      throw new RangeError("Cannot use bufferCallback: it needs protocol 5");
    }
    this.#options = options;
    this.#hooks = hooks;
    this.#classes = new ClassTable(options.classes);
    for (const [code, [module, name]] of options.extensions ?? []) {
      this.#extensions ??= new Map();
      this.#extensions.set(`${module}.${name}`, code);
    }
    this.#writer = new OpcodeWriter({
      protocol: this.protocol,
      distinct: options.strings === "distinct",
      memoize: hooks.memoize ?? "all",
      onVisit: hooks.onVisit && ((object) => hooks.onVisit!(object)),
      start: hooks.start ?? 0,
      fail: (message) => this.fail(message),
    });
    this.#out = this.#writer.out;
    const order = hooks.itemOrder === undefined ? undefined : {
      itemOrder: (entries: Iterable<readonly [unknown, unknown]>) =>
        hooks.itemOrder!(entries, this),
    };
    this.#containers = new ContainerWriter(this.#writer, this.#tasks, {
      python: hooks.dialect === "python",
      plainKeys: options.persistentId === undefined,
      save: (item) => this.#save(item),
      ...order,
    });
    this.#save(value);
  }

  /** How many containers are open. */
  get depth(): number {
    return this.#tasks.depth;
  }

  /** Whether the last segment has been taken. */
  get ended(): boolean {
    return this.#done && this.#out.ready.length === 0;
  }

  /** For one who has taken and copied all segments: their memory may be used again at once. */
  giveBack(): void {
    if (this.ended) this.#writer.giveBack();
  }

  /** The next segment, valid until the next call; undefined when the pickle is complete. */
  next(): Uint8Array | undefined {
    const out = this.#out;
    for (;;) {
      const segment = out.take();
      if (segment !== undefined) return segment;
      if (this.#done) return undefined;
      this.#run();
    }
  }

  /** The same; arrays that lie in files are waited for. */
  async nextAsync(): Promise<Uint8Array | undefined> {
    for (;;) {
      const segment = await this.#out.takeAsync();
      if (segment !== undefined) return segment;
      if (this.#done) return undefined;
      this.#run();
    }
  }

  /** Carry out tasks until there is a segment or nothing is left. */
  #run(): void {
    this.#containers.run();
    if (this.#out.ready.length > 0) return;
    this.#out.byte(Op.STOP);
    this.#out.finish();
    this.#done = true;
  }

  /** Write a value; false when a task was pushed for it. */
  #save(value: unknown): boolean {
    this.#writer.boundary();
    const { persistentId } = this.#options;
    if (persistentId !== undefined) {
      const id = persistentId(value instanceof FreshString ? value.value : value);
      if (id !== undefined && id !== null) return this.#savePersistent(id);
    }
    switch (typeof value) {
      case "string":
        this.#writer.string(value);
        break;
      case "number":
        this.#writer.number(value);
        break;
      case "object":
        if (value === null) this.#out.byte(Op.NONE);
        else if (!this.#saveObject(value)) return false;
        break;
      case "boolean":
        this.#writer.boolean(value);
        break;
      case "undefined":
        this.#out.byte(Op.NONE);
        break;
      case "bigint":
        this.#writer.bigint(value);
        break;
      default:
        throw this.#refuse(value);
    }
    return true;
  }

  /** Write an object; false when a task was pushed. */
  #saveObject(value: object): boolean {
    const known = this.#writer.known(value);
    if (known !== undefined) {
      this.#writer.refer(known);
      return true;
    }
    if (Array.isArray(value)) return this.#saveArray(value);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return this.#saveDict(value as Record<string, unknown>);
    }
    if (value instanceof PyFloat) {
      this.#writer.float(Number(value), value.bits);
      return true;
    }
    if (prototype === Map.prototype) return this.#saveMap(value as Map<unknown, unknown>);
    const steps = this.#hooks.reduce?.(value, this);
    if (steps !== undefined) return this.#steps(steps);
    if (value instanceof PyGlobal) return this.#saveGlobal(value);
    if (value instanceof PyObject) return this.#steps(pyObjectSteps(value, this.protocol));
    if (value instanceof FreshString) {
      this.#writer.freshString(value.value, value);
      return true;
    }
    if (prototype === Set.prototype || prototype === PyFrozenSet.prototype) {
      return this.#saveSet(value as Set<unknown>);
    }
    return this.#saveOther(value);
  }

  #saveOther(value: object): boolean {
    const raw = this.#hooks.rawArray?.(value);
    if (raw !== undefined) return this.#saveRawArray(raw);
    if (isReducible(value)) return this.#reduce(value.__reduce__(this), value);
    const bytes = bytesOf(value);
    if (bytes !== undefined) return this.#saveBytes(bytes, value);
    if (value instanceof PickleBuffer) return this.#savePickleBuffer(value);
    const foreign = this.#checked(() => fromForeignDate(value)) ?? this.#hooks.convert?.(value);
    if (foreign !== undefined) {
      const rawForeign = this.#hooks.rawArray?.(foreign);
      if (rawForeign !== undefined) return this.#saveRawArray(rawForeign);
      if (isReducible(foreign)) return this.#reduce(foreign.__reduce__(this), value);
    }
    const found = this.#classes.forInstance(value);
    if (found === undefined) throw this.#refuse(value);
    if (found.className.startsWith("__main__.")) this.#hooks.onMainClass?.(found.className);
    const made = instanceReduction(value, found.className, found.entry);
    return this.#reduce(this.#hooks.instance?.(made) ?? made, value);
  }

  #checked<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new PicklingError(`${error.message} (at ${this.#tasks.path()})`, {
        path: this.#tasks.path(),
        cause: error,
      });
    }
  }

  #saveArray(value: unknown[]): boolean {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === PyTuple.prototype) return this.#containers.tuple(value, value);
    if (prototype !== Array.prototype) return this.#saveOther(value);
    const out = this.#out;
    if (this.#writer.bin) out.byte(Op.EMPTY_LIST);
    else {
      out.byte(Op.MARK);
      out.byte(Op.LIST);
    }
    this.#writer.memoize(value);
    if (value.length === 0) return true;
    const task = this.#tasks.push(LIST, null);
    task.texts = separateTexts(value);
    task.items = value;
    task.count = value.length;
    return false;
  }

  #openDict(value: object): void {
    const out = this.#out;
    if (this.#writer.bin) out.byte(Op.EMPTY_DICT);
    else {
      out.byte(Op.MARK);
      out.byte(Op.DICT);
    }
    this.#writer.memoize(value);
  }

  #saveDict(value: Record<string, unknown>): boolean {
    this.#openDict(value);
    let keys: readonly string[] = Object.keys(value);
    if (keys.length === 0) return true;
    if (this.#hooks.keyOrder !== undefined) keys = this.#hooks.keyOrder(keys as string[]);
    if (this.#options.persistentId !== undefined) {
      const task = this.#tasks.push(MAP, null);
      task.iterator = keys.map((key) => [key, value[key]])[Symbol.iterator]();
      task.count = keys.length;
      return false;
    }
    const task = this.#tasks.push(DICT, null);
    task.items = keys;
    task.values = value;
    task.count = keys.length;
    return false;
  }

  #saveMap(value: Map<unknown, unknown>): boolean {
    this.checkKeys(value);
    this.#openDict(value);
    if (value.size === 0) return true;
    if (this.#hooks.itemOrder !== undefined) {
      return this.#containers.pairs(this.#hooks.itemOrder(value, this));
    }
    const task = this.#tasks.push(MAP, null);
    task.texts = separateTexts(value);
    task.iterator = value.entries();
    task.count = value.size;
    return false;
  }

  #saveSet(value: Set<unknown>): boolean {
    this.checkKeys(value);
    const frozen = value instanceof PyFrozenSet;
    if (this.protocol < 4) {
      return this.#reduce({ callable: frozen ? FROZENSET : SET, args: [[...value]] }, value);
    }
    if (!frozen) {
      this.#out.byte(Op.EMPTY_SET);
      this.#writer.memoize(value);
      if (value.size === 0) return true;
    }
    const task = this.#tasks.push(MEMBERS, value);
    task.items = [...value];
    task.count = value.size;
    return false;
  }

  /** Refuse keys that Python would take for one another, or for none. */
  checkKeys(keys: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>): void {
    const problem = keyProblem(keys);
    if (problem === undefined) return;
    throw this.fail(
      "equal" in problem
        ? `the keys ${String(problem.equal[0])} and ${String(problem.equal[1])} are equal in Python`
        : `${
          kindOf(problem.unhashable)
        } is not hashable in Python, so it can't be a key or a set member`,
    );
  }

  #saveGlobal(value: PyGlobal): boolean {
    const key = value.className;
    const known = this.#globals?.get(key);
    if (known !== undefined) {
      this.#writer.refer(known);
      return true;
    }
    const out = this.#out;
    const { module, name } = value;
    const code = this.protocol >= 2 ? this.#extensions?.get(key) : undefined;
    if (code !== undefined) {
      this.#writer.extension(code);
      return true;
    }
    if (this.protocol >= 4) {
      // names of types and functions in C are made anew each time; those of Python code are interned
      const fresh = isBuiltinName(module, name);
      if (isBuiltinFunction(key)) this.#writer.functionModule(module);
      else this.#writer.nameString(module, hasOwnModule(module, name));
      this.#writer.nameString(name, fresh);
      out.byte(Op.STACK_GLOBAL);
    } else if (name.includes(".")) {
      this.#tasks.pushSteps([...attributeSteps(value), CALL, () => this.#memoizeGlobal(value)]);
      return false;
    } else {
      const old = this.protocol < 3 && this.#options.fixImports !== false;
      const [writtenModule, writtenName] = old ? toPython2(module, name) : [module, name];
      const lines = `${writtenModule}\n${writtenName}`;
      // deno-lint-ignore no-control-regex -- protocols 0 to 2 have ASCII names
      const ascii = /^[\x00-\x7f]*$/.test(lines);
      if (this.protocol < 3 && !ascii) {
        throw this.fail(
          `can't pickle global ${key} using pickle protocol ${this.protocol}: its name is not ASCII`,
        );
      }
      if (ascii) this.#writer.line(Op.GLOBAL, lines);
      else {
        out.byte(Op.GLOBAL);
        out.bytes(toUtf8(`${lines}\n`));
      }
    }
    this.#memoizeGlobal(value);
    return true;
  }

  /** A global is known by its name, whichever object names it. */
  #memoizeGlobal(value: PyGlobal): void {
    if (!this.#writer.keeps) return;
    this.#globals ??= new Map();
    this.#globals.set(value.className, this.#writer.memoCount);
    this.#writer.memoize(value);
  }

  /** Write an object by its spelling; `object` is the key for the memo, null for none. */
  #reduce(reduction: Reduction, object: object | null): boolean {
    return this.#steps(reductionSteps(reduction, object, this.protocol));
  }

  #steps(steps: Steps): boolean {
    this.#tasks.pushSteps(steps);
    return false;
  }

  #saveRawArray(raw: RawArray): boolean {
    this.#tasks.pushSteps([
      CALL,
      () => this.#reduce(raw.wrapper, null),
      CALL,
      () => {
        this.#out.commit();
        raw.write(this.#out);
      },
    ]);
    return false;
  }

  #saveBytes(bytes: Uint8Array, object: object): boolean {
    const { length } = bytes;
    if (object instanceof PyByteArray) return this.#saveByteArray(bytes, object);
    const key = length === 0 ? EMPTY_BYTES : object; // Python has one b""
    const known = this.#writer.known(key);
    if (known !== undefined) {
      this.#writer.refer(known);
      return true;
    }
    if (this.protocol < 3) {
      const text = decodeLatin1(bytes);
      // Python has one object for each text of one character
      const args = length === 0 ? [] : [length === 1 ? text : new FreshString(text), "latin1"];
      return this.#reduce({ callable: length === 0 ? BYTES : ENCODE, args }, key);
    }
    this.#writer.bytes(bytes);
    if (this.#writer.keepsText) this.#writer.memoize(key);
    return true;
  }

  #saveByteArray(bytes: Uint8Array, object: object): boolean {
    if (this.protocol < 5) {
      const copy = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      return this.#reduce({ callable: BYTEARRAY, args: bytes.length === 0 ? [] : [copy] }, object);
    }
    this.#writer.bytearray(bytes);
    this.#writer.memoize(object);
    return true;
  }

  #savePickleBuffer(buffer: PickleBuffer): boolean {
    if (this.protocol < 5) throw this.fail("a PickleBuffer needs protocol 5");
    const { bufferCallback } = this.#options;
    if (bufferCallback !== undefined && !bufferCallback(buffer.bytes)) {
      this.#out.byte(Op.NEXT_BUFFER);
      if (buffer.readonly) this.#out.byte(Op.READONLY_BUFFER);
      return true;
    }
    if (buffer.readonly) this.#writer.bytes(buffer.bytes);
    else this.#writer.bytearray(buffer.bytes);
    this.#writer.memoize(buffer);
    return true;
  }

  #savePersistent(id: unknown): boolean {
    if (!this.#writer.bin) {
      // deno-lint-ignore no-control-regex -- a persistent id of protocol 0 is ASCII by definition
      if (!/^[\x00-\x09\x0b-\x7f]*$/.test(String(id))) {
        throw this.fail("persistent IDs in protocol 0 must be ASCII strings of one line");
      }
      this.#writer.line(Op.PERSID, String(id));
      return true;
    }
    this.#tasks.pushSteps([CALL, () => this.#saveId(id), BYTE, Op.BINPERSID]);
    return false;
  }

  /** The id itself has no persistent id. */
  #saveId(id: unknown): void {
    if (typeof id === "string") this.#writer.string(id);
    else if (typeof id === "number") this.#writer.number(id);
    else if (typeof id === "bigint") this.#writer.bigint(id);
    else if (typeof id === "boolean") this.#writer.boolean(id);
    else if (typeof id === "object" && id !== null) this.#saveObject(id);
    else throw this.#refuse(id);
  }

  #refuse(value: unknown): PicklingError {
    return this.fail(
      `${
        kindOf(value)
      } has no counterpart in Python: use registerClass or a static pyClass for classes of your own`,
    );
  }

  /** The error for the value that is being written, with its place. */
  fail(message: string): PicklingError {
    const path = this.#tasks.path();
    const action = this.#hooks.action ?? "pickle";
    return new PicklingError(`Cannot ${action} the value at ${path}: ${message}`, { path });
  }
}

/** The bytes of a binary value; undefined for what is none (typed arrays are numpy's). */
function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof DataView) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer) {
    return new Uint8Array(value);
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  if (isPlainObject(value)) return "a plain object";
  const name = value.constructor?.name || "object of an anonymous class";
  return `${/^[aeio]/i.test(name) ? "an" : "a"} ${name}`; // not before U: a URL
}
