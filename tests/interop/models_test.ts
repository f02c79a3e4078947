/**
 * Models and tables of Python's libraries: Larder knows none of their classes, yet what it loaded and
 * dumped again predicts the same and is equal.
 */
import assert from "node:assert/strict";
import { type DumpOptions, dumps, load, loads, type NDArray, type PyObject } from "../../mod.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";

const SETUP = `
import io, joblib, numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = X @ [1.0, -2.0, 0.5, 0.0] + 0.1
c = (y > 0).astype(int)
def dumped(value, **options):
    out = io.BytesIO()
    joblib.dump(value, out, **options)
    return out.getvalue()
`;

/** Imports, and what makes the model. */
const MODELS: readonly [imports: string, make: string][] = [
  ["from sklearn.linear_model import LinearRegression", "LinearRegression().fit(X, y)"],
  ["from sklearn.linear_model import LogisticRegression", "LogisticRegression().fit(X, c)"],
  ["from sklearn.tree import DecisionTreeRegressor", "DecisionTreeRegressor().fit(X, y)"],
  [
    "from sklearn.ensemble import RandomForestClassifier",
    "RandomForestClassifier(10, random_state=0).fit(X, c)",
  ],
  [
    "from sklearn.ensemble import GradientBoostingRegressor",
    "GradientBoostingRegressor(n_estimators=10, random_state=np.random.RandomState(1)).fit(X, y)",
  ],
  [
    "from sklearn.ensemble import HistGradientBoostingClassifier",
    "HistGradientBoostingClassifier(max_iter=5).fit(X, c)",
  ],
  ["from sklearn.svm import SVC", "SVC(probability=False).fit(X, c)"],
  ["from sklearn.neighbors import KNeighborsClassifier", "KNeighborsClassifier().fit(X, c)"],
  ["from sklearn.cluster import KMeans", "KMeans(3, n_init=1, random_state=0).fit(X)"],
  [
    "from sklearn.neural_network import MLPRegressor",
    "MLPRegressor(hidden_layer_sizes=(5,), max_iter=20, random_state=0).fit(X, y)",
  ],
  [
    "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler, PolynomialFeatures\nfrom sklearn.linear_model import Ridge",
    "make_pipeline(StandardScaler(), PolynomialFeatures(2), Ridge()).fit(X, y)",
  ],
];

const WAYS: readonly DumpOptions[] = [{}, { compress: true }, { compress: "gzip", protocol: 5 }, {
  protocol: 2,
}];

/** What makes an object, and an expression of `a` and `b` that says they are equal. */
const OBJECTS: readonly [make: string, equal: string][] = [
  ...["csr", "csc", "coo", "bsr", "dia", "lil", "dok"].map((kind): [string, string] => [
    `scipy.sparse.${kind}_matrix(np.eye(4))`,
    "type(a) is type(b) and (a.toarray() == b.toarray()).all()",
  ]),
  ["scipy.sparse.csr_array(np.eye(3, dtype='f4'))", "(a.toarray() == b.toarray()).all()"],
  ["scipy.spatial.cKDTree(X)", "(a.query(X)[1] == b.query(X)[1]).all()"],
  ["scipy.interpolate.interp1d([0, 1, 2], [3, 4, 1])", "a(0.5) == b(0.5)"],
  ["pd.DataFrame({'a': [1, 2], 'b': [0.5, np.nan], 'c': ['x', None]})", "a.equals(b)"],
  ["pd.DataFrame(X, columns=list('wxyz'), index=pd.date_range('2024', periods=60))", "a.equals(b)"],
  ["pd.Series([1, 2, 3], name='s', dtype='Int64')", "a.equals(b) and a.name == b.name"],
  ["pd.Series(['u', 'v', 'u'], dtype='category')", "a.equals(b)"],
  ["pd.Series(pd.to_datetime(['2024-01-01', None], utc=True))", "a.equals(b)"],
  ["pd.MultiIndex.from_product([[1, 2], ['a', 'b']])", "a.equals(b)"],
  ["pd.period_range('2024-01', periods=3, freq='M')", "a.equals(b)"],
  ["pd.Series(['a', 'b'], dtype='string')", "a.equals(b)"],
  ["pd.Timestamp('2024-02-29 12:00', tz='Europe/Berlin')", "a == b and str(a.tz) == str(b.tz)"],
];

