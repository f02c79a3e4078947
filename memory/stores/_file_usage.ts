/**
 * Hits and last accesses on disk: each session appends to a file of its own under `.larder/usage/`, now
 * and then and when the program ends, one line `<hits> <last> <entry's key>`. Readers add the files
 * up; those of sessions that are gone are folded into one, `merged.log`, which names the files that
 * it holds already, so that a crash between its steps counts nothing twice.
 *
 * joblib's `reduce_size` goes by access times, which most mounts hardly write. So the entries that
 * were hit since the last time get theirs set, as far as that stays cheap.
 */
import { type Fs, namesIn, statOf } from "./_files.ts";
import { isGone } from "./_reaper.ts";
import { addUsage, type Usage, type UsageRecord } from "./usage.ts";

const FLUSH_MS = 10_000;
const FLUSH_KEYS = 2000;
/** Most entries that get their access time set at once: a few milliseconds. */
const TOUCHED = 200;
/** Where nothing can be written, counts of more entries than this are given up. */
const KEPT_KEYS = 10_000;
/** Files of sessions that are gone which are worth a folding. */
const WORTH_FOLDING = 16;

const MERGED = "merged.log";
const FOLDED = "# folded ";

/** What counting needs of the cache folder. */
export interface UsageHost {
  /** `node:fs`. */
  readonly fs: Fs;
  /** The folder `.larder`. */
  readonly larder: string;
  /** This thread's session, opened when first needed. */
  session(): { readonly name: string };
  /** Another session, because the present one is gone. */
  renewSession(): { readonly name: string };
  /** A path in the session's drafts that nobody else uses. */
  draftPath(): string;
  /** The file that joblib looks at for an entry's last access. */
  outputPath(key: string): string;
}

/** Counts that outlive the program. */
export class FileUsage implements Usage {
  readonly #host: UsageHost;
  #fresh = new Map<string, { hits: number; last: number }>();
  #flushed = Date.now();

  /** Counts in a cache folder. */
  constructor(host: UsageHost) {
    this.#host = host;
  }

  /** Note a hit. */
  hit(key: string, now: number = Date.now()): void {
    const record = this.#fresh.get(key);
    if (record === undefined) this.#fresh.set(key, { hits: 1, last: now });
    else {
      record.hits++;
      if (now > record.last) record.last = now;
    }
    if (now - this.#flushed > FLUSH_MS || this.#fresh.size > FLUSH_KEYS) this.flush();
  }

  /** All that is known, from this process and others. */
  read(): Map<string, UsageRecord> {
    const { fs, larder } = this.#host;
    const { known, folded } = readMerged(fs, larder);
    for (const name of logs(fs, larder)) {
      if (!folded.has(name)) addLog(known, textOf(fs, `${larder}/usage/${name}`));
    }
    for (const [key, record] of this.#fresh) addUsage(known, key, record);
    return known;
  }

  /** Append what is in memory; a cache that can't be written to keeps no counts. */
  flush(): void {
    this.#flushed = Date.now();
    if (this.#fresh.size === 0) return;
    const lines: string[] = [];
    for (const [key, { hits, last }] of this.#fresh) {
      if (!key.includes("\n")) lines.push(`${hits} ${last} ${key}\n`);
    }
    try {
      this.#append(lines.join(""));
    } catch {
      if (this.#fresh.size > KEPT_KEYS) this.#fresh.clear();
      return;
    }
    const touched = [...this.#fresh].slice(-TOUCHED);
    this.#fresh = new Map();
    for (const [key, { last }] of touched) touch(this.#host.fs, this.#host.outputPath(key), last);
  }

  /**
   * Fold the files of sessions that are gone into one. The caller sees to it that no one else does.
   *
   * @param keep Entries whose counts are kept. @default all
   */
  fold(keep?: (key: string) => boolean): void {
    const { fs, larder } = this.#host;
    const { known, folded } = readMerged(fs, larder);
    const gone = logs(fs, larder).filter((name) => {
      if (folded.has(name)) return true;
      const last = statOf(fs, `${larder}/usage/${name}`)?.mtimeMs ?? Date.now();
      return isGone(fs, larder, name.slice(0, -".log".length), last);
    });
    if (gone.length < WORTH_FOLDING && keep === undefined) return;
    for (const name of gone) {
      if (!folded.has(name)) addLog(known, textOf(fs, `${larder}/usage/${name}`));
    }
    const lines = gone.map((name) => `${FOLDED}${name}\n`);
    for (const [key, { hits, last }] of known) {
      if (keep?.(key) !== false) lines.push(`${hits} ${last} ${key}\n`);
    }
    const draft = this.#host.draftPath();
    fs.writeFileSync(draft, lines.join(""));
    fs.renameSync(draft, `${larder}/usage/${MERGED}`);
    for (const name of gone) fs.rmSync(`${larder}/usage/${name}`, { force: true });
  }

  /** Forget all counts, of other processes too. */
  clear(): void {
    const { fs, larder } = this.#host;
    this.#fresh.clear();
    for (const name of namesIn(fs, `${larder}/usage`)) {
      fs.rmSync(`${larder}/usage/${name}`, { force: true });
    }
  }

  #append(text: string): void {
    const { fs, larder } = this.#host;
    fs.appendFileSync(`${larder}/usage/${this.#host.session().name}.log`, text);
  }
}

function logs(fs: Fs, larder: string): string[] {
  return namesIn(fs, `${larder}/usage`).filter((name) => name.endsWith(".log") && name !== MERGED);
}

function readMerged(
  fs: Fs,
  larder: string,
): { known: Map<string, UsageRecord>; folded: Set<string> } {
  const text = textOf(fs, `${larder}/usage/${MERGED}`);
  const known = new Map<string, UsageRecord>();
  addLog(known, text);
  const folded = new Set<string>();
  for (const line of text.split("\n")) {
    if (!line.startsWith(FOLDED)) break; // they stand in front
    folded.add(line.slice(FOLDED.length));
  }
  return { known, folded };
}

/** Add the lines of a file; what a crash cut off is left out. */
function addLog(known: Map<string, UsageRecord>, text: string): void {
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    const [, hits, last, key] = /^(\d+) (\d+) (.+)$/.exec(line) ?? [];
    if (key !== undefined) addUsage(known, key, { hits: Number(hits), last: Number(last) });
  }
}

function textOf(fs: Fs, path: string): string {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return ""; // folded or removed meanwhile
  }
}

/** Set a file's access time, where it is older. */
function touch(fs: Fs, path: string, last: number): void {
  try {
    const stat = statOf(fs, path);
    if (stat === undefined || stat.atimeMs >= last - 1000) return;
    fs.utimesSync(path, last / 1000, stat.mtimeMs / 1000);
  } catch {
    // another user's file: its access time is what the system made it
  }
}
