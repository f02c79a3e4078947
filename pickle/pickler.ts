/**
 * Writes pickles of protocols 0 to 5, byte for byte as CPython does: its framing, batches of 1000 and
 * memo. It works off an explicit list of tasks, so depth costs no stack, and hands on segments of about
 * 1 MiB. CPython has two picklers whose bytes differ in corners; `dialect` says which one is followed.
 */
import { encodeLong } from "../bytes/long.ts";
import { floatRepr } from "../bytes/float_text.ts";
import { decodeLatin1, encodeRawUnicodeEscape } from "../bytes/text.ts";
import { PicklingError } from "../errors.ts";
import { toUtf8, writeUtf8 } from "../io/text.ts";
import { type ClassDump, ClassTable } from "./classes.ts";
import { toPython2 } from "./compat.ts";
import { type DumpContext, FreshString, type Reduction } from "./context.ts";
import { fromForeignDate } from "./foreign.ts";
import { Frames } from "./frames.ts";
import { hashKey, isSimpleKey } from "./hashing.ts";
import { Op } from "./opcodes.ts";
import { type PickleOptions, resolveProtocol } from "./options.ts";
import { PickleBuffer } from "./pickle_buffer.ts";
import { isReducible, UNHASHABLE } from "./protocols.ts";
import { separateTexts } from "./string_identity.ts";
import { HASH_SEED, hashStep, StringMemo } from "./string_memo.ts";
import {
  isPlainObject,
  PyByteArray,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyTuple,
} from "./values.ts";

/** What a layer above makes of an object that the pickle layer has no spelling for. */
export interface RawArray {
  /** Written like any instance (and not kept in the memo). */
  wrapper: Reduction;
  /** Then the frame is closed, and this is written outside of it. */
  write(out: Frames): void;
}

/** What layers above give the pickler beside the caller's options. */
export interface PicklerHooks {
  /** Whose corners are followed: the C pickler of `pickle.dumps`, or the Python pickler that joblib uses. @default "c" */
  dialect?: "c" | "python";
  /** The value to write instead of this one (a typed array becomes an ndarray). */
  convert?(value: object): object | undefined;
  /** An array whose bytes stand between the opcodes, as joblib writes it. */
  rawArray?(value: object): RawArray | undefined;
  /** Position in the target where the first byte goes. @default 0 */
  start?: number;
  /** Told of an instance that is dumped as a class of `__main__`, which other programs don't have. */
  onMainClass?(className: string): void;
}

/** CPython writes this many items between a MARK and its APPENDS, SETITEMS or ADDITEMS. */
const BATCHSIZE = 1000;
/** Strings and bytes from here on stand outside of frames. */
const LARGE = 64 * 1024;
/** Strings up to here go through the {@link StringMemo}. */
const SHORT = 48;
/** So many keys of a dict are remembered by their place. */
const LAST_KEYS = 64;

const EMPTY_BYTES = new Uint8Array(0);
const GETATTR = new PyGlobal("builtins", "getattr");
const BYTES = new PyGlobal("builtins", "bytes");
const BYTEARRAY = new PyGlobal("builtins", "bytearray");
const SET = new PyGlobal("builtins", "set");
const FROZENSET = new PyGlobal("builtins", "frozenset");
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
const ENCODE = new PyGlobal("_codecs", "encode");
const PARTIAL = new PyGlobal("functools", "partial");
const OBJECT = new PyGlobal("builtins", "object");
const NEWOBJ = new PyGlobal("copyreg", "__newobj__");
const NEWOBJ_EX = new PyGlobal("copyreg", "__newobj_ex__");
const RECONSTRUCTOR = new PyGlobal("copyreg", "_reconstructor");

/** What a task does; the numbers are the cases of the main loop. */
const LIST = 0, DICT = 1, MAP = 2, TUPLE = 3, MEMBERS = 4, STEPS = 5, ITEMS = 6, ENTRIES = 7;

/** What a step of a STEPS task does. */
const SAVE = 0, BYTE = 1, MEMOIZE = 2, PUSH_ITEMS = 3, PUSH_ENTRIES = 4, CALL = 5, PUSH_ADDS = 6;

/** One container that is being written. */
class Task {
  kind = 0;
  /** The container, for the memo. */
  object: unknown = null;
  /** Its items, keys or steps. */
  items: readonly unknown[] = [];
  /** The values beside the keys (DICT). */
  values: Readonly<Record<string, unknown>> | null = null;
  /** Items one by one. */
  iterator: Iterator<unknown> | null = null;
  /** Texts that were objects of their own, by their place. */
  texts: ReadonlyMap<unknown, FreshString> | undefined = undefined;
  /** The next item; behind the last item of the batch; the number of items. */
  index = 0;
  batch = 0;
  count = 0;
  /** 1: one item without MARK, 2: after MARK. */
  open = 0;
  /** The value whose key was just written. */
  value: unknown = undefined;
  half = false;
}

/** Writes one pickle; the segments are drawn with {@link Pickler.next}. */
export class Pickler implements DumpContext {
  readonly protocol: number;
  readonly #hooks: PicklerHooks;
  readonly #options: PickleOptions;
  readonly #classes: ClassTable;
  readonly #out: Frames;
  readonly #python: boolean;
  readonly #bin: boolean;
  readonly #distinct: boolean;
  readonly #memo = new Map<unknown, number>();
  readonly #strings = new Map<string, number>();
  /** Short ASCII text of protocol 4 and 5. */
  readonly #shorts = new StringMemo();
  /** The keys of the last dict by their place, and their memo indexes: records repeat them. */
  readonly #lastKeys: string[] = [];
  readonly #lastIndexes: number[] = [];
  readonly #globals = new Map<string, number>();
  readonly #functionModules = new Map<string, number>();
  #memoCount = 0;
  #extensions: Map<string, number> | undefined;
  readonly #tasks: Task[] = [];
  #depth = 0;
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
    this.#python = hooks.dialect === "python";
    this.#bin = this.protocol >= 1;
    this.#distinct = options.strings === "distinct";
    this.#out = new Frames(this.protocol >= 4, hooks.start ?? 0);
    for (const [code, [module, name]] of options.extensions ?? []) {
      this.#extensions ??= new Map();
      this.#extensions.set(`${module}.${name}`, code);
    }
    if (this.protocol >= 2) {
      this.#out.byte(Op.PROTO);
      this.#out.byte(this.protocol);
    }
    this.#out.startFraming();
    this.#save(value);
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

