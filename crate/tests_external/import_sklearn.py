"""Forests of scikit-learn's, brought here by sklearn_to_json.py and `isoforest import`, against scikit-learn itself.

    python crate/tests_external/import_sklearn.py

Trees have the same bits, scores differ by at most 2 ulp (the power of 2), labels by none; an offset that is a percentile is lowered by
these 2 ulp, and any other has the same bits. Wants requirements.txt.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
import skops.io
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor, IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from common import ROOT, Checks, Configuration, by_isoforest, configurations, done, isoforest, ulps, write_csv

SCRIPT = ROOT / "crate" / "src" / "import" / "sklearn_to_json.py"
ULPS = 2


SUBCLASS = """
from sklearn.ensemble import IsolationForest

class Subclass(IsolationForest):
    def score_samples(self, X):
        return -super().score_samples(X)
"""


def subclass(folder: Path) -> type:
    """A forest that scores in its own way, in a module that can be imported by whoever has the folder on his path."""
    (folder / "odd_forest.py").write_text(SUBCLASS)
    sys.path.insert(0, str(folder))
    return importlib.import_module("odd_forest").Subclass


def to_json(model: Path, *options: str, modules: Path | None = None) -> subprocess.CompletedProcess:
    environment = os.environ | ({"PYTHONPATH": str(modules)} if modules else {})
    return subprocess.run([sys.executable, SCRIPT, model, *options], text=True, capture_output=True, timeout=120, env=environment)


def same_trees(model: dict, forest: IsolationForest) -> bool:
    """Whether the model file has the forest's trees, bit for bit."""
    for tree, estimator, features in zip(model["trees"], forest.estimators_, forest.estimators_features_, strict=True):
        grown = estimator.tree_
        inner = grown.children_left != -1
        expected = {
            "feature": np.where(inner, np.asarray(features)[np.where(inner, grown.feature, 0)], -1),
            "threshold": np.where(inner, grown.threshold, 0.0),
            "left": grown.children_left,
            "right": grown.children_right,
            "n_samples": grown.n_node_samples,
            "missing_left": (grown.missing_go_to_left != 0) & inner,
        }
        if any(tree[name] != values.tolist() for name, values in expected.items()):
            return False
    return True


def check_configuration(checks: Checks, configuration: Configuration, folder: Path) -> None:
    name, forest = configuration.name, configuration.fit()
    train = write_csv(folder / "train.csv", configuration.names, configuration.train)
    rows = write_csv(folder / "rows.csv", configuration.names, configuration.rows)
    skops.io.dump(forest, folder / "forest.skops")
    joblib.dump(forest, folder / "forest.joblib")
    texts = [to_json(folder / "forest.skops").stdout, to_json(folder / "forest.joblib", "--trust-pickle").stdout]
    checks.see(texts[0] != "" and texts[0] == texts[1], f"{name}: skops and joblib give one text")
    (folder / "forest.json").write_text(texts[0])
    scores, labels = forest.score_samples(configuration.rows), forest.predict(configuration.rows)
    for options in ([], ["--train", train]):
        how = f"{name}, {'with' if options else 'without'} --train"
        model = folder / "model.json"
        done("import", folder / "forest.json", "--output", model, *options)
        written = json.loads(model.read_text())
        offset = forest.offset_
        for _ in range(0 if forest.contamination == "auto" else ULPS):
            offset = np.nextafter(offset, -np.inf)
        checks.see(same_trees(written, forest) and written["offset_"] == offset, f"{how}: trees and offset are the same bits")
        found = by_isoforest(model, rows)
        far = ulps(found.score_samples, scores)
        checks.see(far <= ULPS, f"{how}: scores are within {far:.0f} ulp")
        wrong = int((found.predict != labels).sum())
        checks.see(wrong == 0, f"{how}: {len(labels)} labels, {(labels == -1).sum()} outliers, {wrong} differ")
        inspected = done("inspect", model)
        checks.see(f"{len(configuration.train):,}" in inspected or not options, f"{how}: the profile counts the training rows")


