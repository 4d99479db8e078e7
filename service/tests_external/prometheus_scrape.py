"""A real Prometheus scrapes the service; after a replay its counts are the replay's, to the last row.

    python service/tests_external/prometheus_scrape.py

Wants prometheus (Debian's package). Everything runs on free ports of this machine and ends with the test.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from common import DATA, Checks, Service, fail, free_port, program, running, train

CONFIGURATION = """global:
  scrape_interval: 1s
scrape_configs:
  - job_name: service
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


class Prometheus:
    def __init__(self, port: int):
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> object:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return json.load(answer)["data"]

    def value(self, query: str) -> float:
        """The value of a query that gives one; 0 where there is no series yet."""
        result = self.get("/api/v1/query?" + urllib.parse.urlencode({"query": query}))["result"]
        return float(result[0]["value"][1]) if result else 0.0

    def wait(self, query: str, expected: float, seconds: float = 20) -> float:
        """The value, once it is what is expected, or after the time."""
        end = time.monotonic() + seconds
        value = float("nan")
        while value != expected and time.monotonic() < end:
            # It may not listen yet.
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                value = self.value(query)
            time.sleep(0.2)
        return value


@contextlib.contextmanager
def prometheus(service: Service, folder: Path) -> Iterator[Prometheus]:
    configuration = folder / "prometheus.yml"
    configuration.write_text(CONFIGURATION.format(port=service.port))
    port = free_port()
    command = ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield Prometheus(port)
        finally:
            process.terminate()
            process.wait(timeout=30)


def replay(service: Service) -> dict[str, int]:
    """Replays the test set; the counts of its summary."""
    environment = {**os.environ, "DATA_DIR": str(DATA)}
    run = subprocess.run([program("replay"), "--url", service.url], env=environment, capture_output=True, text=True)
    if run.returncode:
        fail(f"replay ended with status {run.returncode}: {run.stdout}{run.stderr}")
    lines = re.findall(r"^(rows answered|with score|outliers|failed)\s+([\d,]+)", run.stdout, re.MULTILINE)
    return {name: int(count.replace(",", "")) for name, count in lines}


def expectations(counts: dict[str, int], before: int) -> dict[str, int]:
    """What the counters must be after a replay; `before` requests came before it."""
    rows, scored, outliers = counts["rows answered"], counts["with score"], counts["outliers"]
    route = '{route="/prediction",method="POST",code="200"}'
    return {
        "sum(predictions_total)": rows + before,
        "sum(model_info_total)": 1,
        "sum(predictions_output_count)": rows + before,
        "sum(predictions_output_sum)": rows + before - outliers,
        "sum(predictions_latency_count)": rows + before,
        "sum(predictions_scores_count)": scored,
        "sum(prediction_rows_total)": rows + before,
        'sum(prediction_rows_total{result="outlier"})': outliers,
        f"sum(http_requests_total{route})": rows + before,
        'sum(http_requests_total{route="/model_information"})': 1,
        'sum by (feature) (anomaly_feature_bin_total{feature="mean"})': rows + before,
        "sum(anomaly_score_bin_total)": rows + before,
    }


def main() -> None:
    if not shutil.which("prometheus"):
        fail("prometheus is not installed; on Debian: apt-get install prometheus")
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch, running(train(Path(scratch, "model.json"))) as service:
        with prometheus(service, Path(scratch)) as scraper:
            # A counter's first sample is where increase() begins; it need not be the first request's.
            service.is_well()
            checks.see(scraper.wait("up{job='service'}", 1, seconds=60) == 1, "the target is up")
            counts = replay(service)
            rows = len((DATA / "test.csv").read_text().splitlines()) - 1
            checks.see(counts["rows answered"] == rows and counts["failed"] == 0, f"replay: {counts}")
            checks.see(counts["with score"] == round(rows / 4), "a quarter of the rows asked for the score")
            for query, expected in expectations(counts, before=1).items():
                found = scraper.wait(query, expected)
                checks.see(found == expected, f"{query} is {found:.0f}, expected {expected}")
            (target,) = scraper.get("/api/v1/targets")["activeTargets"]
            checks.see(target["lastError"] == "", f"the last scrape had no error {target['lastError']}")
            series = scraper.value('count({job="service"})')
            checks.see(0 < series <= 1_000, f"{series:.0f} series; at most about 1,000 are wanted")
    checks.end("metrics are")


if __name__ == "__main__":
    main()
