"""What somebody reads for whom something is missing, taken or full: one message, which says what to do.

Runs with any Python and nothing installed or built: what would take minutes is a stand-in on the PATH.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLCHAIN = re.search(r'channel = "(.+)"', (ROOT / "rust-toolchain.toml").read_text())[1]
# What the scripts look at; of folders all that is in them.
PARTS = ("jupyter", "crate/src", "crate/Cargo.toml", "data", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml")
# What the scripts themselves call, beside what a test puts in place.
ALWAYS = ("sh", "cat", "cksum", "cut", "dirname", "env", "find", "git", "sleep", "sort", "uname")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """A machine with nothing but what a test puts there: a copy of the repository, programs, folders for what is built."""

    def __init__(self, folder: str):
        self.folder = Path(folder)
        self.programs = self.folder / "bin"
        self.programs.mkdir()
        for name in ALWAYS:
            if found := shutil.which(name):
                (self.programs / name).symlink_to(found)
        # A copy, because `make run` by root gives notebooks/ to another user for a while.
        self.root = self.folder / "isoforest"
        (self.root / "notebooks").mkdir(parents=True)
        for part in PARTS:
            (self.root / part).parent.mkdir(exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, self.root / part, ignore=shutil.ignore_patterns("target", "__pycache__"))
            else:
                shutil.copy(ROOT / part, self.root / part)
        self.settings = {"PATH": str(self.programs), "HOME": folder, "ENGINE": "native"}
        for variable in ("TOOLS", "VENV", "CARGO_TARGET_DIR"):
            self.settings[variable] = str(self.folder / variable.lower())

    def put(self, name: str, script: str) -> None:
        """A program that does as the shell script says, and notes that it was called."""
        program = self.programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.folder}/calls"\n{script}\n')
        program.chmod(0o755)

    def put_compilers(self, cargo: str = "exit 0") -> None:
        self.put("cargo", cargo)
        self.put("rustc", f'echo "{self.folder}"')
        self.put("cc", "exit 0")

    def calls(self) -> str:
        noted = self.folder / "calls"
        return noted.read_text() if noted.exists() else ""

    def run(self, script: str, *arguments: str, before: str = "", **settings: str) -> tuple[int, str]:
        """The status a script of this folder ends with, and all that it says."""
        folder = str(self.root / "jupyter")
        code = f"import runpy, sys; sys.path.insert(0, {folder!r}); {before}\n"
        code += f"sys.argv = {[script, *arguments]!r}; runpy.run_path({folder + '/' + script!r}, run_name='__main__')"
        done = subprocess.run(
            [sys.executable, "-c", code], env={**self.settings, **settings}, cwd=self.root, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        )
        return done.returncode, done.stdout


class MessageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="isoforest-messages-")
        self.addCleanup(folder.cleanup)
        self.machine = Machine(folder.name)

    def check(self, outcome: tuple[int, str], *words: str) -> str:
        """Failed, without a traceback, in one last line of ours that has all these words in it."""
        status, said = outcome
        self.assertNotEqual(status, 0, said)
        self.assertNotIn("Traceback", said)
        lines = [line for line in said.splitlines() if line.startswith("isoforest: ")]
        self.assertTrue(lines, said)
        for word in words:
            self.assertIn(word.lower(), lines[-1].lower(), said)
        return said


class MissingTools(MessageTest):
    def test_no_cargo_names_rustup(self):
        self.machine.put("cc", "exit 0")
        self.check(self.machine.run("setup.py"), "cargo", "PATH", "rustup.rs")

    def test_no_c_compiler_names_the_package(self):
        self.machine.put("cargo", "exit 0")
        self.check(self.machine.run("setup.py"), "cc", "gcc")

    def test_a_python_that_is_too_old_names_the_variable_for_another(self):
        self.machine.put_compilers()
        old = "sys.version_info, sys.version = (3, 9, 2, 'final', 0), '3.9.2 (old)'"
        self.check(self.machine.run("setup.py", before=old), "3.11", "3.9.2", "PYTHON3")

    def test_a_python_without_venv_names_the_package(self):
        self.machine.put_compilers()
        without = "import importlib.util; find = importlib.util.find_spec"
        without += "; importlib.util.find_spec = lambda name, *more: None if name == 'ensurepip' else find(name, *more)"
        self.check(self.machine.run("setup.py", before=without), "python3-venv")

    def test_no_sources_of_the_standard_library_tell_how_to_get_them(self):
        self.machine.put_compilers()
        add = f"rustup component add rust-src --toolchain {TOOLCHAIN}"
        self.check(self.machine.run("setup.py", "register"), str(self.machine.folder), add)
        # One that does nothing and says that all is well, and one that cannot reach its server.
        for script in ("exit 0", 'echo "error: could not download" >&2; exit 1'):
            with self.subTest(script):
                self.machine.put("rustup", script)
                self.check(self.machine.run("setup.py", "register"), str(self.machine.folder), add)
                self.assertIn(add, self.machine.calls())

    def test_a_build_that_fails_shows_its_end_and_names_its_log(self):
        self.machine.put_compilers(cargo='echo "error: linker not in the mood" >&2; exit 101')
        said = self.check(self.machine.run("setup.py", "library"), "library", "library.log")
        self.assertIn("linker not in the mood", said)


class Data(MessageTest):
    def test_no_data_is_said_before_anything_is_built(self):
        self.machine.put_compilers()
        empty = self.machine.folder / "empty"
        empty.mkdir()
        self.check(self.machine.run("setup.py", DATA_DIR=str(empty)), "train.csv", str(empty), "DATA_DIR")
        self.assertNotIn("cargo", self.machine.calls())


class Ports(MessageTest):
    def test_a_port_in_use_names_another_one(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            self.check(self.machine.run("serve.py", PORT=str(port), HOST="127.0.0.1"), str(port), f"PORT={port + 1} make run")

    def test_a_port_that_is_no_number_shows_one_that_is(self):
        self.check(self.machine.run("serve.py", PORT="http"), "'http'", "PORT=8889")

    def test_a_port_beyond_the_last_one_is_said_in_words(self):
        self.check(self.machine.run("serve.py", PORT="70000"), "70000")


@contextlib.contextmanager
def small_disk(folder: Path, size: str):
    """A disk of this size for the length of a `with`."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        raise unittest.SkipTest(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


