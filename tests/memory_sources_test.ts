/**
 * Programs whose sources change between their runs: each run is a process of its own in a project of its
 * own. A changed function is another version, which leaves the results of the first one alone.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freshPath } from "./temporary.ts";

const MEMORY = new URL("../memory/mod.ts", import.meta.url).href;
const CONFIG = fileURLToPath(new URL("../deno.json", import.meta.url));

/** A project in a folder of its own. */
class Project {
  readonly folder: string = dirname(freshPath("project"));

  constructor() {
    mkdirSync(join(this.folder, "src"));
    this.write("package.json", '{ "name": "project" }');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** What a program printed; stderr must stay empty. */
  run(name: string): string[] {
    const file = join(this.folder, name);
    const args = typeof Deno === "undefined"
      ? [file]
      : ["run", "--no-check", "-A", "--config", CONFIG, file];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
      cwd: this.folder,
    });
    assert.equal(stderr, "");
    assert.equal(status, 0);
    return stdout.trim().split("\n");
  }

  /** The folders of a function's versions. */
  versions(...parts: string[]): string[] {
    return readdirSync(join(this.folder, "cache/joblib", ...parts));
  }
}

/** A program that calls one function, told by its body. */
function program(body: string): string {
  return `import { Memory } from ${JSON.stringify(MEMORY)};
const memory = new Memory(new URL("../cache", import.meta.url));
const f = memory.cache(function f(x) {
${body}
}, { args: ["x"] });
console.log(await f(3));
console.log(f.lastCall.hit);
await memory.close();
`;
}

test("two versions of a function alternate without computing again", () => {
  const project = new Project();
  const once = (body: string): string[] => {
    project.write("src/job.mjs", program(body));
    return project.run("src/job.mjs");
  };
  assert.deepEqual(once("  return x + 1;"), ["4", "false"]);
  assert.deepEqual(once("  return x + 2;"), ["5", "false"]);
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(once("  return x + 1;"), ["4", "true"]);
    assert.deepEqual(once("  return x + 2;"), ["5", "true"]);
  }
  // comments, white space and the lines above do not matter
  assert.deepEqual(once("\n\n  // a remark\n    return x   + 1;"), ["4", "true"]);
  project.write("src/job.mjs", `const other = 5;\n\n${program("  return x + 1;")}`);
  assert.deepEqual(project.run("src/job.mjs"), ["4", "true"]);
  assert.equal(project.versions("js-project", "src", "job.mjs", "f").length, 2);
});

test("a project that is copied elsewhere finds its cache", () => {
  const first = new Project();
  first.write("src/job.mjs", program("  return x + 1;"));
  first.run("src/job.mjs");
  const [version] = first.versions("js-project", "src", "job.mjs", "f");
  const second = new Project();
  second.write("src/job.mjs", program("  return x + 1;"));
  second.run("src/job.mjs");
  assert.deepEqual(second.versions("js-project", "src", "job.mjs", "f"), [version]);
});

const skip = typeof Deno === "undefined" && !("Bun" in globalThis) &&
  "Node knows no decorators";

test("decorators work in their own syntax", { skip }, () => {
  const project = new Project();
  project.write(
    "src/job.ts",
    `import { Memory } from ${JSON.stringify(MEMORY)};
const memory = new Memory(new URL("../cache", import.meta.url));
const ran: number[] = [];
class Foo {
  k = 2;
  @memory.cache({ version: 1, args: ["x"] })
  async times(x: number): Promise<number> {
    ran.push(x);
    return x * this.k;
  }
  @memory.cacheSync({ version: 1, ignore: ["this"] })
  stale(x: number): number {
    return x * this.k;
  }
}
const foo = new Foo();
const values = [await foo.times(3), await foo.times(3), foo.stale(3)];
foo.k = 5;
values.push(await foo.times(3), foo.stale(3));
console.log(JSON.stringify([values, ran]));
await memory.close();
`,
  );
  assert.deepEqual(project.run("src/job.ts"), ["[[6,6,6,15,6],[3,3]]"]);
  const names = project.versions("js-project", "src", "job.ts").sort();
  assert.deepEqual(names, ["Foo.stale", "Foo.times"]);
});
