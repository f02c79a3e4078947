/** A project of source files for the tests, and functions as if they had been cached in them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { freshPath } from "../../tests/temporary.ts";
import { identify, type Identity, type IdentityOptions } from "./identify.ts";

/** A function of a name, which does nothing. */
export function named(name: string): (...args: never[]) => unknown {
  return Object.defineProperty(() => {}, "name", { value: name });
}

/** Source files in a folder with a deno.json. */
export class SourceProject {
  /** The folder, with slashes. */
  readonly root: string;

  /** Write the files, by their paths in the project. */
  constructor(files: Record<string, string>, name = "demo") {
    this.root = freshPath("project").replaceAll("\\", "/");
    this.write({ "deno.json": JSON.stringify({ name }), ...files });
  }

  /** Write more files. */
  write(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(path)), { recursive: true });
      writeFileSync(this.path(path), text);
    }
  }

  /** The path of a file. */
  path(path: string): string {
    return `${this.root}/${path}`;
  }

  /** A stack that ends where `mark` stands in a file. */
  site(path: string, text: string, mark = "cache("): string {
    const before = text.slice(0, Math.max(text.indexOf(mark), 0));
    const line = before.split("\n").length;
    return `    at file://${this.path(path)}:${line}:${before.length - before.lastIndexOf("\n")}`;
  }

  /** Cache a function in `src/job.ts`, which gets this text, at the first `cache(` in it. */
  cache(text: string, name: string, options: IdentityOptions = {}, mark?: string): Identity {
    this.write({ "src/job.ts": text });
    return this.cacheFunction(named(name), text, options, mark);
  }

  /** The same with a function of one's own. */
  cacheFunction(
    fn: (...args: never[]) => unknown,
    text: string,
    options: IdentityOptions = {},
    mark?: string,
  ): Identity {
    const callSite = this.site("src/job.ts", text, mark);
    return identify(fn, { callSite, scope: `${this.root} ${scopes++}`, ...options });
  }
}

/** Each call of a test is a cache of its own, unless it says otherwise. */
let scopes = 0;
