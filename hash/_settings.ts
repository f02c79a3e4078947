/** What a hash depends on beside the value. */
export interface Settings {
  /** Take a memory map for an ordinary array. */
  readonly coerceMmap: boolean;
  /** The protocol in which dtypes are pickled. */
  readonly pickleProtocol: 4 | 5;
  /** The major version of numpy whose names are used. */
  readonly numpyMajor: 1 | 2;
  /** How dtypes of dates are pickled: as numpy does since 2.4, or before. */
  readonly datetimeState: "new" | "old";
}
