"""Builds the service's image and runs it as it should be run in earnest: no root, read-only, no capabilities.

    python service/tests_external/container.py [--engine docker] [--image NAME] [--no-build] [--most-mb 60]

Wants an engine (docker or podman); the build takes about ten minutes the first time. With --no-build the image must be
there.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from common import ROOT, Checks, Service, fail, free_port, train

DOCKERFILE = ROOT / "service" / "Dockerfile"
USER = "4321:4321"  # anybody: the image must not rely on its own user
LOCKED_DOWN = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", USER, "--memory", "256m", "--pids-limit", "128"]
STOP_SECONDS = 10


class Engine:
    def __init__(self, command: str):
        self.command = command

    def run(self, *arguments: object) -> str:
        """What a command of the engine prints; it must succeed."""
        done = subprocess.run([self.command, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode:
            fail(f"{self.command} {arguments[0]} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout.strip()

    def inspect(self, name: str, field: str) -> str:
        return self.run("inspect", "--format", "{{%s}}" % field, name)

    def build(self, image: str) -> None:
        if subprocess.run([self.command, "build", "--file", DOCKERFILE, "--tag", image, ROOT]).returncode:
            fail("the image cannot be built, see above")


def base_image() -> str:
    """What the last stage stands on."""
    return re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)[-1]


def look_at_image(engine: Engine, image: str, most_mb: float, checks: Checks) -> None:
    base, whole = (int(engine.inspect(name, ".Size")) / 1e6 for name in (base_image(), image))
    checks.see(whole - base <= most_mb, f"the image has {whole:.1f} MB, {whole - base:.1f} over {base_image()}; at most {most_mb:g} wanted")
    user = engine.inspect(image, ".Config.User")
    checks.see(user.split(":")[0].isdigit() and not user.startswith("0"), f"its user is {user}, by number and not root")
    checks.see("healthcheck" in engine.inspect(image, "json .Config.Healthcheck"), "it has a health check by the program itself")


def wait_healthy(engine: Engine, name: str) -> str:
    for _ in range(300):
        state = engine.inspect(name, ".State.Health.Status")
        if state != "starting" or engine.inspect(name, ".State.Running") != "true":
            break
        time.sleep(0.2)
    return state


def use(engine: Engine, name: str, service: Service, checks: Checks) -> None:
    checks.see(wait_healthy(engine, name) == "healthy", "the container becomes healthy")
    answer = service.json("POST", "/prediction", {"feature_vector": [-0.157, -0.106], "score": True})
    checks.see(answer.get("is_inlier") == 1 and -1 <= answer.get("anomaly_score", 0) < 0, f"a prediction is answered: {json.dumps(answer)}")
    checks.see(service.ask("GET", "/docs/")[0] == 200, "the page /docs is there")
    checks.see("predictions_total 1" in service.ask("GET", "/metrics")[1], "it counts")
    status = engine.run("exec", name, "cat", "/proc/1/status")
    fields = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.MULTILINE))
    checks.see(int(fields["CapEff"], 16) == 0 and fields["NoNewPrivs"] == "1", "the process has no capabilities and can get none")
    checks.see(fields["Uid"].split()[0] == USER.split(":")[0], f"it runs as user {fields['Uid'].split()[0]}")


def replace_model(engine: Engine, name: str, folder: Path, service: Service, checks: Checks) -> None:
    """A new file in the mounted folder, and SIGHUP."""
    before = service.json("GET", "/model_information")["model"]["sha256"]
    train(folder / "new.json", random_state=17).replace(folder / "model.json")
    engine.run("kill", "--signal", "HUP", name)
    end = time.monotonic() + 20
    while (now := service.json("GET", "/model_information")["model"]["sha256"]) == before and time.monotonic() < end:
        time.sleep(0.1)
    checks.see(now != before, "a new model in the mounted folder is loaded on SIGHUP")


def stop(engine: Engine, name: str, checks: Checks) -> None:
    begin = time.monotonic()
    engine.run("stop", "--time", STOP_SECONDS, name)
    status = engine.inspect(name, ".State.ExitCode")
    # 137 is what an engine reports for a process that it had to kill after the time.
    checks.see(status == "0", f"it stops with status {status} after {time.monotonic() - begin:.1f} s")


def without_model(engine: Engine, image: str, checks: Checks) -> None:
    run = subprocess.run([engine.command, "run", "--rm", *LOCKED_DOWN, image], capture_output=True, text=True, timeout=60)
    said = run.stdout + run.stderr
    checks.see(run.returncode != 0 and "/model/model.json" in said, f"without a model it ends and names the file: {said.strip().splitlines()[-1:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default=os.environ.get("ENGINE") or "docker")
    parser.add_argument("--image", default="isoforest-service:test")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--most-mb", type=float, default=60)
    arguments = parser.parse_args()
    engine, checks = Engine(arguments.engine), Checks()
    if not arguments.no_build:
        engine.build(arguments.image)
    look_at_image(engine, arguments.image, arguments.most_mb, checks)
    port, name = free_port(), f"isoforest-service-test-{os.getpid()}"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        train(folder / "model.json")
        # Readable by the container's user.
        folder.chmod(0o755)
        engine.run("run", "--detach", "--name", name, "--publish", f"127.0.0.1:{port}:8000", "--volume", f"{folder}:/model:ro", *LOCKED_DOWN, arguments.image)
        try:
            service = Service(port)
            use(engine, name, service, checks)
            replace_model(engine, name, folder, service, checks)
            stop(engine, name, checks)
        finally:
            engine.run("rm", "--force", name)
    without_model(engine, arguments.image, checks)
    checks.end("the image is")


if __name__ == "__main__":
    main()
