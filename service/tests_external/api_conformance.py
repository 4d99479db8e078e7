"""Schemathesis makes requests up from /openapi.json, good and bad ones, and finds no answer that contradicts it.

    python service/tests_external/api_conformance.py [--url http://127.0.0.1:8000] [--examples 100]

Every check, a fixed seed, a bounded number of examples. Wants the packages of requirements.txt.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from common import TOKEN, fail, given_or_running, running, train

SEED = "16"
SETTINGS = Path(__file__).with_name("schemathesis.toml")
LONGEST_LINE = 400  # a body of 10,000 rows is repeated in the report


def command(url: str, examples: int) -> list[str]:
    line = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(SETTINGS), "run", f"{url}/openapi.json"]
    line += ["--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--mode", "all"]
    line += ["--max-examples", str(examples), "--seed", SEED, "--generation-database", "none", "--no-color"]
    line += ["--request-timeout", "20", "--continue-on-failure"]
    return line


def conform(url: str, examples: int, folder: str, header: list[str]) -> int:
    # In a folder of its own: it keeps reports where it runs.
    run = subprocess.Popen(command(url, examples) + header, cwd=folder, stdout=subprocess.PIPE, text=True)
    for line in run.stdout:
        print(line if len(line) < LONGEST_LINE else line[:LONGEST_LINE] + " ...\n", end="")
    return run.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="address of a running service on this machine")
    parser.add_argument("--examples", type=int, default=100, help="at most so many made-up requests an operation")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with given_or_running(arguments.url) as service:
            status = conform(service.url, arguments.examples, folder, [])
            if not service.is_well():
                fail("the service does not answer any more")
        if status:
            fail("the service and its description /openapi.json contradict each other, see above")
        if arguments.url:
            return
        # Where reloading is allowed there are other answers.
        model = train(Path(folder, "model.json"))
        with running(model, ISOFOREST_RELOAD_TOKEN=TOKEN) as service:
            header = ["--header", f"Authorization: Bearer {TOKEN}", "--include-path-regex", "repository"]
            if conform(service.url, arguments.examples, folder, header):
                fail("reloads and their description /openapi.json contradict each other, see above")


if __name__ == "__main__":
    main()
