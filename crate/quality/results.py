"""What a run has measured, and how numbers are laid out."""

from dataclasses import dataclass
from statistics import mean, stdev

import checks
import crossfit


@dataclass
class Run:
    sets: list
    absent: list[str]
    # [set][detector]: a pair of AUROC and average precision for each seed; one pair where nothing is drawn.
    measures: dict
    # [set][detector]: a pair of processor seconds for each seed, of fitting and of scoring all rows. The library's detectors only.
    times: dict
    # [set]: the detectors by neighbours, by scikit-learn.
    neighbours: dict
    choice: crossfit.Choice
    default: dict
    seeds: int
    quick: bool
    seconds: float


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_spread(numbers: list[float]) -> str:
    return f"{mean(numbers):.3f}" + (f" ± {stdev(numbers):.3f}" if len(numbers) > 1 else "")


def beside(run: Run, means: dict[str, float], detector: str) -> str:
    """The mean difference of AUROCs, and how sure it is."""
    differences = [means[name] - checks.mean_of(of_set[detector]) for name, of_set in run.measures.items()]
    error = stdev(differences) / len(differences) ** 0.5
    what = "" if abs(mean(differences)) > 2 * error else ", which may well be chance"
    return f"{abs(mean(differences)):.4f} (standard error over sets {error:.4f}{what}) {'above' if mean(differences) >= 0 else 'below'}"
