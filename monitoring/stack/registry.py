"""The processes that the stack has started: kept in a file, so that exactly these are ended, and no other that has got their id."""

import hashlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from settings import run_folder, say

SECONDS = 20  # to end well


@dataclass
class Process:
    """One to start: its command, the address that answers once it is ready, its own variables, and a file's text that it reads once."""

    name: str
    command: list[str]
    ready: str
    environment: dict[str, str] = field(default_factory=dict)
    configuration: str = ""

    def settings(self) -> str:
        """Other ones, or another program, have another text."""
        program = Path(self.command[0])
        changed = program.stat().st_mtime_ns if program.exists() else 0
        return hashlib.sha256(json.dumps([self.command, self.environment, self.configuration, changed]).encode()).hexdigest()


def path() -> Path:
    return run_folder() / "processes.json"


def read() -> dict[str, dict]:
    """Process id, birth and settings of each process, by name."""
    return json.loads(path().read_text()) if path().exists() else {}


def write(found: dict[str, dict]) -> None:
    temporary = path().with_suffix(".new")
    temporary.write_text(json.dumps(found, indent=2) + "\n")
    temporary.replace(path())


def birth(pid: int) -> str | None:
    """When the process was born, in words that no other with this id has; None if it is no more."""
    if Path("/proc/self/stat").exists():
        try:
            # The second field, the program's name in brackets, may hold anything.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        state, born = fields[0], fields[19]
    else:
        shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        state, _, born = shown.stdout.strip().partition(" ")
    # A dead process whose parent has not noticed is no process.
    return born.strip() or None if state and not state.startswith("Z") else None


def alive() -> list[str]:
    return [name for name, one in read().items() if birth(one["pid"]) == one["born"]]


def start(process: Process, run: Path, secrets: tuple[str, ...]) -> None:
    """Starts a process that outlives this one; what it says goes to a log."""
    variables = {name: value for name, value in os.environ.items() if name not in secrets} | process.environment
    with (run / f"{process.name}.log").open("a") as log:
        child = subprocess.Popen(process.command, cwd=run, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    # A child that dies at once has no birth that could be asked for.
    write(read() | {process.name: {"pid": child.pid, "born": birth(child.pid) or "never", "settings": process.settings()}})


def end_all() -> list[str]:
    """Ends all that run, the last started first; gives their names."""
    found, running = read(), alive()
    for name in reversed(running):
        end(name, found[name])
    path().unlink(missing_ok=True)
    return running


def end(name: str, one: dict) -> None:
    os.kill(one["pid"], signal.SIGTERM)
    deadline = time.monotonic() + SECONDS
    while birth(one["pid"]) == one["born"]:
        if time.monotonic() > deadline:
            say(f"{name} does not stop; killing it")
            os.kill(one["pid"], signal.SIGKILL)
            deadline += SECONDS
        time.sleep(0.1)
