/**
 * The keys of ordinary objects, sorted. Records have the same keys in the same order, so the last answer is
 * often the next one too.
 */
import { sortTexts } from "./_texts.ts";

/** Objects of more keys are no records. */
const RECORD_KEYS = 64;

/** Sorts the keys of one object after the other. */
export class RecordKeys {
  #last: readonly string[] = [];
  #sorted: readonly string[] = [];

  /** The keys by code point; `keys` may be sorted in place. */
  sorted(keys: string[]): readonly string[] {
    const { length } = keys;
    if (length < 2) return keys;
    if (length > RECORD_KEYS) return sortTexts(keys);
    const last = this.#last;
    let same = last.length === length;
    for (let i = 0; same && i < length; i++) same = keys[i] === last[i];
    if (same) return this.#sorted;
    this.#last = keys;
    return this.#sorted = sortTexts([...keys]);
  }
}
