"""Finds out whether a container engine can run the stack, as the variable ENGINE says: auto, docker or native (none)."""

import os
import shutil
import subprocess

from settings import say, stop

CHOICES = ("auto", "docker", "native")
SECONDS = 10  # in which an engine must answer
DOCKER = os.environ.get("DOCKER") or "docker"


def problem() -> str | None:
    """Why the engine cannot be used, or None if it answers and has Compose."""
    if not shutil.which(DOCKER):
        return f"{DOCKER} is not on the PATH"
    for question in (["info"], ["compose", "version"]):
        asked_for = f"`{DOCKER} {' '.join(question)}`"
        try:
            asked = subprocess.run([DOCKER, *question], capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"{asked_for} gave no answer in {SECONDS} s"
        except OSError as error:
            return f"{DOCKER} cannot be run ({error.strerror})"
        # Some clients end well without an engine and say so in their answer.
        lines = [line.strip() for line in (asked.stderr + asked.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith(("error", "cannot connect", "permission denied"))]
        if asked.returncode or errors:
            return f"{asked_for} says: {(errors or lines or ['nothing'])[0]}"
    return None


def is_docker() -> bool:
    """Whether to use containers; ends the program if they were asked for and cannot be had."""
    wanted = os.environ.get("ENGINE") or "auto"
    if wanted == "podman":
        stop("the stack needs Docker with Compose; to run without containers: ENGINE=native make up")
    if wanted not in CHOICES:
        stop(f"ENGINE must be one of {', '.join(CHOICES)}; got {wanted!r}")
    if wanted == "native":
        return False
    found = problem()
    if found and wanted == "docker":
        stop(f"{found}; start the engine and check that you may use it, or work without one: ENGINE=native make up")
    if found:
        say(f"{found}; continuing without containers (ENGINE=native does so without asking)")
    return not found
