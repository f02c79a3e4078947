/** A lock between processes: a folder, which only one of them can make. */
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Run `work` while no other process runs its own under the same lock.
 *
 * @template T
 * @param {string} path Folder that stands for the lock.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  await mkdir(dirname(path), { recursive: true });
  while (!await take(path)) {
    if (await isAbandoned(path)) await discard(path);
    else await sleep(200);
  }
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function take(path) {
  try {
    await mkdir(path);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  await writeFile(join(path, "pid"), String(process.pid));
  return true;
}

/** Whether the holder of a lock has died. A young lock without a pid is being taken just now. */
async function isAbandoned(path) {
  const pid = Number(await readFile(join(path, "pid"), "utf8").catch(() => ""));
  if (!pid) {
    const made = await stat(path).then(({ mtimeMs }) => mtimeMs, () => Infinity);
    return Date.now() - made > 10_000;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** Moved first: of two processes that find a dead lock only one may clear it. */
async function discard(path) {
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => {});
  await rm(aside, { recursive: true, force: true });
}
