/**
 * The insides of containers: batches of a thousand items, the ends of tuples and sets that contain
 * themselves, the steps of objects. One loop over the open tasks, so that depth costs no stack.
 */
import type { Frames } from "./frames.ts";
import type { OpcodeWriter } from "./opcode_writer.ts";
import { Op } from "./opcodes.ts";
import {
  ARGS,
  BYTE,
  CALL,
  MEMOIZE,
  PUSH_ADDS,
  PUSH_ENTRIES,
  PUSH_ITEMS,
  RAW,
  SAVE,
} from "./spelling.ts";
import { originalText, separateTexts } from "./string_identity.ts";
import {
  DICT,
  ENTRIES,
  ITEMS,
  LIST,
  MAP,
  MEMBERS,
  STEPS,
  type Task,
  type TaskStack,
  TUPLE,
} from "./tasks.ts";
import { PyFrozenSet } from "./values.ts";

/** CPython writes this many items between a MARK and its APPENDS, SETITEMS or ADDITEMS. */
const BATCHSIZE = 1000;

/** What the loop calls for each value. */
export interface ContainerOptions {
  /** Follow joblib's Python pickler instead of the C pickler. */
  readonly python: boolean;
  /** Whether keys must go through `save` because they may have a persistent id. */
  readonly plainKeys: boolean;
  /** Puts the entries of a reduction in order, as keys and values in turn. */
  readonly itemOrder?:
    | ((entries: Iterable<readonly [unknown, unknown]>) => readonly unknown[])
    | undefined;
  /** Write a value; false when a task was pushed for it. */
  save(value: unknown): boolean;
}

/** Writes the insides of containers. */
export class ContainerWriter {
  readonly #writer: OpcodeWriter;
  readonly #out: Frames;
  readonly #tasks: TaskStack;
  readonly #python: boolean;
  readonly #plainKeys: boolean;
  readonly #itemOrder: ContainerOptions["itemOrder"];
  readonly #save: (value: unknown) => boolean;

  /** Work off `tasks`. */
  constructor(writer: OpcodeWriter, tasks: TaskStack, options: ContainerOptions) {
    this.#writer = writer;
    this.#out = writer.out;
    this.#tasks = tasks;
    this.#python = options.python;
    this.#plainKeys = options.plainKeys;
    this.#itemOrder = options.itemOrder;
    this.#save = options.save;
  }

