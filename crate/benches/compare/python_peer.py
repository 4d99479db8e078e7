"""Times scikit-learn or isotree in a process of its own, with the commands of main.rs.

    python python_peer.py (scikit-learn|isotree) THREADS
"""

import gc
import json
import pickle
import sys
import time

import numpy as np

LONG_ENOUGH = 0.03
name, threads = sys.argv[1], int(sys.argv[2])


def seconds(work) -> float:
    """Seconds of one run, as the mean of as many as fill a moment."""
    gc.collect()
    began, runs = time.perf_counter(), 0
    while not runs or time.perf_counter() - began < LONG_ENOUGH:
        work()
        runs += 1
    return (time.perf_counter() - began) / runs


class ScikitLearn:
    def __init__(self, rows):
        self.rows = rows

    def new(self, trees, max_samples):
        from sklearn.ensemble import IsolationForest

        return IsolationForest(n_estimators=trees, max_samples=max_samples, random_state=16, n_jobs=threads)

    def fit(self, trees, max_samples):
        return self.new(trees, max_samples).fit(self.rows)

    def score(self, forest, rows):
        return forest.score_samples(rows)

    def save(self, forest, path):
        with open(path, "wb") as file:
            pickle.dump(forest, file)

    def load(self, path):
        with open(path, "rb") as file:
            return pickle.load(file)


class Isotree:
    """The original algorithm by isotree: one column a split, at random. Fitting gets the layout that it would copy to."""

    def __init__(self, rows):
        self.columns, self.rows = np.asfortranarray(rows), rows

    def fit(self, trees, max_samples):
        from isotree import IsolationForest

        forest = IsolationForest(sample_size=max_samples, ntrees=trees, ndim=1, missing_action="fail", random_seed=16, nthreads=threads)
        return forest.fit(self.columns)

    def score(self, forest, rows):
        return forest.predict(rows)

    def save(self, forest, path):
        forest.export_model(path)

    def load(self, path):
        from isotree import IsolationForest

        return IsolationForest.import_model(path)


peer = forest = rows = None
for line in sys.stdin:
    command, *words = line.split()
    took = 0.0
    if command == "data":
        rows = np.fromfile(words[2], dtype="<f8").reshape(int(words[0]), int(words[1]))
        peer = ScikitLearn(rows) if name == "scikit-learn" else Isotree(rows)
    elif command == "fit":
        trees, max_samples = int(words[0]), int(words[1])
        forest = peer.fit(trees, max_samples)
        took = seconds(lambda: peer.fit(trees, max_samples))
    elif command == "score":
        took = seconds(lambda: peer.score(forest, rows))
    elif command == "one":
        single = [rows[i : i + 1] for i in range(int(words[0]))]
        took = seconds(lambda: [peer.score(forest, row) for row in single]) / len(single)
    elif command == "save":
        peer.save(forest, words[0])
    elif command == "load":
        took = seconds(lambda: peer.load(words[0]))
    else:
        sys.exit(f"cannot do {line!r}")
    print(json.dumps({"seconds": took}), flush=True)
