"""Puts everything in place that the notebooks need, and only what is missing: .venv, the Rust kernel, the library, the data.

    python3 jupyter/setup.py [jupyter | kernel | library | register]

With a step named only that one is done: `make library` does so, and the image's layers. What is there already is neither
built nor fetched again, so that a second call takes a moment and no network.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time

from settings import DATA, EVCXR_VERSION, HERE, KERNEL, LIBRARY, PYTHON, ROOT, TARGET, TOOLCHAIN, TOOLS, VENV
from settings import fingerprint, library_is_current


# What building everything takes, with room for Cargo's downloads, and what of it the library needs.
BYTES_FOR_ALL, BYTES_FOR_LIBRARY = 4 << 30, 2 << 30
MAKE_ROOM = "Make room, or set CARGO_TARGET_DIR and TOOLS to folders on another disk; the next call goes on from here"


def say(text: str) -> None:
    print(f"isoforest: {text}", flush=True)


def stop(text: str) -> None:
    sys.exit(f"isoforest: {text}")


def check_tools() -> None:
    """Names what is not installed, and how to get it."""
    if sys.version_info < (3, 11):
        stop(f"JupyterLab needs Python 3.11 or later; python3 is {sys.version.split()[0]}. Set PYTHON3 to a later one")
    if not PYTHON.exists() and importlib.util.find_spec("ensurepip") is None:
        stop("this Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv")
    if not shutil.which("cargo"):
        stop("cargo is not on the PATH; install Rust from https://rustup.rs, then open a new terminal")
    if not shutil.which("cc"):
        stop("no C compiler (cc) on the PATH, which Rust links with; on Debian and Ubuntu: apt install gcc libc6-dev")


def check_disk(n_bytes: int) -> None:
    """Ends here, before minutes of building, if there is no room for them."""
    for folder in (TOOLS, TARGET, VENV):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if free < n_bytes:
            stop(f"{folder} needs {n_bytes >> 30} GiB, and its disk has {free / (1 << 30):.1f} left. {MAKE_ROOM}")


def up_to_date(stamp, content: str) -> bool:
    return stamp.exists() and stamp.read_text() == content


def install_jupyter() -> None:
    """JupyterLab and plotly, in .venv."""
    files = [HERE / "requirements.txt", HERE / "constraints.txt"]
    stamp, wanted = VENV / "requirements.installed", "".join(file.read_text() for file in files)
    if not (PYTHON.exists() and up_to_date(stamp, wanted)):
        say(f"installing JupyterLab and plotly into {VENV.name} (half a minute)")
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", files[0], "-c", files[1]], check=True)
        stamp.write_text(wanted)
    # No pop-up that asks to fetch news, and no look for updates.
    quiet = '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}\n'
    overrides = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    overrides.parent.mkdir(parents=True, exist_ok=True)
    overrides.write_text(quiet)


def sysroot() -> str:
    command = ["rustc", "--print", "sysroot"]
    return subprocess.run(command, check=True, text=True, capture_output=True, cwd=ROOT).stdout.strip()


def add_rust_src() -> None:
    """The standard library's sources, from which the kernel knows the types of variables."""
    if os.path.exists(f"{sysroot()}/lib/rustlib/src/rust/library") or not shutil.which("rustup"):
        return
    say("fetching the standard library's sources (a few seconds)")
    command = ["rustup", "component", "add", "rust-src", "--toolchain", TOOLCHAIN]
    if subprocess.run(command).returncode:
        say("without them the kernel works, but a cell must write out the types of its variables: let n: usize = …")


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
        self.log = TOOLS / f"{name}.log"
        TOOLS.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **settings, "CARGO_TERM_COLOR": "never", "CARGO_TERM_PROGRESS_WHEN": "never"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self) -> None:
        with self.log.open("w") as log:
            for line in self.process.stderr:
                log.write(line)
                log.flush()
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
            said = self.log.read_text()
            print(said[-4000:], file=sys.stderr)
            if "No space left on device" in said:
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


def register_kernel() -> None:
    """The kernel's files in .venv, anew if anything they are made from has changed."""
    made_from = [HERE / "kernel.py", HERE / "settings.py", HERE / "kernel" / "hashbrown.rs", TOOLS / "evcxr_jupyter.installed"]
    state = [str(path) for path in (ROOT, VENV, TOOLS, TARGET)] + [file.read_text() for file in made_from]
    # Registered without the standard library's sources, the kernel is registered again once they are there.
    state.append(str(os.path.exists(f"{sysroot()}/lib/rustlib/src/rust/library")))
    stamp, wanted = VENV / "kernel.registered", "\n".join(state)
    if not up_to_date(stamp, wanted):
        say("registering the kernel")
        subprocess.run([sys.executable, HERE / "kernel.py"], check=True)
        stamp.write_text(wanted)


def check_data() -> None:
    for name in ("train.csv", "test.csv"):
        if not (DATA / name).is_file():
            stop(f"no {name} in {DATA}; set DATA_DIR to a folder with train.csv and test.csv")


def build_library() -> None:
    library = library_build()
    if library:
        check_disk(0 if LIBRARY.exists() else BYTES_FOR_LIBRARY)
        say("building the library for the notebooks (5 minutes the first time, seconds after a change)")
    run_builds([library])
    say("the library is up to date; a running notebook needs its kernel restarted")


def all_steps() -> None:
    if not (KERNEL.exists() and LIBRARY.exists()):
        check_disk(BYTES_FOR_ALL)
    install_jupyter()
    add_rust_src()
    kernel, library = kernel_build(), library_build()
    if kernel:
        say("building the Rust kernel and the library (about 12 minutes on two cores; once)")
    elif library:
        say("building the library (5 minutes the first time, seconds after a change)")
    run_builds([kernel, library])
    register_kernel()
    check_data()


STEPS = {
    "jupyter": install_jupyter,
    "kernel": lambda: run_builds([kernel_build()]),
    "library": build_library,
    "register": lambda: (add_rust_src(), register_kernel()),
}


def main() -> None:
    check_tools()
    named = sys.argv[1:]
    if not named:
        all_steps()
    for step in named:
        STEPS.get(step, lambda: stop(f"no step {step!r}; expected one of {', '.join(STEPS)}"))()


if __name__ == "__main__":
    main()
