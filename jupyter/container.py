"""Builds the image and runs JupyterLab in it.

    python3 jupyter/container.py build
    python3 jupyter/container.py run

The repository is mounted, so that notebooks and model.json are saved where they are, as the caller's own files.
"""

import fcntl
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import engine
from serve import HOST, PORT, check_port
from settings import DATA, LABELLED, NOTEBOOKS, ROOT

IMAGE = os.environ.get("IMAGE") or "isoforest-jupyter"
FORMAT = {"podman": ["--format", "docker"]}  # podman's own has no health check
NO_SPACE = "no space left on device"
OTHER_USER = 1000  # who the server runs as where the caller is root


def build(command: str) -> None:
    """Builds the image, or finds in a second that nothing has changed."""
    here = not subprocess.run([command, "image", "inspect", IMAGE], capture_output=True).returncode
    print(f"isoforest: {'checking' if here else 'building'} the image {IMAGE}"
          f"{'' if here else ' (about 15 minutes on two cores; once)'}", flush=True)
    process = subprocess.Popen(
        [command, "build", *FORMAT.get(command, []), "--tag", IMAGE, "--file", "jupyter/Dockerfile", "."],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )
    said = []
    for line in process.stdout:
        said.append(line)
        # What is there already is told in dozens of lines; what takes time tells so itself.
        if not here or "isoforest:" in line:
            print(line, end="", flush=True)
    if process.wait():
        text = "".join(said)
        if here:
            print(text, file=sys.stderr)
        hint = "the disk is full: make room (`docker system df` shows what the engine stores), then try again"
        sys.exit(f"isoforest: the image could not be built; {hint if NO_SPACE in text.lower() else 'see the lines above'}")


def is_rootless(command: str) -> bool:
    """Whether the engine belongs to the caller, whose files are then root's as seen from inside."""
    if command == "podman":
        return os.geteuid() != 0
    asked = subprocess.run(
        [command, "info", "--format", "{{.SecurityOptions}}"], capture_output=True, text=True, timeout=engine.SECONDS
    )
    return "rootless" in asked.stdout


def owner() -> tuple[int, int]:
    """Whose files the notebooks are to be: the caller's, or the repository's owner's if the caller is root."""
    if os.geteuid():
        return os.getuid(), os.getgid()
    status = ROOT.stat()
    return status.st_uid, status.st_gid


def hand_over(before: int, after: int) -> None:
    """Gives a user's files in notebooks/ to another one."""
    for path in [NOTEBOOKS, *NOTEBOOKS.rglob("*")]:
        if path.lstat().st_uid == before:
            os.chown(path, after, after, follow_symlinks=False)


def is_last(users: int) -> bool:
    """Whether no other `make run` works in notebooks/: each holds a shared lock on the folder."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def run_command(command: str, name: str, uid: int, gid: int) -> list[str]:
    """The command line that serves JupyterLab."""
    address = "127.0.0.1" if HOST == "localhost" else HOST
    line = [command, "run", "--rm", "--name", name, "--publish", f"{address}:{PORT}:8888", "--volume", f"{ROOT}:/src"]
    line += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    line += ["--env", "JUPYTER_TOKEN", "--env", f"REACHED_AT={HOST}:{PORT}"]
    if command == "podman":
        line += ["--security-opt", "label=disable", *(["--userns", "keep-id"] if is_rootless(command) else [])]
    if not (is_rootless(command) and command == "docker"):
        line += ["--user", f"{uid}:{gid}"]
    else:
        line += ["--user", "0:0"]  # which is the caller
    data = DATA.resolve()
    if data.is_relative_to(ROOT):
        line += ["--env", f"DATA_DIR=/src/{data.relative_to(ROOT)}"]
    else:
        line += ["--volume", f"{data}:/data:ro", "--env", "DATA_DIR=/data"]
    if LABELLED:
        line += ["--volume", f"{LABELLED.resolve()}:/labelled:ro", "--env", "LABELLED_DIR=/labelled"]
    if os.environ.get("MODEL_PATH"):
        line += ["--env", "MODEL_PATH"]
    return [*line, IMAGE]


def run(command: str) -> None:
    check_port()
    build(command)
    uid, gid = owner()
    as_other = uid == 0
    # By the environment: a command line can be read by everyone on the machine.
    environment = {**os.environ, "JUPYTER_TOKEN": os.environ.get("JUPYTER_TOKEN") or secrets.token_urlsafe(24)}
    name = f"isoforest-jupyter-{PORT}"
    # The engine's client hands Ctrl-C on; what is left to do is to wait.
    signal.signal(signal.SIGINT, lambda *_: None)
    users = os.open(NOTEBOOKS, os.O_RDONLY)
    fcntl.flock(users, fcntl.LOCK_SH)
    try:
        if as_other:
            print(f"isoforest: you are root, so JupyterLab runs as user {OTHER_USER}, who owns notebooks/ meanwhile", flush=True)
            hand_over(0, OTHER_USER)
            uid = gid = OTHER_USER
        server = subprocess.Popen(run_command(command, name, uid, gid), env=environment)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: server.terminate())
        status = server.wait()
    finally:
        if as_other and is_last(users):
            hand_over(OTHER_USER, 0)
    if status in (125, 126, 127):
        sys.exit(f"isoforest: {command} could not start the container (status {status}), see above; to work without one: ENGINE=native make run")
    sys.exit(0 if status in (0, 130, 143, -signal.SIGINT, -signal.SIGTERM) else status)


def main() -> None:
    command = engine.choose()
    if not command:
        sys.exit("isoforest: an image needs Docker or podman, and neither is running; to work without one: ENGINE=native make run")
    for name in ("train.csv", "test.csv"):
        if not (Path(DATA) / name).is_file():
            sys.exit(f"isoforest: no {name} in {DATA}; set DATA_DIR to a folder with train.csv and test.csv")
    {"build": build, "run": run}[sys.argv[1]](command)


if __name__ == "__main__":
    main()
