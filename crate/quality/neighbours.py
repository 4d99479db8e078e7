"""Detectors by nearest neighbours: what the library is asked for, and the same by scikit-learn."""

import warnings
from dataclasses import dataclass

import numpy
from peers import measure
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.preprocessing import StandardScaler

# The usual numbers, of pyod and of scikit-learn, which compare.ipynb has as well.
KTH, FACTOR_OF = 5, 20
DETECTORS = {"5th neighbour": {"kth_distance": KTH}, "LOF": {"local_outlier_factor": FACTOR_OF}}
# Distances as near to each other as this are the same but for the rounding of their sums.
TIE = 1e-12


@dataclass
class OfScikitLearn:
    """What scikit-learn finds on one set."""

    # AUROC and average precision, by detector.
    measures: dict[str, tuple[float, float]]
    # Rows that coincide with others, or to which two rows are as far as the last neighbour. scikit-learn takes some of them, the library all.
    coinciding: int
    tied: int
    # Of an outlier's five nearest rows, the mean share that are outliers, too.
    company: float

    @property
    def is_comparable(self) -> bool:
        """Whether both mean the same by a local outlier factor."""
        return not self.coinciding and not self.tied


def of_scikit_learn(data) -> OfScikitLearn:
    """The k-d tree subtracts before it squares, as the library does; scikit-learn's other way to find neighbours loses digits."""
    x = StandardScaler().fit_transform(data.x.astype(float))
    distances, neighbours = NearestNeighbors(n_neighbors=FACTOR_OF + 1, algorithm="kd_tree").fit(x).kneighbors()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where rows coincide
        factors = -LocalOutlierFactor(n_neighbors=FACTOR_OF, algorithm="kd_tree").fit(x).negative_outlier_factor_
    # Rounded, as the library's scores: see labelled.rs.
    scores = {"5th neighbour": distances[:, KTH - 1].astype("f4"), "LOF": factors.astype("f4")}
    return OfScikitLearn(
        {name: measure(data.is_outlier, of_rows) for name, of_rows in scores.items()},
        len(x) - len(numpy.unique(x, axis=0)),
        int((distances[:, FACTOR_OF] <= distances[:, FACTOR_OF - 1] * (1 + TIE)).sum()),
        float(data.is_outlier[neighbours[data.is_outlier, :KTH]].mean()))
