"""Compiles and tests the notebooks' face crate against the library as it is now, so that the two stay in step."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from settings import HERE, ROOT, TARGET, fingerprint, library_is_current, rustc_flags

if not library_is_current():
    sys.exit("isoforest: the library is older than its sources; run make library")

# cargo does not know of the library: a flag that names its sources makes it build anew after a change.
flags = [*rustc_flags(), "--cfg", f'library="{fingerprint()}"']
environment = {**os.environ, "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags), "CARGO_TARGET_DIR": str(TARGET / "prelude")}
manifest = ["--manifest-path", HERE / "prelude" / "Cargo.toml"]
for command in (["fmt", *manifest, "--check"], ["clippy", *manifest, "--all-targets", "--", "-D", "warnings"], ["test", *manifest]):
    # In the repository's folder: rust-toolchain.toml there says which compiler reads the library.
    if subprocess.run(["cargo", *command], cwd=ROOT, env=environment).returncode:
        sys.exit(f"isoforest: cargo {command[0]} of jupyter/prelude failed")
