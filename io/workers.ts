/**
 * Functions of a module run by workers. What a worker runs first is spelled here and needs no file,
 * hence no permission and no bundler; it imports the module it is told, so that one set of workers
 * serves all methods. Deno's workers hold a program: they end with the last that uses them, and sleep
 * where it has nothing for them to do.
 */
import { builtin, runtime } from "./builtin.ts";
import { mayRead } from "./permission.ts";

/** A function that workers can call. */
export interface WorkerTask {
  /** The module that exports it: a built-in such as `node:zlib`, or its own `import.meta.url`. */
  readonly module: string;
  /** What it is called there. It takes what can be cloned and returns bytes, or their promise. */
  readonly name: string;
}

/** Workers as one user sees them. */
export interface Workers {
  /** Call the task; buffers in `transfer` go over to the worker. */
  run(args: readonly unknown[], transfer?: ArrayBufferLike[]): Promise<Uint8Array>;
  /** The workers may end, calls that are still open fail. */
  release(): void;
}

/** A worker sleeps that had nothing to do for so long. */
const IDLE_MS = 500;

const PROLOGUE = {
  web: `const listen = (act) => { onmessage = ({ data }) => act(data); };
const post = (message, transfer) => postMessage(message, transfer);`,
  node: `const { parentPort } = require("node:worker_threads");
const listen = (act) => parentPort.on("message", act);
const post = (message, transfer) => parentPort.postMessage(message, transfer);`,
};

// A call without arguments only looks whether the function is there. Buffers that came with a call, or
// large ones that its output was copied out of, are freed: the collector of each worker would let some
// 64 MB of them lie (see bytes/free.ts).
const SCRIPT = `
const buffersOf = (arg) => arg.buffer ? [arg.buffer] : Object.values(arg).map((part) => part?.buffer);
const free = (buffer) => { if (buffer instanceof ArrayBuffer) buffer.transfer?.(0); };
const modules = new Map();
listen(async ({ id, module, name, args }) => {
  try {
    if (!modules.has(module)) modules.set(module, await import(module));
    const task = modules.get(module)[name];
    if (typeof task !== "function") throw new TypeError(module + " exports no function " + name);
    if (args === undefined) return post({ id }, []);
    const found = await task(...args);
    const { buffer } = found;
    // what fills its buffer is handed over, as is one that came; a part of a larger one is copied
    const whole = found.length === buffer.byteLength || args.some((arg) => arg?.buffer === buffer);
    const output = whole ? new Uint8Array(buffer, found.byteOffset, found.length) : Uint8Array.from(found);
    for (const came of args.filter((arg) => typeof arg === "object" && arg !== null).flatMap(buffersOf)) {
      if (came !== output.buffer) free(came);
    }
    if (!whole && found.byteOffset === 0 && buffer.byteLength > 65536) free(buffer);
    post({ id, output }, [output.buffer]);
  } catch (error) {
    post({ id, error: String(error) }, []);
  }
});
`;

interface Call {
  id: number;
  module: string;
  name: string;
  args?: readonly unknown[];
}

interface Answer {
  id: number;
  output?: Uint8Array;
  error?: string;
}

/** What a runtime's worker can do. */
interface Thread {
  post(call: Call, transfer: ArrayBufferLike[]): void;
  /** Whether the program waits for it. */
  hold(wanted: boolean): void;
  end(): void;
}

interface WebWorker {
  onmessage: ((event: { data: Answer }) => void) | null;
  onerror: ((event: { message?: string; preventDefault(): void }) => void) | null;
  postMessage(call: Call, transfer: ArrayBufferLike[]): void;
  terminate(): void;
}

interface WebGlobals {
  Worker?: new (url: string, options: { type: "module" }) => WebWorker;
  navigator?: { hardwareConcurrency?: number };
}

/** The workers that run, and how many there are that use them. */
const pool: { workers: PoolWorker[]; users: number } = { workers: [], users: 0 };

/** How many threads the machine runs at once. */
export function coreCount(): number {
  return (globalThis as WebGlobals).navigator?.hardwareConcurrency ?? 1;
}

/**
 * Have workers that can call `task`: those that run, and as many more as are missing to `count`.
 *
 * @param signal Releases them while they start.
 * @throws {Error} Workers don't start here, or can't import the module, or were released.
 */
