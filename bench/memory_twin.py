"""The Python side of bench/memory.ts: the same calls through joblib.Memory, times in milliseconds as JSON."""
import json
import os
import subprocess
import sys
import time

import joblib
import numpy as np


def double(x):
    return 2 * x


def first(x):
    return float(x[0])


def slow(x, log):
    with open(log, "a") as file:
        file.write("x")
    time.sleep(1)
    return x


def each(rounds, calls, call):
    times = []
    for round in range(rounds + 1):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        if round > 0:
            times.append((time.perf_counter() - start) * 1000 / calls)
    times.sort()
    return times[len(times) // 2]


def contend(folder, processes):
    log = folder + "-runs.txt"
    open(log, "w").close()
    args = [sys.executable, __file__, "contend", folder, log]
    for child in [subprocess.Popen(args) for _ in range(processes)]:
        child.wait()
    return os.path.getsize(log)


def measure(folder, sizes):
    memory = joblib.Memory(folder, verbose=0)
    cached, of_array = memory.cache(double), memory.cache(first)
    array = np.arange(sizes["bytes"] // 8, dtype="f8")
    cached(0)
    of_array(array)
    rounds = sizes["rounds"]
    numbers = iter(range(1, 10**9))

    def miss_array():
        array[0] = next(numbers)
        of_array(array)

    times = {
        "hit of f(int)": each(rounds, sizes["hits"], lambda: cached(0)),
        "miss of f(int)": each(rounds, sizes["misses"], lambda: cached(next(numbers))),
        "hit of f(array of 8 MB)": each(rounds, sizes["arrays"], lambda: of_array(array)),
        "miss of f(array of 8 MB)": each(rounds, sizes["arrays"], miss_array),
    }
    return {"times": times, "runs": contend(folder + "-contended", sizes["processes"])}


if __name__ == "__main__":
    if sys.argv[1] == "contend":
        joblib.Memory(sys.argv[2], verbose=0).cache(slow, ignore=["log"])(1, sys.argv[3])
    else:
        json.dump(measure(sys.argv[2], json.loads(sys.argv[3])), sys.stdout)
