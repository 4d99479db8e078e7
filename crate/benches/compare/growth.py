"""How this library's cost grows with rows, trees, features and rows a tree."""

import math
import statistics
from pathlib import Path

import numpy as np
from environment import say
from worker import Worker

SEED = 16
BASE = {"rows": 100_000, "trees": 100, "features": 10, "max_samples": 256}
# What is varied, its values, and what the others are meanwhile where that is not BASE, so that all fits into memory and minutes.
SERIES = {
    "rows": ([10_000, 100_000, 1_000_000, 10_000_000], {"features": 2}),
    "trees": ([10, 32, 100, 320, 1000], {"rows": 50_000}),
    "features": ([2, 8, 32, 128, 500], {"rows": 20_000}),
    "max_samples": ([64, 256, 1024, 4096, 16_384, 65_536], {"rows": 70_000}),
}
QUICK = {"rows": [10_000, 100_000, 1_000_000], "trees": [10, 100, 1000], "features": [2, 32, 500], "max_samples": [64, 1024, 16_384]}


def grow(library: str, scratch: Path, runs: int, quick: bool) -> list[dict]:
    """One entry a point: what is varied, its value, seconds of fit and score, the forest's nodes, and the way they are scored."""
    points = []
    random = np.random.default_rng(SEED)
    for varied, (values, changed) in SERIES.items():
        say(f"growth with {varied}")
        settings = [{**BASE, **changed, varied: value} for value in (QUICK[varied] if quick else values)]
        wide = random.standard_normal((max(one["rows"] for one in settings), max(one["features"] for one in settings)))
        with Worker([library], scratch) as worker:
            loaded = None
            for setting in settings:
                shape = setting["rows"], setting["features"]
                if shape != loaded:
                    wide[: shape[0], : shape[1]].astype("<f8").tofile(scratch / "rows.f64")
                    worker.ask(f"data {shape[0]} {shape[1]} rows.f64")
                    loaded = shape
                fits, scores = [], []
                # A long run is steady enough for fewer of them.
                while len(fits) < runs and sum(fits) + sum(scores) < 4.0:
                    fit = worker.ask(f"fit {setting['trees']} {setting['max_samples']} 1")
                    fits.append(fit["seconds"])
                    scores.append(worker.ask("score 1")["seconds"])
                points.append({**setting, "varied": varied, "value": setting[varied], "fit": statistics.median(fits),
                               "score": statistics.median(scores), "nodes": fit["nodes"], "way": fit["way"]})
    return points


def exponents(points: list[dict], step: str) -> list[float | None]:
    """For each point, the p with which the cost grew from its neighbour before as value^p; None for the first."""
    found: list[float | None] = []
    for before, point in zip([None, *points], points):
        if before is None:
            found.append(None)
        else:
            found.append(math.log(point[step] / before[step]) / math.log(point["value"] / before["value"]))
    return found