export async function openWorkers(
  task: WorkerTask,
  count: number,
  signal?: AbortSignal,
): Promise<Workers> {
  checkReadable(task.module);
  signal?.throwIfAborted(); // its event is over
  pool.users++;
  let released = false;
  function release(): void {
    if (released) return;
    released = true;
    if (--pool.users > 0) return;
    for (const worker of pool.workers) worker.end("the workers were released");
    pool.workers = [];
  }
  signal?.addEventListener("abort", release, { once: true });
  try {
    while (pool.workers.length < count) pool.workers.push(new PoolWorker());
    const used = pool.workers.slice(0, count);
    await Promise.all(used.map((worker) => worker.call(task, undefined, [])));
    return {
      run: (args, transfer = []) => leastBusy(used).call(task, args, transfer),
      release,
    };
  } catch (error) {
    // one that failed to start is not asked again
    pool.workers = pool.workers.filter((worker) => !worker.ended);
    release();
    throw error;
  }
}

/** How many workers run: for tests. */
export function runningWorkers(): number {
  return pool.workers.length;
}

/** A worker with the calls that it has not answered. */
class PoolWorker {
  ended = false;
  readonly #thread: Thread;
  readonly #open = new Map<
    number,
    { resolve: (output: Uint8Array) => void; reject: (error: Error) => void }
  >();
  #lastId = 0;

  constructor() {
    this.#thread = startThread(
      (answer) => this.#settle(answer),
      (reason) => this.end(reason),
    );
  }

  get busy(): number {
    return this.#open.size;
  }

  call(
    { module, name }: WorkerTask,
    args: readonly unknown[] | undefined,
    transfer: ArrayBufferLike[],
  ): Promise<Uint8Array> {
    if (this.ended) {
      return Promise.reject(new Error(`Cannot call ${name} in a worker: it has ended`));
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#thread.post({ id, module, name, ...(args === undefined ? {} : { args }) }, transfer);
      if (this.#open.size === 0) this.#thread.hold(true);
      this.#open.set(id, { resolve, reject });
    });
  }

  end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#thread.end();
    for (const { reject } of this.#open.values()) reject(new Error(`A worker ended: ${reason}`));
    this.#open.clear();
  }

  #settle({ id, output, error }: Answer): void {
    const call = this.#open.get(id);
    this.#open.delete(id);
    if (this.#open.size === 0 && !this.ended) this.#thread.hold(false);
    if (error === undefined) call?.resolve(output ?? new Uint8Array(0));
    else call?.reject(new Error(error));
  }
}

/** Deno would stop the program and ask at the terminal before a worker may import a file. */
function checkReadable(module: string): void {
  if (!module.startsWith("file:") || mayRead(new URL(module))) return;
  throw new Error(`Deno may not read ${module}: allow --allow-read`);
}

function leastBusy(workers: readonly PoolWorker[]): PoolWorker {
  return workers.reduce((best, worker) => worker.busy < best.busy ? worker : best);
}

function startThread(onAnswer: (answer: Answer) => void, onEnd: (reason: string) => void): Thread {
  // Deno's own workers take transferred buffers several times faster than its node:worker_threads.
  const threads = runtime() === "deno" ? undefined : builtin("worker_threads");
  if (threads === undefined) return startWebThread(onAnswer, onEnd);
  const worker = new threads.Worker(PROLOGUE.node + SCRIPT, { eval: true });
  worker.unref();
  worker.on("message", onAnswer);
  worker.on("error", (error) => onEnd(String(error)));
  worker.on("exit", (code) => onEnd(`it exited with ${code}`));
  return {
    post: (call, transfer) => worker.postMessage(call, transfer as ArrayBuffer[]),
    hold: (wanted) => wanted ? worker.ref() : worker.unref(),
    end: () => void worker.terminate(),
  };
}

function startWebThread(
  onAnswer: (answer: Answer) => void,
  onEnd: (reason: string) => void,
): Thread {
  let worker: WebWorker | undefined = startWebWorker(onAnswer, onEnd);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    clearTimeout(timer);
    worker?.terminate();
    worker = undefined;
  };
  return {
    post(call, transfer): void {
      worker ??= startWebWorker(onAnswer, onEnd);
      worker.postMessage(call, transfer);
    },
    hold(wanted): void {
      clearTimeout(timer);
      // Deno documents no other way to let go of a worker, whose start takes some 40 ms.
      if (!wanted && runtime() === "deno") timer = setTimeout(end, IDLE_MS);
    },
    end,
  };
}

function startWebWorker(
  onAnswer: (answer: Answer) => void,
  onEnd: (reason: string) => void,
): WebWorker {
  const { Worker } = globalThis as unknown as WebGlobals;
  if (Worker === undefined) throw new Error("this runtime has no workers");
  const url = `data:text/javascript,${encodeURIComponent(PROLOGUE.web + SCRIPT)}`;
  const worker = new Worker(url, { type: "module" });
  worker.onmessage = ({ data }) => onAnswer(data);
  worker.onerror = (event) => {
    event.preventDefault(); // else it is thrown again here
    onEnd(event.message ?? "it failed");
  };
  return worker;
}
