"""Where things are and which versions, for the scripts of this folder; each setting can be changed by its variable."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "jupyter"
NOTEBOOKS = ROOT / "notebooks"
# In the order in which a newcomer reads them.
NOTEBOOK_FILES = [NOTEBOOKS / f"{name}.ipynb" for name in ("exploration", "train", "compare")]
EVCXR_VERSION = "0.22.0"


def folder(variable: str, default: str) -> Path:
    """A folder from the environment, relative to the repository."""
    return ROOT / Path(os.environ.get(variable) or default).expanduser()


VENV = folder("VENV", ".venv")
TOOLS = folder("TOOLS", ".tools")
TARGET = folder("CARGO_TARGET_DIR", "target")
DATA = folder("DATA_DIR", "data")
# Labelled files for compare.ipynb, if there are any.
LABELLED = folder("LABELLED_DIR", "") if os.environ.get("LABELLED_DIR") else None

PYTHON = VENV / "bin" / "python"
KERNEL = TOOLS / "bin" / "evcxr_jupyter"
LIBRARY = TARGET / "release" / ("libisoforest.dylib" if os.uname().sysname == "Darwin" else "libisoforest.so")
TOOLCHAIN = re.search(r'channel = "(.+)"', (ROOT / "rust-toolchain.toml").read_text())[1]


def fingerprint() -> str:
    """One line that stands for all the library is built from."""
    return subprocess.run([HERE / "kernel" / "fingerprint"], check=True, text=True, capture_output=True).stdout.strip()


def library_is_current() -> bool:
    """Whether the library is there and built from the sources as they are now."""
    stamp = LIBRARY.with_name(LIBRARY.name + ".sources")
    return LIBRARY.exists() and stamp.exists() and stamp.read_text().strip() == fingerprint()


def rustc_flags() -> list[str]:
    """What shows the prebuilt library to rustc: to cells, and to the face crate `jupyter/prelude`."""
    return [
        "-Cprefer-dynamic",
        f"-Ldependency={LIBRARY.parent / 'deps'}",
        "--extern",
        f"isoforest={LIBRARY}",
        f"-Clink-arg=-Wl,-rpath,{LIBRARY.parent}",
    ]
