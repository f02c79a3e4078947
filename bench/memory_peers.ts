/**
 * Caches of npm that keep values in files, each asked for one small value that it has. Only cacache
 * compares what it reads with a digest; keyv-file reads its file once and then answers from memory.
 */

/** A library beside Larder. */
export interface HitPeer {
  /** Its name, and what its answer is worth. */
  readonly name: string;
  /** Read the value. */
  hit(): Promise<unknown>;
}

/** All of them, filled, with their files below `folder`. */
export async function hitPeers(folder: string): Promise<HitPeer[]> {
  return [
    await cacache(`${folder}/cacache`),
    await memoizeFs(`${folder}/memoize-fs`),
    await unstorageFs(`${folder}/unstorage`),
    await keyvFile(`${folder}/keyv.json`),
  ];
}

/** The part of cacache that is used; it comes without types. */
interface Cacache {
  put(folder: string, key: string, data: string): Promise<unknown>;
  get(folder: string, key: string): Promise<{ data: Uint8Array }>;
}

async function cacache(folder: string): Promise<HitPeer> {
  const name: string = "cacache";
  const { default: cache } = await import(name) as { default: Cacache };
  await cache.put(folder, "double(0)", JSON.stringify(0));
  const decoder = new TextDecoder();
  return {
    name: "cacache (checked)",
    hit: async () => JSON.parse(decoder.decode((await cache.get(folder, "double(0)")).data)),
  };
}

async function memoizeFs(folder: string): Promise<HitPeer> {
  const { default: memoizer } = await import("memoize-fs");
  const cached = await memoizer({ cachePath: folder }).fn((x: number) => 2 * x, { cacheId: "f" });
  await cached(0);
  return { name: "memoize-fs", hit: () => cached(0) };
}

async function unstorageFs(folder: string): Promise<HitPeer> {
  const { createStorage } = await import("unstorage");
  const { default: fsDriver } = await import("unstorage/drivers/fs-lite");
  const storage = createStorage({ driver: fsDriver({ base: folder }) });
  await storage.setItem("double:0", 0);
  return { name: "unstorage fs", hit: () => storage.getItem("double:0") };
}

async function keyvFile(path: string): Promise<HitPeer> {
  const { default: Keyv } = await import("keyv");
  const { KeyvFile } = await import("keyv-file");
  const keyv = new Keyv({ store: new KeyvFile({ filename: path }) });
  await keyv.set("double(0)", 0);
  return { name: "keyv-file (from memory)", hit: () => keyv.get("double(0)") };
}
