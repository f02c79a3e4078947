/**
 * Walks a value and writes down what its pickle does not tell. Each container is entered once; the walk works
 * off a list, so that depth costs no stack.
 */
import { MaskedArray } from "../numpy/masked.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { PyCounter, PyDefaultDict, PyDeque, PyOrderedDict } from "../pickle/collections.ts";
import { ClassTable } from "../pickle/classes.ts";
import { isReducible } from "../pickle/protocols.ts";
import { PyFrozenSet, PyObject, PyTuple } from "../pickle/values.ts";
import { leafShape } from "./_js_leaves.ts";
import {
  addPlace,
  type JsShape,
  OPEN_MAP,
  placesInObject,
  PLAIN,
  ShapeTable,
} from "./_js_shapes.ts";
import type { JsTypes, LostType } from "./js_types.ts";

/** Shapes of a container that is being walked: it has no number yet. */
const OPEN = -1;
/** Longer lists are not searched for names among their indexes, which takes longer than dumping them. */
const MAX_ITEMS = 10_000;
/** Nor objects of more properties for getters. */
const MAX_NAMES = 1000;
/** Smaller containers of nothing but numbers and text are looked through each time they are met. */
const SMALL = 16;
/** Texts of different losses. */
const MAX_LOST = 20;
const NONE: readonly never[] = [];

const SEQUENCES: ReadonlySet<unknown> = new Set([
  Array.prototype,
  PyTuple.prototype,
  PyDeque.prototype,
]);
const MAPS: ReadonlySet<unknown> = new Set([
  PyOrderedDict.prototype,
  PyDefaultDict.prototype,
  PyCounter.prototype,
]);

/** A container and how far it was walked. */
interface Frame {
  readonly value: object;
  /** What becomes of the container itself. */
  readonly shape: JsShape;
  /** Keys that are no text. */
  readonly keys: readonly unknown[];
  readonly items: readonly unknown[];
  readonly names: readonly string[];
  readonly values: readonly unknown[];
  /** Counts through keys, items and values. */
  index: number;
}

/** Finds the shape of one value. */
export class JsWalk {
  readonly #table = new ShapeTable();
  readonly #seen = new Map<object, number>();
  readonly #stack: Frame[] = [];
  readonly #lost = new Map<string, LostType>();
  readonly #classes = new ClassTable();
  /** Maps that are open and load as objects. */
  readonly #openMaps = new Set<object>();

  /** What must be kept of `value`. */
  run(value: unknown): JsTypes {
    let root = this.#shapeOf(value);
    for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) {
      if (!this.#advance(frame)) continue;
      this.#stack.pop();
      const number = this.#close(frame);
      const parent = this.#stack.at(-1);
      if (parent === undefined) root = number;
      else this.#take(parent, number);
    }
    const { shapes } = this.#table;
    const tree = root === PLAIN ? undefined : { v: 1 as const, root, shapes };
    return { tree, lost: [...this.#lost.values()] };
  }

  /** Walk on in a container; false where a container in it must be walked first. */
  #advance(frame: Frame): boolean {
    const { keys, items, values } = frame;
    const itemsEnd = keys.length + items.length;
    const end = itemsEnd + values.length;
    while (frame.index < end) {
      const { index } = frame;
      const child = index < keys.length
        ? keys[index]
        : index < itemsEnd
        ? items[index - keys.length]
        : values[index - itemsEnd];
      switch (typeof child) { // the loop over a large list of numbers
        case "number":
        case "string":
        case "boolean":
          frame.index++;
          continue;
      }
      if (child === null) {
        frame.index++;
        continue;
      }
      const shape = child === undefined ? this.#undefined(frame) : this.#shapeOf(child);
      if (shape === OPEN) return false;
      this.#take(frame, shape);
    }
    return true;
  }

  /** Note the shape of the place at which a container stands, and go on behind it. */

  #take(frame: Frame, number: number): void {
    const { keys, items, names, shape } = frame;
    const place = frame.index++;
    if (number === PLAIN) return;
    if (place < keys.length) addPlace(shape.keys ??= [], place, number);
    else if (place < keys.length + items.length) {
      addPlace(shape.items ??= [], place - keys.length, number);
    } else (shape.props ??= []).push([names[place - keys.length - items.length], number]);
  }

