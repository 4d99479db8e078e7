"""Puts everything in place that the notebooks need, and only what is missing: .venv, the Rust kernel, the library, the data.

    python3 jupyter/setup.py [jupyter | library | register]

With a step named only that one is done, as by `make library` and the image's layers. What is there already is neither
built nor fetched again, so that a second call takes a moment and no network.
"""

import importlib.util
import os
import shutil
import subprocess
import sys

from builds import MAKE_ROOM, kernel_build, library_build, run_builds, say, stop, up_to_date
from settings import DATA, HERE, KERNEL, LIBRARY, PYTHON, ROOT, TARGET, TOOLCHAIN, TOOLS, VENV

# What building everything takes, with room for Cargo's downloads, and what of it the library needs.
BYTES_FOR_ALL, BYTES_FOR_LIBRARY = 4 << 30, 2 << 30


def check_tools() -> None:
    """Names what is not installed, and how to get it."""
    if sys.version_info < (3, 11):
        stop(f"JupyterLab needs Python 3.11 or later; python3 is {sys.version.split()[0]}. Set PYTHON3 to a newer one")
    if not PYTHON.exists() and importlib.util.find_spec("ensurepip") is None:
        stop("this Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv")
    if not shutil.which("cargo"):
        stop("cargo is not on the PATH; install Rust from https://rustup.rs, then open a new terminal")
    if not shutil.which("cc"):
        stop("no C compiler (cc) on the PATH; Rust needs one to link. On Debian and Ubuntu: apt install gcc libc6-dev")


def check_disk(n_bytes: int) -> None:
    """Ends here, before minutes of building, if there is no room for them."""
    for folder in (TOOLS, TARGET, VENV):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if free < n_bytes:
            stop(f"{folder} needs {n_bytes >> 30} GiB, but its disk has only {free / (1 << 30):.1f} left. {MAKE_ROOM}")


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
    # What it says on standard error is shown: it may be rustup, which fetches the toolchain first.
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, cwd=ROOT).stdout.strip()


def add_rust_src() -> None:
    """The standard library's sources, from which the kernel knows the types of variables."""
    sources = f"{sysroot()}/lib/rustlib/src/rust/library"
    if os.path.exists(sources):
        return
    command = ["rustup", "component", "add", "rust-src", "--toolchain", TOOLCHAIN]
    if shutil.which("rustup"):
        say("fetching the standard library's sources (a few seconds)")
        subprocess.run(command)
    if not os.path.exists(sources):
        # The kernel would start, and want the type of every variable written out, which no notebook does.
        stop(f"the notebooks want the standard library's sources, which are not in {sources}. "
             f"rustup puts them there, over the network: `{' '.join(command)}`; Rust that came another way has them as rust-src")


def register_kernel() -> None:
    """The kernel's files in .venv, anew if anything they are made from has changed."""
    made_from = [HERE / "kernel.py", HERE / "settings.py", HERE / "kernel" / "hashbrown.rs", TOOLS / "evcxr_jupyter.installed"]
    state = [str(path) for path in (ROOT, VENV, TOOLS, TARGET)] + [file.read_text() for file in made_from]
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
    say("the library is up to date; restart the kernel of any notebook that is open")


def all_steps() -> None:
    check_data()
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


STEPS = {
    "jupyter": install_jupyter,
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
    try:
        main()
    except subprocess.CalledProcessError as error:
        stop(f"`{' '.join(map(str, error.cmd))}` failed (status {error.returncode}), see above; the next call goes on from here")
    except KeyboardInterrupt:
        stop("stopped; the next call goes on from here")