  /** Carry out tasks until there is a segment or nothing is left. */
  #run(): void {
    const ready = this.#out.ready;
    while (this.#depth > 0) {
      if (ready.length > 0) return;
      const task = this.#tasks[this.#depth - 1];
      switch (task.kind) {
        case LIST:
          this.#runList(task);
          break;
        case DICT:
          this.#runDict(task);
          break;
        case MAP:
          this.#runMap(task);
          break;
        case TUPLE:
          this.#runTuple(task);
          break;
        case MEMBERS:
          this.#runMembers(task);
          break;
        case STEPS:
          this.#runSteps(task);
          break;
        case ITEMS:
        case ENTRIES:
          this.#runIterated(task);
      }
    }
    if (ready.length > 0) return;
    this.#out.byte(Op.STOP);
    this.#out.finish();
    this.#done = true;
  }

  #runList(task: Task): void {
    const { items, texts } = task;
    for (;;) {
      if (task.index === task.batch && !this.#nextBatch(task, Op.APPEND, Op.APPENDS)) return;
      const place = task.index++;
      const item = texts === undefined ? items[place] : original(texts, place, items[place]);
      if (!this.#bin) {
        this.#pushSteps([SAVE, item, BYTE, Op.APPEND]);
        return;
      }
      if (!this.#save(item)) return;
      if (this.#out.ready.length > 0) return;
    }
  }

  #runDict(task: Task): void {
    const { items, values } = task;
    for (;;) {
      if (!task.half) {
        if (task.index === task.batch && !this.#nextBatch(task, Op.SETITEM, Op.SETITEMS)) return;
        const place = task.index++;
        const key = items[place] as string;
        const value = values![key];
        this.#saveRecordKey(key, place);
        if (this.#save(value)) {
          if (!this.#bin) this.#out.byte(Op.SETITEM);
          if (this.#out.ready.length > 0) return;
          continue;
        }
        task.half = true;
        return;
      }
      // a nested value has just been completed
      task.half = false;
      if (!this.#bin) this.#out.byte(Op.SETITEM);
    }
  }

  #runMap(task: Task): void {
    for (;;) {
      if (!task.half) {
        if (task.index === task.batch && !this.#nextBatch(task, Op.SETITEM, Op.SETITEMS)) return;
        task.index++;
        const entry = task.iterator!.next().value as [unknown, unknown];
        const { texts } = task;
        task.value = texts === undefined ? entry[1] : original(texts, entry[0], entry[1]);
        task.half = true;
        if (!this.#saveAsKey(entry[0])) return;
      }
      const { value } = task;
      task.value = undefined;
      task.half = false;
      if (!this.#bin) {
        this.#pushSteps([SAVE, value, BYTE, Op.SETITEM]);
        return;
      }
      if (!this.#save(value)) return;
      if (this.#out.ready.length > 0) return;
    }
  }

  /** Begin the next batch of a list or dict, closing the last; false at the end, when the task is popped. */
  #nextBatch(task: Task, single: number, several: number): boolean {
    const out = this.#out;
    if (task.open === 1) out.byte(single);
    else if (task.open === 2) out.byte(several);
    const left = task.count - task.index;
    if (left === 0) {
      if (task.kind !== LIST && task.open === 2 && !this.#python && task.count % BATCHSIZE === 0) {
        // the C pickler only sees that a full batch of a dict was the last one after an empty one
        out.byte(Op.MARK);
        out.byte(Op.SETITEMS);
      }
      this.#pop();
      return false;
    }
    if (!this.#bin) {
      task.batch = task.count;
      return true;
    }
    // the C pickler writes a lone item without MARK only when it is the only one
    const lone = left === 1 && (this.#python || task.count === 1);
    task.batch = task.index + Math.min(left, BATCHSIZE);
    task.open = lone ? 1 : 2;
    if (!lone) out.byte(Op.MARK);
    return true;
  }

  #runTuple(task: Task): void {
    const { items, count, texts } = task;
    while (task.index < count) {
      const place = task.index++;
      const item = texts === undefined ? items[place] : original(texts, place, items[place]);
      if (!this.#save(item)) return;
      if (this.#out.ready.length > 0) return;
    }
    const out = this.#out;
    const counted = count <= 3 && this.protocol >= 2;
    const known = task.object === null ? undefined : this.#memo.get(task.object);
    if (known !== undefined) {
      // the tuple contains itself: its items have led to it already
      if (!counted && this.#bin) out.byte(Op.POP_MARK);
      else for (let i = counted ? 0 : -1; i < count; i++) out.byte(Op.POP);
      this.#get(known);
    } else {
      out.byte(counted ? Op.TUPLE1 + count - 1 : Op.TUPLE);
      this.#memoize(task.object);
    }
    this.#pop();
  }

  /** Set members: batches of MARK … ADDITEMS, or for a frozenset one MARK … FROZENSET. */
  #runMembers(task: Task): void {
    const out = this.#out;
    const frozen = task.object instanceof PyFrozenSet;
    for (;;) {
      if (task.index === task.batch) {
        if (task.open === 2) {
          if (frozen) {
            const known = this.#memo.get(task.object);
            if (known !== undefined) {
              out.byte(Op.POP_MARK);
              this.#get(known);
            } else {
              out.byte(Op.FROZENSET);
              this.#memoize(task.object);
            }
            this.#pop();
            return;
          }
          out.byte(Op.ADDITEMS);
          // the C pickler only sees that a full batch was the last one after a further, empty one
          const full = task.index % BATCHSIZE === 0 && task.index > 0 && task.half === false;
          if (task.index === task.count && !(full && !this.#python)) {
            this.#pop();
            return;
          }
          if (task.index === task.count) task.half = true;
        }
        out.byte(Op.MARK);
        task.open = 2;
        task.batch = frozen ? task.count : Math.min(task.count, task.index + BATCHSIZE);
        if (task.index === task.batch) continue;
      }
      if (!this.#save(task.items[task.index++])) return;
      if (out.ready.length > 0) return;
    }
  }

  /** Items or entries of a reduction, in batches; how many there are shows only at the end. */
  #runIterated(task: Task): void {
    const out = this.#out;
    const pairs = task.kind === ENTRIES;
    for (;;) {
      if (task.half) { // the value of an entry
        task.half = false;
        const { value } = task;
        task.value = undefined;
        if (!this.#save(value)) return;
        continue;
      }
      if (!this.#bin && task.open === 1) {
        out.byte(pairs ? Op.SETITEM : Op.APPEND);
        task.open = 0;
      }
      if (task.index === task.batch) {
        if (task.open === 1) out.byte(pairs ? Op.SETITEM : Op.APPEND);
        else if (task.open === 2) out.byte(pairs ? Op.SETITEMS : Op.APPENDS);
        const batch: unknown[] = [];
        const size = this.#bin ? BATCHSIZE : 1;
        while (batch.length < size) {
          const next = task.iterator!.next();
          if (next.done) break;
          batch.push(next.value);
        }
        if (batch.length === 0) {
          this.#pop();
          return;
        }
        task.items = batch;
        task.index = 0;
        task.batch = batch.length;
        task.open = batch.length === 1 ? 1 : 2;
        if (batch.length > 1) out.byte(Op.MARK);
      }
      const item = task.items[task.index++];
      if (pairs) {
        const [key, value] = item as [unknown, unknown];
        task.value = value;
        task.half = true;
        if (!this.#saveAsKey(key)) return;
      } else if (!this.#save(item)) return;
      if (out.ready.length > 0) return;
    }
  }

  #runSteps(task: Task): void {
    const steps = task.items;
    const out = this.#out;
    while (task.index < steps.length) {
      const action = steps[task.index] as number;
      const value = steps[task.index + 1];
      task.index += 2;
      switch (action) {
        case SAVE:
          if (!this.#save(value)) return;
          break;
        case BYTE:
          out.byte(value as number);
          break;
        case MEMOIZE: {
          const known = value === null ? undefined : this.#memo.get(value);
          if (known === undefined) this.#memoize(value);
          else { // the arguments have led to the object already
            out.byte(Op.POP);
            this.#get(known);
          }
          break;
        }
        case CALL: {
          const depth = this.#depth;
          (value as () => void)();
          if (this.#depth !== depth) return;
          break;
        }
        default:
          this.#push(
            action === PUSH_ITEMS ? ITEMS : action === PUSH_ENTRIES ? ENTRIES : MEMBERS,
            action === PUSH_ADDS ? value : null,
          );
          if (action === PUSH_ADDS) {
            const adds = this.#tasks[this.#depth - 1];
            adds.items = value as unknown[];
            adds.count = adds.items.length;
          } else {
            this.#tasks[this.#depth - 1].iterator = (value as Iterable<unknown>)[Symbol.iterator]();
          }
          return;
      }
      if (out.ready.length > 0 && task.index < steps.length) return;
    }
    this.#pop();
  }

  /** Before each object: CPython closes a frame that is full when the next save begins. */
  #boundary(): void {
    if (this.#out.position >= this.#out.limit) this.#out.boundary();
  }

  #push(kind: number, object: unknown): Task {
    const depth = this.#depth++;
    let task = this.#tasks[depth];
    if (task === undefined) this.#tasks.push(task = new Task());
    task.kind = kind;
    task.object = object;
    task.texts = undefined;
    task.index = 0;
    task.batch = 0;
    task.open = 0;
    task.half = false;
    return task;
  }

  #pop(): void {
    const task = this.#tasks[--this.#depth];
    task.object = null;
    task.items = [];
    task.values = null;
    task.iterator = null;
  }

  #pushSteps(steps: readonly unknown[]): void {
    this.#push(STEPS, null).items = steps;
  }

  /** Write a value; false when a task was pushed for it. */
  #save(value: unknown): boolean {
    this.#boundary();
    const { persistentId } = this.#options;
    if (persistentId !== undefined) {
      const id = persistentId(value instanceof FreshString ? value.value : value);
      if (id !== undefined && id !== null) return this.#savePersistent(id);
    }
    switch (typeof value) {
      case "string":
        this.#saveString(value);
        break;
      case "number":
        this.#saveNumber(value);
        break;
      case "object":
        if (value === null) this.#out.byte(Op.NONE);
        else if (!this.#saveObject(value)) return false;
        break;
      case "boolean":
        this.#saveBoolean(value);
        break;
      case "undefined":
        this.#out.byte(Op.NONE);
        break;
      case "bigint":
        this.#saveBigint(value);
        break;
      default:
        throw this.#refuse(value);
    }
    return true;
  }

  /** Write a dict key that is not known to be a string. */
  #saveAsKey(key: unknown): boolean {
    if (typeof key !== "string" || this.#options.persistentId !== undefined) return this.#save(key);
    this.#saveDictKey(key);
    return true;
  }

  #saveDictKey(key: string): void {
    this.#boundary();
    this.#saveKey(key);
  }

  /** A key at this place of an ordinary object. */
  #saveRecordKey(key: string, place: number): void {
    if (place < LAST_KEYS && this.#lastKeys[place] === key) {
      this.#boundary();
      this.#get(this.#lastIndexes[place]);
      return;
    }
    this.#saveDictKey(key);
    if (place >= LAST_KEYS) return;
    const index = this.#keyIndex(key);
    if (index < 0) return;
    this.#lastKeys[place] = key;
    this.#lastIndexes[place] = index;
  }

  /** The memo index of a key that was just written. */
  #keyIndex(key: string): number {
    if (key.length <= SHORT && this.protocol >= 4) {
      let hash = HASH_SEED;
      for (let i = 0; i < key.length; i++) hash = hashStep(hash, key.charCodeAt(i));
      const index = this.#shorts.find(key, hash);
      if (index >= 0) return index;
    }
    return this.#strings.get(key) ?? -1;
  }

  #saveBoolean(value: boolean): void {
    if (this.protocol >= 2) this.#out.byte(value ? Op.NEWTRUE : Op.NEWFALSE);
    else this.#line(Op.INT, value ? "01" : "00");
  }

  #saveNumber(value: number): void {
    const out = this.#out;
    if (value === (value | 0) && (value !== 0 || !Object.is(value, -0))) {
      if (!this.#bin) return this.#line(Op.INT, `${value}`);
      if (out.position + 9 > out.buffer.length) out.ensure(9);
      const { buffer } = out;
      let at = out.position;
      if (value >= 0 && value < 0x10000) {
        if (value < 0x100) {
          buffer[at++] = Op.BININT1;
          buffer[at++] = value;
        } else {
          buffer[at++] = Op.BININT2;
          buffer[at++] = value & 0xff;
          buffer[at++] = value >> 8;
        }
      } else {
        buffer[at++] = Op.BININT;
        buffer[at++] = value & 0xff;
        buffer[at++] = (value >> 8) & 0xff;
        buffer[at++] = (value >> 16) & 0xff;
        buffer[at++] = value >>> 24;
      }
      out.position = at;
    } else if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.#saveBigint(BigInt(value));
    } else this.#saveFloat(value);
  }

  #saveFloat(value: number, bits?: bigint): void {
    const out = this.#out;
    if (!this.#bin) return this.#line(Op.FLOAT, floatRepr(value));
    out.ensure(9);
    out.buffer[out.position] = Op.BINFLOAT;
    if (bits === undefined) out.view.setFloat64(out.position + 1, value, false);
    else out.view.setBigUint64(out.position + 1, bits, false);
    out.position += 9;
  }

  #saveBigint(value: bigint): void {
    const out = this.#out;
    const small = value >= -0x80000000n && value <= 0x7fffffffn;
    if (small && this.#bin) return this.#saveNumber(Number(value));
    if (this.protocol < 2) {
      return small ? this.#line(Op.INT, `${value}`) : this.#line(Op.LONG, `${value}L`);
    }
    const bytes = encodeLong(value);
    if (bytes.length < 256) {
      out.byte(Op.LONG1);
      out.byte(bytes.length);
    } else {
      out.ensure(5);
      out.byte(Op.LONG4);
      out.view.setUint32(out.position, bytes.length, true);
      out.position += 4;
    }
    out.bytes(bytes);
  }

  /** A dict key or attribute name: shared when it is equal, whatever `strings` says. */
  #saveKey(text: string): void {
    if (text.length <= SHORT && this.protocol >= 4 && this.#saveShort(text)) return;
    const known = this.#strings.get(text);
    if (known !== undefined) this.#get(known);
    else {
      this.#writeString(text);
      this.#strings.set(text, this.#memoCount);
      this.#memoize(null);
    }
  }

  /** Write short ASCII text, or refer to it: it is copied and hashed in one go. False for other text. */
  #saveShort(text: string): boolean {
    const out = this.#out;
    const { length } = text;
    if (out.position + 2 + SHORT > out.buffer.length) out.ensure(2 + SHORT);
    const { buffer, position } = out;
    let at = position + 2;
    let hash = HASH_SEED;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      buffer[at++] = unit;
      hash = hashStep(hash, unit);
    }
    const known = this.#shorts.find(text, hash);
    if (known >= 0) {
      this.#get(known);
      return true;
    }
    buffer[position] = Op.SHORT_BINUNICODE;
    buffer[position + 1] = length;
    out.position = at;
    this.#shorts.add(text, hash, this.#memoCount);
    this.#memoize(null);
    return true;
  }

  #saveString(text: string): void {
    if (!this.#distinct || text.length <= 1) return this.#saveKey(text);
    this.#writeString(text);
    this.#memoize(null);
  }

  /** A string of its own; `object` is its key for the memo, null for one that is never referred to. */
  #saveFresh(text: string, object: FreshString | null): void {
    this.#writeString(text);
    this.#memoize(object);
  }

  #writeString(text: string): void {
    const out = this.#out;
    const length = text.length;
    if (!this.#bin) {
      out.byte(Op.UNICODE);
      out.bytes(encodeRawUnicodeEscape(text));
      out.byte(10);
      return;
    }
    const short = this.protocol >= 4;
    if (length * 3 >= LARGE) return this.#writeLongString(text);
    out.ensure(5 + 3 * length);
    const start = out.position;
    const end = writeUtf8(text, out.buffer, start + 5);
    const size = end - start - 5;
    if (short && size < 256) {
      out.buffer[start] = Op.SHORT_BINUNICODE;
      out.buffer[start + 1] = size;
      out.buffer.copyWithin(start + 2, start + 5, end);
      out.position = start + 2 + size;
    } else {
      out.buffer[start] = Op.BINUNICODE;
      out.view.setUint32(start + 1, size, true);
      out.position = end;
    }
  }

  #writeLongString(text: string): void {
    const bytes = toUtf8(text);
    if (bytes.length > 0xffffffff && this.protocol < 4) {
      throw this.#fail("a str of more than 4 GiB needs protocol 4");
    }
    const header = bytes.length > 0xffffffff
      ? counted8(Op.BINUNICODE8, bytes.length)
      : counted4(Op.BINUNICODE, bytes.length);
    this.#writeCounted(header, bytes);
  }

  #writeCounted(header: Uint8Array, payload: Uint8Array): void {
    if (payload.length >= LARGE) this.#out.large(header, payload);
    else {
      this.#out.bytes(header);
      this.#out.bytes(payload);
    }
  }

  /** Write an object; false when a task was pushed. */
  #saveObject(value: object): boolean {
    const known = this.#memo.get(value);
    if (known !== undefined) {
      this.#get(known);
      return true;
    }
    if (Array.isArray(value)) return this.#saveArray(value);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return this.#saveDict(value as Record<string, unknown>);
    }
    if (value instanceof PyFloat) {
      this.#saveFloat(Number(value), value.bits);
      return true;
    }
    if (prototype === Map.prototype) return this.#saveMap(value as Map<unknown, unknown>);
    if (value instanceof PyGlobal) return this.#saveGlobal(value);
    if (value instanceof PyObject) return this.#savePyObject(value);
    if (value instanceof FreshString) {
      this.#saveFresh(value.value, value);
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
    if (isReducible(value)) return this.#saveReduction(value.__reduce__(this), value);
    const bytes = bytesOf(value);
    if (bytes !== undefined) return this.#saveBytes(bytes, value);
    if (value instanceof PickleBuffer) return this.#savePickleBuffer(value);
    const foreign = this.#checked(() => fromForeignDate(value)) ?? this.#hooks.convert?.(value);
    if (foreign !== undefined) {
      const rawForeign = this.#hooks.rawArray?.(foreign);
      if (rawForeign !== undefined) return this.#saveRawArray(rawForeign);
      if (isReducible(foreign)) return this.#saveReduction(foreign.__reduce__(this), value);
    }
    const found = this.#classes.forInstance(value);
    if (found === undefined) throw this.#refuse(value);
    if (found.className.startsWith("__main__.")) this.#hooks.onMainClass?.(found.className);
    return this.#saveReduction(
      instanceReduction(found.className, dumpInstance(value, found.entry)),
      value,
    );
  }

  #checked<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new PicklingError(`${error.message} (at ${this.#path()})`, {
        path: this.#path(),
        cause: error,
      });
    }
  }

  #saveArray(value: unknown[]): boolean {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === PyTuple.prototype) return this.#saveTuple(value, value);
    if (prototype !== Array.prototype) return this.#saveOther(value);
    const out = this.#out;
    if (this.#bin) out.byte(Op.EMPTY_LIST);
    else {
      out.byte(Op.MARK);
      out.byte(Op.LIST);
    }
    this.#memoize(value);
    if (value.length === 0) return true;
    const task = this.#push(LIST, null);
    task.texts = separateTexts(value);
    task.items = value;
    task.count = value.length;
    return false;
  }

  /** `object` is the key for the memo; null for a tuple that nobody else refers to. */
  #saveTuple(items: readonly unknown[], object: unknown): boolean {
    const out = this.#out;
    const count = items.length;
    if (count === 0) {
      if (this.#bin) out.byte(Op.EMPTY_TUPLE);
      else {
        out.byte(Op.MARK);
        out.byte(Op.TUPLE);
      }
      return true;
    }
    if (count > 3 || this.protocol < 2) out.byte(Op.MARK);
    const task = this.#push(TUPLE, object);
    task.texts = separateTexts(items);
    task.items = items;
    task.count = count;
    return false;
  }

  #openDict(value: object): void {
    const out = this.#out;
    if (this.#bin) out.byte(Op.EMPTY_DICT);
    else {
      out.byte(Op.MARK);
      out.byte(Op.DICT);
    }
    this.#memoize(value);
  }

  #saveDict(value: Record<string, unknown>): boolean {
    this.#openDict(value);
    const keys = Object.keys(value);
    if (keys.length === 0) return true;
    if (this.#options.persistentId !== undefined) {
      const task = this.#push(MAP, null);
      task.iterator = keys.map((key) => [key, value[key]])[Symbol.iterator]();
      task.count = keys.length;
      return false;
    }
    const task = this.#push(DICT, null);
    task.items = keys;
    task.values = value;
    task.count = keys.length;
    return false;
  }

  #saveMap(value: Map<unknown, unknown>): boolean {
    this.#checkKeys(value);
    this.#openDict(value);
    if (value.size === 0) return true;
    const task = this.#push(MAP, null);
    task.texts = separateTexts(value);
    task.iterator = value.entries();
    task.count = value.size;
    return false;
  }

  #saveSet(value: Set<unknown>): boolean {
    this.#checkKeys(value);
    const frozen = value instanceof PyFrozenSet;
    if (this.protocol < 4) {
      return this.#saveReduction({ callable: frozen ? FROZENSET : SET, args: [[...value]] }, value);
    }
    if (!frozen) {
      this.#out.byte(Op.EMPTY_SET);
      this.#memoize(value);
      if (value.size === 0) return true;
    }
    const task = this.#push(MEMBERS, value);
    task.items = [...value];
    task.count = value.size;
    return false;
  }

  /** Refuse keys that Python would take for one another, or for none. */
  #checkKeys(keys: Map<unknown, unknown> | Set<unknown>): void {
    let simple = true;
    for (const key of keys.keys()) {
      if (!isSimpleKey(key)) {
        simple = false;
        break;
      }
    }
    if (simple) return;
    const seen = new Map<unknown, unknown>();
    for (const key of keys.keys()) {
      const hashed = hashKey(key);
      if (hashed === UNHASHABLE) {
        throw this.#fail(
          `${kindOf(key)} is not hashable in Python, so it can't be a key or a set member`,
        );
      }
      if (seen.has(hashed)) {
        throw this.#fail(
          `the keys ${String(seen.get(hashed))} and ${String(key)} are equal in Python`,
        );
      }
      seen.set(hashed, key);
    }
  }

  #saveGlobal(value: PyGlobal): boolean {
    const key = value.className;
    const known = this.#globals.get(key);
    if (known !== undefined) {
      this.#get(known);
      return true;
    }
    const out = this.#out;
    const { module, name } = value;
    const code = this.protocol >= 2 ? this.#extensions?.get(key) : undefined;
    if (code !== undefined) {
      this.#saveExtension(code);
      return true;
    }
    if (this.protocol >= 4) {
      // names of types and functions in C are made anew each time; those of Python code are interned
      const fresh = isBuiltinName(module, name);
      if (FUNCTIONS.has(key)) this.#saveModuleOfFunction(module);
      else this.#savePlainString(module, hasOwnModule(module, name));
      this.#savePlainString(name, fresh);
      out.byte(Op.STACK_GLOBAL);
    } else if (name.includes(".")) {
      const dot = name.lastIndexOf(".");
      const owner = new PyGlobal(module, name.slice(0, dot));
      this.#pushSteps([
        SAVE,
        GETATTR,
        CALL,
        () => this.#saveArgs([owner, name.slice(dot + 1)], null),
        BYTE,
        Op.REDUCE,
        CALL,
        () => this.#memoizeGlobal(key),
      ]);
      return false;
    } else {
      const old = this.protocol < 3 && this.#options.fixImports !== false;
      const [writtenModule, writtenName] = old ? toPython2(module, name) : [module, name];
      const line = `${writtenModule}\n${writtenName}\n`;
      // deno-lint-ignore no-control-regex -- protocols 0 to 2 have ASCII names
      if (this.protocol < 3 && !/^[\x00-\x7f]*$/.test(line)) {
        throw this.#fail(
          `can't pickle global ${key} using pickle protocol ${this.protocol}: its name is not ASCII`,
        );
      }
      out.byte(Op.GLOBAL);
      out.bytes(toUtf8(line));
    }
    this.#memoizeGlobal(key);
    return true;
  }

  #memoizeGlobal(key: string): void {
    this.#globals.set(key, this.#memoCount);
    this.#memoize(null);
  }

  /** The strings of a global: objects of their own for Python, so frames may end before each. */
  #savePlainString(text: string, fresh: boolean): void {
    this.#boundary();
    if (fresh) this.#saveFresh(text, null);
    else this.#saveKey(text);
  }

  /** Functions in C share one object for their module's name, the types of that module another. */
  #saveModuleOfFunction(module: string): void {
    this.#boundary();
    const known = this.#functionModules.get(module);
    if (known !== undefined) return this.#get(known);
    this.#functionModules.set(module, this.#memoCount);
    this.#writeString(module);
    this.#memoize(null);
  }

  #saveExtension(code: number): void {
    const out = this.#out;
    out.ensure(5);
    if (code <= 0xff) {
      out.byte(Op.EXT1);
      out.byte(code);
    } else if (code <= 0xffff) {
      out.byte(Op.EXT2);
      out.view.setUint16(out.position, code, true);
      out.position += 2;
    } else {
      out.byte(Op.EXT4);
      out.view.setInt32(out.position, code, true);
      out.position += 4;
    }
  }

  #savePyObject(value: PyObject): boolean {
    const { how, callable, args, kwargs } = value;
    const steps: unknown[] = [];
    if (how === "newobj") this.#newobj(steps, callable, args, args);
    else if (how === "newobj_ex") this.#newobjEx(steps, callable, args, kwargs ?? new Map());
    else if (how === "reduce") steps.push(SAVE, callable, SAVE, args, BYTE, Op.REDUCE);
    else if (how === "reconstructor") {
      steps.push(
        SAVE,
        RECONSTRUCTOR,
        CALL,
        () => this.#saveArgs([callable, ...args], null),
        BYTE,
        Op.REDUCE,
      );
    } else {
      this.#classic(steps, callable, args);
    }
    steps.push(MEMOIZE, value);
    if (value.items.length > 0) steps.push(PUSH_ITEMS, value.items);
    if (value.entries.length > 0) steps.push(PUSH_ENTRIES, value.entries);
    if (value.adds.length > 0) {
      if (this.protocol < 4) {
        throw this.#fail(`added members of ${value.className} need protocol 4`);
      }
      steps.push(PUSH_ADDS, value.adds);
    }
    for (const { value: state, setter } of value.states) {
      if (setter === undefined) steps.push(SAVE, state, BYTE, Op.BUILD);
      else {
        // TUPLE2 even in protocols 0 and 1, as CPython
        steps.push(SAVE, setter, SAVE, value, SAVE, state, BYTE, Op.TUPLE2);
        steps.push(BYTE, Op.REDUCE, BYTE, Op.POP);
      }
    }
    this.#pushSteps(steps);
    return false;
  }

  #newobj(
    steps: unknown[],
    callable: unknown,
    args: readonly unknown[],
    object: PyTuple | null,
  ): void {
    if (this.protocol >= 2) {
      steps.push(SAVE, callable, CALL, () => this.#saveShared(args, object), BYTE, Op.NEWOBJ);
    } else if (args.length === 0) { // as object.__reduce_ex__ below protocol 2
      steps.push(
        SAVE,
        RECONSTRUCTOR,
        CALL,
        () => this.#saveArgs([callable, OBJECT, null], null),
        BYTE,
        Op.REDUCE,
      );
    } else {
      steps.push(
        SAVE,
        NEWOBJ,
        CALL,
        () => this.#saveArgs([callable, ...args], null),
        BYTE,
        Op.REDUCE,
      );
    }
  }

  /** A tuple of arguments: one that others may refer to, or one of this object alone. */
  #saveShared(items: readonly unknown[], object: PyTuple | null): void {
    if (object === null) this.#saveArgs(items, null);
    else this.#save(object);
  }

  /** A tuple of arguments, as a complete save. */
  #saveArgs(items: readonly unknown[], object: unknown): void {
    this.#boundary();
    this.#saveTuple(items, object);
  }

  #newobjEx(steps: unknown[], callable: unknown, args: readonly unknown[], kwargs: unknown): void {
    if (this.protocol >= 4) {
      steps.push(
        SAVE,
        callable,
        CALL,
        () => this.#saveArgs(args, args),
        SAVE,
        kwargs,
        BYTE,
        Op.NEWOBJ_EX,
      );
      return;
    }
    if (this.protocol < 2) {
      steps.push(
        SAVE,
        NEWOBJ_EX,
        CALL,
        () => this.#saveArgs([callable, asTuple(args), kwargs], null),
        BYTE,
        Op.REDUCE,
      );
      return;
    }
    // as CPython: functools.partial(cls.__new__, cls, *args, **kwargs) is called
    const method = new PyObject({
      how: "reduce",
      callable: GETATTR,
      args: PyTuple.of<unknown>(callable, "__new__") as PyTuple,
    });
    const partial = new PyObject({
      how: "reduce",
      callable: PARTIAL,
      args: PyTuple.of<unknown>(method) as PyTuple,
    });
    const bound = PyTuple.of<unknown>(callable, ...args);
    partial.states.push({ value: PyTuple.of<unknown>(method, bound, kwargs, null) });
    steps.push(SAVE, partial, SAVE, new PyTuple(), BYTE, Op.REDUCE);
  }

  /** A classic class of Python 2, as its pickler wrote it: OBJ, or INST in protocol 0. */
  #classic(steps: unknown[], callable: PyGlobal | PyObject, args: readonly unknown[]): void {
    steps.push(BYTE, Op.MARK);
    const named = callable instanceof PyGlobal;
    if (this.#bin || !named) steps.push(SAVE, callable);
    for (const arg of args) steps.push(SAVE, arg);
    if (this.#bin || !named) steps.push(BYTE, Op.OBJ);
    else {
      const [module, name] = toPython2(callable.module, callable.name);
      steps.push(CALL, () => {
        this.#out.byte(Op.INST);
        this.#out.bytes(toUtf8(`${module}\n${name}\n`));
      });
    }
  }

  /** As CPython's `save_reduce`; `object` is the key for the memo, null for none. */
  #saveReduction(reduction: Reduction, object: object | null): boolean {
    const { callable, args, kwargs } = reduction;
    const steps: unknown[] = [];
    if (reduction.how === "newobj") this.#newobj(steps, callable, args, null);
    else if (reduction.how === "newobj_ex") {
      this.#newobjEx(steps, callable, args, kwargs ?? new Map());
    } else steps.push(SAVE, callable, CALL, () => this.#saveArgs(args, null), BYTE, Op.REDUCE);
    steps.push(MEMOIZE, object);
    if (reduction.items !== undefined) steps.push(PUSH_ITEMS, reduction.items);
    if (reduction.entries !== undefined) steps.push(PUSH_ENTRIES, reduction.entries);
    if (reduction.state !== undefined) steps.push(SAVE, reduction.state, BYTE, Op.BUILD);
    this.#pushSteps(steps);
    return false;
  }

  #saveRawArray(raw: RawArray): boolean {
    this.#pushSteps([
      CALL,
      () => this.#saveReduction(raw.wrapper, null),
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
    const known = this.#memo.get(key);
    if (known !== undefined) {
      this.#get(known);
      return true;
    }
    if (this.protocol < 3) {
      const text = decodeLatin1(bytes);
      // Python has one object for each text of one character
      const args = length === 0 ? [] : [length === 1 ? text : new FreshString(text), "latin1"];
      return this.#saveReduction({ callable: length === 0 ? BYTES : ENCODE, args }, key);
    }
    this.#writeBytes(bytes);
    this.#memoize(key);
    return true;
  }

  #writeBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length < 256) this.#writeCounted(Uint8Array.of(Op.SHORT_BINBYTES, length), bytes);
    else if (length <= 0xffffffff) this.#writeCounted(counted4(Op.BINBYTES, length), bytes);
    else if (this.protocol >= 4) this.#writeCounted(counted8(Op.BINBYTES8, length), bytes);
    else throw this.#fail("bytes of more than 4 GiB need protocol 4");
  }

  #saveByteArray(bytes: Uint8Array, object: object): boolean {
    if (this.protocol < 5) {
      const copy = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      return this.#saveReduction(
        { callable: BYTEARRAY, args: bytes.length === 0 ? [] : [copy] },
        object,
      );
    }
    this.#writeCounted(counted8(Op.BYTEARRAY8, bytes.length), bytes);
    this.#memoize(object);
    return true;
  }

  #savePickleBuffer(buffer: PickleBuffer): boolean {
    if (this.protocol < 5) throw this.#fail("a PickleBuffer needs protocol 5");
    const { bufferCallback } = this.#options;
    if (bufferCallback !== undefined && !bufferCallback(buffer.bytes)) {
      this.#out.byte(Op.NEXT_BUFFER);
      if (buffer.readonly) this.#out.byte(Op.READONLY_BUFFER);
      return true;
    }
    if (buffer.readonly) this.#writeBytes(buffer.bytes);
    else this.#writeCounted(counted8(Op.BYTEARRAY8, buffer.bytes.length), buffer.bytes);
    this.#memoize(buffer);
    return true;
  }

  #savePersistent(id: unknown): boolean {
    if (!this.#bin) {
      // deno-lint-ignore no-control-regex -- a persistent id of protocol 0 is ASCII by definition
      if (!/^[\x00-\x09\x0b-\x7f]*$/.test(String(id))) {
        throw this.#fail("persistent IDs in protocol 0 must be ASCII strings of one line");
      }
      this.#line(Op.PERSID, String(id));
      return true;
    }
    this.#pushSteps([CALL, () => this.#saveId(id), BYTE, Op.BINPERSID]);
    return false;
  }

  /** The id itself has no persistent id. */
  #saveId(id: unknown): void {
    if (typeof id === "string") this.#saveString(id);
    else if (typeof id === "number") this.#saveNumber(id);
    else if (typeof id === "bigint") this.#saveBigint(id);
    else if (typeof id === "boolean") this.#saveBoolean(id);
    else if (typeof id === "object" && id !== null) this.#saveObject(id);
    else throw this.#refuse(id);
  }

  #line(op: number, text: string): void {
    const out = this.#out;
    out.ensure(text.length + 2);
    out.byte(op);
    for (let i = 0; i < text.length; i++) out.buffer[out.position++] = text.charCodeAt(i);
    out.byte(10);
  }

  /** Give the value on top of the stack the next memo index; null for one that is never referred to. */
  #memoize(object: unknown): void {
    const out = this.#out;
    const index = this.#memoCount++;
    if (object !== null) this.#memo.set(object, index);
    if (this.protocol >= 4) {
      if (out.position === out.buffer.length) out.ensure(1);
      out.buffer[out.position++] = Op.MEMOIZE;
    } else if (this.#bin) this.#indexed(Op.BINPUT, Op.LONG_BINPUT, index);
    else this.#line(Op.PUT, `${index}`);
  }

  #get(index: number): void {
    if (this.#bin) this.#indexed(Op.BINGET, Op.LONG_BINGET, index);
    else this.#line(Op.GET, `${index}`);
  }

  #indexed(short: number, long: number, index: number): void {
    const out = this.#out;
    if (out.position + 5 > out.buffer.length) out.ensure(5);
    if (index < 256) {
      out.buffer[out.position] = short;
      out.buffer[out.position + 1] = index;
      out.position += 2;
    } else {
      out.buffer[out.position] = long;
      out.view.setUint32(out.position + 1, index, true);
      out.position += 5;
    }
  }

  #refuse(value: unknown): PicklingError {
    return this.#fail(
      `${
        kindOf(value)
      } has no counterpart in Python: use registerClass or a static pyClass for classes of your own`,
    );
  }

  #fail(message: string): PicklingError {
    const path = this.#path();
    return new PicklingError(`Cannot pickle the value at ${path}: ${message}`, { path });
  }

  /** Where in the value the pickler is, such as `$.models[3].coef_`. */
  #path(): string {
    let path = "$";
    for (let i = 0; i < this.#depth; i++) {
      const task = this.#tasks[i];
      if (task.kind === DICT) path += step(task.items[task.index - 1]);
      else if (task.kind === LIST || task.kind === TUPLE) path += `[${task.index - 1}]`;
      else if (task.kind === MAP || task.kind === ENTRIES) path += "{…}";
      else if (task.kind === ITEMS) path += "[…]";
    }
    return path;
  }
}

