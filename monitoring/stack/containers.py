"""The stack in containers: Compose does the work, this says what is going on and what is wrong."""

import json
import os
import subprocess
import time

import model
import ports
from engine import DOCKER
from settings import HERE, check_settings, folder, model_file, password, say, stop, value, where_to_look

PUBLISHED = {"service": ["SERVICE_PORT"], "caddy": ["GRAFANA_PORT", "PROMETHEUS_PORT"]}
SECONDS = 180  # in which every container must be healthy
PATIENCE = 20  # seconds that a container may go on failing before we say so


def environment() -> dict[str, str]:
    """What Compose is to know beyond .env: paths that `make` gives from the repository's folder."""
    found = {**os.environ, "DATA_DIR": str(folder("DATA_DIR", "data"))}
    if os.environ.get("MODEL"):
        found |= {"MODEL_DIR": str(model_file().parent), "MODEL_FILE": model_file().name}
    # Not needed to end the stack, but Compose does not read its file without it.
    found["ADMIN_PASSWORD"] = value("ADMIN_PASSWORD") or "none"
    return found


def compose(*arguments: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run([DOCKER, "compose", *arguments], cwd=HERE, env=environment(), text=True, **more)


def asked(*arguments: str) -> str:
    """What Compose answers; ends the program, with its words, if it cannot."""
    done = compose(*arguments, capture_output=True)
    if done.returncode:
        stop(f"docker compose {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def states() -> dict[str, dict]:
    """The containers of the stack, by service; one-off containers are left out."""
    lines = asked("ps", "--all", "--format", "json").splitlines()
    return {one["Service"]: one for line in lines if line.strip() for one in [json.loads(line)]}


def have_grafana() -> bool:
    """Whether Grafana's image is there or can be fetched. Without it the rest works all the same."""
    image = next((line for line in asked("config", "--images").splitlines() if "grafana" in line), "")
    if not subprocess.run([DOCKER, "image", "inspect", image], capture_output=True).returncode:
        return True
    if os.environ.get("GRAFANA") == "no":
        say("starting without Grafana, because of GRAFANA=no")
        return False
    say(f"fetching {image}")
    pulled = subprocess.run([DOCKER, "pull", "--quiet", image], capture_output=True, text=True)
    if pulled.returncode:
        reason = (pulled.stderr.strip().splitlines() or ["no reason given"])[-1]
        say(f"{image} cannot be fetched ({reason}). Continuing without Grafana; everything else works, and the next `make up` tries again")
    return not pulled.returncode


def up() -> None:
    check_settings()
    password()
    model.ensure()
    asked("config", "--quiet")
    # One that fails and is started again and again has its ports now and then.
    own = [name for name, one in states().items() if one["State"] in ("running", "restarting")]
    ports.check(PUBLISHED, own)
    services = asked("config", "--services").split()
    if not have_grafana():
        services.remove("grafana")
    if os.environ.get("BUILD") != "no":
        say("building the service's image (about five minutes the first time, seconds after that)")
        if compose("build", "--quiet", "service").returncode:
            stop("the service's image could not be built, see above")
    say(f"starting {', '.join(services)}")
    started = compose("up", "--detach", "--quiet-pull", *services)
    if started.returncode:
        explain([name for name, one in states().items() if one.get("Health") == "unhealthy" or one["State"] == "restarting"])
        stop("the stack could not be started, see above; `make logs` shows everything, `make down` removes what was started")
    wait(services)
    where_to_look("grafana" in services)


def wait(services: list[str]) -> None:
    """Until all are healthy, with a line for each one that gets there."""
    start, healthy, failing = time.monotonic(), set(), {}
    while True:
        elapsed = time.monotonic() - start
        found = states()
        for name in services:
            state = found.get(name, {"State": "missing", "Health": ""})
            if name not in healthy and state["Health"] == "healthy":
                healthy.add(name)
                say(f"  {name} is healthy ({elapsed:.0f} s)")
            well = state["State"] == "running" and state["Health"] != "unhealthy"
            failing = {**failing, name: failing.get(name, elapsed)} if not well else {k: v for k, v in failing.items() if k != name}
        finished = [name for name in services if name in healthy or exited_well(found.get(name))]
        if len(finished) == len(services):
            return
        given_up = [name for name, since in failing.items() if elapsed - since > PATIENCE and name not in finished]
        if given_up or elapsed > SECONDS:
            left = given_up or [name for name in services if name not in finished]
            explain(left)
            stop(f"not healthy: {', '.join(left)}. The others keep running. Once the cause is gone, the container recovers by itself, or run `make up` again")
        time.sleep(1)


def exited_well(state: dict | None) -> bool:
    """A step that has done its work, such as `caddy-data`."""
    return bool(state) and state["State"] == "exited" and state["ExitCode"] == 0


def explain(names: list[str]) -> None:
    """The last words of containers that do not work."""
    for name in names:
        say(f"{name} is not healthy; its last lines:")
        compose("logs", "--no-log-prefix", "--tail", "5", name)


def down(volumes: bool) -> None:
    running = asked("--profile", "*", "ps", "--all", "--quiet").strip()
    if not running and not volumes:
        return
    if compose("--profile", "*", "down", "--remove-orphans", *(["--volumes"] if volumes else [])).returncode:
        stop("not all containers could be stopped, see above")
    if running:
        say(f"the containers are stopped; {'their data is gone' if volumes else 'their data is kept (make clean removes it)'}")


def logs() -> None:
    try:
        compose("logs", "--follow", "--tail", "30")
    except KeyboardInterrupt:
        pass


def show() -> None:
    found = states()
    if not found:
        stop("nothing is running; `make up` starts the stack")
    for name, one in sorted(found.items()):
        print(f"  {name:13}{one['Status']}")
    if "grafana" not in found:
        print("  grafana      not started: its image is missing")
    where_to_look("grafana" in found)
