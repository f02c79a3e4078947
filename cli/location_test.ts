import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { freshPath } from "../tests/temporary.ts";
import { cacheRoot } from "./location.ts";

const GITIGNORE = "# Created by joblib automatically.\n*\n";

test("a location is the folder that holds joblib/, or the one that joblib marked", () => {
  const location = freshPath("cache");
  mkdirSync(join(location, "joblib"), { recursive: true });
  assert.equal(cacheRoot(location), join(location, "joblib"));
  assert.equal(cacheRoot(`${location}/`), join(location, "joblib"));
  assert.equal(cacheRoot(join(location, "joblib")), join(location, "joblib"));
  const pathlib = freshPath("cache");
  mkdirSync(pathlib);
  assert.throws(() => cacheRoot(pathlib), /nothing marks it as a cache/);
  writeFileSync(join(pathlib, ".gitignore"), GITIGNORE);
  assert.equal(cacheRoot(pathlib), pathlib);
});

test("without a location the nearest cache below the working directory is meant", () => {
  const top = dirname(freshPath());
  const before = process.cwd();
  process.chdir(top);
  try {
    // A folder that is merely called joblib is none, and node_modules is passed over.
    mkdirSync("joblib/.larder-not", { recursive: true });
    assert.throws(() => cacheRoot(undefined), /No cache in this folder or below it/);
    mkdirSync("node_modules/a/joblib/.larder", { recursive: true });
    assert.throws(() => cacheRoot(undefined), /No cache in this folder or below it/);
    mkdirSync("work/deep/cache/joblib", { recursive: true });
    writeFileSync("work/deep/cache/.gitignore", GITIGNORE);
    assert.equal(cacheRoot(undefined), join("work", "deep", "cache", "joblib"));
    mkdirSync("work/one/joblib/.larder", { recursive: true });
    assert.equal(cacheRoot(undefined), join("work", "one", "joblib"));
    mkdirSync("work/two/joblib/.larder", { recursive: true });
    assert.throws(() => cacheRoot(undefined), /several caches here.*\n {2}work.one\n {2}work.two$/);
  } finally {
    process.chdir(before);
  }
});
