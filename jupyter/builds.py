"""The two long builds, the Rust kernel and the library for the notebooks, with a line of progress now and then.

    python3 jupyter/builds.py kernel | library

What is there already is not built again. A file of its own, so that the image's layers do not depend on the rest of set-up.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time

from settings import EVCXR_VERSION, KERNEL, LIBRARY, ROOT, TARGET, TOOLCHAIN, TOOLS, fingerprint, library_is_current

NEARLY_FULL = 50 << 20  # bytes left on a disk
MAKE_ROOM = "Make room, or set CARGO_TARGET_DIR and TOOLS to folders on another disk; the next call goes on from here"


def say(text: str) -> None:
    print(f"isoforest: {text}", flush=True)


def stop(text: str) -> None:
    sys.exit(f"isoforest: {text}")


def up_to_date(stamp, content: str) -> bool:
    return stamp.exists() and stamp.read_text() == content


def kernel_build():
    """The command that builds evcxr_jupyter, or None if it is there."""
    stamp = TOOLS / "evcxr_jupyter.installed"
    wanted = f"{EVCXR_VERSION} {TOOLCHAIN}\n"
    if KERNEL.exists() and up_to_date(stamp, wanted):
        return None
    command = ["cargo", "install", "evcxr_jupyter", "--version", f"={EVCXR_VERSION}", "--locked", "--force", "--root", TOOLS]
    # Half the time of a full optimisation. A folder of its own: cargo lets one build at a time into a target folder.
    settings = {
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "256",
        "CARGO_TARGET_DIR": str(TOOLS / "build"),
    }

    def done() -> None:
        shutil.rmtree(TOOLS / "build", ignore_errors=True)
        stamp.write_text(wanted)

    return "kernel", command, settings, done


def library_build():
    """The command that builds the library for the notebooks, or None if it is as its sources are."""
    if library_is_current():
        return None
    sources = fingerprint()
    command = ["cargo", "rustc", "--release", "--locked", "--package", "isoforest", "--lib", "--crate-type", "dylib"]
    command += ["--features", "notebook,cli", "--", "-Cprefer-dynamic"]

    def done() -> None:
        LIBRARY.with_name(LIBRARY.name + ".sources").write_text(sources + "\n")

    return "library", command, {"CARGO_TARGET_DIR": str(TARGET)}, done


class Build:
    """A cargo command that runs beside others, writes what it says to a log and counts its crates."""

    def __init__(self, name, command, settings, done):
        self.name, self.done, self.crates, self.crate = name, done, 0, "starting"
        self.log, self.said = TOOLS / f"{name}.log", []
        TOOLS.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **settings, "CARGO_TERM_COLOR": "never", "CARGO_TERM_PROGRESS_WHEN": "never"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self) -> None:
        # Unbuffered, and never in the way of the build: the disk may fill up.
        with self.log.open("wb", buffering=0) as log:
            for line in self.process.stderr:
                self.said.append(line)
                with contextlib.suppress(OSError):
                    log.write(line.encode())
                words = line.split()
                if words[:1] == ["Compiling"]:
                    self.crates, self.crate = self.crates + 1, words[1]
                elif words[:1] == ["Blocking"]:
                    self.crate = "waiting for another cargo"

    def state(self) -> str:
        finished = self.process.poll() is not None
        return f"{self.name}: {'done' if finished else f'{self.crates} crates, {self.crate}'}"

    def finish(self) -> None:
        self.reader.join()
        if self.process.wait():
            said = "".join(self.said)
            print(said[-4000:], file=sys.stderr)
            if "No space left on device" in said or shutil.disk_usage(TOOLS).free < NEARLY_FULL:
                stop(f"the {self.name} could not be built: the disk is full. {MAKE_ROOM}")
            stop(f"the {self.name} could not be built; the whole output is in {self.log}")
        self.done()


def run_builds(builds) -> None:
    """Runs cargo commands side by side, with a line of progress now and then."""
    builds = [Build(*build) for build in builds if build]
    if not builds:
        return
    start, shown = time.monotonic(), 0.0
    try:
        while any(build.process.poll() is None for build in builds):
            time.sleep(0.2)
            elapsed = time.monotonic() - start
            if elapsed - shown >= 15:
                shown = elapsed
                say(f"  {int(elapsed) // 60}:{int(elapsed) % 60:02} {' | '.join(build.state() for build in builds)}")
    except KeyboardInterrupt:
        for build in builds:
            build.process.wait()
        stop("stopped; the next call goes on from here")
    for build in builds:
        build.finish()
    say(f"  built in {(time.monotonic() - start) / 60:.1f} minutes")


BUILDS = {"kernel": kernel_build, "library": library_build}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in BUILDS:
        stop(f"expected one of {', '.join(BUILDS)}")
    run_builds([BUILDS[sys.argv[1]]()])
