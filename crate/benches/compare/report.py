"""RESULTS.md: every figure and sentence in it comes from what was measured."""

import math
import os
import platform
import re
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

from comparison import LIMIT, OURS, STEPS
import environment
from environment import BENCHES, ROOT, caches, processor
from growth import exponents
from pictures import draw

# The parts of RESULTS.md, in its order, and their titles.
TITLES = {"comparison": "Beside its peers", "growth": "How cost grows", "csv": "Fifty million rows of CSV", "parquet": "Fifty million rows of Parquet"}
# Above this the growth is called worse than linear: the rest is the noise of a run.
WORSE = 1.1
NODE_BYTES = 8  # of the smallest form a node is scored in
WORDS = {"rows": "rows", "trees": "trees (n_estimators)", "features": "features", "max_samples": "rows a tree (max_samples)"}
# What is to be reached, by data set and step: seconds a row, a call or a run, on one thread.
GOALS = [("data", "score", 0.08e-6, "batch score a row"), ("1,000,000", "score", 0.35e-6, "batch score a row"),
         ("data", "one", 0.8e-6, "score one row"), ("1,000,000", "fit", 60e-3, "fit"), ("data", "load", 3e-3, "load the model")]


def shown(seconds: float) -> str:
    for name, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds * 1e9:.3g} ns"


def size(n_bytes: float) -> str:
    for name, unit in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= unit:
            return f"{n_bytes / unit:.3g} {name}"
    return f"{n_bytes:.0f} bytes"


def who(contestant: tuple[str, int]) -> str:
    name, threads = contestant
    return f"{name}, {threads} thread" + ("s" if threads > 1 else "")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def output_of(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def setting(quick: bool, runs: int) -> str:
    commit = output_of("git", "describe", "--always", "--exclude=*") or "unknown"
    # What is written here is no change of what is measured.
    if output_of("git", "status", "--porcelain", "--", ".", ":!crate/benches/RESULTS.md", ":!crate/benches/pictures"):
        commit += " with changes"
    sizes = ", ".join(f"{name} {size_ // 1024:,} KiB" for name, size_ in caches().items())
    load = os.getloadavg()[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "isotree", "numpy"))
    lock = (BENCHES / "peer" / "Cargo.lock").read_text()
    crate = re.search(r'name = "extended-isolation-forest"\nversion = "([^"]+)"', lock)[1]
    lines = [f"- machine: {processor()}, {os.cpu_count()} cores, {sizes}, {platform.system()}; load of the last minute {load:.1f}",
             f"- date: {time.strftime('%Y-%m-%d')}; commit {commit}",
             f"- versions: {output_of('rustc', '--version')}, extended-isolation-forest {crate}, Python {platform.python_version()}, {packages}",
             (f"- medians of {runs} runs, in turn (fewer where one takes seconds)" if runs > 1 else "- one run") + ("; **a quick run on a tenth of the rows**" if quick else "")]
    return "\n".join(lines) + "\n"


def comparison_text(found: list[dict]) -> str:
    text = ["100 trees of 256 rows, `f64` rows one after the other in memory. In brackets: how many times isoforest's time on one "
            "thread. isotree is handed the column-wise copy that its fit would make; its sampling, like that of the crate "
            "extended-isolation-forest at extension level 0, is the original paper's, so that trees are of like size, not equal. "
            "Of the purchases, whose rows occur many times each, isoforest keeps the last scores and looks them up. "
            "A model is JSON for the two Rust libraries, a pickle for scikit-learn, isotree's own file for isotree.\n"]
    for one in found:
        contestants = list(one["seconds"]["fit"])
        rows = []
        for step, title in STEPS.items():
            times = one["seconds"][step]
            per = one["rows"] if step == "score" else 1
            cells = [f"{shown(times[c] / per)} ({times[c] / times[(OURS, 1)]:.3g}×)" if c in times else "–" for c in contestants]
            rows.append([title + (", a row" if step == "score" else ""), *cells])
        rows.append(["model file", *[size(one["model_bytes"][c]) for c in contestants]])
        ended = [f"{who(contestant)} did not end a fit within {LIMIT} s and is left out.\n" for contestant in one["endless"]]
        text.append(f"### {one['label'][0].upper()}{one['label'][1:]}\n\n" + table(["step", *map(who, contestants)], rows) + "".join("\n" + line for line in ended))
    return "\n".join(text)


