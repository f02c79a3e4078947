/**
 * Code that reads at places of a file, written once for callers that wait and callers that don't: a
 * generator yields what it wants filled, and goes on when it is.
 */
import type { ByteRange, RandomAccessFile } from "../io/random_access.ts";

/** Work that asks for bytes of a file. */
export type FileSteps<T> = Generator<ByteRange, T, void>;

/** Carry it out. */
export async function runSteps<T>(file: RandomAccessFile, steps: FileSteps<T>): Promise<T> {
  let step = steps.next();
  while (!step.done) {
    await file.read([step.value]);
    step = steps.next();
  }
  return step.value;
}

/** Carry it out without waiting. */
export function runStepsSync<T>(file: RandomAccessFile, steps: FileSteps<T>): T {
  let step = steps.next();
  while (!step.done) {
    file.readSync([step.value]);
    step = steps.next();
  }
  return step.value;
}
