"""Fifty million rows through the command line: rows a second and peak memory, beside what reading them costs alone.

The parts csv and parquet of `make bench BENCH=--scale`. The file, 2 GB as CSV, is written into a scratch folder and removed again.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

sys.path.insert(0, str(Path(__file__).resolve().parent / "compare"))
from environment import say
from worker import Worker

NAMES = ["mean", "sd"]
PART = 1_000_000
SAMPLE = 200_000
SEED = 16
POLL = 0.01  # seconds between two looks at a program's memory
BYTES_A_ROW = 50  # of CSV, the larger


def parts(n_rows: int) -> Iterator[pa.Table]:
    """Heavy-tailed numbers of all 17 digits, which is the dearest text to read."""
    random = np.random.default_rng(SEED)
    for start in range(0, n_rows, PART):
        shape = min(PART, n_rows - start)
        yield pa.table([pa.array(random.standard_t(3, shape)) for _ in NAMES], names=NAMES)


def write(kind: str, folder: Path, n_rows: int) -> Path:
    path = folder / f"rows.{kind}"
    if kind == "csv":
        plain = pyarrow.csv.WriteOptions(quoting_style="none", include_header=False)
        with open(path, "wb") as text:
            text.write((",".join(NAMES) + "\n").encode())
            for part in parts(n_rows):
                pyarrow.csv.write_csv(part, text, plain)
    else:
        schema = pa.schema([(name, pa.float64()) for name in NAMES])
        with pyarrow.parquet.ParquetWriter(path, schema, compression="snappy") as columns:
            for part in parts(n_rows):
                columns.write_table(part)
    return path


def timed(command: list, stdin: Path | None = None) -> dict:
    """Runs a command to its end: seconds, and the peak of its memory in bytes."""
    with open(stdin or os.devnull, "rb") as source, open(os.devnull, "wb") as sink, tempfile.TemporaryFile("w+") as said:
        began, peak, ended = time.perf_counter(), 0, 0
        process = subprocess.Popen([str(part) for part in command], stdin=source, stdout=sink, stderr=said)
        while not ended:
            # Not ru_maxrss: it counts what this script itself held when it started the program.
            peak = max(peak, peak_memory(process.pid))
            time.sleep(POLL)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"isoforest: {command} failed:\n{said.read()}")
    say(f"  {Path(command[0]).name} {command[1]}: {seconds:.1f} s, {peak / 1e6:.0f} MB")
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak}


def asked(worker: Worker, command: str) -> dict:
    """Seconds, and processor time, of a command that takes longer than a moment, so that it is run once."""
    before = processor_time(worker.process.pid)
    answer = worker.ask(command)
    return {"seconds": answer["seconds"], "cpu": processor_time(worker.process.pid) - before}


def processor_time(pid: int) -> float:
    """User and system time of a running process in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> int:
    """VmHWM of a running process in bytes; 0 when it has ended."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM:")), 0)


def read_bytes(path: Path) -> float:
    began = time.perf_counter()
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(1 << 20)
        while file.readinto(buffer):
            pass
    return time.perf_counter() - began


READ, SCORE, TEXT = "read and parse, nothing else", "score the same number of rows in memory, 1 thread", "write the scores as text, nothing else"


def measure(kind: str, program: str, library: str, folder: Path, n_rows: int) -> dict:
    """All steps on a CSV or Parquet file, each with seconds and, where it is a program of its own, the peak memory."""
    free = shutil.disk_usage(folder).free
    if free < n_rows * BYTES_A_ROW:
        sys.exit(f"isoforest: {folder} has {free / 1e9:.0f} GB free, expected {n_rows * BYTES_A_ROW / 1e9:.0f}; name another in SCRATCH")
    say(f"{kind}: writing {n_rows:,} rows into {folder}")
    path, model, steps = write(kind, folder, n_rows), folder / "model.json", {}
    train = ["--output", model, "--random-state", SEED, "--contamination", 0.001, "--subsample", SAMPLE]
    say(f"{kind}: bytes alone, reading alone, train, score")
    steps["read the bytes, nothing else"] = {"seconds": read_bytes(path)}
    with Worker([library], folder) as worker:
        steps[READ] = asked(worker, f"read {path.name}")
        rows = np.random.default_rng(SEED).standard_t(3, (PART, len(NAMES)))
        rows.astype("<f8").tofile(folder / "rows.f64")
        worker.ask(f"data {PART} {len(NAMES)} rows.f64")
        worker.ask("fit 100 256 1")
        for step, command in ((SCORE, "score 1"), (TEXT, "text")):
            steps[step] = {name: value * n_rows / PART for name, value in asked(worker, command).items()}
        # It scores the rows first, beside its time.
        steps[TEXT]["cpu"] -= steps[SCORE]["cpu"]
    steps["train, sample and exact threshold (two readings)"] = timed([program, "train", path, *train])
    for threads in (1, 2):
        label = f"score, {threads} thread" + ("s" if threads > 1 else "")
        steps[label] = timed([program, "score", model, path, "--n-jobs", threads])
    if kind == "csv":
        steps["train from a pipe, sample and its threshold (one reading)"] = timed([program, "train", "-", *train], stdin=path)
    alone = {"reading and parsing": READ, "scoring": SCORE, "writing text": TEXT}
    return {"rows": n_rows, "steps": steps, "alone": alone, "bytes": path.stat().st_size, "sample": SAMPLE}
