"""Starts and ends the monitoring stack: in containers where Docker with Compose answers, else as plain processes.

    python3 monitoring/stack up | down [--volumes] | logs | open
"""

import os
import sys

import containers
import engine
import processes
from settings import stop


def down(volumes: bool) -> None:
    """Ends what runs as what it is; containers are left alone where ENGINE=native says that they are no business of ours."""
    if processes.are_there() or volumes:
        processes.down(volumes)
    if os.environ.get("ENGINE") != "native" and not engine.problem():
        containers.down(volumes)


def main() -> None:
    command, *options = sys.argv[1:] or [""]
    if command not in ("up", "down", "logs", "open") or options not in ([], ["--volumes"] if command == "down" else []):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    if command == "down":
        down("--volumes" in options)
    elif command == "up":
        (containers if engine.is_docker() else processes).up()
    elif processes.are_there():
        (processes.logs if command == "logs" else processes.show)()
    elif os.environ.get("ENGINE") == "native" or engine.problem():
        stop("nothing is running; `make up` starts the stack")
    else:
        (containers.logs if command == "logs" else containers.show)()


if __name__ == "__main__":
    main()
