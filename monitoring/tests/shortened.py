"""Makes Prometheus' configuration quick enough for a test, from the real one: hours become minutes, nothing else changes.

A window must hold some samples, so none gets shorter than 15 s; scrapes and evaluations are a second apart.
"""

import re
import shutil
from pathlib import Path

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
FACTOR = 60
SHORTEST_WINDOW = 15


def seconds(duration: str) -> int:
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhd])", duration))


def shorten_rules(text: str) -> str:
    text = re.sub(r"\[(\d+[smhd])\]", lambda match: f"[{max(seconds(match[1]) // FACTOR, SHORTEST_WINDOW)}s]", text)
    return re.sub(r"( for: )(\d+[smhd])\n", lambda match: f"{match[1]}{seconds(match[2]) // FACTOR}s\n", text)


def shorten_scrapes(text: str) -> str:
    return re.sub(r"((?:scrape_interval|evaluation_interval|scrape_timeout): )\d+s", r"\g<1>1s", text)


def make(source: Path, target: Path) -> None:
    """Writes the quick configuration to the folder `target`, which may be there already."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "rules").mkdir(parents=True)
    (target / "prometheus.yml").write_text(shorten_scrapes((source / "prometheus.yml").read_text()))
    for file in (source / "rules").glob("*.yml"):
        (target / "rules" / file.name).write_text(shorten_rules(file.read_text()))
