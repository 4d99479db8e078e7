"""Write a fitted scikit-learn IsolationForest as JSON, for `isoforest import`.

    python sklearn_to_json.py model.skops --output forest.json
    python sklearn_to_json.py model.joblib --trust-pickle --output forest.json
    isoforest import forest.json --output model.json --train train.csv

Wants scikit-learn, and joblib or skops, of the versions that the model was written with. A joblib or pickle file is a
program: reading it runs whatever it holds, so read only files that you or people you trust have written. A skops file is
data, and this script refuses one that asks for anything but scikit-learn's own types.

A forest that was fitted further (warm_start) keeps its first trees. `isoforest import` refuses it if they were grown with a
larger max_samples than the last ones: fit it again, all trees with one max_samples.
"""

import argparse
import importlib
import json
import math
import numbers
import sys
from pathlib import Path

PARAMETERS = ("bootstrap", "contamination", "max_features", "max_samples", "n_estimators", "n_jobs", "random_state", "verbose", "warm_start")
# The arrays of a tree. skops does not trust them, as predicting with damaged ones reads beyond their ends; here they are only
# written down, and `isoforest import` checks every number.
TRUSTED = ["sklearn.tree._tree.Tree"]
PICKLES = (".joblib", ".pkl", ".pickle")


def fail(message):
    sys.exit(f"error: {message}")


def one_line(error):
    """An exception in words, whatever their length."""
    system = error.strerror if isinstance(error, OSError) else None
    words = " ".join((system or f"{type(error).__name__}: {error}").split()).removesuffix(":")
    return words if len(words) <= 300 else words[:300] + "…"


def library(name):
    """A module of a library that may not be installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = {"sklearn": "scikit-learn"}.get(name.partition(".")[0], name.partition(".")[0])
        fail(f"cannot use {package} ({one_line(error)}): install the version that the model was written with, "
             f"python -m pip install {package}")


def load(path, trust_pickle):
    """The object in a file; only skops files are safe to read."""
    if path.is_dir():
        fail(f"{path} is a folder; expected a .skops file or one of {', '.join(PICKLES)}")
    if not path.exists():
        fail(f"there is no file {path}")
    if path.suffix == ".skops":
        io = library("skops.io")
        untrusted = sorted(set(io.get_untrusted_types(file=path)) - set(TRUSTED))
        if untrusted:
            fail(f"{path} holds types that are not scikit-learn's own, which may run anything: {', '.join(untrusted)}")
        return io.load(path, trusted=TRUSTED)
    if path.suffix not in PICKLES:
        fail(f"{path}: expected a .skops file or one of {', '.join(PICKLES)}")
    if not trust_pickle:
        fail(f"{path} is a pickle: reading it runs whatever program it holds. If you know who wrote it, say --trust-pickle; "
             "if not, ask for a .skops file")
    print(f"warning: reading {path} runs whatever program it holds", file=sys.stderr)
    return library("joblib").load(path)


def check(path, model):
    """Refuses everything but a fitted IsolationForest."""
    if isinstance(model, library("sklearn.pipeline").Pipeline):
        fail(f"{path} holds a Pipeline: rows would have to go through its other steps first. If they change nothing, write its last "
             "step by itself: joblib.dump(pipeline[-1], \"forest.joblib\")")
    # A subclass may score in its own way.
    if type(model) is not library("sklearn.ensemble").IsolationForest:
        fail(f"{path}: expected an sklearn.ensemble.IsolationForest, found {type(model).__module__}.{type(model).__qualname__}")
    if not hasattr(model, "estimators_") or not hasattr(model, "offset_"):
        fail(f"the IsolationForest in {path} has not been fitted: fit it first")
    if not math.isfinite(model.offset_):
        fail(f"the IsolationForest in {path} has the offset_ {model.offset_}; expected a finite number")
    if not hasattr(model.estimators_[0].tree_, "missing_go_to_left"):
        fail(f"the trees in {path} do not know missing values, as scikit-learn before 1.3 grew them: fit the forest again with a newer one")


def plain(value):
    """A number of numpy's as one of Python's."""
    return value.item() if hasattr(value, "item") else value


def describe_parameters(model):
    parameters = {name: plain(value) for name, value in model.get_params().items() if name in PARAMETERS}
    # The trees that there are, whatever was set after the fit.
    parameters["n_estimators"] = len(model.estimators_)
    parameters["verbose"] = int(parameters["verbose"])
    if not isinstance(parameters["random_state"], numbers.Integral):
        parameters["random_state"] = None
    return parameters


def describe_tree(estimator, features):
    """One tree, its features counted over all columns; a leaf has feature -1 and threshold 0."""
    tree = estimator.tree_
    inner = tree.children_left != -1
    return {
        "feature": [int(features[feature]) if is_inner else -1 for feature, is_inner in zip(tree.feature, inner)],
        "threshold": [float(threshold) if is_inner else 0.0 for threshold, is_inner in zip(tree.threshold, inner)],
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
        "n_samples": tree.n_node_samples.tolist(),
        "missing_left": [bool(left) and bool(is_inner) for left, is_inner in zip(tree.missing_go_to_left, inner)],
    }


def describe(model):
    import sklearn

    names = getattr(model, "feature_names_in_", None)
    return {
        "format": "scikit-learn IsolationForest",
        "format_version": 1,
        "sklearn_version": sklearn.__version__,
        "params": describe_parameters(model),
        "feature_names": None if names is None else [str(name) for name in names],
        "n_features": int(model.n_features_in_),
        "max_samples_": int(model.max_samples_),
        "offset_": float(model.offset_),
        "trees": [describe_tree(*pair) for pair in zip(model.estimators_, model.estimators_features_)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a .skops, .joblib or .pkl file with a fitted IsolationForest")
    parser.add_argument("--output", type=Path, help="the JSON file to write (default: standard output)")
    parser.add_argument("--trust-pickle", action="store_true", help="read a pickle, which runs the program in it")
    arguments = parser.parse_args()
    library("sklearn")
    try:
        model = load(arguments.model, arguments.trust_pickle)
    # Whatever stands in a file that is damaged, or no model at all, ends in an exception of any kind.
    except Exception as error:
        fail(f"cannot read {arguments.model}: expected a file as joblib, pickle or skops writes it, whole, with a fitted "
             "IsolationForest; if it is one, read it with the versions of scikit-learn, and of joblib or skops, that wrote it "
             f"({one_line(error)})")
    check(arguments.model, model)
    text = json.dumps(describe(model), separators=(",", ":"), allow_nan=False) + "\n"
    if arguments.output:
        try:
            arguments.output.write_text(text)
        except OSError as error:
            fail(f"cannot write {arguments.output} ({one_line(error)})")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
