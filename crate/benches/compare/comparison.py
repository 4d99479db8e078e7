"""This library beside its peers: fit, batch score, one-row score and model load, medians of runs taken in turn."""

import contextlib
import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from environment import data_folder, say
from worker import Worker, python_peer

TREES, MAX_SAMPLES, SEED = 100, 256, 16
OURS = "isoforest"
STEPS = {"fit": "fit", "score": "score all rows", "one": "score one row", "load": "load the model"}
# Seconds in which a fit must end: that of extended-isolation-forest 0.2.3 may never do so on rows that occur many times.
LIMIT = 20
# Seconds after which a step is not run again: a long run is steady enough.
ENOUGH = 8
# Rows that are scored one by one: few where a call takes milliseconds.
SINGLE_ROWS = {"scikit-learn": 10}


def data_sets(quick: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Each data set's name and rows, one at a time in memory."""
    folder, name = data_folder()
    yield name, np.loadtxt(folder / "train.csv", delimiter=",", skiprows=1)
    random = np.random.default_rng(SEED)
    scale = 10 if quick else 1
    for shape in ((1_000_000 // scale, 10), (100_000 // scale, 100)):
        yield "normal", random.standard_normal(shape)


def contestants(library: str, peer: str, columns: int) -> dict[tuple[str, int], list[str]]:
    """Command line of each library and number of threads."""
    lines = {(OURS, 1): [library], (OURS, 2): [library]}
    lines[("scikit-learn", 1)] = python_peer("scikit-learn", 1)
    for threads in (1, 2):
        lines[("isotree", threads)] = python_peer("isotree", threads)
    lines[("extended-isolation-forest", 1)] = [peer, str(columns)]
    return lines


def commands(name: str, threads: int) -> dict[str, str]:
    single = SINGLE_ROWS.get(name, 1000)
    return {"fit": f"fit {TREES} {MAX_SAMPLES} {threads}", "score": f"score {threads}", "one": f"one {single}", "load": f"load {model(name, threads)}"}


def model(name: str, threads: int) -> str:
    return f"{name}-{threads}.model"


def compare(library: str, peer: str, scratch: Path, runs: int, quick: bool) -> list[dict]:
    """One entry a data set: its name, shape, and seconds by step and contestant."""
    found = []
    for name, rows in data_sets(quick):
        label = f"{name}, {rows.shape[0]:,} × {rows.shape[1]}"
        rows.astype("<f8").tofile(scratch / "rows.f64")
        times: dict = {step: {} for step in STEPS}
        with contextlib.ExitStack() as stack:
            lines = contestants(library, peer, rows.shape[1])
            workers = {who: stack.enter_context(Worker(line, scratch)) for who, line in lines.items()}
            endless = []
            for contestant in list(workers):
                worker = workers[contestant]
                worker.ask(f"data {rows.shape[0]} {rows.shape[1]} rows.f64")
                # The first fit and model are not timed: they load what is loaded once.
                if worker.ask(commands(*contestant)["fit"], LIMIT) is None:
                    say(f"{label}: {contestant[0]} did not end its fit in {LIMIT} s and is left out")
                    endless.append(contestant)
                    del workers[contestant]
                    continue
                worker.ask(f"save {model(*contestant)}")
            for run in range(runs):
                say(f"{label}: run {run + 1} of {runs}")
                for step in STEPS:
                    for (who, threads), worker in workers.items():
                        if step in ("one", "load") and threads > 1:
                            continue
                        of = times[step].setdefault((who, threads), [])
                        if sum(of) < ENOUGH:
                            of.append(worker.ask(commands(who, threads)[step])["seconds"])
        sizes = {who: (scratch / model(*who)).stat().st_size for who in workers}
        medians = {step: {who: statistics.median(values) for who, values in of.items()} for step, of in times.items()}
        found.append({"label": label, "rows": rows.shape[0], "seconds": medians, "model_bytes": sizes, "endless": endless})
    return found
