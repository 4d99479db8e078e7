"""Registers the Rust kernel inside .venv, with the settings that make its first cell quick."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from settings import HERE, KERNEL, LIBRARY, PYTHON, TOOLCHAIN, VENV, rustc_flags

SHARE = VENV / "share" / "jupyter"
FOLDER = SHARE / "kernels" / "rust"
SERVER_SETTINGS = VENV / "etc" / "jupyter" / "jupyter_server_config.json"


def register() -> None:
    """Writes kernel.json, the kernel's start-up files, and the sources from which it infers types."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    # evcxr_jupyter brings its logo and a mark of its version; JUPYTER_PATH keeps it out of the home folder.
    environment = {**os.environ, "JUPYTER_PATH": str(SHARE)}
    subprocess.run([KERNEL, "--install"], check=True, env=environment, stdout=subprocess.DEVNULL)
    ready, not_built, std, no_std = FOLDER / "start", FOLDER / "start" / "not-built", FOLDER / "std", FOLDER / "no-std"
    not_built.mkdir(parents=True)
    # Cells are glue: the work is done in the library, at its full speed. Without optimisation a cell compiles twice as fast.
    # Two by their names: they stay the prelude's where a cell imports all of polars' names.
    imports = "use isoforest_prelude::*;\nuse isoforest_prelude::{DataFrame, df};\n"
    # The kernel expects a `?` only once it has met one, and shows no figure in that cell: this is that one.
    imports += "Ok::<(), Error>(())?;\n"
    # The kernel reads the standard library's sources each time its dependencies change, and once before it has any: that
    # first time it is shown an empty one, which saves a tenth of the start.
    prelude = f":env RUST_SRC_PATH={std}\n"
    prelude += f':dep isoforest-prelude = {{ path = "{HERE / "prelude"}" }}\n{imports}'
    write_settings(ready, opt_level="0", prelude=prelude)
    write_settings(not_built, opt_level="0", prelude=f":build_env RUSTC_WRAPPER={HERE / 'kernel' / 'not-built'}\n")
    copy_std(std)
    (no_std / "core").mkdir(parents=True)
    write_rustup(FOLDER / "bin")
    kernel = {
        "argv": ["/bin/sh", str(HERE / "kernel" / "launch"), "{connection_file}"],
        "display_name": "Rust",
        "language": "rust",
        # A signal is kernel/supervise.py's to answer, which wants /proc for it; a message the kernel's.
        "interrupt_mode": "signal" if sys.platform == "linux" else "message",
        "env": {
            "ISOFOREST_KERNEL": str(KERNEL),
            "ISOFOREST_LIBRARY": str(LIBRARY),
            "ISOFOREST_PYTHON": str(PYTHON),
            "EVCXR_CONFIG_DIR": str(ready),
            "JUPYTER_PATH": str(SHARE),
            # The toolchain's own programs: rustup's of the same names look the toolchain up each time.
            "PATH": f"{FOLDER / 'bin'}:{sysroot() / 'bin'}:${{PATH}}",
            # The compiler that built the library is the only one that can read it.
            "RUSTUP_TOOLCHAIN": TOOLCHAIN,
            "RUST_SRC_PATH": str(no_std),
            "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(rustc_flags()),
        },
    }
    (FOLDER / "kernel.json").write_text(json.dumps(kernel, indent=2) + "\n")
    # A new notebook is a Rust one. The Python kernel that JupyterLab brings has no pandas and would only be a wrong choice.
    settings = {"MultiKernelManager": {"default_kernel_name": "rust"}, "KernelSpecManager": {"allowed_kernelspecs": ["rust"]}}
    SERVER_SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    SERVER_SETTINGS.write_text(json.dumps(settings, indent=2) + "\n")


def write_settings(folder: Path, **settings: str) -> None:
    """Writes evcxr's settings; a JSON string is a TOML string too."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    (folder / "evcxr.toml").write_text("\n".join(["[evcxr]", *lines, ""]))


def sysroot() -> Path:
    """Where the compiler that rust-toolchain.toml names is installed."""
    asked = subprocess.run(["rustc", "--print", "sysroot"], check=True, text=True, capture_output=True, cwd=HERE)
    return Path(asked.stdout.strip())


def write_rustup(folder: Path) -> None:
    """A `rustup` that says at once where the compiler is, as the kernel asks at each start; the real one answers the rest."""
    tools = sysroot() / "bin"
    folder.mkdir()
    script = folder / "rustup"
    script.write_text(
        f"""#!/bin/sh
[ "$#" = 2 ] && [ "$1" = which ] && [ -x "{tools}/$2" ] && exec echo "{tools}/$2"
PATH="${{PATH#"{folder}:"}}" exec rustup "$@"
""",
        encoding="utf-8",
    )
    script.chmod(0o755)


def copy_std(folder: Path) -> None:
    """Lays out the three crates of the standard library that a cell can name, as a workspace of their own.

    The kernel reads all sources under this folder, twice a start, and asks cargo what they depend on. The whole of rust-src
    is 50 MB, most of it instruction tables of processors, and its dependencies would have to come over the network.
    """
    library = sysroot() / "lib" / "rustlib" / "src" / "rust" / "library"
    dependencies = {"core": [], "alloc": ["core"], "hashbrown": ["core"], "std": ["core", "alloc", "hashbrown"]}
    folder.mkdir()
    packages, locked = [], []
    for name, needs in dependencies.items():
        crate = folder / name
        crate.mkdir()
        if name == "hashbrown":
            (crate / "src").mkdir()
            shutil.copy(HERE / "kernel" / "hashbrown.rs", crate / "src" / "lib.rs")
        else:
            (crate / "src").symlink_to(library / name / "src")
        wanted = "".join(f'{need} = {{ path = "../{need}" }}\n' for need in needs)
        package = f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n{wanted}'
        (crate / "Cargo.toml").write_text(package)
        packages.append(name)
        listed = "".join(f' "{need}",\n' for need in sorted(needs))
        locked.append(f'[[package]]\nname = "{name}"\nversion = "0.0.0"\n' + (f"dependencies = [\n{listed}]\n" if needs else ""))
    (folder / "Cargo.toml").write_text(f"[workspace]\nresolver = \"3\"\nmembers = {json.dumps(packages)}\n")
    (folder / "Cargo.lock").write_text("version = 4\n\n" + "\n".join(sorted(locked)))


if __name__ == "__main__":
    register()
