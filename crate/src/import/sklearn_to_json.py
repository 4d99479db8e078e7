"""Write a fitted scikit-learn IsolationForest as JSON, for `isoforest import`.

    python sklearn_to_json.py model.skops --output forest.json
    python sklearn_to_json.py model.joblib --trust-pickle --output forest.json
    isoforest import forest.json --output model.json --train train.csv

Wants scikit-learn, and joblib or skops, of the versions that the model was written with. A joblib or pickle file is a
program: reading it runs whatever it holds, so read only files that you or people you trust have written. A skops file is
data, and this script refuses one that asks for anything but scikit-learn's own types.
"""

import argparse
import json
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


def load(path, trust_pickle):
    """The object in a file; only skops files are safe to read."""
    if path.suffix == ".skops":
        import skops.io

        untrusted = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
        if untrusted:
            fail(f"{path} holds types that are not scikit-learn's own, which may run anything: {', '.join(untrusted)}")
        return skops.io.load(path, trusted=TRUSTED)
    if path.suffix not in PICKLES:
        fail(f"{path}: expected a .skops file or one of {', '.join(PICKLES)}")
    if not trust_pickle:
        fail(f"{path} is a pickle: reading it runs whatever program it holds. If you know who wrote it, say --trust-pickle; "
             "if not, ask for a .skops file")
    print(f"warning: reading {path} runs whatever program it holds", file=sys.stderr)
    import joblib

    return joblib.load(path)


def check(model):
    """Refuses everything but a fitted IsolationForest."""
    from sklearn.ensemble import IsolationForest
    from sklearn.pipeline import Pipeline

    if isinstance(model, Pipeline):
        fail("found a Pipeline: rows would have to go through its other steps first. If they change nothing, write its last "
             "step by itself: joblib.dump(pipeline[-1], \"forest.joblib\")")
    # A subclass may score in its own way.
    if type(model) is not IsolationForest:
        fail(f"expected an sklearn.ensemble.IsolationForest, found {type(model).__module__}.{type(model).__qualname__}")
    if not hasattr(model, "estimators_") or not hasattr(model, "offset_"):
        fail("this IsolationForest has not been fitted")
    if not hasattr(model.estimators_[0].tree_, "missing_go_to_left"):
        fail("this scikit-learn's trees do not know missing values; 1.3 or newer is needed: read the file with that one and fit again")


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
    if not arguments.model.exists():
        fail(f"there is no file {arguments.model}")
    model = load(arguments.model, arguments.trust_pickle)
    check(model)
    text = json.dumps(describe(model), separators=(",", ":"), allow_nan=False) + "\n"
    if arguments.output:
        arguments.output.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
