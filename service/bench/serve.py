"""How fast the service is, beside an empty Rocket route and beside FastAPI with scikit-learn: a table in Markdown.

    cargo build --locked --release -p isoforest-service --bins --examples
    python service/bench/serve.py [--seconds 10] [--rounds 5] [--no-fastapi] [--readme FILE]

All of it on this machine, in one run, in turn, medians of the rounds. The service counts and logs every request, into a
file. Wants wrk, and the packages of service/tests_external/requirements.txt for FastAPI. With --readme the table is written
into that file, between the two comments that begin with `<!-- speed`.
"""

import argparse
import contextlib
import http.client
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests_external"))
from common import DATA, PROGRAMS, Service, fail, free_port, program, train

BODY = '{"feature_vector":[-0.157,-0.106],"score":true}'
WRK = f"""wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{BODY}'
"""
CONNECTIONS = 8
MANY = 1_000_000
STARTS = 11
BETWEEN = re.compile(r"(<!-- speed: .*?-->\n).*?(<!-- speed ends -->)", re.DOTALL)
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


class Run:
    """What wrk found."""

    def __init__(self, report: str):
        if re.search(r"Socket errors|Non-2xx", report):
            fail(f"requests failed, so there is nothing to compare:\n{report}")
        self.per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", report)[1])
        self.p50, self.p99 = (self.milliseconds(report, share) for share in ("50", "99"))

    @staticmethod
    def milliseconds(report: str, share: str) -> float:
        found = re.search(rf"^\s+{share}%\s+([\d.]+)(us|ms|s)$", report, re.MULTILINE)
        if not found:
            fail(f"no latency in what wrk says; perhaps nothing was answered in time:\n{report}")
        number, unit = found.groups()
        return float(number) * UNITS[unit]


def load(port: int, seconds: float, script: Path) -> str:
    """What wrk says after so many seconds."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "10s", "--latency", "-s", script, f"http://127.0.0.1:{port}/prediction"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def wrk(port: int, seconds: float, script: Path) -> Run:
    return Run(load(port, seconds, script))


def is_up(port: int, path: str) -> bool:
    """Whether the server takes connections and, asked for `path`, answers with 200 where one is given."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        if not path:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        connection.request("GET", path)
        return connection.getresponse().status == 200
    return False


@contextlib.contextmanager
def server(command: list, folder: Path, ready: str = "", port: int | None = None) -> Iterator[tuple[Service, float]]:
    """A server for the time of a block, and how many milliseconds it took until it could answer."""
    port = port or free_port()
    environment = {**os.environ, "ROCKET_PORT": str(port), "ROCKET_ADDRESS": "127.0.0.1", "DATA_DIR": str(DATA)}
    log = folder / f"{port}.log"
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            while not is_up(port, ready):
                if process.poll() is not None or time.perf_counter() - begin > 120:
                    fail(f"{command[0]} does not answer: {log.read_text()[-2000:]}")
                time.sleep(0.001)
            yield Service(port, process), 1e3 * (time.perf_counter() - begin)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
            log.unlink()


def in_turn(servers: dict[str, Service], rounds: int, seconds: float, script: Path) -> dict[str, list[Run]]:
    runs = {name: [] for name in servers}
    for service in servers.values():
        load(service.port, 2, script)
    for i in range(rounds):
        for name, service in servers.items():
            runs[name].append(wrk(service.port, seconds, script))
            print(f"round {i + 1}: {name}: {runs[name][-1].per_second:,.0f} requests/s", file=sys.stderr, flush=True)
    return runs


def median(runs: list[Run], figure: Callable[[Run], float]) -> float:
    return statistics.median(map(figure, runs))


def table(runs: dict[str, list[Run]]) -> str:
    empty = median(runs["empty Rocket route"], lambda run: run.per_second)
    slowest = min(median(of_server, lambda run: run.per_second) for of_server in runs.values())
    lines = ["| | requests/s | p50 | p99 | of the empty route | times the slowest |", "|---|---:|---:|---:|---:|---:|"]
    for name, of_server in runs.items():
        per_second, p50, p99 = (median(of_server, figure) for figure in (lambda r: r.per_second, lambda r: r.p50, lambda r: r.p99))
        lines.append(f"| {name} | {per_second:,.0f} | {p50:.2f} ms | {p99:.2f} ms | {per_second / empty:.1%} | {per_second / slowest:,.0f} |")
    return "\n".join(lines)


def memory(service_command: list, folder: Path, script: Path) -> str:
    """Resident memory of a fresh service: before any request, after a tenth of the million, after all of it."""
    with server(service_command, folder, "/health/ready") as (service, _):
        sizes = [service.resident_bytes()]
        for goal in (MANY / 10, MANY):
            while service.metric("predictions_total") < goal:
                wrk(service.port, 2, script)
            sizes.append(service.resident_bytes())
        done = service.metric("predictions_total")
    before, early, late = (f"{size / 1e6:.1f} MB" for size in sizes)
    return f"Resident memory: {before} before, {early} after {MANY // 10:,} requests, {late} after {done:,.0f}."


def starts(service_command: list, folder: Path) -> str:
    times = []
    for _ in range(STARTS):
        with server(service_command, folder, "/health/ready") as (_, milliseconds):
            times.append(milliseconds)
    return f"Start to ready: {statistics.median(times):.0f} ms (median of {STARTS}, {min(times):.0f} to {max(times):.0f})."


def machine() -> str:
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    versions = [subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0].split("[")[0].strip()
                for command in (["rustc", "--version"], ["wrk", "-v"])]
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; {versions[0]}; {versions[1]}"


def write_into(readme: Path, text: str) -> None:
    content = readme.read_text(encoding="utf-8")
    if not BETWEEN.search(content):
        fail(f"{readme} has no place for the table: a line `<!-- speed: made by make service-bench -->` and, where it ends, a line `<!-- speed ends -->`")
    readme.write_text(BETWEEN.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", content), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="length of a run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-fastapi", action="store_true")
    parser.add_argument("--readme", type=Path, help="write the table into this file, too")
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        fail("wrk is not installed; on Debian: apt-get install wrk")
    empty = PROGRAMS / "examples" / "empty_route"
    if not empty.exists():
        fail(f"{empty} is not there; build it: cargo build --locked --release -p isoforest-service --bins --examples")
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as running:
        folder = Path(scratch)
        script = folder / "post.lua"
        script.write_text(WRK)
        command = [program("isoforest-service"), "--model", train(folder / "model.json")]
        said = [f"`{BODY}`, {CONNECTIONS} connections, medians of {arguments.rounds} runs of {arguments.seconds:g} s in turn.\n{machine()}, {time.strftime('%Y-%m-%d')}."]
        servers = {"this service": running.enter_context(server(command, folder, "/health/ready"))[0]}
        servers["empty Rocket route"] = running.enter_context(server([empty], folder))[0]
        if not arguments.no_fastapi:
            port = free_port()
            uvicorn = [sys.executable, "-m", "uvicorn", "--app-dir", Path(__file__).parent, "--port", str(port), "--log-level", "warning", "fastapi_app:app"]
            servers["FastAPI with scikit-learn"] = running.enter_context(server(uvicorn, folder, port=port))[0]
        said.append(table(in_turn(servers, arguments.rounds, arguments.seconds, script)))
        running.close()
        said.append(f"{memory(command, folder, script)}\n{starts(command, folder)}")
    text = "\n\n".join(said)
    print(text)
    if arguments.readme:
        write_into(arguments.readme, text)


if __name__ == "__main__":
    main()