  /** Carry out tasks until there is a segment or nothing is left. */
  run(): void {
    const { ready } = this.#out;
    while (this.#tasks.depth > 0) {
      if (ready.length > 0) return;
      const task = this.#tasks.top;
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
  }

  /** Entries in an order of their own: keys and values in turn. */
  pairs(items: readonly unknown[]): boolean {
    if (items.length === 0) return true;
    const task = this.#tasks.push(MAP, null);
    task.items = items;
    task.count = items.length / 2;
    return false;
  }

  /** `object` is the key for the memo; null for a tuple that nobody else refers to. */
  tuple(items: readonly unknown[], object: unknown): boolean {
    const out = this.#out;
    const count = items.length;
    if (count === 0) {
      if (this.#writer.bin) out.byte(Op.EMPTY_TUPLE);
      else {
        out.byte(Op.MARK);
        out.byte(Op.TUPLE);
      }
      return true;
    }
    if (count > 3 || this.#writer.protocol < 2) out.byte(Op.MARK);
    const task = this.#tasks.push(TUPLE, object);
    task.texts = separateTexts(items);
    task.items = items;
    task.count = count;
    return false;
  }

  #runList(task: Task): void {
    const { items, texts } = task;
    for (;;) {
      if (task.index === task.batch && !this.#nextBatch(task, Op.APPEND, Op.APPENDS)) return;
      const place = task.index++;
      const item = texts === undefined ? items[place] : originalText(texts, place, items[place]);
      if (!this.#writer.bin) {
        this.#tasks.pushSteps([SAVE, item, BYTE, Op.APPEND]);
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
        this.#writer.recordKey(key, place);
        if (this.#save(value)) {
          if (!this.#writer.bin) this.#out.byte(Op.SETITEM);
          if (this.#out.ready.length > 0) return;
          continue;
        }
        task.half = true;
        return;
      }
      // a nested value has just been completed
      task.half = false;
      if (!this.#writer.bin) this.#out.byte(Op.SETITEM);
    }
  }

  #runMap(task: Task): void {
    for (;;) {
      if (!task.half) {
        if (task.index === task.batch && !this.#nextBatch(task, Op.SETITEM, Op.SETITEMS)) return;
        const place = 2 * task.index++;
        let key: unknown;
        if (task.iterator === null) {
          key = task.items[place];
          task.value = task.items[place + 1];
        } else {
          const entry = task.iterator.next().value as [unknown, unknown];
          const { texts } = task;
          key = entry[0];
          task.value = texts === undefined ? entry[1] : originalText(texts, key, entry[1]);
        }
        task.half = true;
        if (!this.#asKey(key)) return;
      }
      const { value } = task;
      task.value = undefined;
      task.half = false;
      if (!this.#writer.bin) {
        this.#tasks.pushSteps([SAVE, value, BYTE, Op.SETITEM]);
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
      this.#tasks.pop();
      return false;
    }
    if (!this.#writer.bin) {
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
      const item = texts === undefined ? items[place] : originalText(texts, place, items[place]);
      if (!this.#save(item)) return;
      if (this.#out.ready.length > 0) return;
    }
    const out = this.#out;
    const counted = count <= 3 && this.#writer.protocol >= 2;
    const known = task.object === null ? undefined : this.#writer.known(task.object);
    if (known !== undefined) {
      // the tuple contains itself: its items have led to it already
      if (!counted && this.#writer.bin) out.byte(Op.POP_MARK);
      else for (let i = counted ? 0 : -1; i < count; i++) out.byte(Op.POP);
      this.#writer.refer(known);
    } else {
      out.byte(counted ? Op.TUPLE1 + count - 1 : Op.TUPLE);
      this.#writer.memoize(task.object);
    }
    this.#tasks.pop();
  }

  /** Set members: batches of MARK … ADDITEMS, or for a frozenset one MARK … FROZENSET. */
  #runMembers(task: Task): void {
    const out = this.#out;
    const frozen = task.object instanceof PyFrozenSet;
    for (;;) {
      if (task.index === task.batch) {
        if (task.open === 2) {
          if (frozen) {
            const known = this.#writer.known(task.object);
            if (known !== undefined) {
              out.byte(Op.POP_MARK);
              this.#writer.refer(known);
            } else {
              out.byte(Op.FROZENSET);
              this.#writer.memoize(task.object);
            }
            this.#tasks.pop();
            return;
          }
          out.byte(Op.ADDITEMS);
          // the C pickler only sees that a full batch was the last one after a further, empty one
          const full = task.index % BATCHSIZE === 0 && task.index > 0 && task.half === false;
          if (task.index === task.count && !(full && !this.#python)) {
            this.#tasks.pop();
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
      if (!this.#writer.bin && task.open === 1) {
        out.byte(pairs ? Op.SETITEM : Op.APPEND);
        task.open = 0;
      }
      if (task.index === task.batch) {
        if (task.open === 1) out.byte(pairs ? Op.SETITEM : Op.APPEND);
        else if (task.open === 2) out.byte(pairs ? Op.SETITEMS : Op.APPENDS);
        const batch: unknown[] = [];
        const size = this.#writer.bin ? BATCHSIZE : 1;
        while (batch.length < size) {
          const next = task.iterator!.next();
          if (next.done) break;
          batch.push(next.value);
        }
        if (batch.length === 0) {
          this.#tasks.pop();
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
        if (!this.#asKey(key)) return;
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
          const known = value === null ? undefined : this.#writer.known(value);
          if (known === undefined) this.#writer.memoize(value);
          else { // the arguments have led to the object already
            out.byte(Op.POP);
            this.#writer.refer(known);
          }
          break;
        }
        case ARGS:
          this.#writer.boundary();
          if (!this.tuple(value as readonly unknown[], null)) return;
          break;
        case RAW:
          out.raw(value as Uint8Array);
          break;
        case CALL: {
          const depth = this.#tasks.depth;
          (value as () => void)();
          if (this.#tasks.depth !== depth) return;
          break;
        }
        default:
          if (action === PUSH_ENTRIES && this.#itemOrder !== undefined) {
            const entries = value as Iterable<readonly [unknown, unknown]>;
            if (!this.pairs(this.#itemOrder(entries))) return;
            break;
          }
          this.#tasks.push(
            action === PUSH_ITEMS ? ITEMS : action === PUSH_ENTRIES ? ENTRIES : MEMBERS,
            action === PUSH_ADDS ? value : null,
          );
          if (action === PUSH_ADDS) {
            const adds = this.#tasks.top;
            adds.items = value as unknown[];
            adds.count = adds.items.length;
          } else {
            this.#tasks.top.iterator = (value as Iterable<unknown>)[Symbol.iterator]();
          }
          return;
      }
      if (out.ready.length > 0 && task.index < steps.length) return;
    }
    this.#tasks.pop();
  }

  /** A dict key that is not known to be a string. */
  #asKey(key: unknown): boolean {
    if (typeof key !== "string" || !this.#plainKeys) return this.#save(key);
    this.#writer.dictKey(key);
    return true;
  }
}
