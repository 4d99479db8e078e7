"""What must hold of a run."""

from statistics import mean, stdev

from crossfit import candidates

# The library's.
FORESTS = ["standard", "extended", "guided"]
COUNT = 6
# scikit-learn's numbers are ours, so that its AUROC differs by the rounding of another program's sum only. Two rows of the largest set
# that change places are ten times as much.
SAME = 1e-9


def mean_of(pairs) -> float:
    """Mean AUROC."""
    return mean(auroc for auroc, _ in pairs)


def spread_of(pairs) -> float:
    return stdev(auroc for auroc, _ in pairs)


def spreads_apart(measures: dict) -> dict[str, float]:
    """By how many spreads over the seeds the standard forest's mean AUROC is off scikit-learn's, for each set."""
    def apart(of_set):
        ours, theirs = of_set["standard"], of_set["scikit-learn"]
        spread = max(spread_of(ours), spread_of(theirs))
        difference = abs(mean_of(ours) - mean_of(theirs))
        return 0.0 if difference < SAME else difference / spread if spread > 0 else float("inf")

    return {name: apart(of_set) for name, of_set in measures.items()}


def overall(measures: dict, detector: str) -> float:
    return mean(mean_of(of_set[detector]) for of_set in measures.values())


def best_preset(measures: dict) -> str | None:
    presets = {detector for of_set in measures.values() for detector in of_set if detector.startswith("isotree")}
    return max(presets, key=lambda preset: overall(measures, preset), default=None)


def unlike(measures: dict, neighbours: dict, detector: str) -> dict[str, tuple]:
    """The sets where a detector by neighbours differs from scikit-learn's, with both pairs of measures."""
    pairs = {name: (measures[name][detector][0], of_set.measures[detector]) for name, of_set in neighbours.items()}
    return {name: pair for name, pair in pairs.items() if any(abs(ours - theirs) > SAME for ours, theirs in zip(*pair, strict=True))}


def failures(measures: dict, neighbours: dict, choice, default: dict, quick: bool) -> list[str]:
    found = []
    if differing := unlike(measures, neighbours, "5th neighbour"):
        found.append(f"the distance to the 5th neighbour is not scikit-learn's: {differing}")
    comparable = {name: of_set for name, of_set in neighbours.items() if of_set.is_comparable}
    if differing := unlike(measures, comparable, "LOF"):
        found.append(f"the local outlier factor is not scikit-learn's though no rows coincide or tie: {differing}")
    elif not comparable:
        found.append("there is no set on which the local outlier factor could be compared with scikit-learn's")
    far = {name: apart for name, apart in spreads_apart(measures).items() if apart > 3}
    if far:
        found.append(f"the standard forest is more than 3 spreads from scikit-learn's: {far}")
    # On the four sets of a quick run every detector is far above chance.
    expected = 0.75 if quick else 0.7
    low = {name: round(overall(measures, name), 3) for name in FORESTS if overall(measures, name) < expected}
    if low:
        found.append(f"mean AUROC of each detector is to be at least {expected}: {low}")
    if default not in candidates().values():
        found.append(f"the guided forest's defaults are none of the candidates: {default}")
    # A quick run's sets are too few to choose on.
    held_out, standard = mean(choice.held_out(choice.origins).values()), overall(measures, "standard")
    if not quick and len(set(choice.origins.values())) > 1 and held_out <= standard:
        found.append(f"the guided forest's mean AUROC over held-out sets is {held_out:.4f}, not above the standard's, {standard:.4f}")
    return found
