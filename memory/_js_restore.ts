/**
 * Gives a loaded value the types that it had, in place where that is possible, so that shared references and
 * cycles survive. The tree came from a file: every number and name in it is checked against what is there.
 */
import { CacheError } from "../errors.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { setOwn } from "../pickle/values.ts";
import { leafOf } from "./_js_restore_leaves.ts";
import { type JsRun, type JsShape, type JsTree, OPEN_MAP } from "./_js_shapes.ts";

/** What becomes of one loaded object. */
interface Restored {
  readonly as: string | undefined;
  readonly value: unknown;
  /** Whether the values in it were seen to. */
  entered: boolean;
}

/** A container whose insides wait. */
interface Task {
  readonly from: object;
  readonly to: object;
  readonly shape: JsShape;
}

/** Restores one loaded value. */
export class JsRestore {
  readonly #shapes: readonly JsShape[];
  readonly #restored = new Map<object, Restored>();
  readonly #tasks: Task[] = [];

  constructor(tree: JsTree) {
    const { v, root, shapes } = tree ?? {};
    if (v !== 1 || !Array.isArray(shapes) || typeof root !== "number") throw damaged("its form");
    this.#shapes = shapes;
  }

  /** The value as it was. */
  run(loaded: unknown, root: number): unknown {
    const value = this.#restore(loaded, root);
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      this.#enter(task);
    }
    return value;
  }

  #restore(loaded: unknown, number: unknown): unknown {
    const shape = typeof number === "number" ? this.#shapes[number - 1] : undefined;
    if (typeof shape !== "object" || shape === null) throw damaged(`shape ${String(number)}`);
    const { as } = shape;
    if (typeof loaded !== "object" || loaded === null) {
      if (as === undefined) throw misfit("a container", loaded);
      return leafOf(loaded, as, shape.arg);
    }
    let known = this.#restored.get(loaded);
    if (known === undefined) {
      known = { as, value: typeOf(loaded, as, shape.arg), entered: false };
      this.#restored.set(loaded, known);
    } else if (known.as !== as) return typeOf(loaded, as, shape.arg); // Python has one b""
    const parts = shape.keys ?? shape.items ?? shape.each ?? shape.props;
    const whole = parts !== undefined || as === "Map" && shape.arg !== OPEN_MAP;
    const { value } = known;
    if (known.entered || !whole) return value;
    known.entered = true;
    if (typeof value !== "object" || value === null) throw damaged("its parts");
    this.#tasks.push({ from: loaded, to: value, shape });
    return value;
  }

  #enter({ from, to, shape }: Task): void {
    if (to instanceof Map) {
      if (from instanceof Map) this.#enterMap(to, shape);
      else this.#fillMap(from as Record<string, unknown>, to, shape);
    } else if (to instanceof Set) this.#enterSet(to, shape);
    else if (to instanceof NDArray) this.#enterItems(to.objects ?? [], shape.items);
    else {
      if (Array.isArray(to)) this.#enterItems(to, shape.items);
      this.#enterProps(to, shape);
    }
  }

  #enterItems(items: unknown[], runs: unknown): void {
    for (const [start, end, shape] of checkedRuns(runs, items.length)) {
      for (let i = start; i < end; i++) {
        if (this.#isHole(shape)) delete items[i];
        else items[i] = this.#restore(items[i], shape);
      }
    }
  }

  #isHole(number: number): boolean {
    return this.#shapes[number - 1]?.as === "hole";
  }

  #enterProps(target: object, shape: JsShape): void {
    const record = target as Record<string, unknown>;
    for (const [name, number] of propsOf(shape, () => Object.keys(target))) {
      if (!Object.hasOwn(target, name)) throw damaged(`property ${JSON.stringify(name)}`);
      const value = record[name];
      const restored = this.#restore(value, number);
      if (!Object.is(restored, value)) setOwn(target, name, restored);
    }
  }

  /** Fill a Map from the object as which it was loaded. */
  #fillMap(from: Record<string, unknown>, map: Map<unknown, unknown>, shape: JsShape): void {
    const numbers = new Map<string, unknown>();
    for (const [name, number] of propsOf(shape, () => [])) {
      if (!Object.hasOwn(from, name)) throw damaged(`key ${JSON.stringify(name)}`);
      numbers.set(name, number);
    }
    for (const name of orderedNames(Object.keys(from), shape.order)) {
      const number = numbers.get(name) ?? shape.each;
      const value = from[name];
      map.set(name, number === undefined ? value : this.#restore(value, number));
    }
  }

  /** See to a Map that was loaded as such. */
  #enterMap(map: Map<unknown, unknown>, shape: JsShape): void {
    const entries = [...map];
    const places = entries.map((_, place) => place);
    const others = places.filter((place) => typeof entries[place][0] !== "string");
    const byName = new Map(
      places.filter((place) => typeof entries[place][0] === "string")
        .map((place) => [entries[place][0] as string, place]),
    );
    for (const [name, number] of propsOf(shape, () => [...byName.keys()])) {
      const place = byName.get(name);
      if (place === undefined) throw damaged(`key ${JSON.stringify(name)}`);
      entries[place][1] = this.#restore(entries[place][1], number);
    }
    for (const [part, runs] of [[0, shape.keys], [1, shape.items]] as const) {
      for (const [start, end, number] of checkedRuns(runs, others.length)) {
        for (let i = start; i < end; i++) {
          const entry = entries[others[i]];
          entry[part] = this.#restore(entry[part], number);
        }
      }
    }
    map.clear();
    for (const [key, value] of entries) map.set(key, value);
    if (map.size !== entries.length) throw damaged("the keys of a Map");
  }

  #enterSet(set: Set<unknown>, shape: JsShape): void {
    const members = [...set];
    this.#enterItems(members, shape.items);
    set.clear();
    for (const member of members) set.add(member);
    if (set.size !== members.length) throw damaged("the members of a Set");
  }
}