class Disk(MessageTest):
    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("mount"), "only root can mount a small disk")
    def test_too_small_a_disk_is_said_before_anything_is_built(self):
        for variable in ("CARGO_TARGET_DIR", "TOOLS"):
            with self.subTest(variable), tempfile.TemporaryDirectory() as folder:
                machine = Machine(folder)
                machine.put_compilers()
                disk = Path(folder, "disk")
                with small_disk(disk, "1m"):
                    self.check(machine.run("setup.py", **{variable: str(disk / "here")}), str(disk), variable, "GiB")
                self.assertNotIn("cargo", machine.calls())

    def test_a_disk_that_fills_up_while_building_is_named_as_the_reason(self):
        self.machine.put_compilers(cargo='echo "error: No space left on device (os error 28)" >&2; exit 101')
        self.check(self.machine.run("setup.py", "library"), "disk is full", "CARGO_TARGET_DIR")

    def test_a_disk_that_fills_up_under_the_image_is_named_as_the_reason(self):
        self.machine.put("docker", 'case "$1" in info) ;; build) echo "write /x: no space left on device" >&2; exit 1 ;; *) exit 1 ;; esac')
        self.check(self.machine.run("container.py", "build", ENGINE="docker"), "image", "disk is full", "docker system df")


HANGS = 'exec sleep 50'
FAILS = 'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?" >&2; exit 1'
ANSWERS_WITH_AN_ERROR = 'echo "Client:"; echo "Server:"; echo "ERROR: Cannot connect to the Docker daemon" >&2; exit 0'


class Engines(MessageTest):
    def test_an_engine_that_was_asked_for_and_does_not_answer(self):
        for name, script in (("hangs", HANGS), ("fails", FAILS), ("answers with an error", ANSWERS_WITH_AN_ERROR)):
            with self.subTest(name):
                self.machine.put("docker", script)
                self.check(self.machine.run("run.py", ENGINE="docker"), "docker", "ENGINE=native")
                self.assertNotIn("docker build", self.machine.calls())

    def test_an_engine_that_was_asked_for_and_is_not_installed(self):
        self.check(self.machine.run("run.py", ENGINE="podman"), "podman", "PATH", "ENGINE=native")

    def test_without_being_asked_for_one_it_goes_on_natively_and_says_so(self):
        for name, script in (("hangs", HANGS), ("fails", FAILS)):
            with self.subTest(name):
                self.machine.put("docker", script)
                # Where the native way ends on this machine shows that it was taken.
                said = self.check(self.machine.run("run.py", ENGINE="auto"), "cargo", "rustup.rs")
                self.assertIn("docker info", said)
                self.assertIn("without a container", said)

    def test_no_engine_at_all_is_nothing_to_talk_about(self):
        said = self.check(self.machine.run("run.py", ENGINE="auto"), "cargo")
        self.assertNotIn("docker", said)

    def test_another_engine_is_taken_where_the_first_does_not_answer(self):
        self.machine.put("docker", FAILS)
        self.machine.put("podman", 'case "$1" in info) ;; *) echo "no image today" >&2; exit 1 ;; esac')
        said = self.check(self.machine.run("run.py", ENGINE="auto", PORT=str(free_port())), "image")
        self.assertIn("no image today", said)

    def test_native_asks_no_engine(self):
        self.machine.put("docker", HANGS)
        self.check(self.machine.run("run.py", ENGINE="native"), "cargo")
        self.assertNotIn("docker", self.machine.calls())

    def test_a_choice_that_is_none_lists_the_choices(self):
        self.check(self.machine.run("run.py", ENGINE="lxc"), "'lxc'", "auto", "docker", "podman", "native")

    def test_a_container_that_cannot_start_names_the_other_way(self):
        self.machine.put("docker", 'case "$1" in run) echo "docker: permission denied" >&2; exit 125 ;; esac')
        self.check(self.machine.run("run.py", ENGINE="docker", PORT=str(free_port())), "could not start", "ENGINE=native")


if __name__ == "__main__":
    unittest.main()
