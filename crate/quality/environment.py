"""Where things are: a virtual environment with the peers, and the program that runs the library's detectors."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS = ROOT / (os.environ.get("TOOLS") or ".tools")
TARGET = ROOT / (os.environ.get("CARGO_TARGET_DIR") or "target")
VENV = TOOLS / "quality-venv"


def say(text: str) -> None:
    print(f"isoforest: {text}", file=sys.stderr, flush=True)


def enter_venv(with_isotree: bool) -> None:
    """Goes on in the virtual environment with the packages that are wanted; makes it first if need be."""
    wanted = [HERE / "requirements.txt"] + [HERE / "requirements-isotree.txt"] * with_isotree
    for requirements in wanted:
        stamp = VENV / f"installed-{requirements.name}"
        if not stamp.exists() or stamp.read_text() != requirements.read_text():
            say(f"installing the packages of {requirements.name}, once")
            if not (VENV / "bin").is_dir():
                subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
            pip = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", requirements], check=True, stdout=sys.stderr)
            stamp.write_text(requirements.read_text())
    if Path(sys.prefix).resolve() != VENV.resolve():
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, str(HERE), *sys.argv[1:]])


def build_detectors() -> str:
    """Builds the program that runs the library's detectors, and gives its path."""
    say("building the library's program")
    line = [os.environ.get("CARGO") or "cargo", "build", "--locked", "--release", "-p", "isoforest", "--features", "bench,neighbours", "--example", "quality", "--message-format=json-render-diagnostics"]
    done = subprocess.run(line, cwd=ROOT, env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("isoforest: the build failed, see above")
    messages = [json.loads(text) for text in done.stdout.splitlines() if text.startswith("{")]
    return [message["executable"] for message in messages if message.get("executable")][-1]


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