def check_ties(checks: Checks, folder: Path) -> None:
    """Many rows of the project's data have one score; where that is the offset, they are inliers, whatever its last bits are."""
    data = ROOT / "data" / "train.csv"
    x = np.loadtxt(data, delimiter=",", skiprows=1)
    for seed, contamination in ((0, 0.001), (5, 0.005), (5, 0.01), (16, 0.001)):
        forest = IsolationForest(random_state=seed, contamination=contamination).fit(x)
        skops.io.dump(forest, folder / "forest.skops")
        (folder / "forest.json").write_text(to_json(folder / "forest.skops").stdout)
        said = isoforest("import", folder / "forest.json", "--output", folder / "model.json", "--train", data).stderr
        checks.see("warning: " not in said, f"seed {seed}, contamination {contamination}: the data is known as the forest's")
        labels, found = forest.predict(x), by_isoforest(folder / "model.json", data).predict
        wrong = int((found != labels).sum())
        checks.see(wrong == 0, f"seed {seed}, contamination {contamination}: {(labels == -1).sum()} outliers, {wrong} labels differ")
        sd_first = write_csv(folder / "swapped.csv", ["x0", "x1"], x[:, ::-1])
        said = isoforest("import", folder / "forest.json", "--output", folder / "model.json", "--train", sd_first).stderr
        checks.see("is not what the forest was fitted on" in said, f"seed {seed}: columns in another order are noticed")


def check_classes(checks: Checks, folder: Path) -> None:
    """Only a fitted IsolationForest is read, and no class that could score in another way."""
    x = np.random.default_rng(1).normal(size=(50, 2))
    forest = IsolationForest(n_estimators=3).fit(x)
    without_offset = IsolationForest(n_estimators=3).fit(x)
    without_offset.offset_ = float("nan")
    of_subclass = subclass(folder)(n_estimators=3).fit(x)
    refused = {
        "a subclass": (of_subclass, "expected an sklearn.ensemble.IsolationForest, found odd_forest.Subclass"),
        "another class": (ExtraTreesRegressor(n_estimators=2).fit(x, x[:, 0]), "found sklearn.ensemble._forest.ExtraTreesRegressor"),
        "a pipeline": (make_pipeline(StandardScaler(), forest).fit(x), "Pipeline"),
        "no estimator": ([1, 2], "found builtins.list"),
        "an unfitted forest": (clone(forest), "has not been fitted"),
        "a forest without an offset": (without_offset, "has the offset_ nan"),
    }
    path = folder / "thing.joblib"
    for what, (thing, words) in refused.items():
        joblib.dump(thing, path)
        result = to_json(path, "--trust-pickle", modules=folder)
        told = result.stderr.splitlines()[-1:]
        is_told = bool(told) and words in told[0] and str(path) in told[0]
        checks.see(result.returncode == 1 and is_told and result.stdout == "", f"{what} is refused")
    skops.io.dump(of_subclass, folder / "odd.skops")
    result = to_json(folder / "odd.skops", modules=folder)
    checks.see(result.returncode == 1 and "not scikit-learn's own" in result.stderr, "a skops file with other types is refused")


def check_unreadable(checks: Checks, folder: Path) -> None:
    """What is no file of a model is told in one line, with the name of the file."""
    forest = IsolationForest(n_estimators=3).fit(np.random.default_rng(1).normal(size=(50, 2)))
    whole = folder / "whole.joblib", folder / "whole.skops"
    joblib.dump(forest, whole[0])
    joblib.dump(forest, folder / "packed.joblib", compress=3)
    skops.io.dump(forest, whole[1])
    joblib.dump(subclass(folder)(), folder / "lost.joblib")
    for name, source in {"cut.joblib": whole[0], "cut.skops": whole[1], "cut_packed.joblib": folder / "packed.joblib"}.items():
        content = source.read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])
    for name in ("text.joblib", "text.pkl", "text.skops"):
        (folder / name).write_text("mean,sd\n1,2\n")
    for name in ("empty.joblib", "empty.skops", "model.txt"):
        (folder / name).touch()
    for name in ("folder.joblib", "folder.skops"):
        (folder / name).mkdir()
    refused = dict.fromkeys(("cut.joblib", "cut.skops", "cut_packed.joblib", "text.joblib", "text.pkl", "text.skops", "empty.joblib",
                             "empty.skops", "lost.joblib"), "expected a file as joblib, pickle or skops writes it")
    refused |= dict.fromkeys(("folder.joblib", "folder.skops"), "is a folder; expected a .skops file")
    refused |= {"missing.skops": "there is no file", "model.txt": "expected a .skops file or one of .joblib"}
    for name, words in refused.items():
        result = to_json(folder / name, "--trust-pickle")
        lines = [line for line in result.stderr.splitlines() if not line.startswith("warning: reading ")]
        is_told = len(lines) == 1 and lines[0].startswith("error: ") and str(folder / name) in lines[0] and words in lines[0]
        checks.see(result.returncode == 1 and is_told and result.stdout == "", f"{name}: {lines[0] if lines else 'nothing said'}")
    result = to_json(whole[1], "--output", str(folder / "nowhere" / "forest.json"))
    lines = result.stderr.splitlines()
    is_told = len(lines) == 1 and lines[0].startswith("error: cannot write ") and "nowhere" in lines[0]
    checks.see(result.returncode == 1 and is_told, "an output that cannot be written is told in one line")
    hidden = folder / "hidden"
    hidden.mkdir()
    (hidden / "skops.py").write_text("raise ImportError('not here')\n")
    result = to_json(whole[1], modules=hidden)
    is_told = len(result.stderr.splitlines()) == 1 and "python -m pip install skops" in result.stderr
    checks.see(result.returncode == 1 and is_told, "a library that is not installed is told in one line")


