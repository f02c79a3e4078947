/**
 * A scikit-learn RandomForestClassifier without scikit-learn: its trees are structured arrays, and
 * predicting is a walk from the root of each, comparing float32. The probabilities equal Python's.
 */
import assert from "node:assert/strict";
import { load, type NDArray, type PyObject } from "../mod.ts";

const file = (name: string) => new URL(`data/${name}`, import.meta.url);
const forest = await load<PyObject>(file("iris_forest.joblib"));
const expected = await load<Record<string, NDArray>>(file("iris_forest_expected.joblib"));

const trees = forest.get<PyObject[]>("estimators_").map((estimator) => {
  const tree = estimator.get<PyObject>("tree_");
  const column = (name: string) => Array.from(tree.get<NDArray>("nodes").field(name), Number);
  return {
    left: column("left_child"), // -1 in a leaf
    right: column("right_child"),
    feature: column("feature"),
    threshold: column("threshold"),
    values: tree.get<NDArray>("values"), // node × output × class
  };
});

function probability(row: number[], k: number): number {
  const votes = trees.map(({ left, right, feature, threshold, values }) => {
    let node = 0;
    while (left[node] !== -1) {
      node = (Math.fround(row[feature[node]]) <= threshold[node] ? left : right)[node];
    }
    return values.get(node, 0, k) as number;
  });
  return votes.reduce((sum, vote) => sum + vote) / votes.length;
}

const rows = expected.X.toArray() as number[][];
for (const [i, row] of rows.entries()) {
  const theirs = expected.probabilities.row(i).toArray() as number[];
  theirs.forEach((value, k) => assert.ok(Math.abs(probability(row, k) - value) < 1e-12));
}
console.log(`Checked: the probabilities of ${rows.length} flowers equal scikit-learn's.`);
