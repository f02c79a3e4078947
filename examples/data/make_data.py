"""Makes the files that the examples load: python examples/data/make_data.py

Needs joblib, numpy and scikit-learn. Every random number has a seed. A file that holds a model also
holds what Python predicts with it, so that the examples can compare.
"""

import collections
import datetime
import os

import joblib
import numpy as np
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models import LinearRegression

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    iris = load_iris()
    X, y = iris.data, iris.target

    # quickstart.ts
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    save("iris_model.joblib", model)
    save("winter_night.joblib", winter_night())

    # read_sklearn_model.ts
    forest = RandomForestClassifier(n_estimators=12, max_depth=4, random_state=0).fit(X, y)
    save("iris_forest.joblib", forest, compress=3)
    expected = {"X": X, "names": iris.target_names, "probabilities": forest.predict_proba(X)}
    save("iris_forest_expected.joblib", expected, compress=3)

    # linear_regression.ts
    rng = np.random.default_rng(7)
    points = rng.normal(size=(200, 10))
    target = points @ np.arange(10.0) + 3 + rng.normal(scale=0.1, size=200)
    regression = LinearRegression(ridge=0.5).fit(points[:150], target[:150])
    test = points[150:]
    save(
        "regression.joblib",
        {"model": regression, "X": test, "predictions": regression.predict(test)},
    )


def winter_night():
    """A value with a bit of everything: containers, dates, and arrays of five kinds."""
    rng = np.random.default_rng(42)
    return {
        "station": "Äkäslompolo",
        "position": (67.6, 24.2),
        "started": datetime.datetime(2026, 1, 5, 18, 0, tzinfo=datetime.timezone.utc),
        "temperature": (rng.normal(-20, 4, size=(3, 4)).round(1)).astype(np.float32),
        "hours": np.datetime64("2026-01-05T18") + np.arange(4),
        "sensors": np.array(
            [(1, "mast", True), (2, "roof", True), (3, "lake", False)],
            dtype=[("id", "<i4"), ("name", "U4"), ("works", "?")],
        ),
        "spectrum": np.array([1 + 2j, 0.5 - 1j]),
        "snow_depth": np.array([61, 61, 62], dtype=">i2"),
        "seen": collections.Counter(fox=2, reindeer=9),
        "quiet_hours": {1, 2, 3},
        "photons": 2**70,
        "header": b"\x00\x01WN",
        "remarks": None,
    }


def save(name, value, **options):
    path = os.path.join(HERE, name)
    joblib.dump(value, path, **options)
    print(f"{name}: {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
