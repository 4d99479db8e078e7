"""What the tests from outside share: the programs, a model, a service that runs, and plain HTTP.

Settings by variables, as in the Makefile: DATA_DIR (default data/) and CARGO_TARGET_DIR (default target/).
"""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / Path(os.environ.get("CARGO_TARGET_DIR") or "target").expanduser()
DATA = ROOT / Path(os.environ.get("DATA_DIR") or "data").expanduser()
PROGRAMS = TARGET / "release"

BUILD = "cargo build --locked --release -p isoforest-service && cargo build --locked --release -p isoforest --features cli"
EXAMPLE = {"feature_vector": [-0.157, -0.106]}
TOKEN = "a-token-for-tests-only"


def fail(message: str) -> None:
    sys.exit(f"isoforest: {message}")


def program(name: str) -> Path:
    """One of our programs, built for release."""
    path = PROGRAMS / name
    if not path.exists():
        fail(f"{path} is not there; build it first: {BUILD}")
    return path


def train(model: Path, random_state: int = 16, contamination: str = "0.001", data: Path = DATA) -> Path:
    """A model of the training data, as the notebook trains it, by our command line."""
    options = ["--random-state", str(random_state), "--contamination", contamination]
    subprocess.run([program("isoforest"), "train", data / "train.csv", "--output", model, *options], check=True, stderr=subprocess.DEVNULL)
    return model


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Checks:
    """What was looked at, and what was wrong."""

    def __init__(self):
        self.problems = []

    def see(self, is_well: bool, what: str) -> None:
        print(f"  {'ok' if is_well else 'WRONG'}: {what}", flush=True)
        if not is_well:
            self.problems.append(what)

    def end(self, subject: str) -> None:
        if self.problems:
            fail("\n  ".join([f"{subject} not as it should be:", *self.problems]))


class Service:
    """A running service on a free port of this machine."""

    def __init__(self, port: int, process: subprocess.Popen | None = None, log: Path | None = None):
        self.port, self.process, self.log = port, process, log
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: object = None, headers: dict | None = None) -> tuple[int, str]:
        """Status and text of an answer; a body that is no text is sent as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def json(self, method: str, path: str, body: object = None, headers: dict | None = None) -> dict:
        """The content of an answer that must be good."""
        status, text = self.ask(method, path, body, headers)
        if status != 200:
            fail(f"{method} {path} was answered with {status}: {text}")
        return json.loads(text)

    def is_well(self) -> bool:
        """Whether the next good request is served."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("POST", "/prediction", EXAMPLE)[0] == 200
        return False

    def wait_ready(self, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/health/ready")[0] == 200:
                    return
            if self.process and self.process.poll() is not None:
                fail(f"the service ended with status {self.process.returncode}: {self.log.read_text()[-2000:]}")
            time.sleep(0.01)
        fail(f"the service at {self.url} is not ready after {seconds} s")

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples of a metric that have these labels."""
        return sum(value for sample, found, value in samples(self.ask("GET", "/metrics")[1])
                   if sample == name and labels.items() <= found.items())

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def samples(text: str) -> list[tuple[str, dict, float]]:
    """The samples of a scrape: name, labels, value."""
    lines = re.findall(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", text, re.MULTILINE)
    return [(name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)), float(value)) for name, labels, value in lines]


@contextlib.contextmanager
def running(model: Path, port: int | None = None, **variables: str) -> Iterator[Service]:
    """A service for the time of a block; it must end well when told to."""
    port = port or free_port()
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "service.log")
        environment = {**os.environ, "ROCKET_PORT": str(port), "ROCKET_ADDRESS": "127.0.0.1", **variables}
        with log.open("wb") as output:
            process = subprocess.Popen([program("isoforest-service"), "--model", model], env=environment, stdout=output, stderr=output)
        service = Service(port, process, log)
        try:
            service.wait_ready()
            yield service
        finally:
            end(service)


def end(service: Service) -> None:
    """Ends the service; a failure to end in time is a failure of the test, unless it has failed already."""
    is_failing = sys.exc_info()[0] is not None
    alive = service.process.poll() is None
    if alive:
        service.process.terminate()
    try:
        status = service.process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        service.process.kill()
        status = "none, within 10 s"
    if status != 0 and not is_failing:
        fail(f"the service ended with status {status}: {service.log.read_text()[-2000:]}")
    if not alive and not is_failing:
        fail("the service ended by itself")


@contextlib.contextmanager
def given_or_running(url: str | None) -> Iterator[Service]:
    """The service at an address of this machine, or else one with a freshly trained model."""
    if url:
        yield Service(int(url.rstrip("/").rsplit(":", 1)[1]))
        return
    with tempfile.TemporaryDirectory() as scratch, running(train(Path(scratch, "model.json"))) as service:
        yield service