/** The object that takes the place of a loaded one; mostly itself. */
function typeOf(loaded: object, as: string | undefined, arg: string | undefined): unknown {
  if (as === undefined) return loaded;
  if (as === "Map") {
    if (loaded instanceof Map) return loaded;
    if (Object.getPrototypeOf(loaded) !== Object.prototype) throw misfit(as, loaded);
    return new Map();
  }
  if (as === "null") {
    if (Object.getPrototypeOf(loaded) !== Object.prototype) throw misfit(as, loaded);
    return Object.setPrototypeOf(loaded, null);
  }
  return leafOf(loaded, as, arg);
}

function orderedNames(names: string[], order: unknown): string[] {
  if (order === undefined) return names;
  const right = Array.isArray(order) && order.length === names.length &&
    new Set(order).size === names.length &&
    order.every((place) => Number.isInteger(place) && place >= 0 && place < names.length);
  if (!right) throw damaged("the order of a Map");
  return (order as number[]).map((place) => names[place]);
}

/** Names with the shapes of what is under them. */
function* propsOf(
  { each, props }: JsShape,
  all: () => readonly string[],
): Generator<readonly [string, unknown]> {
  if (each !== undefined) { for (const name of all()) yield [name, each]; }
  if (props === undefined) return;
  if (!Array.isArray(props)) throw damaged("its properties");
  for (const pair of props) {
    if (!Array.isArray(pair) || typeof pair[0] !== "string") throw damaged("its properties");
    yield pair;
  }
}

/** Runs as [start, end, shape]; they ascend and stay within `length`, so that a file can't make us loop. */
function* checkedRuns(runs: unknown, length: number): Generator<[number, number, number]> {
  if (runs === undefined) return;
  if (!Array.isArray(runs)) throw damaged("its places");
  let next = 0;
  for (const run of runs as JsRun[]) {
    const [start, count, shape] = Array.isArray(run) ? run : [-1, 0, 0];
    if (
      !Number.isInteger(start) || !Number.isInteger(count) || start < next || count < 1 ||
      start + count > length
    ) throw damaged("its places");
    next = start + count;
    yield [start, next, shape];
  }
}

function damaged(what: string): CacheError {
  return new CacheError(`Cannot restore the types of a cached value: ${what} can't be right`);
}

function misfit(as: string, loaded: unknown): CacheError {
  const found = loaded === null ? "null" : (loaded as object | undefined)?.constructor?.name;
  return new CacheError(
    `Cannot restore the types of a cached value: ${as} was stored, ${
      found ?? typeof loaded
    } is there`,
  );
}