def goals_text(found: list[dict]) -> str:
    rows = []
    for part, step, limit, title in GOALS:
        for one in found:
            if part in one["label"]:
                measured = one["seconds"][step][(OURS, 1)] / (one["rows"] if step == "score" else 1)
                rows.append([f"{title}, {one['label']}", f"≤ {shown(limit)}", shown(measured), "yes" if measured <= limit else "**no**"])
    for one in found:
        times = one["seconds"]["score"]
        gain = times[(OURS, 1)] / times[(OURS, 2)]
        rows.append([f"gain of a second thread, {one['label']}", "≥ 1.8×", f"{gain:.2f}×", "yes" if gain >= 1.8 else "**no**"])
    fits = found[0]["seconds"]["fit"]
    rows.append([f"fit, {found[0]['label']}", f"≤ isotree's {shown(fits[('isotree', 1)])}", shown(fits[(OURS, 1)]),
                 "yes" if fits[(OURS, 1)] <= fits[("isotree", 1)] else "**no**"])
    return table(["goal (one thread)", "limit", "measured", "reached"], rows)


def growth_text(points: list[dict]) -> str:
    text = ["One thread; normal rows. The ways of scoring, in the last column, are those of `crate/src/scoring/way.rs`. The exponent p between a line and the one above it: cost grew as the value to the power p.\n"]
    for varied, title in WORDS.items():
        series = [point for point in points if point["varied"] == varied]
        fixed = ", ".join(f"{series[0][name]:,} {name}" for name in WORDS if name != varied)
        rows, remarks = [], []
        fits, scores = exponents(series, "fit"), exponents(series, "score")
        for before, point, fit, score in zip([None, *series], series, fits, scores):
            power = ["–" if p is None else f"{p:.2f}" for p in (fit, score)]
            rows.append([f"{point['value']:,}", shown(point["fit"]), power[0], shown(point["score"]), power[1],
                         shown(point["score"] / point["rows"]), size(point["nodes"] * NODE_BYTES), point["way"]])
            remarks += [remark(varied, step, before, point, p) for step, p in (("fit", fit), ("score", score)) if p is not None and p > WORSE]
        head = [title, "fit", "p", "score all", "p", "score a row", "nodes, 8 bytes each", "scored by"]
        text.append(f"### {title[0].upper()}{title[1:]}\n\nWith {fixed}.\n\n" + table(head, rows))
        text += [f"- {one}\n" for one in remarks] or ["Nowhere worse than linear.\n"]
    return "\n".join(text)


def remark(varied: str, step: str, before: dict, point: dict, power: float) -> str:
    """Why a cost grew faster than its cause, as far as the figures tell."""
    span = f"{step} from {before['value']:,} to {point['value']:,} grew with the power {power:.2f}"
    small, large = before["nodes"] * NODE_BYTES, point["nodes"] * NODE_BYTES
    rows_small, rows_large = (one["rows"] * one["features"] * 8 for one in (before, point))
    sizes = {"the nodes": (small, large), "the rows": (rows_small, rows_large)}
    crossed = [f"{what} grew from {size(low)} to {size(high)}, past {name} ({size(limit)})"
               for what, (low, high) in sizes.items() for name, limit in caches().items() if low <= limit < high]
    reasons = []
    if varied == "max_samples" and step == "fit":
        a, b = before["value"], point["value"]
        reasons.append(f"a tree of n rows has about log2(n) levels, and n log n alone has the power {1 + math.log(math.log(b) / math.log(a)) / math.log(b / a):.2f}")
    shares = [one["max_samples"] / one["rows"] for one in (before, point)]
    if step == "fit" and shares[0] <= 0.01 < shares[1] < 0.99:
        reasons.append("to draw between 1 % and 99 % of the rows scikit-learn shuffles all of them, and its numbers want the same draws")
    if step == "score" and before["way"] != point["way"]:
        reasons.append(f"{before['way']} cannot score the larger forest as quickly, so {point['way']} does")
    reasons += crossed
    if not reasons:
        reasons.append("no cache was outgrown, no level added and no other way of scoring chosen: it is the noise of this run")
    return f"{span}: {'; '.join(reasons)}."


