"""The profile `cluster` of the stack in containers: two executors, scores as by one process, one of them cut off from the network.

    python cluster/tests_external/containers.py [--no-build] [--rows 6000000]

Wants an engine with Compose, and the program built (make cluster); the image's build takes long the first time. It uses a project of
its own and takes everything away at the end. STAND_INS is a command that makes images available which cannot be fetched.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MONITORING = ROOT / "monitoring"
sys.path.insert(0, str(MONITORING / "tests"))
import lint
import shortened

DOCKER = os.environ.get("DOCKER") or "docker"
PROJECT = "isoforest-cluster-test"
PARTS = 24


def say(text: str) -> None:
    print(text, flush=True)


def until(what: str, question, seconds: float = 120):
    """Asks until the answer is true, and gives it; time only bounds a failure."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"{what}: not so after {seconds:.0f} s"
        time.sleep(0.2)
    return answer


class Cluster:
    def __init__(self, folder: Path, program: Path):
        self.folder, self.program = folder, program
        for name in ("model", "input", "output"):
            (folder / name).mkdir()
        shortened.make(MONITORING / "prometheus", folder / "prometheus")
        override = folder / "override.yml"
        override.write_text(json.dumps({"services": {"prometheus": {"volumes": [f"{folder / 'prometheus'}:/etc/prometheus:ro"]}}}))
        self.environment = {
            **os.environ, "ADMIN_PASSWORD": "not asked for", "COMPOSE_PROJECT_NAME": PROJECT, "DOCKER_BUILDKIT": "1",
            "COMPOSE_FILE": f"{MONITORING / 'docker-compose.yml'}{os.pathsep}{override}",
            "MODEL_DIR": str(folder / "model"), "CLUSTER_INPUT": str(folder / "input"), "CLUSTER_OUTPUT": str(folder / "output"),
            "CLUSTER_USER": "4321:4321",
        }

    def make_rows(self, count: int) -> None:
        """Four CSV files, and a model of the first."""
        numbers = random.Random(16)
        for part in range(4):
            with open(self.folder / "input" / f"{part}.csv", "w") as file:
                file.write("mean,sd\n")
                for _ in range(count // 4):
                    file.write(f"{numbers.gauss(0, 1):.6f},{numbers.expovariate(1):.6f}\n")
        self.here("train", "--input", self.folder / "input" / "0.csv", "--output", self.folder / "model" / "model.json",
                  "--random-state", "16", "--contamination", "0.001")
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)  # for the containers' users
        (self.folder / "output").chmod(0o777)

    def here(self, *arguments: object) -> None:
        subprocess.run([self.program, *map(str, arguments)], check=True)

    def compose(self, *arguments: str, **more) -> subprocess.CompletedProcess:
        command = [DOCKER, "compose", "--profile", "cluster", "--profile", "job", *arguments]
        return subprocess.run(command, env=self.environment, cwd=MONITORING, text=True, **more)

    def ask(self, *arguments: str) -> str:
        done = self.compose(*arguments, capture_output=True)
        assert done.returncode == 0, f"docker compose {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def containers(self, name: str) -> list[str]:
        return self.ask("ps", "--quiet", name).split()

    def inspect(self, container: str) -> dict:
        return json.loads(docker("inspect", container))[0]

    def job(self, output: str) -> subprocess.Popen:
        command = [DOCKER, "compose", "--profile", "job", "run", "--rm", "-T", "job", "score",
                   "--input", "/input/*.csv", "--output", f"/output/{output}", "--partitions", str(PARTS)]
        return subprocess.Popen(command, env=self.environment, cwd=MONITORING, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def query(self, expression: str) -> list[dict]:
        """Prometheus' answer, asked from within: it is not published without Caddy."""
        shown = self.ask("exec", "-T", "prometheus", "promtool", "query", "instant", "-o", "json", "http://127.0.0.1:9090", expression)
        return json.loads(shown)


def docker(*arguments: str) -> str:
    done = subprocess.run([DOCKER, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def finish(job: subprocess.Popen) -> str:
    said, _ = job.communicate(timeout=600)
    assert job.returncode == 0, said
    return said


def compare(cluster: Cluster, output: str) -> str:
    """Every part is the very file that one process writes, and nothing else is there."""
    ours, theirs = cluster.folder / "here", cluster.folder / "output" / output
    manifest = json.loads((theirs / "_manifest.json").read_text())
    expected = json.loads((ours / "_manifest.json").read_text())
    assert (manifest["rows"], manifest["outliers"]) == (expected["rows"], expected["outliers"]), (manifest, expected)
    assert sorted(path.name for path in theirs.iterdir()) == sorted(path.name for path in ours.iterdir())
    for part in manifest["parts"]:
        assert (ours / part["file"]).read_bytes() == (theirs / part["file"]).read_bytes(), part
    left = [path.name for path in (cluster.folder / "output").iterdir() if path.name.startswith(".")]
    assert not left, f"left behind: {left}"
    return f"{manifest['rows']:,} rows in {len(manifest['parts'])} parts, {manifest['outliers']:,} outliers, every byte as by one process"


def containers_may_little(cluster: Cluster) -> str:
    found = []
    for name in ("scheduler", "executor"):
        for container in cluster.containers(name):
            state = cluster.inspect(container)
            host = state["HostConfig"]
            assert host["ReadonlyRootfs"] and not host["Privileged"] and host["CapDrop"] == ["ALL"], name
            assert host["Memory"] and host["PidsLimit"] and "no-new-privileges:true" in host["SecurityOpt"], name
            assert not any(state["NetworkSettings"]["Ports"].values()), f"{name} is published"
            status = docker("exec", container, "cat", "/proc/1/status")
            assert re.search(r"^Uid:\s+4321\s", status, re.M) and re.search(r"^CapEff:\s+0+$", status, re.M), status
            addresses = [one["IPAddress"] for one in state["NetworkSettings"]["Networks"].values()]
            found += addresses
    assert len(set(found)) == 3, found
    return f"three processes at {', '.join(found)}, user 4321, nothing published"


def two_executors_score(cluster: Cluster) -> str:
    finish(cluster.job("two"))
    return compare(cluster, "two")


def prometheus_sees_them(cluster: Cluster) -> str:
    def up() -> bool:
        found = cluster.query('up{job=~"scheduler|executor"}')
        return len(found) == 3 and all(one["value"][1] == "1" for one in found)

    until("scheduler and executors are scraped", up)
    rows = until("the rows are counted", lambda: [one for one in cluster.query("sum(isoforest_executor_rows_total)") if float(one["value"][1]) > 0])
    dashboard = json.loads((MONITORING / "grafana" / "provisioning" / "dashboards" / "service.json").read_text())
    queries = [expr for expr in lint.queries_of(dashboard) if lint.of_the_cluster(expr)]
    assert len(queries) >= 5, queries
    for expr in queries:
        until(f"an answer to {expr}", lambda: cluster.query(expr))
    return f"{float(rows[0]['value'][1]):,.0f} rows counted; {len(queries)} queries of the dashboard answered"


def one_cut_off_is_survived(cluster: Cluster) -> str:
    """Without its network an executor lives on, but nobody hears of it."""
    cut = cluster.containers("executor")[0]
    network = f"{PROJECT}_cluster"
    job = cluster.job("cut")
    until("some parts", lambda: job.poll() is not None or sum(1 for _ in (cluster.folder / "output").glob(".cut.partial-*/part-*.parquet")) >= 3)
    assert job.poll() is None, f"the job ended before anything could happen to it: {job.communicate()[0]}"
    docker("network", "disconnect", network, cut)
    assert job.poll() is None, "the job was over before the network was cut"
    start = time.monotonic()
    finish(job)
    found = compare(cluster, "cut")
    until("it is known to be lost", lambda: cluster.inspect(cut)["State"]["Health"]["Status"] == "unhealthy")
    docker("network", "connect", "--alias", "executor", network, cut)
    until("it is back", lambda: cluster.inspect(cut)["State"]["Health"]["Status"] == "healthy")
    finish(cluster.job("back"))
    compare(cluster, "back")
    return f"{found}; {time.monotonic() - start:.0f} s with one; back on the network it works again"


def queries_run(cluster: Cluster) -> str:
    query = "SELECT count(*) AS n, sum(CASE WHEN isoforest_score(mean, sd) < -0.6 THEN 1 ELSE 0 END) AS low FROM rows"
    there = cluster.ask("run", "--rm", "-T", "job", "sql", "--input", "/input/*.csv", "--format", "csv", query)
    here = subprocess.run([cluster.program, "sql", "--model", cluster.folder / "model" / "model.json", "--input",
                           str(cluster.folder / "input" / "*.csv"), "--format", "csv", query], check=True, capture_output=True, text=True).stdout
    assert there == here and there.startswith("n,low\n"), (there, here)
    return there.splitlines()[1]


CHECKS = [containers_may_little, two_executors_score, prometheus_sees_them, queries_run, one_cut_off_is_survived]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "cluster" / "target")
    parser.add_argument("--program", type=Path, default=target / "release" / "isoforest-cluster", help="for the scores to compare with")
    parser.add_argument("--no-build", action="store_true", help="take the image isoforest-cluster as it is")
    parser.add_argument("--rows", type=int, default=6_000_000)
    arguments = parser.parse_args()
    if os.environ.get("STAND_INS"):
        files = [MONITORING / "docker-compose.yml", ROOT / "cluster" / "Dockerfile"]
        subprocess.run([*os.environ["STAND_INS"].split(), *map(str, files)])
    with tempfile.TemporaryDirectory(prefix="isoforest-cluster-") as name:
        cluster = Cluster(Path(name), arguments.program.resolve())
        cluster.make_rows(arguments.rows)
        cluster.here("score", "--model", cluster.folder / "model" / "model.json", "--input", cluster.folder / "input" / "*.csv",
                     "--output", cluster.folder / "here", "--partitions", PARTS)
        try:
            if not arguments.no_build and cluster.compose("build", "scheduler").returncode:
                sys.exit("isoforest: the image could not be built, see above")
            cluster.ask("up", "--detach", "--wait", "--no-build", "--scale", "executor=2", "scheduler", "executor", "prometheus")
            for check in CHECKS:
                start = time.monotonic()
                found = check(cluster)
                say(f"ok    {check.__name__.replace('_', ' ')}: {found} ({time.monotonic() - start:.0f} s)")
        except BaseException:
            cluster.compose("logs", "--tail", "60", "scheduler", "executor")
            raise
        finally:
            cluster.compose("down", "--volumes", "--remove-orphans")
    say("isoforest: the cluster in containers: all checks passed")


if __name__ == "__main__":
    main()
