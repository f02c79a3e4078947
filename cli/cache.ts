/** The commands of `larder cache`, in the order of the help. */
import { DIR } from "./cache_dir.ts";
import { EXPLAIN } from "./cache_explain.ts";
import { GC } from "./cache_gc.ts";
import { INDEX } from "./cache_index.ts";
import { LS } from "./cache_ls.ts";
import { RM } from "./cache_rm.ts";
import { SHOW } from "./cache_show.ts";
import { STATS } from "./cache_stats.ts";
import { VERIFY } from "./cache_verify.ts";
import type { Command } from "./command.ts";

/** Commands by name. */
export const CACHE_COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["ls", LS],
  ["show", SHOW],
  ["stats", STATS],
  ["verify", VERIFY],
  ["gc", GC],
  ["rm", RM],
  ["explain", EXPLAIN],
  ["dir", DIR],
  ["index", INDEX],
]);
