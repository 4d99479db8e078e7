"""What the tests from outside share: the command line, forests of scikit-learn's in several configurations, and comparing.

Settings by variables, as in the Makefile: CARGO_TARGET_DIR (default target/).
"""

import csv
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / Path(os.environ.get("CARGO_TARGET_DIR") or "target").expanduser()
BUILD = "cargo build --locked --release -p isoforest --features cli"
SKLEARN = "1.9.1"


def fail(message: str) -> None:
    sys.exit(f"isoforest: {message}")


def isoforest(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Our command line, built for release."""
    program = TARGET / "release" / "isoforest"
    if not program.exists():
        fail(f"{program} is not there; build it first: {BUILD}")
    return subprocess.run([program, *map(str, arguments)], text=True, capture_output=True, timeout=120, **options)


def done(*arguments: object, **options: object) -> str:
    """What a command that must do its job writes to standard output."""
    result = isoforest(*arguments, **options)
    if result.returncode != 0:
        fail(f"isoforest {' '.join(map(str, arguments))}: {result.stderr}")
    return result.stdout


class Checks:
    """What was looked at, and what was wrong."""

    def __init__(self):
        self.problems = []

    def see(self, is_well: bool, what: str) -> None:
        print(f"  {'ok' if is_well else 'WRONG'}: {what}", flush=True)
        if not is_well:
            self.problems.append(what)

    def end(self, subject: str) -> None:
        if self.problems:
            fail("\n  ".join([f"{subject} not as it should be:", *self.problems]))


@dataclass
class Configuration:
    """Training rows, rows to score (the training rows are among them, for the ties), and parameters."""

    name: str
    train: np.ndarray
    rows: np.ndarray
    parameters: dict = field(default_factory=dict)

    def fit(self):
        from sklearn.ensemble import IsolationForest

        return IsolationForest(**{"random_state": 16, **self.parameters}).fit(self.train)

    @property
    def names(self) -> list[str]:
        return [f"x{column}" for column in range(self.train.shape[1])]


def configurations() -> list[Configuration]:
    """Forests that differ in all that a file of trees could get wrong."""
    import sklearn

    if sklearn.__version__ != SKLEARN:
        fail(f"scikit-learn is {sklearn.__version__}; expected {SKLEARN}, whose numbers these are")
    random = np.random.default_rng(7)

    def c(name, train, more=None, **parameters):
        other = random.normal(scale=2.0, size=(500, train.shape[1]))
        return Configuration(name, train, np.vstack([train, other] + ([] if more is None else [more])), parameters)

    def normal(rows, columns):
        return random.normal(size=(rows, columns))

    with_holes = normal(2_000, 4)
    with_holes[random.uniform(size=with_holes.shape) < 0.1] = np.nan
    holes = normal(300, 6)
    holes[random.uniform(size=holes.shape) < 0.3] = np.nan
    return [
        c("two features", normal(3_000, 2)),
        c("one feature", normal(1_000, 1)),
        c("contamination 0.001", normal(5_000, 2), contamination=0.001),
        c("ties, contamination 0.1", np.round(normal(3_000, 3)), contamination=0.1),
        c("few values, contamination 0.25", np.round(normal(999, 2)), contamination=0.25, random_state=3),
        c("half of nine features", normal(1_000, 9), max_features=0.5, contamination=0.05),
        c("bootstrap", normal(1_000, 4), bootstrap=True),
        c("missing values", with_holes, contamination=0.02),
        c("missing only when scored", normal(1_000, 6), more=holes),
        c("max_samples 1000", normal(5_000, 3), max_samples=1000, n_estimators=40),
        c("max_samples 1", normal(100, 2), max_samples=1),
        c("constant columns", np.ones((200, 2))),
        c("values between two of f32", 16_777_216 + np.arange(400.0).reshape(200, 2) / 7),
        c("tiny values", normal(500, 2) * 1e-40, more=np.array([[1e-46, -1e-46], [1e-300, 0.0]])),
        c("large values", normal(500, 2) * 1e37),
    ]


def guided_configurations() -> list[Configuration]:
    """Forests with values of their own in the leaves, which scikit-learn cannot grow."""
    random = np.random.default_rng(8)

    def c(name, train, **parameters):
        more = random.normal(scale=2.0, size=(500, train.shape[1]))
        return Configuration(name, train, np.vstack([train, more]), {"detector": "guided", **parameters})

    holes = random.normal(size=(1_500, 4)) ** 3
    holes[random.uniform(size=holes.shape) < 0.1] = np.nan
    return [
        c("guided", random.normal(size=(2_000, 3)), contamination=0.01),
        c("guided, density", random.normal(size=(2_000, 2)) ** 5, leaf_score="density", contamination=0.02),
        c("guided, pooled gain, missing values", holes, pooled_gain=1, average_gain=0, leaf_score="density", column_weights="kurtosis"),
        c("guided, ties", np.round(random.normal(size=(999, 2))), leaf_score="depth", contamination=0.1),
        c("guided, constant columns", np.ones((200, 2)), leaf_score="density"),
    ]


def write_csv(path: Path, names: list[str], rows: np.ndarray) -> Path:
    """Each number with all its digits; a missing one is an empty cell, in quotation marks so that no line is blank."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        file.writelines(",".join('""' if np.isnan(value) else repr(value) for value in row) + "\n" for row in rows.tolist())
    return path


@dataclass
class Scores:
    score_samples: np.ndarray
    decision_function: np.ndarray
    predict: np.ndarray


def by_isoforest(model: Path, rows: Path) -> Scores:
    """What our command line says of the rows."""
    lines = list(csv.reader(done("score", model, rows).splitlines()))
    columns = dict(zip(lines[0], zip(*lines[1:]), strict=True))
    return Scores(**{name: np.array(columns[name], dtype=float) for name in ("score_samples", "decision_function", "predict")})


def ulps(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest distance in units in the last place."""
    return float(np.max(np.abs(found - expected) / np.spacing(np.abs(expected))))


def trained(configuration: Configuration, folder: Path) -> tuple[Path, Path]:
    """A model trained by our command line, and the rows to score."""
    train = write_csv(folder / "train.csv", configuration.names, configuration.train)
    rows = write_csv(folder / "rows.csv", configuration.names, configuration.rows)
    model = folder / "model.json"
    options = []
    for name, value in {"random_state": 16, **configuration.parameters}.items():
        options += [f"--{name.replace('_', '-')}"] + ([] if value is True else [value])
    done("train", train, "--output", model, *options)
    return model, rows
