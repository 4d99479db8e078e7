"""Starts the whole stack, sends data, hurts it, and checks what Prometheus, Caddy and Alertmanager make of it.

    python3 monitoring/tests/end_to_end.py [docker|native]

Without an argument: in containers if an engine answers, else as plain processes. It uses free ports, a folder and a project name
of its own, and takes everything away at the end. Durations of the rules are shortened by tests/shortened.py.

    STAND_INS        a command that makes the images available which the files given to it name, if they cannot be fetched
    BUILD=no         take the image isoforest-service as it is
    ISOFOREST, SERVICE_BINARY, REPLAY_BINARY   programs to take instead of building them
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import checks
import container_checks
from stacks import DOCKER, HERE, ROOT, Containers, Processes, Stack

BEFORE_DATA = [
    checks.password_stands_before_prometheus,
    checks.grafana_that_is_not_there_is_said,
    checks.answers_carry_their_headers,
    checks.targets_are_up,
]
IN_CONTAINERS = [
    container_checks.the_file_asks_for_little,
    container_checks.containers_are_no_root,
    container_checks.only_two_are_published,
    container_checks.the_tls_profile_works,
    container_checks.no_password_no_stack,
    container_checks.configurations_are_valid,
]
AS_PROCESSES = [checks.nothing_is_open_without_containers]
WITH_DATA = [
    checks.replay_fills_the_metrics,
    checks.every_query_returns_data,
    checks.names_are_the_services,
    checks.data_like_training_is_no_drift,
    checks.shifted_data_is_drift,
    checks.a_stopped_service_is_told,
    checks.other_settings_are_taken,
    checks.what_is_killed_heals,
    checks.data_outlives_a_full_restart,
    checks.a_corrupted_model_is_named,
]


def say(text: str) -> None:
    print(text, flush=True)


def engine_answers() -> bool:
    try:
        return not any(subprocess.run([DOCKER, *question], capture_output=True, timeout=10).returncode for question in (["info"], ["compose", "version"]))
    except (OSError, subprocess.TimeoutExpired):
        return False


def get_images() -> None:
    """Whatever the files name, by the command in STAND_INS; that Grafana cannot be had is no failure."""
    files = [HERE / "docker-compose.yml"] + ([] if os.environ.get("BUILD") == "no" else [ROOT / "service" / "Dockerfile"])
    if os.environ.get("STAND_INS"):
        subprocess.run([*os.environ["STAND_INS"].split(), *map(str, files)])


def run(stack: Stack) -> None:
    all_checks = BEFORE_DATA + (IN_CONTAINERS if stack.kind == "docker" else AS_PROCESSES) + WITH_DATA
    start = time.monotonic()
    stack.up()
    say(f"ok    up: {', '.join(stack.services)} are healthy ({time.monotonic() - start:.0f} s)")
    for check in all_checks:
        start = time.monotonic()
        found = check(stack)
        say(f"ok    {check.__name__.replace('_', ' ')}: {found} ({time.monotonic() - start:.0f} s)")


def main() -> None:
    kind = sys.argv[1] if len(sys.argv) > 1 else "docker" if engine_answers() else "native"
    if kind not in ("docker", "native"):
        sys.exit(__doc__)
    if kind == "docker":
        get_images()
    with tempfile.TemporaryDirectory(prefix="isoforest-stack-") as folder:
        stack = (Containers if kind == "docker" else Processes)(Path(folder))
        say(f"isoforest: the stack by {kind}")
        try:
            run(stack)
        except BaseException:
            for name in stack.services:
                try:
                    say(f"--- {name}\n{stack.log(name)}")
                except (AssertionError, OSError) as error:
                    say(f"--- {name}: no log ({error})")
            raise
        finally:
            done = stack.command("down", "--volumes")
            if done.returncode:
                say(done.stdout)
    say("isoforest: all checks passed")


if __name__ == "__main__":
    main()
