"""`make cluster-bench`: rows a second here, on one executor and on two, beside `isoforest score`, all on one file in one run.

    python cluster/bench/rates.py [--rows 50000000] [--runs 3] [--readme FILE]

Makes the file (16 bytes a row and the outputs, 4 GB in all) in a scratch folder (SCRATCH) and removes it again. With --readme it writes
the tables, and the cost of ten billion rows that follows from them, between the markers of that file.
"""

import argparse
import datetime
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "crate" / "benches" / "compare"))
sys.path.insert(0, str(ROOT / "crate" / "benches"))
from environment import build_command_line, processor, say

BILLIONS = 10
PARTS = 24
MARKS = ("<!-- rates: made by make cluster-bench -->", "<!-- rates end -->")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_rows(path: Path, rows: int) -> None:
    """The rows of `make bench BENCH=--scale`: heavy-tailed numbers of all 17 digits."""
    import pyarrow as pa
    import pyarrow.parquet
    from scale import NAMES, parts

    schema = pa.schema([(name, pa.float64()) for name in NAMES])
    with pyarrow.parquet.ParquetWriter(path, schema, compression="snappy") as columns:
        for part in parts(rows):
            columns.write_table(part)


def peak_memory(pid: int) -> float:
    """Of a running process, in MB; 0 when it has ended."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) / 1e3 for line in text.splitlines() if line.startswith("VmHWM:")), 0)


def run(command: list) -> tuple[float, float, float]:
    """Runs a command to its end: seconds, CPU seconds, and the peak of its memory in MB."""
    with tempfile.TemporaryFile("w+") as said:
        began, peak, ended = time.perf_counter(), 0, 0
        process = subprocess.Popen([str(part) for part in command], stdout=said, stderr=said)
        while not ended:
            peak = max(peak, peak_memory(process.pid))
            time.sleep(0.02)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"isoforest: {command} failed:\n{said.read()}")
    return seconds, usage.ru_utime + usage.ru_stime, peak


class Executors:
    """A scheduler and executors with one thread each."""

    def __init__(self, program: Path, model: Path, count: int, folder: Path):
        self.port, self.processes = free_port(), []
        self.log = open(folder / "cluster.log", "a")
        self.start(program, "scheduler", "--model", model, "--port", self.port)
        wait_for(f"http://127.0.0.1:{self.port}/healthz")
        for _ in range(count):
            page = free_port()
            self.start(program, "executor", "--model", model, "--threads", 1, "--scheduler", self.address,
                       "--port", free_port(), "--page-port", page)
            wait_for(f"http://127.0.0.1:{page}/readyz")

    @property
    def address(self) -> str:
        return f"df://127.0.0.1:{self.port}"

    def start(self, *command: object) -> None:
        self.processes.append(subprocess.Popen([str(part) for part in command], stdout=self.log, stderr=self.log))

    def end(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(60)


def wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"isoforest: {url} does not answer")


class Bench:
    def __init__(self, program: Path, folder: Path, rows: int, runs: int):
        self.program, self.folder, self.rows, self.runs = program, folder, rows, runs
        self.single = build_command_line()
        self.model, self.input = folder / "model.json", folder / "rows.parquet"

    def prepare(self) -> None:
        say(f"writing {self.rows:,} rows")
        write_rows(self.input, self.rows)
        self.trained = run([self.program, "train", "--input", self.input, "--output", self.model, "--random-state", 16,
                            "--contamination", 0.001])
        say(f"train: {self.trained[0]:.1f} s")

    def once(self, kind: str, threads: int) -> tuple[float, float, float]:
        output = self.folder / "scored"
        if kind == "isoforest score":
            return run([self.single, "score", self.model, self.input, "--output", self.folder / "scores.csv", "--n-jobs", threads])
        command = [self.program, "score", "--model", self.model, "--input", self.input, "--output", output]
        if kind == "here":
            found = run([*command, "--threads", threads])
        else:
            cluster = Executors(self.program, self.model, threads, self.folder)
            try:
                found = run([*command, "--partitions", PARTS, "--scheduler", cluster.address])
                found = (*found[:2], max(peak_memory(process.pid) for process in cluster.processes[1:]))
            finally:
                cluster.end()
        self.written = sum(path.stat().st_size for path in output.iterdir())
        shutil.rmtree(output)
        return found

    def measure(self) -> dict[tuple[str, int], tuple[float, float, float]]:
        """Medians; the ways take turns, so that whatever else the machine does meets all of them."""
        ways = [(kind, threads) for kind in ("isoforest score", "here", "cluster") for threads in (1, 2)]
        found = {way: [] for way in ways}
        for turn in range(self.runs):
            for way in ways:
                found[way].append(self.once(*way))
                say(f"{turn + 1}/{self.runs} {way[0]}, {way[1]}: {found[way][-1][0]:.1f} s")
        return {way: tuple(statistics.median(column) for column in zip(*results)) for way, results in found.items()}


LABELS = {
    ("isoforest score", 1): "`isoforest score`, one thread (writes CSV)",
    ("isoforest score", 2): "`isoforest score`, two threads (writes CSV)",
    ("here", 1): "`isoforest-cluster score`, one thread",
    ("here", 2): "`isoforest-cluster score`, two threads",
    ("cluster", 1): "the same on one executor of one thread",
    ("cluster", 2): "the same on two executors of one thread",
}


def report(bench: Bench, found: dict) -> str:
    rows, base = bench.rows, found["isoforest score", 2][0]
    size, written = bench.input.stat().st_size, bench.written
    lines = [
        f"{rows:,} rows × 2 columns, Parquet, {size / 1e9:.2f} GB; {processor()}, {os.cpu_count()} cores, Linux, "
        f"{datetime.date.today()}. Medians of {bench.runs} runs that took turns.", "",
        "| | seconds | million rows a second | beside `isoforest score` with two threads | peak memory of a process that scores, MB |", "|---|---:|---:|---:|---:|",
    ]
    for way, label in LABELS.items():
        seconds, _, peak = found[way]
        lines.append(f"| {label} | {seconds:.1f} | {rows / seconds / 1e6:.2f} | {base / seconds:.2f} | {peak:.0f} |")
    lines.append(f"| `isoforest-cluster train`, sample and exact threshold (two readings), two threads | {bench.trained[0]:.1f} | "
                 f"{rows / bench.trained[0] / 1e6:.2f} | – | {bench.trained[2]:.0f} |")
    two, one = found["cluster", 2][0], found["cluster", 1][0]
    lines += ["", f"Two executors are {one / two:.2f} times as quick as one.", "", *cost(bench, found)]
    return "\n".join(lines)


def cost(bench: Bench, found: dict) -> list[str]:
    """Ten billion rows from the rates of one core."""
    rows, scale = bench.rows, BILLIONS * 1e9 / bench.rows
    cpu = found["here", 1][1]
    read, written = bench.input.stat().st_size * scale, bench.written * scale
    core_hours = cpu * scale / 3600
    rate = rows / cpu
    return [
        f"**Ten billion rows** of this kind are {read / 1e12:.2f} TB to read and {written / 1e12:.2f} TB to write. A core takes "
        f"{1e6 / rate:.2f} s of its time for a million rows (reading, scoring and writing), so all take {core_hours:.1f} core hours; each core "
        f"reads {rate * read / (BILLIONS * 1e9) / 1e6:.0f} MB and writes {rate * written / (BILLIONS * 1e9) / 1e6:.0f} MB a second.", "",
        "| cores | hours if the CPU is the bound | storage must read, write (GB/s) | 10 Gbit/s links that this fills |", "|---:|---:|---:|---:|",
        *(f"| {cores} | {core_hours / cores:.2f} | {cores * rate * read / (BILLIONS * 1e9) / 1e9:.2f}, "
          f"{cores * rate * written / (BILLIONS * 1e9) / 1e9:.2f} | {cores * rate * (read + written) / (BILLIONS * 1e9) / 1.25e9:.1f} |"
          for cores in (8, 32, 128)),
    ]


def write_readme(file: Path, text: str) -> None:
    page = file.read_text()
    pattern = re.compile(f"{re.escape(MARKS[0])}.*?{re.escape(MARKS[1])}", re.DOTALL)
    file.write_text(pattern.sub(lambda _: f"{MARKS[0]}\n\n{text}\n\n{MARKS[1]}", page))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "cluster" / "target")
    parser.add_argument("--program", type=Path, default=target / "release" / "isoforest-cluster")
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--readme", type=Path, help="where to write the tables")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="isoforest-rates-", dir=os.environ.get("SCRATCH")) as name:
        bench = Bench(arguments.program.resolve(), Path(name), arguments.rows, arguments.runs)
        bench.prepare()
        text = report(bench, bench.measure())
    print(text)
    if arguments.readme:
        write_readme(arguments.readme, text)


if __name__ == "__main__":
    main()
