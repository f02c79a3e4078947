/**
 * Python's `repr()` of a value, bounded in length: what metadata.json shows of a call's arguments.
 */

/** What {@link repr} can be told. */
export interface ReprOptions {
  /** The text is cut after so many characters, and ends in `...` then. @default 1000 */
  readonly maxLength?: number;
}

/** Python's repr of a value. Never throws; looks at no more of the value than it shows. */
export function repr(_value: unknown, _options: ReprOptions = {}): string {
  return "";
}
