/** What the methods of cached functions do, awaited or not. */
import { checkOptions } from "../pickle/options.ts";
import { AsyncCourse } from "./_calls.ts";
import { SyncCourse } from "./_calls_sync.ts";
import type { Course, Outcome } from "./_course.ts";
import type { Invocation } from "./_subject.ts";
import { explainCall } from "./explain.ts";
import type { ClearOptions, Handlers } from "./memorized.ts";
import { MemorizedResult, NotMemorizedResult, type Shelved } from "./memorized_result.ts";
import type { Entry } from "./stores/entry.ts";
import { listItems, listItemsSync, type StoreItem } from "./stores/items.ts";

/** Where the results of a Memory are, for references to them. */
export interface Whereabouts {
  /** As `Memory` takes it. */
  readonly location: string;
  /** The name of the kind of store; "" where it has none. */
  readonly backend: string;
}

/** The handlers of a function that `memory.cache` was given. */
export function asyncHandlers(course: AsyncCourse, where: Whereabouts): Handlers {
  return {
    value: (self, args) => course.value(self, args),
    async call(self, args): Promise<unknown> {
      const { value, metadata } = await course.forced(self, args);
      return [value, metadata];
    },
    refresh: async (self, args) => (await course.forced(self, args)).value,
    async callAndShelve(self, args): Promise<unknown> {
      const { call, entry, outcome } = await course.shelved(self, args);
      return reference(course, where, call, entry, outcome);
    },
    checkCallInCache: async (self, args) =>
      await course.usable(course.invocation(self, args)) !== undefined,
    async explain(self, args): Promise<unknown> {
      const call = course.invocation(self, args);
      const entry = await course.open(call);
      const valid = entry === undefined || course.callback === undefined
        ? undefined
        : await course.isValid(call, entry);
      return await explainCall(course, call, entry, valid);
    },
    async delete(self, args): Promise<unknown> {
      const call = course.invocation(self, args);
      const there = await course.open(call) !== undefined;
      await course.results.entries.delete(call.key);
      return there;
    },
    async clear(self, options): Promise<void> {
      const { entries, store } = course.results;
      const folder = clearing(course, self, options);
      if (course.opening.own) return await entries.delete(folder);
      for (const key of inFolder(await listItems(store, folder), folder)) await entries.delete(key);
    },
    get lastCall() {
      return course.last;
    },
  };
}

/** The handlers of a function that `memory.cacheSync` was given. */
export function syncHandlers(course: SyncCourse, where: Whereabouts): Handlers {
  return {
    value: (self, args) => course.value(self, args),
    call(self, args): unknown {
      const { value, metadata } = course.forced(self, args);
      return [value, metadata];
    },
    refresh: (self, args) => course.forced(self, args).value,
    callAndShelve(self, args): unknown {
      const { call, entry, outcome } = course.shelved(self, args);
      return reference(course, where, call, entry, outcome);
    },
    checkCallInCache: (self, args) => course.usable(course.invocation(self, args)) !== undefined,
    async explain(self, args): Promise<unknown> {
      const call = course.invocation(self, args);
      const entry = course.open(call);
      const valid = entry === undefined || course.callback === undefined
        ? undefined
        : course.isValid(call, entry);
      return await explainCall(course, call, entry, valid);
    },
    delete(self, args): unknown {
      const call = course.invocation(self, args);
      const there = course.open(call) !== undefined;
      course.results.entries.deleteSync(call.key);
      return there;
    },
    clear(self, options): void {
      const { entries, store } = course.results;
      const folder = clearing(course, self, options);
      if (course.opening.own || store.sync === undefined) return entries.deleteSync(folder);
      const items = listItemsSync(store.sync, undefined, folder);
      for (const key of inFolder(items, folder)) entries.deleteSync(key);
    },
    get lastCall() {
      return course.last;
    },
  };
}

/** The handlers of functions of a Memory without a location: all calls run. */
export function plainHandlers(run: Handlers["value"], sync: boolean): Handlers {
  const wrap = (make: (value: unknown) => unknown): Handlers["value"] => (self, args) =>
    sync ? make(run(self, args)) : Promise.resolve(run(self, args)).then(make);
  const answer = (value: unknown) => () => sync ? value : Promise.resolve(value);
  return {
    value: run,
    call: wrap((value) => [value, {}]),
    refresh: run,
    callAndShelve: wrap((value) => new NotMemorizedResult(value)),
    checkCallInCache: answer(false),
    explain: (_self, args) =>
      Promise.resolve({
        hit: false,
        reason: "this Memory has no location, so nothing is cached",
        id: "",
        key: "",
        location: "",
        args: { "*": [...args] },
        versions: [],
        age: undefined,
        bytes: undefined,
        metadata: undefined,
        valid: undefined,
        damaged: false,
      }),
    delete: answer(false),
    clear: answer(undefined),
    lastCall: undefined,
  };
}

function reference(
  course: Course,
  { location, backend }: Whereabouts,
  call: Invocation,
  entry: Entry | undefined,
  outcome: Outcome | undefined,
): Shelved<unknown> {
  if (entry === undefined) return new NotMemorizedResult(outcome?.value);
  const { results, mmapMode, opening: { own } } = course;
  return new MemorizedResult({
    results,
    location,
    backend,
    func: call.place.folder,
    argsId: call.id,
    mmapMode,
    own,
    metadata: entry.metadata,
  });
}

/** Tell that a function's results are removed; answers the folder that goes. */
function clearing(course: Course, self: unknown, options: ClearOptions): string {
  checkOptions(options, ["warn"], "clear()");
  const { versions, path } = course.subject.place(self);
  if (options.warn !== false) course.report.clearing(path);
  return versions;
}

/** The results of a Python function, without those of functions inside of it; its code stays. */
function inFolder(items: readonly StoreItem[], folder: string): string[] {
  return items.map(({ key }) => key).filter((key) => key.lastIndexOf("/") === folder.length);
}
