/**
 * A progress bar on stderr, for work that takes long and a person who watches. It is drawn by the
 * package cli-progress, which is loaded when the first half second is over and not before.
 */
import { isColored, type Terminal } from "./terminal.ts";

/** Progress of some work. */
export interface Progress {
  /** Another step was done, or several. */
  step(count?: number): void;
  /** The work is over: remove the bar. */
  end(): void;
}

interface Bar {
  start(total: number, value: number): void;
  update(value: number): void;
  stop(): void;
}

const PATIENCE_MS = 500;

/**
 * Watch over work of `total` steps. Nothing is drawn where stderr is no terminal.
 *
 * @param label What is being done: `Verifying`.
 */
export function startProgress(terminal: Terminal, label: string, total: number): Progress {
  const { stderr } = terminal;
  if (!stderr.isTTY) return { step(): void {}, end(): void {} };
  const began = performance.now();
  let done = 0;
  let ended = false;
  let asked = false;
  let bar: Bar | undefined;
  async function open(): Promise<void> {
    const loaded = await loadBar(terminal, label);
    if (ended || loaded === undefined) return;
    bar = loaded;
    bar.start(total, done);
  }
  return {
    step(count = 1): void {
      done += count;
      bar?.update(done);
      if (asked || performance.now() - began < PATIENCE_MS) return;
      asked = true;
      void open();
    },
    end(): void {
      ended = true;
      bar?.stop();
    },
  };
}

/** A bar, or nothing where the package is missing: no work fails for that. */
async function loadBar(terminal: Terminal, label: string): Promise<Bar | undefined> {
  try {
    const { default: { SingleBar } } = await import("cli-progress");
    const { stderr } = terminal;
    const ascii = !isColored(terminal, stderr);
    return new SingleBar({
      stream: stderr as unknown as NodeJS.WritableStream,
      format: `${label} {bar} {percentage}%  {value} of {total}  {eta_formatted}`,
      barCompleteChar: ascii ? "#" : "█",
      barIncompleteChar: ascii ? "." : "░",
      barsize: Math.max(10, Math.min(40, (stderr.columns ?? 80) - 45)),
      clearOnComplete: true,
      // Whatever it switches off would stay off when the program is interrupted.
      linewrap: true,
      hideCursor: false,
      gracefulExit: false,
    });
  } catch {
    return undefined;
  }
}
