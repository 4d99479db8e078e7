"""Times the notebooks' own cells in the registered kernel and prints a Markdown table.

    python jupyter/latency.py [--runs 3] [--python]

Each run starts a kernel, as opening a notebook does, and waits for each cell before it sends the next one; the table has the
medians. With --python the same steps follow in a Python kernel with pandas and plotly, if these are installed in .venv.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from settings import DATA, NOTEBOOKS

PLOTLY = "application/vnd.plotly.v1+json"

PYTHON_CELLS = [
    "import os, pandas as pd, plotly.express as px; folder = os.environ['DATA_DIR']",
    "train = pd.read_csv(f'{folder}/train.csv'); test = pd.read_csv(f'{folder}/test.csv')",
    "train.head()",
    "print(train.shape, test.shape)",
    "train.describe()",
    "px.scatter(train, x='mean', y='sd')",
    "px.histogram(train, x='mean', nbins=20)",
    "px.histogram(train, x='sd', nbins=20)",
    "px.box(train, x='mean')",
    "px.box(train, x='sd')",
]


def machine() -> str:
    """CPU model and number of cores."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.processor()}, {os.cpu_count()} cores, {platform.system()}"


def cells_of(notebook: str) -> list[str]:
    cells = json.loads((NOTEBOOKS / notebook).read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


class Run:
    """One kernel from its start through all cells."""

    def __init__(self, kernel: str, cells: list[str]):
        start = time.monotonic()
        settings = {"cwd": str(NOTEBOOKS), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "startup_timeout": 120}
        manager, client = start_new_kernel(kernel_name=kernel, **settings)
        self.kernel_start = time.monotonic() - start
        self.seconds, self.to_first_plot = [], None
        try:
            for cell in cells:
                self.seconds.append(self.time(client, cell, start))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    def time(self, client, cell: str, start: float) -> float:
        """Seconds until a cell is done; notes when the first figure is there."""

        def look(message) -> None:
            content = message["content"]
            if PLOTLY in content.get("data", {}) and self.to_first_plot is None:
                self.to_first_plot = time.monotonic() - start
            if message["msg_type"] == "error":
                sys.exit("isoforest: this cell failed:\n" + cell + "\n" + "\n".join(content["traceback"]))

        began = time.monotonic()
        client.execute_interactive(cell, timeout=600, output_hook=look)
        return time.monotonic() - began


def rows_of(kernel: str, cells: list[str], is_load, is_training, n_runs: int) -> list[float]:
    """Medians of the runs: kernel start, data cell, start to first plot, later cells' median and slowest, training cell."""
    load = next(index for index, cell in enumerate(cells) if is_load(cell))
    rows = []
    for _ in range(n_runs):
        run = Run(kernel, cells)
        later = [seconds for index, seconds in enumerate(run.seconds) if index > load and not is_training(cells[index])]
        training = [seconds for index, seconds in enumerate(run.seconds) if is_training(cells[index])]
        rows.append(
            [
                run.kernel_start,
                run.seconds[load],
                run.to_first_plot or float("nan"),
                statistics.median(later),
                max(later),
                max(training, default=float("nan")),
            ]
        )
    return [statistics.median(column) for column in zip(*rows)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each notebook (default 3)")
    parser.add_argument("--python", action="store_true", help="the same in Python with pandas and plotly")
    arguments = parser.parse_args()
    os.environ["DATA_DIR"] = str(DATA)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"

    table = {}
    for notebook in ("exploration.ipynb", "train.ipynb"):
        cells = cells_of(notebook)
        table[notebook] = rows_of("rust", cells, lambda cell: "read_csv" in cell, lambda cell: ".fit(" in cell, arguments.runs)
    if arguments.python:
        try:
            import pandas  # noqa: F401
        except ImportError:
            sys.exit("isoforest: for --python: .venv/bin/python -m pip install pandas")
        table["Python, the steps of exploration"] = rows_of(
            "python3", PYTHON_CELLS, lambda cell: "read_csv" in cell, lambda cell: False, arguments.runs
        )

    steps = ["kernel start", "the cell that reads the data", "start to first plot"]
    steps += ["later cells, median", "later cells, slowest", "training"]
    print(f"Seconds, median of {arguments.runs} runs; {machine()}.\n")
    print("| step | " + " | ".join(table) + " |\n|---|" + "---:|" * len(table))
    for step, seconds in zip(steps, zip(*table.values())):
        print(f"| {step} | " + " | ".join("–" if value != value else f"{value:.1f}" for value in seconds) + " |")


if __name__ == "__main__":
    main()
