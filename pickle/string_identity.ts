/**
 * Which equal strings were separate objects in Python. JavaScript's strings have no identity, so an
 * `exact` load notes beside a container the places that held a string of their own although an equal one
 * came before; the pickler then writes it anew, as Python would.
 */
import { FreshString } from "./context.ts";

const separate = new WeakMap<object, Map<unknown, FreshString>>();
/** Spares the look-ups of programs that never load exactly. */
let anyNoted = false;

/** Note that the text at `place` (an index, or a dict's key) of `container` is an object of its own. */
export function noteSeparate(container: unknown, place: unknown, text: FreshString): void {
  if (typeof container !== "object" || container === null) return;
  anyNoted = true;
  const places = separate.get(container);
  if (places === undefined) separate.set(container, new Map([[place, text]]));
  else places.set(place, text);
}

/** What was noted of `container`. */
export function separateTexts(container: object): ReadonlyMap<unknown, FreshString> | undefined {
  return anyNoted ? separate.get(container) : undefined;
}

/** The text as it was marked when it was loaded, unless another value stands there now. */
export function originalText(
  texts: ReadonlyMap<unknown, FreshString>,
  place: unknown,
  value: unknown,
): unknown {
  const text = texts.get(place);
  return text !== undefined && text.value === value ? text : value;
}

/** Tells the texts of one load apart. */
export class TextIdentities {
  readonly #seen = new Set<string>();
  /** Whether any text came twice, so that the stack may hold marked ones. */
  any = false;

  /** The text itself, or a mark where an equal one came before. */
  mark(text: string): string | FreshString {
    if (text.length <= 1) return text; // Python has one object for each
    if (this.#seen.has(text)) {
      this.any = true;
      return new FreshString(text);
    }
    this.#seen.add(text);
    return text;
  }

  /** Replace the marks in `stack[from, to)` by their texts; answers them with their places. */
  settle(stack: unknown[], from: number, to: number): [number, FreshString][] {
    const found: [number, FreshString][] = [];
    for (let i = from; i < to; i++) {
      const value = stack[i];
      if (value instanceof FreshString) {
        stack[i] = value.value;
        found.push([i, value]);
      }
    }
    return found;
  }
}
