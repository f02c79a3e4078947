/**
 * One cached function: where its results are, and what names each of them. The key is made before the
 * call, so that a function that changes its argument is stored under what it was given.
 */
import { PicklingError } from "../errors.ts";
import { hash, type HashName } from "../hash/mod.ts";
import {
  checkIgnore,
  filterArguments,
  type FilteredArguments,
  type FilterOptions,
  parseSignature,
  type Signature,
} from "./signature.ts";

/** A function of any kind. */
// deno-lint-ignore no-explicit-any -- parameters are contravariant: no other type takes all functions
export type AnyFunction = (this: any, ...args: any[]) => unknown;

/** Where a function's results are. */
export interface Place {
  /** The folder in the store that holds one folder for each result. */
  readonly folder: string;
  /** The folder that holds those of all versions. */
  readonly versions: string;
  /** Module and name, for messages: `pkg.mod.name`. */
  readonly path: string;
  /** The name alone. */
  readonly name: string;
  /** The version, for functions that have some. */
  readonly fingerprint: string | undefined;
}

/** What a {@linkcode Subject} is made of. */
export interface SubjectOptions {
  readonly func: AnyFunction;
  /** What it is called in messages. */
  readonly name: string;
  readonly args: readonly string[] | undefined;
  readonly ignore: readonly string[] | undefined;
  readonly hashName: HashName;
  /** Whether a mapped array counts as the array that it maps. */
  readonly coerceMmap: boolean;
  /** Whether `this` is part of the key. */
  readonly isMethod: boolean;
  /** Finds the place; of a method only when it is called, since its class is not known before. */
  readonly locate: (self: unknown) => Place;
}

/** One call. */
export interface Invocation {
  /** The folder of its result, in the function's. */
  readonly id: string;
  /** The folder of its result in the store. */
  readonly key: string;
  readonly place: Place;
  /** What the id was made of. */
  readonly filtered: FilteredArguments;
  readonly self: unknown;
  readonly args: readonly unknown[];
}

/** One cached function. */
export class Subject {
  readonly func: AnyFunction;
  readonly isMethod: boolean;
  readonly signature: Signature | undefined;
  readonly #locate: (self: unknown) => Place;
  readonly #ignore: readonly string[];
  readonly #hash: { hashName: HashName; coerceMmap: boolean };

  /** @throws {TypeError} `args` or `ignore` are not as they should be. */
  constructor(options: SubjectOptions) {
    const { func, name, args, ignore = [], hashName, coerceMmap, isMethod, locate } = options;
    this.func = func;
    this.isMethod = isMethod;
    this.#locate = locate;
    this.signature = args === undefined ? undefined : parseSignature(args, name);
    this.#ignore = checkIgnore(ignore, this.signature, name);
    this.#hash = { hashName, coerceMmap };
  }

  /** Where the results are. */
  place(self: unknown): Place {
    return this.#locate(self);
  }

  /**
   * What a call is known by.
   *
   * @throws {TypeError} The arguments don't fit the parameters.
   * @throws {PicklingError} One of them has no hash.
   */
  invocation(self: unknown, args: readonly unknown[]): Invocation {
    const place = this.#locate(self);
    const filtered = filterArguments(args, this.#filter(self, place.name));
    const id = this.#id(filtered, place);
    return { id, key: `${place.folder}/${id}`, place, filtered, self, args };
  }

  #filter(self: unknown, functionName: string): FilterOptions {
    return {
      ...(this.signature === undefined ? {} : { signature: this.signature }),
      ...(this.isMethod ? { self: { value: self } } : {}),
      ignore: this.#ignore,
      functionName,
    };
  }

  #id(filtered: FilteredArguments, place: Place): string {
    try {
      return hash(filtered, this.#hash);
    } catch (error) {
      if (!(error instanceof PicklingError)) throw error;
      const name = this.#unhashable(filtered);
      const which = name === undefined ? "the arguments" : `argument ${JSON.stringify(name)}`;
      throw new PicklingError(
        `Cannot use ${which} of ${place.path}() as a key of the cache: ${error.message}`,
        { cause: error, ...(name === undefined ? {} : { path: name }) },
      );
    }
  }

  #unhashable(filtered: FilteredArguments): string | undefined {
    for (const [name, value] of Object.entries(filtered)) {
      try {
        hash(value, this.#hash);
      } catch {
        return name;
      }
    }
    return undefined;
  }
}
