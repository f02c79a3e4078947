/**
 * The results of a Python function, looked up by their arguments: what a job left on a disk or behind
 * a URL, for programs that have no such function themselves. Nothing is written.
 */
import { CacheError } from "../errors.ts";
import { hash } from "../hash/mod.ts";
import { readUtf8 } from "../io/text.ts";
import { PYTHON_CODE } from "./_course.ts";
import type { Whereabouts } from "./_handlers.ts";
import { pythonPlace } from "./_locate.ts";
import type { Results } from "./_results.ts";
import { Subject } from "./_subject.ts";
import { MemorizedResult } from "./memorized_result.ts";
import { checkResultsOptions, type MmapMode, type PythonResultsOptions } from "./options.ts";
import { listItems } from "./stores/items.ts";

/** What the results are read from. */
export interface PythonResultsOrigin {
  readonly results: Results;
  readonly where: Whereabouts;
  readonly mmapMode: MmapMode | null;
}

/** The results of one Python function. */
export class PythonResults<T = unknown> {
  /** The function in Python: `pkg.mod.func`. */
  readonly python: string;
  /** Its folder in the store. */
  readonly func: string;
  readonly #origin: PythonResultsOrigin;
  readonly #subject: Subject;
  readonly #hasArgs: boolean;

  /** Made by `memory.results`. */
  constructor(python: string, options: PythonResultsOptions, origin: PythonResultsOrigin) {
    checkResultsOptions(python, options);
    const place = pythonPlace(python);
    this.python = python;
    this.func = place.folder;
    this.#origin = origin;
    this.#hasArgs = options.args !== undefined;
    this.#subject = new Subject({
      func: () => {},
      name: python,
      args: options.args,
      ignore: options.ignore,
      hashName: "md5",
      coerceMmap: origin.mmapMode !== null,
      isMethod: false,
      locate: () => place,
    });
  }

  /**
   * The result of a call, in the order of `args`.
   *
   * @throws {CacheError} Python has stored no such result.
   * @throws {TypeError} The parameters were not told by `args`.
   */
  get(...args: unknown[]): Promise<T> {
    return this.reference(...args).then((reference) => reference.get());
  }

  /** Whether there is a result of a call, in the order of `args`. */
  async has(...args: unknown[]): Promise<boolean> {
    return await this.#find(this.#id(args)) !== undefined;
  }

  /** A reference to the result of a call, in the order of `args`. @throws {CacheError} There is none. */
  async reference(...args: unknown[]): Promise<MemorizedResult<T>> {
    return await this.#found(this.#id(args));
  }

  /**
   * The result of a call whose arguments are told by name, all of them, defaults too.
   *
   * @throws {CacheError} Python has stored no such result.
   */
  async getNamed(args: Readonly<Record<string, unknown>>): Promise<T> {
    return await (await this.#found(hash(args))).get();
  }

  /** References to all results; a store behind a URL needs an index to be listed. */
  async *list(): AsyncGenerator<MemorizedResult<T>> {
    for (const { key, complete } of await listItems(this.#origin.results.store, this.func)) {
      const id = key.slice(this.func.length + 1);
      if (!complete || id.includes("/")) continue; // a function inside of this one
      const reference = await this.#find(id);
      if (reference !== undefined) yield reference;
    }
  }

  /** The source of the function as Python noted it; `undefined` where it did not. */
  async code(): Promise<string | undefined> {
    const stored = await this.#origin.results.store.get(`${this.func}/${PYTHON_CODE}`);
    return stored === undefined ? undefined : sourceOf(stored.bytes);
  }

  #id(args: readonly unknown[]): string {
    if (this.#hasArgs) return this.#subject.invocation(undefined, args).id;
    throw new TypeError(
      `Cannot look up results of ${this.python} by position: tell its parameters, as ` +
        `memory.results("${this.python}", { args: ["x", "y=2"] }), or use getNamed({ x: 1, y: 2 })`,
    );
  }

  async #found(id: string): Promise<MemorizedResult<T>> {
    const reference = await this.#find(id);
    if (reference !== undefined) return reference;
    const path = `${this.#origin.results.store.location}/${this.func}/${id}`;
    throw new CacheError(`Cannot get a result of ${this.python}: none has the id ${id}`, { path });
  }

  async #find(id: string): Promise<MemorizedResult<T> | undefined> {
    const { results, where, mmapMode } = this.#origin;
    const entry = await results.entries.open(`${this.func}/${id}`);
    return entry && new MemorizedResult<T>({
      ...where,
      results,
      mmapMode,
      func: this.func,
      argsId: id,
      own: false,
      metadata: entry.metadata,
    });
  }
}

/** The text without joblib's first line. */
function sourceOf(bytes: Uint8Array): string {
  return readUtf8(bytes, 0, bytes.length).replace(/^# first line:.*\n/, "");
}