def check_warm_start(checks: Checks, folder: Path) -> None:
    """Trees that were grown with another max_samples than the last ones."""
    x = np.random.default_rng(2).normal(size=(500, 2))
    rows = write_csv(folder / "rows.csv", ["x0", "x1"], x)
    for first, then in ((64, 256), (256, 64)):
        forest = IsolationForest(n_estimators=5, max_samples=first, warm_start=True, random_state=1).fit(x)
        forest.set_params(n_estimators=9, max_samples=then).fit(x)
        skops.io.dump(forest, folder / "warm.skops")
        (folder / "warm.json").write_text(to_json(folder / "warm.skops").stdout)
        result = isoforest("import", folder / "warm.json", "--output", folder / "warm_model.json")
        what = f"warm_start with max_samples {first}, then {then}"
        if first < then:
            same = result.returncode == 0 and ulps(by_isoforest(folder / "warm_model.json", rows).score_samples, forest.score_samples(x)) <= ULPS
            checks.see(same, f"{what}: the scores are the same")
        else:
            is_told = "warm_start" in result.stderr and "one max_samples" in result.stderr
            checks.see(result.returncode == 1 and is_told, f"{what} is refused: {result.stderr.strip()}")


def check_refusals(checks: Checks, folder: Path) -> None:
    x = np.random.default_rng(1).normal(size=(50, 2))
    forest = IsolationForest(n_estimators=3).fit(x)
    joblib.dump(forest, folder / "forest.joblib")
    result = to_json(folder / "forest.joblib")
    checks.see(result.returncode == 1 and "--trust-pickle" in result.stderr, "a pickle is not read without --trust-pickle")
    result = to_json(folder / "forest.joblib", "--trust-pickle")
    checks.see("runs whatever program it holds" in result.stderr, "a pickle is read with a warning")

    # A seed that is not an integer, and names from --train.
    piped = isoforest("import", "-", "--output", "piped.json", input=to_json(folder / "forest.joblib", "--trust-pickle").stdout, cwd=folder)
    told = "random_state" in piped.stderr and "x0, x1" in piped.stderr and "--train" in piped.stderr
    checks.see(piped.returncode == 0 and told, "import says what is not known: seed, names and profile")
    (folder / "forest.json").write_text(to_json(folder / "forest.joblib", "--trust-pickle").stdout)
    named = write_csv(folder / "named.csv", ["mean", "sd"], x)
    done("import", folder / "forest.json", "--output", folder / "named.json", "--train", named)
    checks.see(json.loads((folder / "named.json").read_text())["feature_names"] == ["mean", "sd"], "names come from --train")
    result = isoforest("import", folder / "forest.json", "--output", folder / "x.json", "--feature-names", "a,b,c")
    checks.see(result.returncode == 1 and "expected 2 feature names" in result.stderr, "another number of names is refused")
    result = isoforest("import", folder / "named.json", "--output", folder / "x.json")
    checks.see(result.returncode == 1 and "sklearn_to_json.py" in result.stderr, "a model file is no forest to import")


def main() -> None:
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        checks.see(done("import", "--script") == SCRIPT.read_text(), "import --script prints the script")
        for configuration in configurations():
            check_configuration(checks, configuration, Path(scratch))
        check_ties(checks, Path(scratch))
        check_classes(checks, Path(scratch))
        check_unreadable(checks, Path(scratch))
        check_warm_start(checks, Path(scratch))
        check_refusals(checks, Path(scratch))
    checks.end("imported forests are")


if __name__ == "__main__":
    main()
