"""Starts and ends the monitoring stack: in containers where Docker with Compose answers, else as plain processes.

    python3 monitoring/stack up | down [--volumes] | logs | open
"""

import sys

import containers
import engine
import processes
from settings import stop


def main() -> None:
    command, *options = sys.argv[1:] or [""]
    if command not in ("up", "down", "logs", "open") or (options and [command, *options] != ["down", "--volumes"]):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    # What runs is ended and shown as what it is, whatever can be started now.
    if command != "up" and processes.are_there():
        {"down": lambda: processes.down("--volumes" in options), "logs": processes.logs, "open": processes.show}[command]()
        if command != "down" or engine.problem():
            return
    elif command == "down" and not engine.is_docker():
        processes.down("--volumes" in options)
        return
    if command == "up" and not engine.is_docker():
        processes.up()
        return
    if command != "up" and engine.problem():
        stop("nothing runs; `make up` starts the stack")
    {"up": containers.up, "down": lambda: containers.down("--volumes" in options), "logs": containers.logs, "open": containers.show}[command]()


if __name__ == "__main__":
    main()
