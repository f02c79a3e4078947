/** The store in memory passes the suite of all stores. */
import { MemoryStore } from "./memory.ts";
import { storeSuite } from "./store_suite.ts";

storeSuite("MemoryStore", () => Promise.resolve(new MemoryStore()));
