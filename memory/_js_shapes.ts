/**
 * What stands in metadata.json about JavaScript's types. Values of one kind share one shape, and neighbours
 * share one run, so that a list of a million dates is told in a few characters.
 */

/** Such places as JSON. */
export interface JsTree {
  /** Version of this form. */
  readonly v: 1;
  /** Shape of the value itself. */
  readonly root: number;
  /** The different shapes; the first is number 1. */
  readonly shapes: readonly JsShape[];
}

/** Places from `start` on, how many, and their shape. */
export type JsRun = [start: number, count: number, shape: number];

/** What becomes of a value, and of the values in it. */
export interface JsShape {
  /** The type that it had, where loading alone gives another. */
  as?: string;
  /** What else that type needs: a text, a dtype, the bits of a NaN. */
  arg?: string;
  /** A Map's keys by their places in the object that it is loaded as, where that has another order. */
  order?: number[];
  /** Keys of a Map that are no text, counted among themselves. */
  keys?: JsRun[];
  /** Items of a list, members of a set, values under keys that are no text. */
  items?: JsRun[];
  /** All properties, or values under keys that are text. */
  each?: number;
  /** Some of them, by name. */
  props?: [name: string, shape: number][];
}

/** The shape of what loading alone gives back. */
export const PLAIN = 0;

/** The `arg` of a Map that is met inside of itself: what is in it is told where it stands first. */
export const OPEN_MAP = "open";

/** Numbers shapes; equal ones have one number. */
export class ShapeTable {
  readonly shapes: JsShape[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #types = new Map<string, number>();

  /** The number of a shape. */
  number(shape: JsShape): number {
    const text = JSON.stringify(shape);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.shapes.push(shape);
      this.#numbers.set(text, number);
    }
    return number;
  }

  /** The number of a type without parts. */
  type(as: string, arg?: string): number {
    if (arg !== undefined) return this.number({ as, arg });
    let number = this.#types.get(as);
    if (number === undefined) this.#types.set(as, number = this.number({ as }));
    return number;
  }
}

/** Add a place to runs that end before it. */
export function addPlace(runs: JsRun[], place: number, shape: number): void {
  const last = runs.at(-1);
  if (last !== undefined && last[2] === shape && last[0] + last[1] === place) last[1]++;
  else runs.push([place, 1, shape]);
}

/** Whether a name is an array index, which objects put before all other names. */
export function isIndex(name: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(name) && Number(name) < 2 ** 32 - 1;
}

/** Where each of these keys stands in an object of them; undefined where the order is the same. */
export function placesInObject(names: readonly string[]): number[] | undefined {
  if (!names.some(isIndex)) return undefined;
  const places = names.map((_, place) => place);
  const indexes = places.filter((place) => isIndex(names[place]));
  indexes.sort((a, b) => Number(names[a]) - Number(names[b]));
  const inObject = [...indexes, ...places.filter((place) => !isIndex(names[place]))];
  if (inObject.every((place, i) => place === i)) return undefined;
  const order: number[] = new Array(names.length);
  for (const [i, place] of inObject.entries()) order[place] = i;
  return order;
}
