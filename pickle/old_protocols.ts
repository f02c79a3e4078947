/**
 * Which instances came from protocols 0 and 1. These spell every instance by `copyreg._reconstructor`;
 * in later protocols only a class that asks for it is spelled so. A hash must know which one it was.
 */
import type { PyObject } from "./values.ts";

/** Instances that a protocol below 2 made by `copyreg._reconstructor`. */
export const oldInstances: WeakSet<PyObject> = new WeakSet();