  #undefined({ items, keys, index }: Frame): number {
    const place = index - keys.length;
    const hole = place >= 0 && place < items.length && !(place in items);
    return this.#table.type(hole ? "hole" : "undefined");
  }

  /** The number of a container that was walked. */
  #close({ value, shape, names }: Frame): number {
    const { props } = shape;
    if (props !== undefined && props.length > 1 && props.length === names.length) {
      const [[, first]] = props;
      if (props.every(([, number]) => number === first)) {
        delete shape.props;
        shape.each = first;
      }
    }
    const plain = Object.keys(shape).length === 0;
    const number = plain ? PLAIN : this.#table.number(shape);
    this.#seen.set(value, number);
    this.#openMaps.delete(value);
    return number;
  }

  /** The shape of a value; OPEN where it was put on the stack. */
  #shapeOf(value: unknown): number {
    switch (typeof value) {
      case "undefined":
        return this.#table.type("undefined");
      case "bigint":
        return Number.isSafeInteger(Number(value)) ? this.#table.type("bigint") : PLAIN;
      case "object":
        return value === null ? PLAIN : this.#object(value);
      default: // text, numbers and booleans stay; dump refuses functions and symbols
        return PLAIN;
    }
  }

  #object(value: object): number {
    const seen = this.#seen.get(value);
    if (seen === OPEN) {
      return this.#openMaps.has(value) ? this.#table.type("Map", OPEN_MAP) : PLAIN;
    }
    if (seen !== undefined) return seen;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (SEQUENCES.has(prototype)) return this.#list(value as unknown[]);
    if (prototype === Object.prototype) return this.#record(value, undefined);
    if (prototype === null) return this.#record(value, "null");
    if (prototype === Map.prototype) return this.#map(value as Map<unknown, unknown>, true);
    if (prototype === Set.prototype || prototype === PyFrozenSet.prototype) {
      this.#checkOwn(value, "a Set");
      return this.#open(value, {}, { items: [...value as Set<unknown>] });
    }
    if (MAPS.has(prototype)) return this.#map(value as Map<unknown, unknown>, false);
    if (prototype === PyObject.prototype) {
      const names = Object.keys(value);
      return this.#open(value, {}, { names, values: valuesOf(value, names) });
    }
    if (value instanceof NDArray && value.objects !== null) return this.#objectArray(value);
    if (value instanceof MaskedArray) return PLAIN;
    const leaf = leafShape(value, this.#table, (what) => this.#lose(what));
    return leaf ?? this.#instance(value);
  }

  #list(value: unknown[]): number {
    if (Object.getOwnPropertySymbols(value).length > 0) this.#lose("symbol keys");
    const deque = value instanceof PyDeque;
    if (value.length <= SMALL && !deque && isSimpleList(value)) return PLAIN;
    if (value.length <= MAX_ITEMS) {
      let extra = Object.getOwnPropertyNames(value).length - 1;
      for (let i = 0; i < value.length; i++) if (i in value) extra--;
      if (deque && Object.hasOwn(value, "maxlen")) extra--;
      if (deque && Object.hasOwn(value, "state")) extra--;
      if (extra > 0) this.#lose("properties of an array beside its items");
    }
    const state = deque && value.state !== undefined;
    return this.#open(value, {}, {
      items: value,
      ...(state ? { names: ["state"], values: [value.state] } : {}),
    });
  }

  #record(value: object, as: string | undefined): number {
    const names = Object.keys(value);
    this.#checkRecord(value, names);
    const values = this.#dataOf(value, names);
    if (as !== undefined) return this.#open(value, { as }, { names, values });
    if (names.length <= SMALL && values.every(isSimple)) return PLAIN;
    return this.#open(value, {}, { names, values });
  }

  /** The values of properties; a getter is not called. */
  #dataOf(value: object, names: readonly string[]): unknown[] {
    if (names.length > MAX_NAMES) return valuesOf(value, names);
    const values: unknown[] = new Array(names.length);
    for (let i = 0; i < names.length; i++) {
      const property = Object.getOwnPropertyDescriptor(value, names[i])!;
      if (property.get !== undefined || property.set !== undefined) {
        this.#lose("a getter: its value takes its place");
        values[i] = null;
      } else values[i] = property.value;
    }
    return values;
  }

  #checkRecord(value: object, names: readonly string[]): void {
    if (Object.getOwnPropertySymbols(value).length > 0) this.#lose("symbol keys");
    if (Object.getOwnPropertyNames(value).length > names.length) {
      this.#lose("properties that are not enumerable");
    }
  }

  #map(value: Map<unknown, unknown>, ordinary: boolean): number {
    this.#checkOwn(value, "a Map", ordinary ? NONE : ["state", "factory"]);
    const keys: unknown[] = [];
    const items: unknown[] = [];
    const names: string[] = [];
    const values: unknown[] = [];
    for (const [key, item] of value) {
      if (typeof key === "string") {
        names.push(key);
        values.push(item);
      } else {
        keys.push(key);
        items.push(item);
      }
    }
    if (!ordinary || keys.length > 0) return this.#open(value, {}, { keys, items, names, values });
    const order = placesInObject(names);
    const shape = order === undefined ? { as: "Map" } : { as: "Map", order };
    this.#openMaps.add(value);
    return this.#open(value, shape, { names, values });
  }

  #objectArray(array: NDArray): number {
    const { objects, size } = array;
    if (array.dtype.kind === "O" && array.isPacked("C") && objects!.length === size) {
      return this.#open(array, {}, { items: objects! });
    }
    const lists = new JsWalk().run(array.copy().objects);
    if (lists.tree !== undefined) this.#lose("types in an array of objects that is not packed");
    return PLAIN;
  }

  #instance(value: object): number {
    const found = this.#classes.forInstance(value);
    if (found === undefined) {
      if (isReducible(value)) this.#loseClass(value);
      return PLAIN; // or dump refuses it
    }
    const { className, entry } = found;
    if (entry.load === undefined) {
      this.#lose(`the class ${className}: register it with a load function`);
      return PLAIN;
    }
    const own = typeof (value as { getState?: unknown }).getState === "function";
    if (own || entry.dump !== undefined || entry.setState !== undefined) return PLAIN; // it answers for itself
    const names = Object.keys(value);
    this.#checkRecord(value, names);
    return this.#open(value, {}, { names, values: this.#dataOf(value, names) });
  }

  #open(
    value: object,
    shape: JsShape,
    parts: Partial<Pick<Frame, "keys" | "items" | "names" | "values">>,
  ): number {
    const { keys = NONE, items = NONE, names = NONE, values = NONE } = parts;
    if (keys.length + items.length + values.length === 0) {
      return Object.keys(shape).length === 0 ? PLAIN : this.#table.number(shape);
    }
    this.#seen.set(value, OPEN);
    this.#stack.push({ value, shape, keys, items, names, values, index: 0 });
    return OPEN;
  }

  #checkOwn(value: object, kind: string, known: readonly string[] = NONE): void {
    const extra = Reflect.ownKeys(value).some((key) => !known.includes(key as string));
    if (extra) this.#lose(`properties of ${kind}`);
  }

  #loseClass(value: object): void {
    this.#lose(`the class ${value.constructor?.name ?? ""}`);
  }

  #lose(what: string): void {
    if (this.#lost.has(what) || this.#lost.size >= MAX_LOST) return;
    this.#lost.set(what, { path: this.#path(), what });
  }

  /** The place of the value that is being looked at. */
  #path(): string {
    let path = "$";
    for (const { keys, items, names, index } of this.#stack) {
      const name = names[index - keys.length - items.length];
      if (name === undefined) path += `[${index < keys.length ? index : index - keys.length}]`;
      else {path += /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)
          ? `.${name}`
          : `[${JSON.stringify(name)}]`;}
    }
    return path;
  }
}

function valuesOf(value: object, names: readonly string[]): unknown[] {
  return names.map((name) => (value as Record<string, unknown>)[name]);
}

/** What loads as it was, and has no parts. */
function isSimple(value: unknown): boolean {
  const type = typeof value;
  return type === "number" || type === "string" || type === "boolean" || value === null;
}

/** Whether a list holds nothing else, nor has other properties. */
function isSimpleList(list: readonly unknown[]): boolean {
  for (let i = 0; i < list.length; i++) if (!isSimple(list[i])) return false;
  return Object.keys(list).length === list.length;
}
