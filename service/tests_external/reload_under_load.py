"""A hundred reloads while wrk asks: no request fails, no answer mixes two models, bad files are counted and change nothing.

    python service/tests_external/reload_under_load.py [--reloads 100]

Reloads by SIGHUP and by POST /v2/repository/models/isoforest/load in turn; the file is now one model, now another, now
no model at all. Meanwhile a client sends batches and compares all scores of each answer with either model. Wants wrk.
"""

import argparse
import csv
import json
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from common import DATA, TOKEN, Checks, Service, fail, program, running, train

LOAD = "/v2/repository/models/isoforest/load"
WRK = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"feature_vector":[-0.157,-0.106],"score":true}'
"""
BATCH = 1_500  # enough for the service to hand it to another thread


class Models:
    """Two models, the scores that each gives to the batch, and a file that is none."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.served = folder / "model.json"
        self.files = [train(folder / f"{seed}.json", random_state=seed) for seed in (16, 17)]
        broken = folder / "broken.json"
        broken.write_bytes(self.files[0].read_bytes()[:-1000])
        self.broken = broken
        with (DATA / "test.csv").open(newline="") as file:
            self.rows = [[float(cell) for cell in row] for row in list(csv.reader(file))[1 : BATCH + 1]]
        self.scores = [self.score(model) for model in self.files]

    def score(self, model: Path) -> list[float]:
        scored = subprocess.run([program("isoforest"), "score", model, DATA / "test.csv"], check=True, capture_output=True, text=True)
        return [float(line.split(",")[0]) for line in scored.stdout.splitlines()[1 : BATCH + 1]]

    def put(self, source: Path) -> None:
        """Replaces the served file at once, as a careful operator does."""
        new = self.folder / "new.json"
        shutil.copy(source, new)
        new.replace(self.served)


class Checker(threading.Thread):
    """Sends batches until told to stop; every answer must be the work of one model alone."""

    def __init__(self, service: Service, models: Models):
        super().__init__()
        self.service, self.models = service, models
        self.is_over = threading.Event()
        self.answers = [0, 0]
        self.problems = []

    def run(self) -> None:
        body = {"feature_vectors": self.models.rows, "score": True}
        while not self.is_over.is_set():
            try:
                status, text = self.service.ask("POST", "/predictions", body)
            except OSError as error:
                self.problems.append(str(error))
                continue
            if status != 200:
                self.problems.append(f"{status}: {text[:200]}")
                continue
            scores = [one["anomaly_score"] for one in json.loads(text)["predictions"]]
            if scores in self.models.scores:
                self.answers[self.models.scores.index(scores)] += 1
            else:
                self.problems.append("an answer is neither model's alone")


def reload(service: Service, by_signal: bool, is_good: bool, reloads_before: float) -> str | None:
    """One reload, waited for; what was wrong."""
    result = "success" if is_good else "failure"
    if by_signal:
        service.send(signal.SIGHUP)
    else:
        status, text = service.ask("POST", LOAD, b"", {"Authorization": f"Bearer {TOKEN}"})
        if (status == 200) != is_good:
            return f"POST {LOAD} of a {'good' if is_good else 'bad'} file: {status} {text}"
    end = time.monotonic() + 20
    while service.metric("anomaly_model_reloads_total", result=result) <= reloads_before:
        if time.monotonic() > end:
            return f"a reload with the result {result} is not counted"
        time.sleep(0.01)
    return None


def reload_all(service: Service, models: Models, n_reloads: int) -> list[str]:
    """The reloads one after the other: two models and a broken file in turn, each by signal and by request."""
    counts = {True: 0.0, False: 0.0}
    problems = []
    for i in range(n_reloads):
        source = [*models.files, models.broken][i % 3]
        is_good = source is not models.broken
        models.put(source)
        problem = reload(service, by_signal=i % 2 == 0, is_good=is_good, reloads_before=counts[is_good])
        if problem:
            problems.append(f"reload {i + 1}: {problem}")
        counts[is_good] += 1
        time.sleep(0.05)
    for is_good, result in ((True, "success"), (False, "failure")):
        found = service.metric("anomaly_model_reloads_total", result=result)
        if found != counts[is_good]:
            problems.append(f"{found:.0f} reloads are counted as {result}; expected {counts[is_good]:.0f}")
    return problems


def start_wrk(service: Service, folder: Path) -> subprocess.Popen:
    script = folder / "post.lua"
    script.write_text(WRK)
    # Longer than the reloads take; it is told to end before.
    command = ["wrk", "-t1", "-c8", "-d600s", "--timeout", "5s", "-s", script, f"{service.url}/prediction"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def end_wrk(wrk: subprocess.Popen, checks: Checks) -> None:
    """wrk prints its report when interrupted: how many requests, and how many failed if any."""
    if wrk.poll() is not None:
        fail(f"wrk ended by itself: {wrk.stdout.read()}")
    wrk.send_signal(signal.SIGINT)
    report = wrk.communicate(timeout=30)[0]
    requests = int(re.search(r"(\d+) requests in", report)[1])
    failed = re.findall(r"(Socket errors: .*|Non-2xx or 3xx responses: .*)", report)
    checks.see(not failed and requests > 0, f"wrk: {requests} requests, {'; '.join(failed) or 'none failed'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reloads", type=int, default=100)
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        fail("wrk is not installed; on Debian: apt-get install wrk")
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        models = Models(Path(scratch))
        models.put(models.files[1])
        with running(models.served, ISOFOREST_RELOAD_TOKEN=TOKEN) as service:
            checker, wrk = Checker(service, models), start_wrk(service, Path(scratch))
            try:
                checker.start()
                problems = reload_all(service, models, arguments.reloads)
                checker.is_over.set()
                checker.join()
                end_wrk(wrk, checks)
            finally:
                checker.is_over.set()
                wrk.kill()
            checks.see(not problems, f"{arguments.reloads} reloads: {'; '.join(problems) or 'each had its result, and was counted'}")
            checks.see(not checker.problems, f"{sum(checker.answers)} batches: {'; '.join(checker.problems[:3]) or 'none failed'}")
            checks.see(min(checker.answers) > 0, f"{checker.answers} of them by either model alone")
            refused = service.ask("POST", LOAD, b"", {"Authorization": "Bearer " + "x" * len(TOKEN)})[0]
            checks.see(refused in (401, 403), f"a reload with a wrong token: {refused}")
    checks.end("reloads are")


if __name__ == "__main__":
    main()
