"""The part of QUALITY.md on nearest neighbours."""

from statistics import mean, median

import checks
import neighbours
from results import Run, beside, table

KTH, LOF = neighbours.DETECTORS
# An outlier is alone if fewer of its five nearest rows than this are outliers.
ALONE = 0.25
# Of smaller sets a time says little.
TIMED_FROM = 1_000


def over(run: Run, detector: str, name: str) -> float:
    """The AUROC of a detector on a set, less the standard forest's."""
    return checks.mean_of(run.measures[name][detector]) - checks.mean_of(run.measures[name]["standard"])


def in_short(run: Run) -> str:
    above = lambda detector: sum(over(run, detector, name) > 0 for name in run.measures)
    means = lambda detector: f"{mean(over(run, detector, name) for name in run.measures):+.4f}"
    ratio = median(cost(run, data, KTH, 1) / cost(run, data, "standard", 1) for data in timed(run))
    return (f"Nearest neighbours, beside the standard forest: {means(KTH)} (5th neighbour) and {means(LOF)} (LOF) in the mean, higher on {above(KTH)} and {above(LOF)} of {len(run.measures)} sets. "
            f"A row takes the 5th neighbour {ratio:.0f} times as long. Where they are better, and why, is told below.")


def write(run: Run) -> str:
    rows = [[name, f"{100 * of_set.company:.0f} %", f"{over(run, KTH, name):+.3f}", f"{over(run, LOF, name):+.3f}",
             f"{checks.mean_of(run.measures[name][LOF]):.3f}", f"{of_set.measures[LOF][0]:.3f}", f"{of_set.coinciding:,}"]
            for name, of_set in sorted(run.neighbours.items(), key=lambda item: item[1].company)]
    comparable = sum(of_set.is_comparable for of_set in run.neighbours.values())
    head = ["set", "outliers among an outlier's 5 nearest", "5th neighbour over standard", "LOF over standard", "LOF", "LOF, scikit-learn", "coinciding rows"]
    return f"""## Beside nearest neighbours

The yardstick that grows no tree: the distance to the {neighbours.KTH}th neighbour, and the local outlier factor (LOF) among {neighbours.FACTOR_OF}, which are
the usual numbers of pyod and of scikit-learn. All columns are in units of their standard deviation, as anyone would do first, since in raw
units the widest column decides alone; forests have the raw rows. Fitted on all rows of every set, each row scored among the others;
nothing is drawn, and so there is no spread. No other number of neighbours was tried.

{table(head, rows)}

{conclusions(run)}

The 5th neighbour's AUROC and average precision are scikit-learn's on every set, and LOF's on the {comparable} where no rows coincide and no two are
as far as the {neighbours.FACTOR_OF}th neighbour. Elsewhere scikit-learn takes whichever it finds first and warns of wrong results, while the library counts
distinct places, as the paper has it; that is not always the better for it, as the table shows.

### What they cost

{costs(run)}"""