/** Whether CPython makes a global's name string anew each time: it does for what is written in C. */
function isBuiltinName(module: string, name: string): boolean {
  if (C_MODULES.has(module) || module.endsWith(".multiarray")) return true;
  if (module.startsWith("numpy.random.")) return true;
  return module === "collections" && name !== "Counter" && name !== "ChainMap" &&
    name !== "UserDict";
}

/** Whether a type has a str of its own for its module's name: C code made it from a specification. */
function hasOwnModule(module: string, name: string): boolean {
  return module === "ml_dtypes" || module === "functools" && name === "partial" ||
    module === "operator" && OPERATOR_TYPES.has(name);
}

function asTuple(items: readonly unknown[]): PyTuple {
  return items instanceof PyTuple ? items : PyTuple.from(items) as PyTuple;
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

/** The text as it was marked when it was loaded, unless another value stands there now. */
function original(
  texts: ReadonlyMap<unknown, FreshString>,
  place: unknown,
  value: unknown,
): unknown {
  const text = texts.get(place);
  return text !== undefined && text.value === value ? text : value;
}

function instanceReduction(className: string, parts: ClassDump): Reduction {
  const dot = className.lastIndexOf(".");
  return {
    how: parts.kwargs === undefined ? "newobj" : "newobj_ex",
    callable: new PyGlobal(className.slice(0, dot), className.slice(dot + 1)),
    args: parts.args ?? [],
    ...(parts.kwargs === undefined ? {} : { kwargs: parts.kwargs }),
    ...(parts.state === undefined ? {} : { state: parts.state }),
    ...(parts.items === undefined ? {} : { items: parts.items }),
    ...(parts.entries === undefined ? {} : { entries: parts.entries }),
  };
}

function dumpInstance(value: object, entry: { dump?(object: never): ClassDump }): ClassDump {
  if (entry.dump !== undefined) return entry.dump(value as never);
  const getState = (value as { getState?: unknown }).getState;
  if (typeof getState === "function") return { state: getState.call(value) };
  return { state: { ...value } };
}

function counted4(op: number, length: number): Uint8Array {
  const header = new Uint8Array(5);
  header[0] = op;
  new DataView(header.buffer).setUint32(1, length, true);
  return header;
}

function counted8(op: number, length: number): Uint8Array {
  const header = new Uint8Array(9);
  header[0] = op;
  new DataView(header.buffer).setBigUint64(1, BigInt(length), true);
  return header;
}

function step(key: unknown): string {
  const text = String(key);
  return /^[A-Za-z_$][\w$]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
}

function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  if (isPlainObject(value)) return "a plain object";
  const name = value.constructor?.name || "object of an anonymous class";
  return `${/^[aeio]/i.test(name) ? "an" : "a"} ${name}`; // not before U: a URL
}
