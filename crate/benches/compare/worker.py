"""A program that times one library, in a process of its own."""

import json
import select
import subprocess
import sys
from pathlib import Path

from environment import HERE


class Worker:
    """Takes commands, one a line; answers each with JSON. Closed with the `with` block."""

    def __init__(self, command: list[str], folder: Path):
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def ask(self, command: str, limit: float | None = None) -> dict | None:
        """The answer; None if it takes longer than the limit in seconds, and then the program is ended."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], limit)[0]:
            self.process.kill()
            return None
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"isoforest: {self.process.args} could not do {command!r}, see above")
        return json.loads(answer)


def python_peer(name: str, threads: int) -> list[str]:
    return [sys.executable, str(HERE / "python_peer.py"), name, str(threads)]
