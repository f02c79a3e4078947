/**
 * The pickler's list of what it is in the middle of: one task for each open container. The list stands
 * for the call stack that a recursive writer would need, so depth costs no stack.
 */
import type { FreshString } from "./context.ts";

/** What a task does; the numbers are the cases of the pickler's main loop. */
export const LIST = 0;
/** An ordinary object. */
export const DICT = 1;
/** A Map, by its iterator or by a list of its keys and values in turn. */
export const MAP = 2;
/** A tuple. */
export const TUPLE = 3;
/** Members of a set. */
export const MEMBERS = 4;
/** The steps of an object, see spelling.ts. */
export const STEPS = 5;
/** Items of a reduction. */
export const ITEMS = 6;
/** Entries of a reduction. */
export const ENTRIES = 7;

/** One container that is being written. */
export class Task {
  /** One of the numbers above. */
  kind = 0;
  /** The container, for the memo. */
  object: unknown = null;
  /** Its items, keys, steps, or keys and values in turn. */
  items: readonly unknown[] = [];
  /** The values beside the keys (DICT). */
  values: Readonly<Record<string, unknown>> | null = null;
  /** Items one by one. */
  iterator: Iterator<unknown> | null = null;
  /** Texts that were objects of their own, by their place. */
  texts: ReadonlyMap<unknown, FreshString> | undefined = undefined;
  /** The next item. */
  index = 0;
  /** Behind the last item of the batch. */
  batch = 0;
  /** The number of items. */
  count = 0;
  /** 1: one item without MARK, 2: after MARK. */
  open = 0;
  /** The value whose key was just written. */
  value: unknown = undefined;
  /** Whether a key was written and its value is due. */
  half = false;
}

/** The open tasks, the innermost last; tasks are used again. */
export class TaskStack {
  readonly #tasks: Task[] = [];
  /** How many are open. */
  depth = 0;

  /** The innermost task. */
  get top(): Task {
    return this.#tasks[this.depth - 1];
  }

  /** Open a task. */
  push(kind: number, object: unknown): Task {
    const depth = this.depth++;
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

  /** Close the innermost task. */
  pop(): void {
    const task = this.#tasks[--this.depth];
    task.object = null;
    task.items = [];
    task.values = null;
    task.iterator = null;
  }

  /** Open a task for the steps of an object. */
  pushSteps(steps: readonly unknown[]): void {
    this.push(STEPS, null).items = steps;
  }

  /** Where in the value the pickler is, such as `$.models[3].coef_`. */
  path(): string {
    let path = "$";
    for (let i = 0; i < this.depth; i++) {
      const task = this.#tasks[i];
      if (task.kind === DICT) path += keyStep(task.items[task.index - 1]);
      else if (task.kind === LIST || task.kind === TUPLE) path += `[${task.index - 1}]`;
      else if (task.kind === MAP || task.kind === ENTRIES) path += "{…}";
      else if (task.kind === ITEMS) path += "[…]";
    }
    return path;
  }
}

function keyStep(key: unknown): string {
  const text = String(key);
  return /^[A-Za-z_$][\w$]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
}
