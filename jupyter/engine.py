"""Finds the container engine to work with, as the variable ENGINE says: auto, docker, podman or native (none)."""

import os
import shutil
import subprocess
import sys

CHOICES = ("auto", "docker", "podman", "native")
SECONDS = 5  # in which an engine must answer


def problem_of(engine: str) -> str | None:
    """Why this engine cannot be used, or None if it answers."""
    if not shutil.which(engine):
        return f"{engine} is not on the PATH"
    try:
        asked = subprocess.run([engine, "info"], capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"`{engine} info` gave no answer in {SECONDS} s"
    except OSError as error:
        return f"{engine} cannot be run ({error.strerror})"
    # Some clients end well without an engine and say so in their answer.
    lines = [line.strip() for line in (asked.stderr + asked.stdout).splitlines()]
    errors = [line for line in lines if line.lower().startswith(("error", "cannot connect", "permission denied"))]
    if asked.returncode or errors:
        return f"`{engine} info` says: {(errors or lines or ['nothing'])[0]}"
    return None


def is_podman(engine: str) -> bool:
    """Whether it is podman under Docker's name, as a package of Debian's installs it."""
    asked = subprocess.run([engine, "--version"], capture_output=True, text=True, timeout=SECONDS)
    return "podman" in asked.stdout.lower()


def choose() -> str | None:
    """The engine's command, or None for native; ends the program if the one that was asked for does not answer."""
    wanted = os.environ.get("ENGINE") or "auto"
    if wanted not in CHOICES:
        sys.exit(f"isoforest: ENGINE must be one of {', '.join(CHOICES)}; got {wanted!r}")
    if wanted == "native":
        return None
    if wanted != "auto":
        problem = problem_of(wanted)
        if problem:
            sys.exit(f"isoforest: {problem}; start the engine and check that you may use it, or work without one: ENGINE=native make run")
        return wanted
    for engine in ("docker", "podman"):
        problem = problem_of(engine)
        if not problem:
            return "podman" if is_podman(engine) else engine
        if shutil.which(engine):
            print(f"isoforest: {problem}; continuing without a container", flush=True)
    return None
