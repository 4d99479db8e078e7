"""Where things are, and how they get there: a virtual environment with the peers, and the two Rust programs."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCHES = HERE.parent
ROOT = BENCHES.parent.parent
TOOLS = Path(os.environ.get("TOOLS") or ".tools")
TOOLS = TOOLS if TOOLS.is_absolute() else ROOT / TOOLS
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or "target")
TARGET = TARGET if TARGET.is_absolute() else ROOT / TARGET
CARGO = os.environ.get("CARGO") or "cargo"
VENV = TOOLS / "bench-venv"
RESULTS = BENCHES / "RESULTS.md"


def say(text: str) -> None:
    print(f"isoforest: {text}", file=sys.stderr, flush=True)


def enter_venv() -> None:
    """Goes on in the virtual environment with the packages of requirements.txt; makes it first if need be."""
    wanted, stamp = (HERE / "requirements.txt").read_text(), VENV / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        say("installing scikit-learn, isotree (compiles for some minutes) and plotly, once")
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True, stdout=sys.stderr)
        stamp.write_text(wanted)
    if Path(sys.prefix).resolve() != VENV.resolve():
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, str(HERE), *sys.argv[1:]])


def build(*arguments: str, folder: Path = ROOT, target: Path = TARGET) -> str:
    """Builds one program with cargo and gives its path."""
    line = [CARGO, *arguments, "--locked", "--message-format=json-render-diagnostics"]
    done = subprocess.run(line, cwd=folder, env={**os.environ, "CARGO_TARGET_DIR": str(target)}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("isoforest: the build failed, see above")
    messages = [json.loads(text) for text in done.stdout.splitlines() if text.startswith("{")]
    return [message["executable"] for message in messages if message.get("executable")][-1]


def build_library() -> str:
    say("building the library's program")
    return build("bench", "--no-run", "-p", "isoforest", "--features", "parquet,bench", "--bench", "compare")


def build_command_line() -> str:
    say("building the command line")
    return build("build", "--release", "-p", "isoforest", "--features", "cli,parquet", "--bin", "isoforest")


def build_peer() -> str:
    say("building extended-isolation-forest's program")
    return build("build", "--release", folder=BENCHES / "peer", target=TARGET / "bench-peer")


def data_folder() -> tuple[Path, str]:
    """The folder with train.csv, and what to call it: the real data if they are beside the repository."""
    real = ROOT.parent / "shared" / "data"
    return (real, "real data") if (real / "train.csv").exists() else (ROOT / "data", "bundled data")


def processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def caches() -> dict[str, int]:
    """Bytes of the first core's data caches: L1, L2, L3."""
    found = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (index / "type").read_text().strip() != "Instruction":
            size = (index / "size").read_text().strip()
            found[f"L{(index / 'level').read_text().strip()}"] = int(size.rstrip("KM")) * (1 << (20 if size.endswith("M") else 10))
    return found
