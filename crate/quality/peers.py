"""scikit-learn's and isotree's forests on the same rows, with the same measures."""

import warnings

import numpy
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

# isotree on one large set takes as long as on all small sets together.
# So many seeds on sets of more than so many rows.
FEWER_SEEDS = {50_000: 2, 1_000: 3}
# On sets of more rows than these it scores all outliers and every fifth inlier, which then counts five times.
SCORED_IN_PART, STEP = 20_000, 5

# The package's documentation: its defaults, its shorthands for papers, and what it says to try. 100 trees of 256 rows, as all other
# forests here, where it does not name other numbers.
USUAL = {"sample_size": 256, "ntrees": 100}
GUIDED = {**USUAL, "ndim": 1, "max_depth": None, "prob_pick_pooled_gain": 1}
PRESETS = {
    "default": ({}, "500 trees, up to 10,000 rows each, three columns a cut"),
    "iForest": ({**USUAL, "ndim": 1, "max_depth": 8}, "Liu 2008"),
    "EIF": ({**USUAL, "ndim": 2, "max_depth": 8, "coefs": "uniform"}, "Hariri 2019, two columns a cut"),
    "SCiForest": ({**USUAL, "ndim": 2, "max_depth": None, "coefs": "normal", "ntry": 10, "prob_pick_avg_gain": 1, "penalize_range": True}, "Liu 2010, with the depth that the documentation recommends"),
    "FCF": ({"sample_size": 256, "ntrees": 200, "ndim": 2, "max_depth": None, "coefs": "normal", "prob_pick_pooled_gain": 1}, "Cortes 2021, fair cuts"),
    "FCF, one column": ({**GUIDED, "ntrees": 200}, "pooled gain"),
    "RRCF": ({**USUAL, "ndim": 1, "max_depth": None, "prob_pick_col_by_range": 1}, "Guha 2016"),
    "density": ({**USUAL, "ndim": 1, "scoring_metric": "density"}, "random cuts, density of the leaf"),
    "pooled gain, density": ({**GUIDED, "scoring_metric": "density"}, ""),
    "adjusted depth": ({**USUAL, "ndim": 1, "scoring_metric": "adj_depth", "penalize_range": True}, "recommended for small sets"),
    "kurtosis": ({**USUAL, "ndim": 1, "weigh_by_kurtosis": True}, "columns by kurtosis"),
    "kurtosis, pooled gain, density": ({**GUIDED, "scoring_metric": "density", "weigh_by_kurtosis": True}, ""),
}


def measure(is_outlier: numpy.ndarray, anomaly_scores: numpy.ndarray, weights: numpy.ndarray | None = None) -> tuple[float, float]:
    return (roc_auc_score(is_outlier, anomaly_scores, sample_weight=weights),
            average_precision_score(is_outlier, anomaly_scores, sample_weight=weights))


def scikit_learn(data, seeds: int) -> list[tuple[float, float]]:
    def run(seed):
        forest = IsolationForest(random_state=seed).fit(data.x)
        return measure(data.is_outlier, -forest.score_samples(data.x))

    return [run(seed) for seed in range(seeds)]


def isotree(data, preset: str, seeds: int) -> list[tuple[float, float]]:
    from isotree import IsolationForest as IsoTree

    options = {"missing_action": "fail", **PRESETS[preset][0]}
    options["ndim"] = min(options.get("ndim", 3), data.x.shape[1])
    if numpy.isnan(data.x).any():
        options["missing_action"] = "impute"
    x = data.x.astype(float)
    if preset == "EIF":  # as the documentation has it
        x = (x - numpy.nanmean(x, axis=0)) / numpy.maximum(numpy.nanstd(x, axis=0), 1e-12)
        options["standardize_data"] = False

    step = STEP if len(x) > SCORED_IN_PART else 1
    scored = numpy.sort(numpy.concatenate([numpy.flatnonzero(data.is_outlier), numpy.flatnonzero(~data.is_outlier)[::step]]))
    weights = numpy.where(data.is_outlier[scored], 1.0, float(step))

    def run(seed):
        forest = IsoTree(random_seed=seed + 1, nthreads=1, **options).fit(x)
        return measure(data.is_outlier[scored], forest.predict(x[scored]), weights)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        most = next((most for rows, most in FEWER_SEEDS.items() if len(x) > rows), seeds)
        return [run(seed) for seed in range(min(seeds, most))]