def conclusions(run: Run) -> str:
    means = {detector: {name: checks.mean_of(of_set[detector]) for name, of_set in run.measures.items()} for detector in (KTH, LOF)}
    overall = "\n".join(f"- {title}: mean AUROC {mean(means[detector].values()):.4f}, {beside(run, means[detector], 'standard')} the standard forest's."
                        for detector, title in ((KTH, "The distance to the 5th neighbour"), (LOF, "The local outlier factor")))
    if run.quick:
        return overall + "\n- A quick run has too few sets for more."
    wins = "\n".join(f"- The {detector} is above all three forests in {title} on {len(names)} of {len(run.measures)} sets{': ' if names else ''}{', '.join(names)}."
                     for detector in (KTH, LOF) for which, title in ((0, "AUROC"), (1, "average precision")) for names in [wins_of(run, detector, which)])
    alone = [name for name, of_set in run.neighbours.items() if of_set.company < ALONE]
    crowded = [name for name in run.neighbours if name not in alone]
    higher = lambda names: sum(over(run, KTH, name) > 0 for name in names)
    worst = lambda detector: ", ".join(f"{name} ({over(run, detector, name):+.2f})" for name in sorted(run.measures, key=lambda name: over(run, detector, name))[:4])
    sources = len({data.source for data in run.sets if data.name in alone})
    return f"""{overall}
{wins}

**Where neighbours are better.** Where outliers are single rows among inliers, so that few of their neighbours are outliers too. There are
{len(alone)} such sets here, of {sources} sources ({", ".join(alone)}: fewer than {100 * ALONE:.0f} % of an outlier's five nearest are outliers). The 5th neighbour is above
the standard forest on {higher(alone)} of them, by {mean(over(run, KTH, name) for name in alone):+.3f} in the mean of all {len(alone)}; on the other {len(crowded)} sets it is above on {higher(crowded)}, by {mean(over(run, KTH, name) for name in crowded):+.3f} in the mean of all {len(crowded)}. A
forest soon isolates a row that is far out in some column; a distance sees an odd mixture of usual values as well.

**Where forests are better.** Where outliers keep company: with {neighbours.KTH} of its kind nearby, an outlier's {neighbours.KTH}th neighbour may be near. The 5th neighbour is
farthest below the standard forest on {worst(KTH)}. LOF compares a row with
its surroundings only, so that a whole region of outliers, as sparse as its surroundings, is normal to it: it is farthest below on
{worst(LOF)}. A larger k would help against small crowds, but someone has to know how large they are.

**So** take a forest first. Measure neighbours beside it where outliers are expected to come one by one, rows are tens of thousands at most, and
columns are few and of a kind. Only {len(alone)} of these sets have such outliers, so that this is a hint and not a law."""


def wins_of(run: Run, detector: str, which: int) -> list[str]:
    """The sets on which a detector's AUROC (0) or average precision (1) is above that of each forest."""
    value = lambda name, detector: mean(pair[which] for pair in run.measures[name][detector])
    names = [name for name in run.measures if value(name, detector) > max(value(name, forest) for forest in checks.FORESTS)]
    return [name + (" (yet below 0.5: worse than guessing)" if which == 0 and value(name, detector) < 0.5 else "") for name in names]


def timed(run: Run) -> list:
    return [data for data in run.sets if len(data.x) > TIMED_FROM] or run.sets


def cost(run: Run, data, detector: str, which: int) -> float:
    """Seconds of fitting (0), or of scoring all rows (1)."""
    return median(pair[which] for pair in run.times[data.name][detector])


def costs(run: Run) -> str:
    large = timed(run)
    detectors = [*checks.FORESTS, KTH, LOF]
    fit, score = ([[data.name, f"{len(data.x):,}", str(data.x.shape[1]), *(show(data, cost(run, data, detector, which)) for detector in detectors)]
                   for data in large] for which, show in ((0, lambda _, time: f"{1e3 * time:.1f}"), (1, lambda data, time: f"{1e6 * time / len(data.x):.2f}")))
    times = lambda detector, which: [cost(run, data, detector, which) / cost(run, data, "standard", which) for data in large]
    ratio = lambda value: f"{value:.0f}" if value >= 10 else f"{value:.1f}"
    span = lambda ratios: f"{ratio(min(ratios))} to {ratio(max(ratios))} times (median {ratio(median(ratios))})"
    sizes = f"the sets of more than {TIMED_FROM:,} rows" if len(large) < len(run.sets) else "the sets"
    return f"""Processor time of one thread, measured in this run, medians over the seeds; on a shared machine, so look at ratios. Over {sizes}, a row
takes the 5th neighbour {span(times(KTH, 1))} and LOF {span(times(LOF, 1))} the standard forest's time; fitting,
with the scores of the training rows for neighbours and without them for forests, {span(times(KTH, 0))} and {span(times(LOF, 0))}. A forest's
time for a row is the same whether it was fitted on a thousand rows or a million; that of neighbours grows with the rows they
keep, and with more than ten columns each search looks at all of them.

Scoring rows as new ones, µs a row:

{table(["set", "rows", "features", *detectors], score)}

Fitting, ms:

{table(["set", "rows", "features", *detectors], fit)}"""