def comparison_panels(found: list[dict]) -> list[dict]:
    panels = []
    for step, title in STEPS.items():
        lines = {}
        for one in found:
            per = one["rows"] if step == "score" else 1
            lines[one["label"]] = [(seconds / per, who(contestant)) for contestant, seconds in one["seconds"][step].items()]
        panels.append({"title": title + (", a row" if step == "score" else ""), "x": "seconds", "y": "", "lines": lines})
    return panels


def growth_panels(points: list[dict]) -> list[dict]:
    panels = []
    for varied, title in WORDS.items():
        series = [point for point in points if point["varied"] == varied]
        lines = {step: [(point["value"], point[step]) for point in series] for step in ("fit", "score")}
        panels.append({"title": title, "x": title, "y": "seconds", "lines": lines})
    return panels


def picture(panels: list[dict], name: str) -> str:
    """Draws the panels beside RESULTS.md and gives the line that shows them."""
    folder = environment.RESULTS.parent / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = draw(panels, folder / name)
    return f"![{name}]({drawn.relative_to(environment.RESULTS.parent).as_posix()})\n"


def comparison_section(found: list[dict]) -> str:
    return "\n".join([comparison_text(found), picture(comparison_panels(found), "comparison"), "### Goals\n", goals_text(found)])


def growth_section(points: list[dict]) -> str:
    return growth_text(points) + "\n" + picture(growth_panels(points), "growth")


def scale_section(found: dict) -> str:
    rows = []
    for step, one in found["steps"].items():
        peak = size(one["peak"]) if "peak" in one else "–"
        cpu = f"{one['cpu']:.1f} s" if "cpu" in one else "–"
        rows.append([step, f"{one['seconds']:.1f} s", f"{found['rows'] / one['seconds'] / 1e6:.2f}", cpu, peak])
    head = ["step", "time", "million rows a second", "processor time", "peak memory"]
    alone = {name: found["steps"][step]["cpu"] for name, step in found["alone"].items()}
    dearest = max(alone, key=alone.get)
    whole = found["steps"]["score, 1 thread"]["cpu"]
    return "\n".join([
        f"{found['rows']:,} rows of 2 columns, {size(found['bytes'])}. `score` writes its text, three columns, to /dev/null; `train` keeps a "
        f"sample of {found['sample']:,} rows.\n",
        table(head, rows),
        "Where the load above is more than the cores, the time is others' too, and the processor time tells. Alone, in processor time, "
        f"{', '.join(f'{name} takes {seconds:.1f} s' for name, seconds in alone.items())}; `score` does the three in {whole:.1f} s, in one "
        f"thread that reads and parses and one that scores and writes. The dearest of the three is {dearest}.\n"])


def write(part: str, text: str) -> None:
    """Puts a part into RESULTS.md; the others stay as they are."""
    results = environment.RESULTS
    before = results.read_text(encoding="utf-8") if results.exists() else ""
    sections = ["# What it costs\n\nWritten by `make bench`, and with `BENCH=--scale`; nothing in it is typed by hand.\n"]
    for name, title in TITLES.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        known = re.search(re.escape(begin) + r"\n(.*?)" + re.escape(end), before, re.DOTALL)
        body = text if name == part else known[1].strip() + "\n" if known else "Not measured yet.\n"
        sections.append(f"## {title}\n\n{begin}\n\n{body}\n{end}\n")
    results.write_text("\n".join(sections), encoding="utf-8")
