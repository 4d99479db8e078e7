"""The guided forest's defaults: candidates, and what each set would get if it had no say in the choice.

Sets are divided; for each part the candidate with the best mean AUROC over the sets outside of it is chosen, and is reported on
the part's own sets. So no reported number stems from a choice that saw the labels it is measured by.
"""

import random
from collections import Counter
from dataclasses import dataclass
from itertools import product
from statistics import mean

GAINS = [(0.0, 0.0), (0.0, 0.25), (0.0, 0.5), (0.25, 0.25), (0.5, 0.0), (1.0, 0.0)]
WEIGHTS = ["equal", "kurtosis", "root_kurtosis"]
SCORES = ["depth", "adjusted_depth", "density"]
# Other seeds than the tables have.
SEEDS = list(range(100, 105))


def candidates() -> dict[str, dict]:
    return {f"pooled {pooled:g}, average {average:g}, {weights}, {score}":
            {"name": "guided", "pooled_gain": pooled, "average_gain": average, "column_weights": weights, "score": score}
            for (pooled, average), weights, score in product(GAINS, WEIGHTS, SCORES)}


@dataclass
class Choice:
    """`means[candidate][set]` are mean AUROCs over the seeds."""

    means: dict[str, dict[str, float]]
    sources: dict[str, str]
    # ADBench, or the other two.
    origins: dict[str, str]

    def best(self, sets) -> str:
        return max(self.means, key=lambda candidate: mean(self.means[candidate][name] for name in sets))

    def for_each(self, parts: dict[str, str]) -> dict[str, str]:
        """For each part, what is chosen outside of it."""
        return {part: self.best([name for name in parts if parts[name] != part]) for part in sorted(set(parts.values()))}

    def held_out(self, parts: dict[str, str]) -> dict[str, float]:
        chosen = self.for_each(parts)
        return {name: self.means[chosen[part]][name] for name, part in parts.items()}

    def votes(self, parts: dict[str, str]) -> list[tuple[str, int]]:
        return Counter(self.for_each(parts).values()).most_common()

    def halves(self, number: int) -> list[tuple[list[str], list[str]]]:
        """Random halves of the sources: the sets to choose on, and the others."""
        draw, sources = random.Random(16), sorted(set(self.sources.values()))
        first = [set(draw.sample(sources, len(sources) // 2)) for _ in range(number)]
        return [tuple([name for name in self.sources if (self.sources[name] in half) == is_first] for is_first in (True, False)) for half in first]
