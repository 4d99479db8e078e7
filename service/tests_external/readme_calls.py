"""Runs the README's calls of the service and compares every answer with the one that is printed there.

    python service/tests_external/readme_calls.py [--file README.md]

A call is a block marked `console` whose lines beginning with `$ ` are commands with curl, each followed by what it
prints. The service runs with the model that the README trains: data/train.csv, random_state 16, contamination 0.001. What
differs from run to run is written as an ellipsis, which stands for anything on its line.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

from common import ROOT, Checks, Service, fail, running, train

ADDRESS = "http://127.0.0.1:8000"


def calls(markdown: str) -> list[tuple[str, str]]:
    """Commands with curl and what is printed below each."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL):
        # A backslash at the end of a line goes on with the command.
        for command, printed in re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            if "curl" in command:
                found.append((command, printed.strip()))
    return found


def fits(printed: str, expected: str) -> bool:
    """Whether it is the expected text, in which an ellipsis stands for anything on its line."""
    return re.fullmatch("[^\n]*".join(re.escape(part) for part in expected.split("…")), printed) is not None


def run(command: str, service: Service) -> str:
    # The service of the test has another port than the README's.
    there = command.replace(ADDRESS, service.url).replace("127.0.0.1:8000", f"127.0.0.1:{service.port}")
    done = subprocess.run(["bash", "-o", "pipefail", "-c", there], cwd=ROOT, capture_output=True, text=True, timeout=60)
    return (done.stdout + (f" status {done.returncode}: {done.stderr}" if done.returncode else "")).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, default=ROOT / "README.md")
    arguments = parser.parse_args()
    found = calls(arguments.file.read_text())
    if not found:
        fail(f"{arguments.file}: no block marked `console` has a command with curl")
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        with running(train(Path(scratch, "model.json"), data=ROOT / "data")) as service:
            for command, expected in found:
                printed = run(command, service)
                is_well = fits(printed, expected)
                checks.see(is_well, command if is_well else f"{command}\n--- printed:\n{printed}\n--- the README says:\n{expected}")
    checks.end("the README's calls are")


if __name__ == "__main__":
    main()
