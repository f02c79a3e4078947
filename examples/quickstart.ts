/**
 * The quick tour: open what Python's joblib wrote, look at it, change it, hand it back.
 * `npm run demo` runs it; where Python has joblib and scikit-learn, Python reads the result too.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { inspect } from "node:util";
import { dump, dumps, load, type NDArray, type PyObject } from "../mod.ts";
import { python } from "./_python.ts";

const show = (value: unknown) => console.log(inspect(value, { depth: 6 }));
const file = (name: string) => new URL(`data/${name}`, import.meta.url);
const folder = await mkdtemp(`${tmpdir()}/larder-`);

console.log("1. A scikit-learn pipeline from Python's joblib.dump. Nothing in it is executed.\n");
show(await load(file("iris_model.joblib")));

console.log("\n2. A dict from Python's joblib.dump: containers, dates, arrays.\n");
show(await load(file("winter_night.joblib")));

console.log("\n3. Both loaded exactly (1.0 is not 1), one number changed, dumped with gzip.\n");
const model = await load<PyObject>(file("iris_model.joblib"), { exact: true });
const night = await load(file("winter_night.joblib"), { exact: true });
const [, [, classifier]] = model.get<[string, PyObject][]>("steps");
const intercept = classifier.get<NDArray>("intercept_");
intercept.set(0, 5); // in favour of setosa
const [path] = await dump({ model, night }, `${folder}/changed.joblib`, { compress: "gzip" });
const back = await load(path, { exact: true });
assert.deepEqual(dumps(back), dumps({ model, night }));
console.log("intercept_ is now", intercept, `in a file of ${(await stat(path)).size} bytes`);

console.log("\n4. The same file in Python.\n");
const answer = python(new URL("quickstart.py", import.meta.url), path);
console.log(answer ?? "(no Python with joblib and scikit-learn 1.9 here)");

await rm(folder, { recursive: true });
const reader = answer === undefined ? "" : ", and Python read the same from it";
console.log(`\nChecked: what was dumped loads back equal, byte for byte${reader}.`);
