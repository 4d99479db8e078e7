"""The guided forest's defaults: candidates, and what each set would get if it had no say in the choice.

For each source of sets, the candidate with the best mean AUROC over the sets of all other sources is chosen, and is reported on
that source's own sets. So no reported number stems from a choice that saw the labels it is measured by.
"""

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

    def best(self, sets) -> str:
        return max(self.means, key=lambda candidate: mean(self.means[candidate][name] for name in sets))

    def for_each_source(self) -> dict[str, str]:
        return {source: self.best([name for name in self.sources if self.sources[name] != source]) for source in set(self.sources.values())}

    def held_out(self) -> dict[str, float]:
        chosen = self.for_each_source()
        return {name: self.means[chosen[source]][name] for name, source in self.sources.items()}

    def votes(self) -> list[tuple[str, int]]:
        return Counter(self.for_each_source().values()).most_common()
