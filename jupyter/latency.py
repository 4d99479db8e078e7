"""Times the notebooks' own cells in the registered kernel, in the image, and beside a Python kernel; prints one table.

    python jupyter/latency.py [--runs 3] [--readme FILE] [--fresh] [--image-build] [--json]

Each run starts a kernel, as opening a notebook does, and waits for each cell before it sends the next one; the table has the
medians. The image is timed where an engine answers and has built it. The Python kernel does the steps of exploration.ipynb
with pandas and plotly, in a virtual environment of its own. With --readme the table is written into that file, between the
two comments that begin with `<!-- latency`. What takes long is timed when it is asked for, and remembered in TOOLS: --fresh
sets everything up once more from nothing, natively, in a folder that is removed again; --image-build builds the image
without what the engine has kept. --json prints the figures of this machine's kernel alone.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from settings import DATA, HERE, NOTEBOOKS, ROOT, TOOLS

PLOTLY = "application/vnd.plotly.v1+json"
REMEMBERED = TOOLS / "latency.json"
PEER = TOOLS / "peer"
IMAGE = os.environ.get("IMAGE") or "isoforest-jupyter"
TIMED = ("exploration", "train", "compare")
# A forest, or all detectors that compare.ipynb sets side by side.
TRAINS = re.compile(r"\.fit\(|\bcompare\(")
BETWEEN = re.compile(r"(<!-- latency: .*?-->\n).*?(<!-- latency ends -->)", re.DOTALL)

STEPS = {
    "fresh": "fresh set-up (in the image: its build)",
    "start": "kernel start",
    "load": "the cell that reads the data",
    "plot": "**start to first plot**",
    "median": "**later cells, median**",
    "slowest": "later cells, slowest",
    "training": "training",
}

PYTHON_CELLS = [
    "import os, pandas as pd, plotly.express as px; folder = os.environ['DATA_DIR']",
    "train = pd.read_csv(f'{folder}/train.csv'); test = pd.read_csv(f'{folder}/test.csv'); columns = list(train.columns)",
    "train.head()",
    "print(train.shape, test.shape)",
    "train.describe()",
    "px.scatter(train.value_counts().reset_index(), x=columns[0], y=columns[1], size='count')",
    "px.histogram(train, x=columns[0], nbins=20)",
    "px.histogram(train, x=columns[1], nbins=20)",
    "px.box(train, x=columns[0])",
    "px.box(train, x=columns[1])",
]


def say(text: str) -> None:
    print(f"isoforest: {text}", file=sys.stderr, flush=True)


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

    def __init__(self, manager: KernelManager, cells: list[str]):
        began = time.monotonic()
        manager.start_kernel(cwd=str(NOTEBOOKS), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=120)
            self.start = time.monotonic() - began
            self.to_first_plot = float("nan")
            self.seconds = [self.time(client, cell, began) for cell in cells]
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    def time(self, client, cell: str, began: float) -> float:
        """Seconds until a cell is done; notes when the first figure is there."""

        def look(message) -> None:
            content = message["content"]
            if PLOTLY in content.get("data", {}) and self.to_first_plot != self.to_first_plot:
                self.to_first_plot = time.monotonic() - began
            if message["msg_type"] == "error":
                sys.exit("isoforest: this cell failed:\n" + cell + "\n" + "\n".join(content["traceback"]))

        sent = time.monotonic()
        client.execute_interactive(cell, timeout=600, output_hook=look)
        return time.monotonic() - sent

    def figures(self, cells: list[str]) -> dict[str, float]:
        load = next(index for index, cell in enumerate(cells) if "read_csv" in cell)
        training = [seconds for cell, seconds in zip(cells, self.seconds) if TRAINS.search(cell)]
        later = [seconds for cell, seconds in list(zip(cells, self.seconds))[load + 1 :] if not TRAINS.search(cell)]
        return {
            "start": self.start,
            "load": self.seconds[load],
            "plot": self.to_first_plot,
            "median": statistics.median(later),
            "slowest": max(later),
            "training": max(training, default=float("nan")),
        }


def rust_kernel() -> KernelManager:
    return KernelManager(kernel_name="rust")


def python_kernel() -> KernelManager:
    manager = KernelManager()
    argv = [str(PEER / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=argv, display_name="peer", language="python")
    return manager


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {step: statistics.median(run[step] for run in runs) for step in runs[0]}


def time_kernels(n_runs: int, with_peer: bool) -> dict[str, dict[str, float]]:
    """The columns of this machine. The kernels take turns, so that a busy moment hits all of them."""
    kernels = {name: (rust_kernel, cells_of(f"{name}.ipynb")) for name in TIMED}
    if with_peer:
        kernels["peer"] = (python_kernel, PYTHON_CELLS)
    runs = {name: [] for name in kernels}
    for number in range(n_runs):
        for name, (manager, cells) in kernels.items():
            say(f"run {number + 1} of {n_runs}: {name}")
            runs[name].append(Run(manager(), cells).figures(cells))
    return {name: medians(of_kernel) for name, of_kernel in runs.items()}


def install_peer() -> None:
    """pandas and plotly for the Python kernel, at the versions of requirements-peer.txt."""
    wanted = (HERE / "requirements-peer.txt").read_text()
    stamp = PEER / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("installing pandas and plotly for the Python kernel to compare with")
    subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
    pip = [PEER / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", HERE / "requirements-peer.txt", "-c", HERE / "constraints.txt"], check=True)
    stamp.write_text(wanted)


def time_image(n_runs: int) -> dict[str, dict[str, float]] | None:
    """The same by this script inside the image, without a network and on a read-only repository; None without an image."""
    import container
    import engine

    command = engine.choose()
    if not command:
        say("no engine answers: the image is not timed")
        return None
    if subprocess.run([command, "image", "inspect", IMAGE], capture_output=True).returncode:
        say(f"there is no image {IMAGE}, so it is not timed; make image builds it")
        return None
    container.build(command)  # its library may be older than its sources by now
    say("the same in the image")
    line = [command, "run", "--rm", "--network", "none", "--volume", f"{ROOT}:/src:ro", "--env", "DATA_DIR=/src/data"]
    line += [IMAGE, "python", "/src/jupyter/latency.py", "--json", "--runs", str(n_runs)]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("isoforest: the image could not be timed, see above")
    return json.loads(done.stdout.splitlines()[-1])


def remembered() -> dict[str, float]:
    """What was timed before on this machine: seconds of "native" and "image"."""
    known = json.loads(REMEMBERED.read_text()) if REMEMBERED.exists() else {}
    return known.get(machine(), {})


def remember(name: str, seconds: float) -> None:
    known = json.loads(REMEMBERED.read_text()) if REMEMBERED.exists() else {}
    known.setdefault(machine(), {})[name] = seconds
    REMEMBERED.parent.mkdir(parents=True, exist_ok=True)
    REMEMBERED.write_text(json.dumps(known, indent=2) + "\n")


def time_fresh() -> None:
    """All that `make run` does natively before JupyterLab starts, with nothing there but what Rust and Python brought."""
    with tempfile.TemporaryDirectory(prefix="isoforest-fresh-") as folder:
        names = ("VENV", "TOOLS", "CARGO_TARGET_DIR")
        environment = {**os.environ, **{name: str(Path(folder, name.lower())) for name in names}, "ENGINE": "native"}
        began = time.monotonic()
        # By another Python than that of .venv, whose libraries it would look like.
        python = os.path.realpath(sys.executable)
        if subprocess.run([python, HERE / "setup.py"], env=environment, stdout=sys.stderr).returncode:
            sys.exit("isoforest: the fresh set-up failed, see above")
        remember("native", time.monotonic() - began)


def time_image_build() -> None:
    import container
    import engine

    command = engine.choose() or sys.exit("isoforest: an image needs Docker or podman, and none answers")
    began = time.monotonic()
    line = [command, "build", *container.FORMAT.get(command, []), "--no-cache", "--tag", f"{IMAGE}-timed", "--file", "jupyter/Dockerfile", "."]
    if subprocess.run(line, cwd=ROOT, stdout=sys.stderr).returncode:
        sys.exit("isoforest: the image could not be built, see above")
    remember("image", time.monotonic() - began)
    # Taken away again: a builder that found two equal steps might go on from the one that leads nowhere.
    subprocess.run([command, "image", "rm", f"{IMAGE}-timed"], capture_output=True)


def table(columns: dict[str, dict[str, float]], n_runs: int) -> str:
    """The Markdown table, with what was timed and how in a line above it."""

    def shown(seconds: float) -> str:
        if seconds != seconds:
            return "–"
        return f"{seconds / 60:.1f} min" if seconds >= 100 else f"{seconds:.1f}"

    lines = [f"Seconds, medians of {n_runs} runs; {machine()}, {time.strftime('%Y-%m-%d')}.", ""]
    lines += ["| step | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for step, name in STEPS.items():
        values = [column.get(step, float("nan")) for column in columns.values()]
        if any(value == value for value in values):
            lines.append(f"| {name} | " + " | ".join(shown(value) for value in values) + " |")
    return "\n".join(lines) + "\n"


def write_into(readme: Path, text: str) -> None:
    content = readme.read_text(encoding="utf-8")
    if not BETWEEN.search(content):
        sys.exit(f"isoforest: {readme} has no place for the table: a line `<!-- latency: made by make latency -->` and, where it "
                 "ends, a line `<!-- latency ends -->`")
    readme.write_text(BETWEEN.sub(lambda found: f"{found[1]}\n{text}\n{found[2]}", content), encoding="utf-8")
    say(f"the table is in {readme}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each notebook (default 3)")
    parser.add_argument("--readme", type=Path, help="write the table into this file, too")
    parser.add_argument("--fresh", action="store_true", help="set everything up from nothing, and time that (12 minutes)")
    parser.add_argument("--image-build", action="store_true", help="build the image from nothing, and time that (15 minutes)")
    parser.add_argument("--json", action="store_true", help="only this machine's kernel, as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        # compare.ipynb reads labelled files too, where there are any; they are not the repository's.
        os.environ.pop("LABELLED_DIR", None)
        os.environ.update(DATA_DIR=str(DATA), JUPYTER_PREFER_ENV_PATH="1", MODEL_PATH=f"{scratch}/model.json")
        if arguments.json:
            print(json.dumps(time_kernels(arguments.runs, with_peer=False)))
            return
        if arguments.fresh:
            time_fresh()
        if arguments.image_build:
            time_image_build()
        install_peer()
        native = time_kernels(arguments.runs, with_peer=True)
        image = time_image(arguments.runs)
    nan = float("nan")
    native["exploration"]["fresh"] = remembered().get("native", nan)
    columns = {f"`{name}.ipynb`": native[name] for name in TIMED}
    if image:
        image["exploration"]["fresh"] = remembered().get("image", nan)
        columns |= {f"`{name}.ipynb`, image": image[name] for name in TIMED}
    columns["pandas and plotly, the steps of exploration"] = native["peer"]
    text = table(columns, arguments.runs)
    print(text)
    if arguments.readme:
        write_into(arguments.readme, text)


if __name__ == "__main__":
    main()
