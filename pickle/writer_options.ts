/**
 * What an the writer of opcodes is told.
 */

/** What enters the memo: all values, all but text and bytes, or none, so that nothing is ever referred to. */
export type Memoize = "all" | "objects" | "none";

/** What the writer is told. */
export interface WriterOptions {
  /** 0 to 5. */
  readonly protocol: number;
  /** Write equal values of strings anew each time. */
  readonly distinct: boolean;
  /** What enters the memo. */
  readonly memoize: Memoize;
  /** Told of each object where none enters the memo: such a writer follows a cycle for ever. */
  readonly onVisit?: ((object: unknown) => void) | undefined;
  /** Position in the target where the first byte goes. */
  readonly start: number;
  /** The error for a value that the protocol can't hold. */
  fail(message: string): Error;
}
