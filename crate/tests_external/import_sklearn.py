"""Forests of scikit-learn's, brought here by sklearn_to_json.py and `isoforest import`, against scikit-learn itself.

    python crate/tests_external/import_sklearn.py

Trees and offset have the same bits, scores differ by at most 2 ulp (the power of 2), labels by none. Wants requirements.txt.
"""

import json
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


class Subclass(IsolationForest):
    """Could score in its own way."""


def to_json(model: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, SCRIPT, model, *options], text=True, capture_output=True, timeout=120)


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
        checks.see(same_trees(written, forest) and written["offset_"] == forest.offset_, f"{how}: trees and offset are the same bits")
        found = by_isoforest(model, rows)
        far = ulps(found.score_samples, scores)
        checks.see(far <= ULPS, f"{how}: scores are within {far:.0f} ulp")
        wrong = int((found.predict != labels).sum())
        checks.see(wrong == 0, f"{how}: {len(labels)} labels, {(labels == -1).sum()} outliers, {wrong} differ")
        inspected = done("inspect", model)
        checks.see(f"{len(configuration.train):,}" in inspected or not options, f"{how}: the profile counts the training rows")


def check_refusals(checks: Checks, folder: Path) -> None:
    x = np.random.default_rng(1).normal(size=(50, 2))
    forest = IsolationForest(n_estimators=3).fit(x)
    refused = {
        "a subclass": (Subclass(n_estimators=3).fit(x), "expected an sklearn.ensemble.IsolationForest, found __main__.Subclass"),
        "another class": (ExtraTreesRegressor(n_estimators=2).fit(x, x[:, 0]), "found sklearn.ensemble._forest.ExtraTreesRegressor"),
        "a pipeline": (make_pipeline(StandardScaler(), forest).fit(x), "Pipeline"),
        "no estimator": ([1, 2], "found builtins.list"),
        "an unfitted forest": (clone(forest), "has not been fitted"),
    }
    for what, (thing, words) in refused.items():
        path = folder / "thing.joblib"
        joblib.dump(thing, path)
        result = to_json(path, "--trust-pickle")
        # The class of this very script is not there to be found in another process.
        is_told = words in result.stderr or (what == "a subclass" and "Subclass" in result.stderr)
        checks.see(result.returncode == 1 and is_told and result.stdout == "", f"{what} is refused")
    joblib.dump(forest, folder / "forest.joblib")
    result = to_json(folder / "forest.joblib")
    checks.see(result.returncode == 1 and "--trust-pickle" in result.stderr, "a pickle is not read without --trust-pickle")
    result = to_json(folder / "forest.joblib", "--trust-pickle")
    checks.see("runs whatever program it holds" in result.stderr, "a pickle is read with a warning")
    skops.io.dump(Subclass(n_estimators=3).fit(x), folder / "odd.skops")
    result = to_json(folder / "odd.skops")
    checks.see(result.returncode == 1 and "not scikit-learn's own" in result.stderr, "a skops file with other types is refused")

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
        check_refusals(checks, Path(scratch))
    checks.end("imported forests are")


if __name__ == "__main__":
    main()
