/**
 * Python's `sorted` of dict keys and set members, which joblib's hasher writes in this order. Where
 * Python raises TypeError the hasher takes another way, so that is an answer too.
 */
import { less, Unknown, Unorderable } from "./_less.ts";
import { sortTexts } from "./_texts.ts";

/** Up to here CPython sorts by insertion, which decides where no order is total (NaN, sets). */
const INSERTION_SORTED = 64;

/** The answer of {@link sorted} where Python raises TypeError, or where only Python knows the order. */
export type Unsorted = { reason: "unorderable" } | { reason: "unknown"; what: string };

/** `sorted(items)`; `items` may be sorted in place. */
export function sorted(items: unknown[]): unknown[] | Unsorted {
  if (items.length < 2) return items;
  const kind = simpleKind(items);
  if (kind === "string") return sortTexts(items as string[]);
  if (kind === "number") return (items as number[]).sort((a, b) => a - b);
  try {
    return items.length < INSERTION_SORTED ? insertionSorted(items) : mergeSorted(items);
  } catch (error) {
    if (error instanceof Unorderable) return { reason: "unorderable" };
    if (error instanceof Unknown) return { reason: "unknown", what: error.message };
    throw error;
  }
}

/** Whether all are text, or all numbers of JavaScript's. */
export function simpleKind(items: readonly unknown[]): "string" | "number" | undefined {
  const kind = typeof items[0];
  if (kind !== "string" && kind !== "number") return undefined;
  for (let i = 0; i < items.length; i++) {
    if (typeof items[i] !== kind || items[i] !== items[i]) return undefined;
  }
  return kind;
}

/** Whether sorted items could stand in no other order: each is less than the next. Not so for NaN, and for sets none of which holds the other. */
export function isTotal(items: readonly unknown[]): boolean {
  if (items.length < 2 || simpleKind(items) !== undefined) return true;
  for (let i = 1; i < items.length; i++) if (!less(items[i - 1], items[i])) return false;
  return true;
}

/** list.sort of CPython for short lists: a run at the start, and binary insertion behind it. */
function insertionSorted(items: readonly unknown[]): unknown[] {
  const list = [...items];
  let run = 2;
  const descending = less(list[1], list[0]);
  while (run < list.length && less(list[run], list[run - 1]) === descending) run++;
  if (descending) list.splice(0, run, ...list.slice(0, run).reverse());
  for (let start = run; start < list.length; start++) {
    const pivot = list[start];
    let low = 0;
    let high = start;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (less(pivot, list[middle])) high = middle;
      else low = middle + 1;
    }
    list.copyWithin(low + 1, low, start);
    list[low] = pivot;
  }
  return list;
}

function mergeSorted(items: unknown[]): unknown[] {
  return items.sort((a, b) => {
    if (less(a, b)) return -1;
    if (less(b, a)) return 1;
    throw new Unknown(`${items.length} keys without a total order`);
  });
}
