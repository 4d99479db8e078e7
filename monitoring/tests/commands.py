"""What the stack's own commands do before anything is started: settings, the password's file, and what they say when something is missing.

    python3 monitoring/tests/commands.py
"""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HERE / "stack"), str(HERE / "tests")]
import configuration
import registry
import shortened

CLEAN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {"PYTHONDONTWRITEBYTECODE": "1"}


class Copy(unittest.TestCase):
    """A copy of the commands in a folder of its own, so that nothing of the user's is touched."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.here = self.root / "monitoring"
        shutil.copytree(HERE, self.here, ignore=shutil.ignore_patterns(".env", ".run", "__pycache__", "images"))

    def stack(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, self.here / "stack", *arguments], env=CLEAN | variables, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def python(self, code: str, **variables: str) -> subprocess.CompletedProcess:
        start = f"import sys; sys.path.insert(0, {str(self.here / 'stack')!r}); import settings; "
        return subprocess.run([sys.executable, "-c", start + code], env=CLEAN | variables, text=True, capture_output=True)

    def native(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        return self.stack(*arguments, **{"ENGINE": "native", "ADMIN_PASSWORD": "x"} | variables)


class Password(Copy):
    def test_one_is_made_once_for_its_owner_alone(self):
        first = self.python("print('>' + settings.password())")
        file = self.here / ".env"
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        made = first.stdout.rpartition(">")[2].strip()
        self.assertGreaterEqual(len(made), 24)
        self.assertIn(made, first.stdout.partition(">")[0], "the password must be printed where it is made")
        self.assertIn(f"ADMIN_PASSWORD='{made}'", file.read_text())
        second = self.python("print(settings.password())")
        self.assertEqual(second.stdout, f"{made}\n")

    def test_git_does_not_see_it(self):
        asked = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", "monitoring/.env"], cwd=HERE.parent)
        self.assertEqual(asked.returncode, 0)

    def test_the_environment_comes_first_and_leaves_no_file(self):
        self.assertEqual(self.python("print(settings.password())", ADMIN_PASSWORD="p@ss w$rd{x}").stdout, "p@ss w$rd{x}\n")
        self.assertFalse((self.here / ".env").exists())

    def test_the_file_is_read_as_compose_reads_it(self):
        (self.here / ".env").write_text("# no\nADMIN_USER=root # who\nADMIN_PASSWORD='p@ss w$rd{x} # yes'\nRETENTION=\"1\\\"0d\"\n")
        told = self.python("print([settings.value(n) for n in ('ADMIN_USER', 'ADMIN_PASSWORD', 'RETENTION', 'GRAFANA_PORT')])")
        self.assertEqual(told.stdout.strip(), "['root', 'p@ss w$rd{x} # yes', '1\"0d', '3000']")

    def test_a_file_without_one_is_an_error(self):
        (self.here / ".env").write_text("ADMIN_USER=me\n")
        told = self.python("settings.password()")
        self.assertEqual(told.returncode, 1)
        self.assertIn("has no ADMIN_PASSWORD", told.stderr)

    def test_one_that_would_be_read_as_something_else_is_refused(self):
        for bad in ("a'b", "a\nb", "a${b}", " a", "a$__env{b}"):
            self.assertIn("choose another", self.python("settings.password()", ADMIN_PASSWORD=bad).stderr, bad)
        self.assertIn("73 bytes", self.python("settings.password()", ADMIN_PASSWORD="é" * 36 + "a").stderr)
        self.assertEqual(self.python("settings.password()", ADMIN_PASSWORD="é" * 36).returncode, 0)

    def test_a_user_that_cannot_log_in_is_refused(self):
        for bad in ("a:b", "a\nb", "a${b}", " a", "a$__env{b}", "a\tb"):
            self.assertIn("ADMIN_USER", self.python("settings.check_settings()", ADMIN_USER=bad).stderr, bad)
        self.assertEqual(self.python("settings.check_settings()", ADMIN_USER="zoë \"o'neil\" \\").returncode, 0)


class Messages(Copy):
    def said(self, done: subprocess.CompletedProcess, *words: str) -> None:
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertNotIn("Traceback", done.stdout)
        for word in words:
            self.assertIn(word, done.stdout)

    def model(self) -> str:
        file = self.root / "model.json"
        file.write_text("{}")
        return str(file)

    def test_no_engine(self):
        self.said(self.stack("up", ENGINE="docker", DOCKER="no-such-docker"), "no-such-docker is not on the PATH", "ENGINE=native")
        self.said(self.stack("up", ENGINE="podman"), "Docker with Compose")
        self.said(self.stack("up", ENGINE="lxc"), "ENGINE must be one of auto, docker, native", "'lxc'")

    def test_an_engine_that_does_not_answer_is_named_and_gone_without(self):
        client = self.root / "docker"
        client.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\n")
        client.chmod(0o755)
        done = self.stack("up", DOCKER=str(client), ADMIN_PASSWORD="x", MODEL="nowhere.json")
        self.said(done, "Cannot connect to the Docker daemon", "continuing without containers")

    def test_no_model(self):
        self.said(self.native("up", MODEL="nowhere.json"), "there is no model at", "nowhere.json", "train one")
        self.said(self.native("up", DATA_DIR="nothing"), "no model at", "train.csv", "MODEL")
        self.said(self.native("up", MODEL=str(self.root)), "is not a file")

    def test_a_port_in_use(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            taken = other.getsockname()[1]
            self.said(self.native("up", MODEL=self.model(), PROMETHEUS_PORT=str(taken)), f"on port {taken} (PROMETHEUS_PORT)", "make up")

    def test_the_port_that_is_proposed_can_be_taken(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 43119))
            other.listen()
            done = self.native("up", MODEL=self.model(), **FREE | {"PROMETHEUS_PORT": "43119", "PROMETHEUS_INTERNAL_PORT": "13120"})
        self.said(done, "on port 43119 (PROMETHEUS_PORT)", "PROMETHEUS_PORT=13121 make up")

    def test_a_port_that_is_none(self):
        self.said(self.native("up", MODEL=self.model(), SERVICE_PORT="http"), "SERVICE_PORT must be a port", "'http'")
        self.said(self.native("up", MODEL=self.model(), **FREE | {"GRAFANA_PORT": "43119"}), "GRAFANA_PORT and PROMETHEUS_PORT are both 43119")

    def test_settings_that_are_wrong(self):
        self.said(self.native("up", RETENTION="soon"), "RETENTION must be", "'soon'")
        for bad in ("192.0.2.1", "no where"):
            self.said(self.native("up", MODEL=self.model(), **FREE, BIND_ADDRESS=bad), "BIND_ADDRESS must be an address of this machine", bad)

    def test_programs_that_are_missing(self):
        self.said(self.native("up", MODEL=self.model(), PATH="/nowhere", **FREE), "apt install prometheus")

    def test_nothing_runs(self):
        self.said(self.native("open", DOCKER="no-such-docker"), "nothing is running")
        self.assertEqual(self.native("down").returncode, 0)
        self.assertEqual(self.stack("sideways").returncode, 2)


FREE = dict(zip(("SERVICE_PORT", "GRAFANA_PORT", "PROMETHEUS_PORT", "PROMETHEUS_INTERNAL_PORT", "ALERTMANAGER_INTERNAL_PORT", "CADDY_HEALTH_PORT"),
                map(str, range(43117, 43123))))


HASH = "$2a$04$9SDyfuu1trhJHxVQkLW.KuFpGbOir0Srk65LRVUTLVXcIMBE/NDgS"  # of x


class Processes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.environ["RUN_DIR"] = folder.name
        self.addCleanup(os.environ.pop, "RUN_DIR")
        self.run_folder = Path(folder.name)

    def test_exactly_what_was_started_is_ended(self):
        other = subprocess.Popen(["sleep", "60"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        registry.start(registry.Process("ours", ["sleep", "60"], ""), self.run_folder, ())
        # Another process that has got the id of one of ours is not ours.
        registry.write(registry.read() | {"reused": {"pid": other.pid, "born": "another time"}})
        self.assertEqual(registry.alive(), ["ours"])
        self.assertEqual(registry.end_all(), ["ours"])
        self.assertIsNone(other.poll())
        self.assertEqual(registry.read(), {})


    def test_other_settings_are_told_from_the_same(self):
        first = registry.Process("one", ["sleep", "60"], "", {"A": "1"})
        self.assertEqual(first.settings(), registry.Process("one", ["sleep", "60"], "", {"A": "1"}).settings())
        for other in ({"A": "2"}, {}):
            self.assertNotEqual(first.settings(), registry.Process("one", ["sleep", "60"], "", other).settings())
        self.assertNotEqual(first.settings(), registry.Process("one", ["sleep", "61"], "", {"A": "1"}).settings())
        self.assertNotEqual(first.settings(), registry.Process("one", ["sleep", "60"], "", {"A": "1"}, "text").settings())


class Configuration(unittest.TestCase):
    def check(self, folder: Path) -> None:
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "config", folder / "prometheus.yml"], text=True, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_without_containers_no_name_of_one_is_left(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            configuration.write_configuration(folder, "p@ss w$rd{x}", HASH)
            text = (folder / "prometheus" / "prometheus.yml").read_text()
            for container in ("service:", "alertmanager:90", "localhost"):
                self.assertNotIn(f'"{container}', text)
            for other in ("scheduler", "executor", "dns_sd", "cluster"):
                self.assertNotIn(other, text)
            login = json.dumps({"username": "admin", "password_file": str(folder / "password")})
            self.assertEqual(text.count(f"basic_auth: {login}"), 3)
            self.assertEqual(stat.S_IMODE((folder / "password").stat().st_mode), 0o600)
            self.check(folder / "prometheus")

    def test_a_user_may_have_any_letters(self):
        for user in ("zoë", "a\"b", "a\\u12", "😀 {x}"):
            with tempfile.TemporaryDirectory() as name, unittest.mock.patch.dict(os.environ, ADMIN_USER=user):
                folder = Path(name)
                configuration.write_configuration(folder, "x", HASH)
                self.check(folder / "prometheus")
                for file in (folder / "web.yml", folder / "prometheus" / "prometheus.yml"):
                    self.assertIn(json.dumps(user, ensure_ascii=False), file.read_text())
                if shutil.which("promtool"):
                    done = subprocess.run(["promtool", "check", "web-config", folder / "web.yml"], text=True, capture_output=True)
                    self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_hash_is_kept_as_long_as_the_password(self):
        with tempfile.TemporaryDirectory() as name:
            run = Path(name) / "run"
            self.assertIsNone(configuration.kept_hash(run, "x"))
            configuration.write_configuration(run, "x", HASH)
            self.assertEqual(configuration.kept_hash(run, "x"), HASH)
            self.assertIsNone(configuration.kept_hash(run, "y"))
            self.assertEqual(stat.S_IMODE(run.stat().st_mode), 0o700)

    def test_the_quick_rules_are_the_real_ones_with_shorter_times(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "quick"
            shortened.make(HERE / "prometheus", folder)
            quick = (folder / "rules" / "alerts.yml").read_text()
            real = (HERE / "prometheus" / "rules" / "alerts.yml").read_text()
            self.assertIn("        for: 10s\n", quick)
            self.assertEqual(len(quick.splitlines()), len(real.splitlines()))
            self.assertNotRegex(quick + (folder / "rules" / "recording.yml").read_text(), r"\[\d+[mh]\]")
            self.check(folder)


if __name__ == "__main__":
    unittest.main()
