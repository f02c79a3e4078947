/**
 * A class of one's own: what Python pickled as `models.LinearRegression` (data/models.py) becomes an
 * instance of a JavaScript class, predicts what Python predicts, and dumps back as Python's class.
 */
import assert from "node:assert/strict";
import { dumps, load, loads, type NDArray, registerClass } from "../mod.ts";

class LinearRegression {
  weights!: NDArray;
  bias = 0;

  predict(X: NDArray): number[] {
    const weights = this.weights.toArray() as number[];
    const rows = X.toArray() as number[][];
    return rows.map((row) => row.reduce((sum, x, j) => sum + x * weights[j], this.bias));
  }
}

registerClass("models.LinearRegression", {
  type: LinearRegression,
  load: () => new LinearRegression(), // what Python pickled as attributes become its properties
});

const { model, X, predictions } = await load<
  { model: LinearRegression; X: NDArray; predictions: NDArray }
>(new URL("data/regression.joblib", import.meta.url));
console.log(model);

const expected = predictions.toArray() as number[];
const errors = model.predict(X).map((value, i) => Math.abs(value - expected[i]));
assert.ok(Math.max(...errors) < 1e-12);

const back = loads<LinearRegression>(dumps(model));
assert.ok(back instanceof LinearRegression);
assert.deepEqual(back.predict(X), model.predict(X));
console.log(`Checked: ${errors.length} predictions equal Python's, also after dump and load.`);
