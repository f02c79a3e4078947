/** Run by Deno with few permissions: tells what identities come out and which files were looked at. */
import fs from "node:fs";
import process from "node:process";
import { identify, type IdentityOptions } from "./identify.ts";

const touched: string[] = [];
for (const name of ["readFileSync", "statSync", "existsSync"] as const) {
  const original = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (path: string, ...rest: unknown[]) => {
      touched.push(path);
      return original(path, ...rest);
    },
  });
}

const file = process.argv[2];
const cases: IdentityOptions[] = [{}, { version: 1 }, { code: "off", module: "m" }];
const results = cases.map((options, index) => {
  try {
    const fn = Object.defineProperty(() => {}, "name", { value: "f" });
    const callSite = `    at file://${file}:1:7`;
    const { folder, warnings } = identify(fn, { ...options, callSite, scope: String(index) });
    return [folder.replace(/[^-]*$/, ""), ...warnings.map(({ code }) => code)];
  } catch (error) {
    return [String(error)];
  }
});
console.log(JSON.stringify({ results, touched }));
