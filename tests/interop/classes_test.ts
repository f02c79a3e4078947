/** Classes of one's own that go to Python and come from there: with their state, in its order. */
import assert from "node:assert/strict";
import { type ClassEntry, dumps, load, type NDArray, type PyObject } from "../../mod.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";

/** A module `models` that defines the class, as a script's own would. */
const MODELS = `
import io, joblib, numpy as np, sys, types
models = types.ModuleType("models")
exec("""
class CustomModel:
    def __init__(self, weights, metadata):
        self.weights, self.metadata, self._fitted = weights, metadata, False
    def fit(self):
        self._fitted = True
        return self
""", models.__dict__)
sys.modules["models"] = models
`;

class CustomModel {
  weights: unknown;
  metadata: unknown;
  _fitted = false;

  constructor(weights: unknown, metadata: unknown) {
    this.weights = weights;
    this.metadata = metadata;
  }

  fit(): this {
    this._fitted = true;
    return this;
  }
}

const CLASSES: Record<string, ClassEntry<CustomModel>> = {
  "models.CustomModel": {
    type: CustomModel,
    load: () => Object.create(CustomModel.prototype),
    setState: (object, state) => void Object.assign(object, state),
    dump: (object) => ({ state: { ...object } }),
  },
};

pythonTest("an instance is read by Python code that defines its class", async () => {
  const model = new CustomModel(Float64Array.of(0.5, 1, 2), { version: "1.0" }).fit();
  const file = dumps(model, { compress: true, classes: CLASSES as never });
  const answer = await python<unknown>(
    `${MODELS}
model = joblib.load(io.BytesIO(unb64(data)))
assert type(model) is models.CustomModel
result = [model.weights.tolist(), str(model.weights.dtype), model.metadata, model._fitted, list(vars(model))]`,
    toBase64(file),
  );
  assert.deepEqual(answer, [
    [0.5, 1, 2],
    "float64",
    { version: "1.0" },
    true,
    ["weights", "metadata", "_fitted"],
  ]);
});

pythonTest("an instance of Python's comes back as ours, or inert and unchanged", async () => {
  const file = fromBase64(
    await python<string>(
      `${MODELS}
out = io.BytesIO()
joblib.dump(models.CustomModel(np.arange(6.0), {"version": "1.0"}).fit(), out, compress=True)
result = b64(out.getvalue())`,
    ),
  );
  const ours = await load<CustomModel>(file, { classes: CLASSES as never });
  assert.ok(ours instanceof CustomModel);
  assert.equal(ours._fitted, true);
  assert.deepEqual((ours.weights as NDArray).data, Float64Array.of(0, 1, 2, 3, 4, 5));
  const inert = await load<PyObject>(file, { exact: true });
  assert.equal(inert.className, "models.CustomModel");
  const names = [...(inert.state as Map<string, unknown>).keys()];
  assert.deepEqual(names, ["weights", "metadata", "_fitted"]);
  const same = await python<boolean>(
    `${MODELS}
model = joblib.load(io.BytesIO(unb64(data)))
result = model._fitted and model.weights.tolist() == [0, 1, 2, 3, 4, 5] and model.metadata == {"version": "1.0"}`,
    toBase64(dumps(inert)),
  );
  assert.equal(same, true);
  await assert.rejects(load(file, { unknownClasses: "error" }), { message: /models\.CustomModel/ });
});
