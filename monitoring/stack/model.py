"""The model that the service starts with: trained on the bundled data if there is none."""

import shutil
import stat
import subprocess

from settings import ROOT, folder, model_file, say, stop


def ensure() -> None:
    """Sees that the model's file is there and that a container may read it."""
    model = model_file()
    if not model.exists():
        train(model)
    if not model.is_file():
        stop(f"{model} is not a file; expected a model, as `isoforest train` writes it")
    if not model.stat().st_mode & stat.S_IROTH:
        say(f"only its owner can read {model}; in a container the service runs as another user: if it cannot read the file, chmod o+r it")


def train(model) -> None:
    if model.resolve() != (ROOT / "notebooks" / "model.json").resolve():
        stop(f"there is no model at {model}; train one: isoforest train data/train.csv --output {model}")
    data = folder("DATA_DIR", "data") / "train.csv"
    if not data.is_file():
        stop(f"there is no model at {model} and no {data} to train one on; set DATA_DIR, or MODEL to a model's file")
    if not shutil.which("cargo"):
        stop(f"there is no model at {model}, and no cargo to train one with; set MODEL to a model's file, or install Rust from https://rustup.rs")
    say(f"there is no model at {model} yet: training one on {data} (seconds, or a minute or two if the program is not built yet)")
    model.parent.mkdir(parents=True, exist_ok=True)
    command = ["cargo", "run", "--quiet", "--locked", "--release", "-p", "isoforest", "--features", "cli", "--", "train", str(data)]
    command += ["--output", str(model), "--random-state", "16", "--contamination", "0.001"]
    if subprocess.run(command, cwd=ROOT).returncode:
        stop("the model could not be trained, see above")
