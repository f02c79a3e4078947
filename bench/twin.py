"""The Python side of the bench: makes the data, times joblib and pickle on it, prints JSON."""
import gc
import json
import os
import pickle
import sys
import time

import joblib
import numpy as np


def records(scale):
    n = int(1_000_000 * scale)
    return [{"id": i, "name": "name_%d" % i, "score": i * 0.5 + 0.25} for i in range(n)]


def forest(scale):
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.RandomState(0)
    x = rng.randn(2000, 20)
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int)
    return RandomForestClassifier(n_estimators=max(4, int(200 * scale)), random_state=0).fit(x, y)


def small_arrays(scale):
    return [np.arange(i % 50, dtype="f8") for i in range(int(10_000 * scale))]


def large_array(scale):
    return np.cumsum(np.random.RandomState(0).randn(int(32 * 2**20 * scale)))


WORKLOADS = {"records": records, "forest": forest, "small_arrays": small_arrays, "large_array": large_array}


def timed(call, rounds):
    times = []
    for _ in range(rounds):
        gc.collect()
        start = time.perf_counter()
        result = call()
        times.append((time.perf_counter() - start) * 1000)
        del result
    times.sort()
    return times[len(times) // 2]


def main():
    folder, name, scale, rounds = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    value = WORKLOADS[name](scale)
    path = os.path.join(folder, name + ".joblib")
    again = os.path.join(folder, name + ".python.joblib")
    joblib.dump(value, path)
    times = {
        "joblib.load": timed(lambda: joblib.load(path), rounds),
        "joblib.dump": timed(lambda: joblib.dump(value, again), rounds),
    }
    if name == "records":
        with open(os.path.join(folder, "records.pkl"), "wb") as f:
            pickle.dump(value, f)

        def load():
            with open(os.path.join(folder, "records.pkl"), "rb") as f:
                return pickle.load(f)

        def dump():
            with open(again, "wb") as f:
                pickle.dump(value, f)

        times["pickle.load"] = timed(load, rounds)
        times["pickle.dump"] = timed(dump, rounds)
    os.unlink(again)
    json.dump(times, sys.stdout)


main()
