"""The Python side of bench/hash.ts: times joblib.hash on the same values, prints times and digests in JSON."""
import gc
import json
import sys
import time

import joblib
import numpy as np

SMALL_CALLS = 10_000


def timed(value, rounds, name="md5", calls=1):
    times = []
    for round in range(rounds + 1):
        gc.collect()
        start = time.perf_counter()
        for _ in range(calls):
            digest = joblib.hash(value, name)
        if round > 0:
            times.append((time.perf_counter() - start) * 1000 / calls)
    times.sort()
    return {"time": times[len(times) // 2], "digest": digest}


def main():
    mb, rounds = int(sys.argv[1]), int(sys.argv[2])
    array = np.arange(mb * 2**20 // 8, dtype="f8")
    records = [{"id": i, "name": "record %d" % i, "score": i + 0.5} for i in range(100_000)]
    results = {
        "array": timed(array, rounds),
        "array, sha1": timed(array, rounds, "sha1"),
        "strided array": timed(array[::2], rounds),
        "1,000,000 ints": timed(list(range(1_000_000)), rounds),
        "dict of 100,000 str to float": timed({"key %d" % i: i + 0.5 for i in range(100_000)}, rounds),
        "100,000 records": timed(records, rounds),
        "10,000 small arrays": timed([np.full(10, i + 0.5) for i in range(10_000)], rounds),
        "call {x: 1}": timed({"x": 1}, rounds, calls=SMALL_CALLS),
        "call {x: 1, y: [1, 2], name}": timed({"x": 1, "y": [1, 2], "name": "fit"}, rounds, calls=SMALL_CALLS),
        "call {x: array of 10}": timed({"x": np.arange(10, dtype="f8")}, rounds, calls=SMALL_CALLS),
    }
    json.dump(results, sys.stdout)


main()
