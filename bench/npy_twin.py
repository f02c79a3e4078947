"""The Python side of bench/npy.ts: makes the files, times numpy on them, prints JSON."""
import gc
import json
import os
import sys
import time

import numpy as np

ROW = 512


def timed(call, rounds, tidy=lambda: None):
    times, kept = [], []
    for round in range(-(-rounds // 3) + rounds):
        gc.collect()
        start = time.perf_counter()
        kept.append(call())  # no round gets the memory of another
        if round >= -(-rounds // 3):
            times.append((time.perf_counter() - start) * 1000)
        tidy()
    times.sort()
    return times[len(times) // 2]


def load_all(path):
    with np.load(path) as archive:
        return [archive[name] for name in archive.files]


def load_one(path):
    with np.load(path) as archive:
        return archive["a50"]


def sum_of_rows(rows, indices):
    total = 0.0
    for i in indices:
        row = np.array(rows[i])
        total += row[0] + row[-1]
    return total


def touch_memory(folder, megabytes):
    """A virtual machine's first use of memory takes longer than all later ones: for everybody, here."""
    path = os.path.join(folder, "memory")
    with open(path, "wb") as file:
        for _ in range(megabytes // 64):
            file.write(bytes(64 << 20))
    os.remove(path)
    np.ones(megabytes << 20, "u1")


def main():
    folder, mb, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    at = lambda name: os.path.join(folder, name)
    touch_memory(folder, 3 * (rounds + 1) * mb)
    rng = np.random.RandomState(0)
    array = np.cumsum(rng.randn(mb * 2**20 // 8)).reshape(-1, 1024)
    np.save(at("large.npy"), array)
    np.save(at("fortran.npy"), np.asfortranarray(array))
    np.save(at("big.npy"), array.astype(">f8"))
    rows = np.lib.format.open_memmap(at("rows.npy"), mode="w+", shape=(4 * mb * 2**20 // (8 * ROW), ROW))
    for start in range(0, len(rows), 4096):
        rows[start:start + 4096] = start
    rows.flush()
    indices = rng.randint(0, len(rows), count).astype("<u4")
    indices.tofile(at("indices.u4"))
    small = {"a%d" % i: np.cumsum(rng.randn(10_000)).round(2) for i in range(100)}
    np.savez(at("stored.npz"), **small)
    np.savez_compressed(at("deflated.npz"), **small)
    os.sync()  # what is still to be written to the disk would slow down all that write
    mapped = np.load(at("rows.npy"), mmap_mode="r")
    times = {
        "load": timed(lambda: np.load(at("large.npy")), rounds),
        "load Fortran": timed(lambda: np.load(at("fortran.npy")), rounds),
        "load big-endian": timed(lambda: np.load(at("big.npy")), rounds),
        "save over a file": timed(lambda: np.save(at("out.npy"), array), rounds, os.sync),
        "save a new file": timed(
            lambda: np.save(at("new.npy"), array), rounds, lambda: os.remove(at("new.npy"))
        ),
        "random rows of a map": timed(lambda: sum_of_rows(mapped, indices), 3 * rounds),
    }
    for kind in ("stored", "deflated"):
        times["npz %s: load all" % kind] = timed(lambda: load_all(at(kind + ".npz")), 3 * rounds)
        times["npz %s: load one" % kind] = timed(lambda: load_one(at(kind + ".npz")), 3 * rounds)
    json.dump(times, sys.stdout)


main()