const LIBRARIES = "import warnings; warnings.simplefilter('ignore')\n" +
  "import pandas as pd, scipy.sparse, scipy.spatial, scipy.interpolate\n" +
  MODELS.map(([imports]) => imports).join("\n");
const MAKES: readonly string[] = [...MODELS, ...OBJECTS.map((object) => ["", object[0]])]
  .map(([, make]) => make);
const EQUAL: readonly string[] = [
  ...MODELS.map(() => "(a.predict(X) == b.predict(X)).all()"),
  ...OBJECTS.map(([, equal]) => equal),
];

/** For each object, whether what we made of it is equal in Python; one start for making, one for comparing. */
async function compareAll(): Promise<boolean[][]> {
  const files = await python<string[]>(
    `${SETUP}\n${LIBRARIES}\nresult = [b64(dumped(eval(make))) for make in data]`,
    MAKES,
  );
  const again = files.map((file) => {
    const value = loads(fromBase64(file), { exact: true });
    return WAYS.map((options) => toBase64(dumps(value, options)));
  });
  return await python<boolean[][]>(
    `${SETUP}\n${LIBRARIES}
def same(original, file, equal):
    try: return bool(eval(equal, {**globals(), "a": original, "b": joblib.load(io.BytesIO(unb64(file)))}))
    except Exception as error: return repr(error)
originals = [joblib.load(io.BytesIO(unb64(f))) for f in data["files"]]
result = [[same(o, f, e) for f in fs] for o, fs, e in zip(originals, data["again"], data["equal"])]`,
    { files, again, equal: EQUAL },
  );
}

let compared: Promise<boolean[][]> | undefined;
for (const [i, make] of MAKES.entries()) {
  pythonTest(`${make} is equal after load() and dumps()`, async () => {
    compared ??= compareAll();
    assert.deepEqual((await compared)[i], WAYS.map(() => true));
  });
}

pythonTest("a DataFrame is one inert object, however Python compressed it", async () => {
  const files = await python<string[]>(
    `${SETUP}\nimport pandas as pd
d = pd.DataFrame({"a": [1, 2]})
result = [b64(dumped(d, compress=c)) for c in (0, ("zlib", 3), ("gzip", 9))]`,
  );
  for (const file of files) {
    assert.match((await load<PyObject>(fromBase64(file))).className, /^pandas\..*DataFrame$/);
  }
});

const REGRESSION = `
import __main__
class SimpleLinearRegression:
    def fit(self, X, y):
        self.weights = np.linalg.lstsq(X, y, rcond=None)[0]
        self.bias = np.float64(0.25)
        self.training_history = [{"samples": X.shape[0], "features": X.shape[1]}]
        return self
    def predict(self, X): return X @ self.weights + self.bias
`;

pythonTest(
  "a model of a script shows its parts, predicts here, and goes back to the script",
  async () => {
    const { file, points, predictions } = await python<
      { file: string; points: number[][]; predictions: number[] }
    >(
      `${SETUP}${REGRESSION}
model = SimpleLinearRegression().fit(X, y)
result = {"file": b64(dumped(model)), "points": X.tolist(), "predictions": model.predict(X).tolist()}`,
    );
    const model = await load<PyObject>(fromBase64(file), { exact: true });
    assert.equal(model.className, "__main__.SimpleLinearRegression");
    const state = model.state as Map<string, unknown>;
    assert.deepEqual([...state.keys()], ["weights", "bias", "training_history"]);
    const weights = (state.get("weights") as NDArray).data as Float64Array;
    const bias = Number(state.get("bias"));
    points.forEach((point, i) => {
      const found = point.reduce((sum, x, j) => sum + x * weights[j], bias);
      assert.ok(Math.abs(found - predictions[i]) < 1e-12);
    });
    const again = toBase64(dumps(model, { compress: true, onWarning: () => {} }));
    const found = await python<number[]>(
      `${SETUP}${REGRESSION}\nresult = joblib.load(io.BytesIO(unb64(data))).predict(X).tolist()`,
      again,
    );
    assert.deepEqual(found, predictions);
  },
);
