"""The stack under test, started by its own commands: in containers, or as plain processes. Both can be asked and hurt alike."""

import base64
import email.message
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import shortened

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent
DOCKER = os.environ.get("DOCKER") or "docker"
USER, PASSWORD = "admin", "p@ss w$rd{x}"  # every character here is special to somebody on its way
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def basic(login: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(login).encode()).decode()


def own_addresses() -> list[str]:
    """This machine's addresses that others could use."""
    shown = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    return [one for one in shown if ":" not in one and not one.startswith("127.")]


def listens(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def until(what: str, question, seconds: float = 90):
    """Asks until the answer is true, and gives it; time only bounds a failure."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = question()
        except (urllib.error.URLError, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            answer, last = None, error
        else:
            last = answer
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not so after {seconds:.0f} s; last answer: {last!r}")
        time.sleep(0.5)


class Stack:
    """What both kinds have in common."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.service, self.grafana, self.prometheus, *self.inner = free_ports(6)
        self.model = folder / "model" / "model.json"
        shortened.make(HERE / "prometheus", folder / "prometheus")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("MODEL", "BIND_ADDRESS", "RUN_DIR")},
            "ADMIN_USER": USER, "ADMIN_PASSWORD": PASSWORD, "GRAFANA": "no", "MODEL_DIR": str(self.model.parent), "PYTHONDONTWRITEBYTECODE": "1",
            # make hands down a path from the repository's folder, which Compose would take for the name of a volume.
            "DATA_DIR": str(ROOT / "data"),
            "SERVICE_PORT": str(self.service), "GRAFANA_PORT": str(self.grafana), "PROMETHEUS_PORT": str(self.prometheus),
            **dict(zip(("PROMETHEUS_INTERNAL_PORT", "ALERTMANAGER_INTERNAL_PORT", "CADDY_HEALTH_PORT"), map(str, self.inner))),
        }
        self.train()

    def train(self) -> None:
        self.model.parent.mkdir()
        program = os.environ.get("ISOFOREST") or "cargo run --quiet --locked --release -p isoforest --features cli --"
        command = [*program.split(), "train", str(ROOT / "data" / "train.csv"), "--output", str(self.model)]
        subprocess.run([*command, "--random-state", "16", "--contamination", "0.001"], check=True, cwd=ROOT)

    def command(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
        """One of `make up`, `down`, …, with its output."""
        return subprocess.run([sys.executable, HERE / "stack", *arguments], env={**self.environment, **changes}, cwd=ROOT,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def up(self) -> str:
        done = self.command("up")
        assert done.returncode == 0, f"`up` ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def fetch(self, port: int, path: str, login: tuple[str, str] | None = (USER, PASSWORD)) -> tuple[int, str]:
        """Status and body of an answer."""
        status, _, body = self.answer(port, path, login)
        return status, body

    def head(self, port: int, path: str, login: tuple[str, str] | None) -> tuple[int, email.message.Message]:
        """Status and headers of an answer."""
        return self.answer(port, path, login)[:2]

    def answer(self, port: int, path: str, login: tuple[str, str] | None) -> tuple[int, email.message.Message, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
        if login:
            request.add_header("Authorization", basic(login))
        try:
            with OPENER.open(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def api(self, path: str, **parameters) -> dict:
        """Prometheus' answer, through Caddy."""
        status, body = self.fetch(self.prometheus, f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        assert status == 200, f"{path} {parameters}: {status} {body}"
        return json.loads(body)["data"]

    def query(self, expr: str, at: float | None = None) -> dict[str, float]:
        """Values of an expression, by feature or, without one, by instance."""
        parameters = {"query": expr} | ({"time": at} if at else {})
        result = self.api("query", **parameters)["result"]
        return {one["metric"].get("feature", one["metric"].get("instance", "")): float(one["value"][1]) for one in result}

    def in_alertmanager(self, name: str) -> list[dict]:
        """Alerts of this name that have reached Alertmanager and have not ended."""
        alerts = json.loads(self.alertmanager("/api/v2/alerts"))
        return [one for one in alerts if one["labels"]["alertname"] == name and one["status"]["state"] == "active"]


class Containers(Stack):
    """In an engine, under a project name of its own."""

    kind = "docker"
    services = ["service", "prometheus", "alertmanager", "caddy"]

    def __init__(self, folder: Path):
        super().__init__(folder)
        override = folder / "override.yml"
        override.write_text(json.dumps({"services": {
            "service": {"container_name": "isoforest-test-service"},
            "prometheus": {"volumes": [f"{folder / 'prometheus'}:/etc/prometheus:ro"]},
        }}))
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)  # for the containers' users
        self.environment |= {"ENGINE": "docker", "COMPOSE_PROJECT_NAME": "isoforest-test",
                             "COMPOSE_FILE": f"{HERE / 'docker-compose.yml'}{os.pathsep}{override}"}

    def compose(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
        return subprocess.run([DOCKER, "compose", *arguments], env={**self.environment, **changes}, cwd=HERE, text=True, capture_output=True)

    def ask(self, *arguments: str) -> str:
        done = self.compose(*arguments)
        assert done.returncode == 0, f"docker compose {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def inspect(self, name: str) -> dict:
        container = self.ask("ps", "--all", "--quiet", name).strip()
        return json.loads(subprocess.run([DOCKER, "inspect", container], check=True, capture_output=True, text=True).stdout)[0]

    def healthy(self, name: str) -> bool:
        state = self.inspect(name)["State"]
        return state["Running"] and state["Health"]["Status"] == "healthy"

    def alertmanager(self, path: str) -> str:
        return self.ask("exec", "-T", "prometheus", "wget", "-q", "-O", "-", f"http://alertmanager:9093{path}")

    def replay(self, options: str) -> str:
        done = self.compose("--profile", "replay", "run", "--rm", "-T", "replay", REPLAY_OPTIONS=options)
        assert done.returncode == 0, f"replay: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def kill(self, name: str) -> None:
        """SIGKILL from outside: `docker kill` would count as the user's wish, after which nothing is started again."""
        before = self.inspect(name)["State"]
        subprocess.run([DOCKER, "run", "--rm", "--pid", "host", "--user", "0", "--entrypoint", "sh", "isoforest-service",
                        "-c", f"kill -9 {before['Pid']}"], check=True, capture_output=True)
        until(f"{name} is another process", lambda: self.inspect(name)["State"]["Pid"] not in (0, before["Pid"]))

    def heal(self) -> None:
        """Containers are started again by the engine."""

    def restart(self, name: str) -> None:
        self.ask("restart", name)

    def stop(self, name: str) -> None:
        self.ask("stop", name)

    def start(self, name: str) -> None:
        self.ask("start", name)

    def log(self, name: str) -> str:
        return self.ask("logs", "--no-log-prefix", "--tail", "50", name)


class Processes(Stack):
    """Plain processes on this machine."""

    kind = "native"
    services = ["service", "prometheus", "alertmanager", "caddy"]

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.run = folder / "run"
        self.environment |= {"ENGINE": "native", "RUN_DIR": str(self.run), "PROMETHEUS_CONFIG": str(folder / "prometheus")}
        if not shutil.which("alertmanager") and not shutil.which("prometheus-alertmanager"):
            raise SystemExit("isoforest: the test needs alertmanager on the PATH; on Debian: apt install prometheus-alertmanager")

    def pid(self, name: str) -> int:
        return json.loads((self.run / "processes.json").read_text())[name]["pid"]

    def healthy(self, name: str) -> bool:
        shown = self.command("open").stdout
        return any(line.split() == [name, "runs"] for line in shown.splitlines())

    def alertmanager(self, path: str) -> str:
        status, body = self.fetch(int(self.environment["ALERTMANAGER_INTERNAL_PORT"]), path)
        assert status == 200, f"Alertmanager {path}: {status} {body}"
        return body

    def replay(self, options: str) -> str:
        program = os.environ.get("REPLAY_BINARY") or "cargo run --quiet --locked --release -p isoforest-service --bin replay --"
        command = [*program.split(), str(ROOT / "data" / "test.csv"), "--url", f"http://127.0.0.1:{self.service}", *options.split()]
        done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
        assert done.returncode == 0, f"replay: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        os.kill(self.pid(name), how)
        until(f"{name} has ended", lambda: not self.healthy(name))

    def heal(self) -> None:
        """Nothing starts them again but `make up`."""
        self.up()

    def restart(self, name: str) -> None:
        self.kill(name, signal.SIGTERM)

    def stop(self, name: str) -> None:
        self.kill(name, signal.SIGTERM)

    def start(self, name: str) -> None:
        self.up()

    def log(self, name: str) -> str:
        return (self.run / f"{name}.log").read_text(errors="replace")[-4000:]
