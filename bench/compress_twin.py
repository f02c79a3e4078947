"""The Python side of the compression bench: makes the data, or does one measurement as compress_child.ts does."""
import gc
import json
import os
import random
import sys
import time

import joblib
import numpy as np
from joblib.compressor import CompressorWrapper

try:
    import lz4
except ImportError:
    lz4 = None
try:
    import backports.zstd as zstd  # compression.zstd from Python 3.14 on
except ImportError:
    zstd = None

if zstd:
    wrapper = CompressorWrapper(zstd.ZstdFile, prefix=b"\x28\xb5\x2f\xfd", extension=".zst")
    joblib.register_compressor("zstd", wrapper)

WORDS = (
    "the of and to in is was for that on as with by at from his be are this which had have not but or "
    "first one were their its an they all two been when who will more no if out so said what up about "
    "into than them can only other new some could time these may then do year made after over also "
    "between water model winter temperature station sensor report average sample north south river"
).split()


def walk(size):
    return np.cumsum(np.random.RandomState(0).randn(size // 8))


def records(size):
    rng = random.Random(0)

    def record(i):
        return {
            "id": i,
            "name": "%s_%d" % (rng.choice(WORDS), rng.randrange(100_000)),
            "text": " ".join(rng.choices(WORDS, k=rng.randrange(6, 25))),
            "place": [rng.uniform(-90, 90), rng.uniform(-180, 180)],
            "kind": rng.choice(["hourly", "daily", "monthly"]),
            "checked": rng.random() < 0.9,
        }

    from pickle import dumps

    each = len(dumps([record(i) for i in range(2000)], protocol=4)) / 2000
    return [record(i) for i in range(int(size / each))]


def make(folder, sizes):
    for name, size in sizes.items():
        joblib.dump({"walk": walk, "records": records}[name](size), os.path.join(folder, name + ".joblib"))
    methods = ["zlib", "gzip", "bz2", "lzma", "xz"]
    versions = {"python": sys.version.split()[0], "joblib": joblib.__version__, "numpy": np.__version__}
    if lz4:
        methods.append("lz4")
        versions["python-lz4"] = lz4.__version__
    if zstd:
        methods.append("zstd")
        versions["libzstd of Python"] = zstd.zstd_version
    return {"methods": methods, "versions": versions}


def memory(field):
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith(field))


def reset_peak():
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")
    return memory("VmHWM")


def measure(task):
    compress = task["compress"]
    compress = compress if isinstance(compress, str) else tuple(compress)
    value = joblib.load(task["raw"]) if task["action"] == "dump" else None

    def call():
        if task["action"] == "load":
            return joblib.load(task["path"])
        return joblib.dump(value, task["path"], compress=compress)

    measured = {}
    times = []
    for i in range(task["rounds"] + 1):
        gc.collect()
        try:
            before = reset_peak() if i == 0 else None
        except OSError:
            before = None
        start = time.perf_counter()
        result = call()
        times.append((time.perf_counter() - start) * 1000)
        if before is not None:
            measured["peak"] = memory("VmHWM") - before
        del result
        if i == 0 and times[0] > task["slow"]:
            break
    times = sorted(times[1:] or times)
    measured["time"] = times[len(times) // 2]
    return measured


if sys.argv[1] == "make":
    result = make(sys.argv[2], json.loads(sys.argv[3]))
else:
    result = measure(json.loads(sys.argv[2]))
json.dump(result, sys.stdout)
