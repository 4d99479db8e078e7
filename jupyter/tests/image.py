"""Runs the image as `make run` does, for a user who owns a copy of the repository, and looks at what a user would look at.

    python jupyter/tests/image.py [--no-browser]

Needs an engine (else it says so and ends well); chromium and jupyter/requirements-test.txt for the browser's part.
"""

import argparse
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import engine
from container import IMAGE
from settings import HERE, ROOT

CALLER = 4321  # who the copy belongs to where the caller of this test is root


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def copy_of_repository(folder: Path) -> None:
    """The files that git knows or would know, as they are now."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def as_caller(folder: Path) -> dict:
    """Makes the copy the caller's; the settings with which a process runs as that user."""
    if os.geteuid():
        return {}
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, CALLER, CALLER)
    socket = Path("/var/run/docker.sock")
    groups = [socket.stat().st_gid] if socket.exists() and stat.S_ISSOCK(socket.stat().st_mode) else []
    return {"user": CALLER, "group": CALLER, "extra_groups": groups}


class Checks:
    """What was looked at, and what was wrong."""

    def __init__(self):
        self.problems = []

    def see(self, is_well: bool, what: str) -> None:
        print(f"  {'ok' if is_well else 'WRONG'}: {what}", flush=True)
        if not is_well:
            self.problems.append(what)


def inspect(command: str, name: str, field: str) -> str:
    asked = subprocess.run([command, "inspect", "--format", field, name], capture_output=True, text=True)
    return asked.stdout.strip()


def wait_healthy(command: str, name: str) -> str:
    for _ in range(120):
        state = inspect(command, name, "{{.State.Health.Status}}")
        if state == "healthy":
            break
        time.sleep(0.5)
    return state


def serve_and_look(command: str, folder: Path, checks: Checks, with_browser: bool) -> None:
    """`make run` from its printed address to its end."""
    port = free_port()
    name = f"isoforest-jupyter-{port}"
    user = as_caller(folder)
    uid = user.get("user", os.getuid())
    environment = {**os.environ, "ENGINE": command, "PORT": str(port), "HOME": str(folder), "DATA_DIR": "data"}
    server = subprocess.Popen(["make", "--no-print-directory", "run"], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, **user)
    try:
        url = None
        for line in server.stdout:
            print("  |", line, end="", flush=True)
            if "token=" in line:
                url = "http" + line.split("http", 1)[1].strip()
                break
        checks.see(url is not None, "make run prints the address with its token")
        if url is None:
            return
        checks.see(f"http://127.0.0.1:{port}/" in url, "the address is the one it is published at")
        checks.see(wait_healthy(command, name) == "healthy", "the container is healthy")
        inside = subprocess.run([command, "exec", name, "id", "-u"], capture_output=True, text=True).stdout.strip()
        checks.see(inside == str(uid) and inside != "0", f"it runs as the caller, {uid}, not as root (found {inside})")
        if with_browser:
            browser = subprocess.run([sys.executable, HERE / "tests" / "browser", "--url", url, "--data", folder / "data"])
            checks.see(browser.returncode == 0, "a browser does what a newcomer does")
        else:
            run = [command, "exec", name, "python", "/src/jupyter/execute.py", "--output-dir", "/tmp/notebooks"]
            checks.see(subprocess.run(run).returncode == 0, "the notebooks run")
            copied = subprocess.run([command, "exec", name, "cp", "/tmp/notebooks/model.json", "/src/notebooks/model.json"])
            checks.see(copied.returncode == 0, "the container's user can write into notebooks/")
        model = folder / "notebooks" / "model.json"
        checks.see(model.exists() and model.stat().st_uid == uid, "model.json is on the host, the caller's own")
        with (folder / "crate" / "src" / "lib.rs").open("a") as source:
            source.write("// An edit.\n")
        run = [command, "exec", name, "python", "/src/jupyter/execute.py", "--output-dir", "/tmp/edited", "/src/notebooks/train.ipynb"]
        said = subprocess.run(run, capture_output=True, text=True)
        checks.see(said.returncode != 0 and "older than its sources" in said.stderr and "make run" in said.stderr,
                   "after an edit of the crate the kernel says what to do")
        waiting = subprocess.Popen([command, "wait", name], stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        subprocess.run([command, "stop", "--time", "5", name], capture_output=True)
        status = waiting.communicate(timeout=60)[0].strip()
        checks.see(status == "0", f"`{command} stop` ends it within 5 seconds, with status 0 (found {status}; 137 is killed)")
        checks.see(server.wait(timeout=30) == 0, "make run ends well when the container does")
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            subprocess.run([command, "stop", "--time", "5", name], capture_output=True)


def without_network(command: str, folder: Path, checks: Checks) -> None:
    line = [command, "run", "--rm", "--network", "none", "--user", "4321:4321", "--volume", f"{folder}:/src:ro", IMAGE]
    line += ["python", "/src/jupyter/execute.py", "--output-dir", "/tmp/notebooks"]
    checks.see(subprocess.run(line).returncode == 0, "the notebooks run without a network, on a read-only repository")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-browser", action="store_true")
    arguments = parser.parse_args()
    command = engine.choose()
    if not command:
        print("SKIPPED: no engine answers, so the image is not tested")
        return
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        folder = Path(scratch, "isoforest")
        folder.mkdir()
        copy_of_repository(folder)
        print(f"the image {IMAGE}, run by {command} for a copy of the repository", flush=True)
        subprocess.run(["make", "--no-print-directory", "image"], cwd=folder, check=True)
        without_network(command, folder, checks)
        serve_and_look(command, folder, checks, not arguments.no_browser)
    sys.exit("\n".join(["isoforest: the image is not as it should be:", *checks.problems]) if checks.problems else 0)


if __name__ == "__main__":
    main()
