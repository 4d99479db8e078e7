"""What a newcomer's first cells meet in the registered kernel; needs `make library` and a kernel from `make run`'s set-up."""

import contextlib
import json
import os
import queue
import re
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from subprocess import DEVNULL

from jupyter_client.manager import KernelManager

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent.parent / "kernel")]
from settings import DATA, NOTEBOOKS
from supervise import below, children

TRAIN = DATA / "train.csv"


class Kernel:
    """A kernel of its own, with some of its settings changed."""

    def __init__(self, **settings: str):
        self.manager = KernelManager(kernel_name="rust")
        self.manager.kernel_spec.env.update(settings)
        self.manager.start_kernel(cwd=str(NOTEBOOKS), stdout=DEVNULL, stderr=DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def interrupt_when(self, is_time) -> threading.Thread:
        """Presses the stop button, as soon as it is time, beside a cell that runs."""

        def wait_and_press() -> None:
            while not is_time():
                time.sleep(0.005)
            self.manager.interrupt_kernel()

        thread = threading.Thread(target=wait_and_press, daemon=True)
        thread.start()
        return thread

    def run(self, cell: str) -> str:
        """All that a cell shows: text and errors."""
        shown = []

        def look(message) -> None:
            content = message["content"]
            shown.append(content.get("text", "") + content.get("data", {}).get("text/plain", ""))
            shown.extend(content.get("traceback", []))

        self.client.execute_interactive(cell, timeout=120, output_hook=look)
        # What the cell wrote to standard error may come after the kernel has said that it is idle.
        with contextlib.suppress(queue.Empty):
            while True:
                look(self.client.get_iopub_msg(timeout=0.5))
        return "".join(shown)


class FirstCells(unittest.TestCase):
    def test_a_new_notebook_reads_and_draws_without_settings_imports_or_types(self):
        with Kernel() as kernel:
            self.assertEqual(kernel.run(f'let df = read_csv("{TRAIN}")?;'), "")
            self.assertIn("rows", kernel.run("df.head(5)"))
            self.assertEqual(kernel.run("let n = df.height(); let names = df.names(); let x = df.values(&names[0])?;"), "")
            self.assertEqual(kernel.run("let (low, high) = (df.quantile(&names[0], 0.0)?, x.iter().copied().fold(0.0, f64::max));"), "")
            self.assertEqual(kernel.run("let forest = IsolationForest::builder().random_state(16).fit(&df.head(1000))?;"), "")
            self.assertEqual(kernel.run('let p = scatter(&df, &names[0], &names[1], &Labels::new("A"))?;'), "")
            self.assertIn("figure: A", kernel.run("p"))
            self.assertEqual(kernel.run('println!("{} {}", n > 0, low < high);').strip(), "true true")

    def test_types_from_the_standard_library_are_known(self):
        with Kernel() as kernel:
            cells = [
                "use std::collections::{BTreeSet, HashMap, HashSet};",
                'let mut counts = HashMap::new(); *counts.entry("a".to_string()).or_insert(0usize) += 1;',
                'let one = counts.get("a").copied(); let most = counts.values().max().copied();',
                "let set = vec![3, 1].into_iter().collect::<HashSet<i32>>(); let n = set.iter().filter(|v| **v > 1).count();",
                "let now = std::time::Instant::now(); let seconds = now.elapsed().as_secs_f64();",
                'let words = "b a".split(" ").map(|word| word.to_string()).collect::<BTreeSet<_>>();',
            ]
            for cell in cells:
                self.assertEqual(kernel.run(cell), "", cell)
            self.assertEqual(kernel.run('println!("{one:?} {n} {words:?}");').strip(), 'Some(1) 1 {"a", "b"}')

    def test_an_error_says_what_is_wrong_in_words(self):
        with Kernel() as kernel:
            self.assertIn("nothing.csv", kernel.run('let df = read_csv("nothing.csv")?;'))

    def test_a_cell_may_forget_the_question_mark_the_semicolon_and_the_words(self):
        with Kernel() as kernel:
            self.assertIn("64227 rows", kernel.run(f'read_csv("{TRAIN}")?'))
            self.assertEqual(kernel.run('println!("hello, world")').strip(), "hello, world")
            self.assertEqual(kernel.run(f'let df = read_csv("{TRAIN}");'), "")
            self.assertIn("figure: sd over mean", kernel.run('scatter(&df, "mean", "sd", ())'))
            self.assertIn("figure: A title", kernel.run('scatter(&df, "mean", "sd", "A title")?'))
            self.assertIn("64227 rows", kernel.run("df"))
            shown = kernel.run('scatter(&df, "men", "sd", ())')
            self.assertIn('no column "men"', shown)
            self.assertNotIn("Err(", shown)
            self.assertIn("/* title */", kernel.run('scatter(&df, "mean", "sd")'))
            self.assertIn("expected a title", kernel.run('scatter(&df, "mean", "sd", 1)'))
            self.assertIn("read_csv", kernel.run('scatter(&"train.csv", "mean", "sd", ())'))

    def test_data_frames_of_polars_can_be_drawn_and_stand_beside_the_preludes(self):
        with Kernel() as kernel:
            self.assertEqual(kernel.run(f'let df = read_csv("{TRAIN}")?;'), "")
            self.assertEqual(kernel.run("use isoforest::polars::prelude::*;"), "")
            self.assertEqual(kernel.run('let own = df!("a" => [1.0, 2.0], "b" => [3, 4])?;'), "")
            options = 'CsvReadOptions::default().try_into_reader_with_file_path(Some("../data/test.csv".into()))?.finish()?'
            self.assertEqual(kernel.run(f"let read: DataFrame = {options}.into();"), "")
            self.assertIn("16057 rows", kernel.run("read"))
            self.assertIn("figure: b over a", kernel.run('scatter(&own, "a", "b", ())'))
            self.assertIn("figure: sd over mean", kernel.run('scatter(&df, "mean", "sd", ())'))

    def test_polars_and_a_crate_of_the_library_can_be_named(self):
        with Kernel() as kernel:
            self.assertEqual(kernel.run(f'let df = read_csv("{TRAIN}")?;'), "")
            self.assertEqual(kernel.run("use isoforest::polars::prelude::*;"), "")
            self.assertEqual(kernel.run("let sorted: isoforest::polars::frame::DataFrame = df.sort([df.names()[0].as_str()], Default::default())?;"), "")
            self.assertIn("true", kernel.run('println!("{}", sorted.height() == df.height());'))
            self.assertIn("n_estimators", kernel.run('println!("{:?}", isoforest::IsolationForest::builder());'))

    def test_two_kernels_work_side_by_side(self):
        with Kernel() as one, Kernel() as other:
            for value, kernel in enumerate([one, other]):
                self.assertEqual(kernel.run(f"let value = {value};"), "")
            for value, kernel in enumerate([one, other]):
                self.assertEqual(kernel.run('println!("{value}");').strip(), str(value))


def compilers() -> list[int]:
    """The cargos that compile a cell for a kernel of this process."""
    return [pid for pid in below(os.getpid(), children()) if name_of(pid) == "cargo"]


def name_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


@unittest.skipUnless(sys.platform == "linux", "elsewhere the stop button is the kernel's own affair")
class StopButton(unittest.TestCase):
    def test_a_cell_that_never_ends_is_stopped_again_and_again_and_says_what_is_lost(self):
        with Kernel() as kernel, tempfile.TemporaryDirectory() as folder:
            for number, work in enumerate(["loop { std::hint::black_box(0); }", "std::thread::sleep(std::time::Duration::from_secs(100));"]):
                self.assertEqual(kernel.run("let kept = 5;"), "")
                started = Path(folder, str(number))
                pressed = kernel.interrupt_when(started.exists)
                shown = kernel.run(f'std::fs::write("{started}", "").unwrap(); {work}')
                pressed.join()
                self.assertIn("interrupted", shown)
                self.assertIn("all variables are gone", shown)
                self.assertIn("found macro `df`", shown)
                self.assertIn("found macro `df`", re.sub(r"\x1b\[[0-9;]*m", "", kernel.run("df.head(5)")))
                self.assertIn("cannot find value `kept`", re.sub(r"\x1b\[[0-9;]*m", "", kernel.run("kept")))
                # What a cell names without an import is still there.
                self.assertEqual(kernel.run(f'let df = read_csv("{TRAIN}")?;'), "")

    def test_while_a_cell_is_compiled_variables_stay(self):
        with Kernel() as kernel:
            self.assertEqual(kernel.run("let kept = 5;"), "")
            pressed = kernel.interrupt_when(compilers)
            shown = kernel.run('println!("ran {}", kept + 1);')
            pressed.join()
            self.assertIn("All variables are still there", shown)
            self.assertNotIn("ran 6", shown)
            self.assertEqual(kernel.run('println!("{kept}");').strip(), "5")

    def test_while_nothing_runs_nothing_is_lost_and_nothing_said(self):
        with Kernel() as kernel:
            self.assertEqual(kernel.run("let kept = 5;"), "")
            kernel.manager.interrupt_kernel()
            self.assertEqual(kernel.run('println!("{kept}");').strip(), "5")

    def test_no_process_is_left_behind_by_a_kernel_that_is_shut_down_in_the_middle_of_a_cell(self):
        with Kernel() as kernel, tempfile.TemporaryDirectory() as folder:
            started = Path(folder, "started")
            group = kernel.manager.provisioner.pgid
            kernel.client.execute(f'std::fs::write("{started}", "").unwrap(); loop {{ std::hint::black_box(0); }}')
            while not started.exists():
                time.sleep(0.02)
            kernel.manager.shutdown_kernel()
            with self.assertRaises(ProcessLookupError):
                for _ in range(100):
                    os.killpg(group, 0)
                    time.sleep(0.1)


@unittest.skipUnless(sys.platform == "linux", "connections are counted in /proc")
class Sockets(unittest.TestCase):
    def test_the_kernel_has_one_client_for_each_socket_however_many_come_and_go(self):
        # As JupyterLab opens a notebook: a passing client asks, others connect while it leaves.
        with Kernel() as kernel:
            manager = kernel.manager
            for _ in range(50):
                passing = manager.connect_shell()
                manager.session.send(passing, "kernel_info_request")
                self.assertTrue(passing.poll(10_000), "the kernel does not answer any more")
                others = [manager.connect_shell(), manager.connect_iopub(), manager.connect_control()]
                passing.close()
                for other in others:
                    other.close()
            self.assertEqual(connections(manager.provisioner.pgid), dict.fromkeys(["shell", "iopub", "stdin", "control", "hb"], 1))
            self.assertEqual(kernel.run('println!("still there");').strip(), "still there")
            self.assertTrue(kernel.client.is_alive())


def connections(group: int) -> dict[str, int]:
    """How many clients are connected to each of evcxr's sockets."""
    evcxr = next(pid for pid in below(group, children()) if name_of(pid).startswith("evcxr"))
    file = Path(f"/proc/{evcxr}/cmdline").read_bytes().split(b"\0")[2]
    ports = {value: name.removesuffix("_port") for name, value in json.loads(Path(file.decode()).read_text()).items() if name.endswith("_port")}
    counts = {}
    for line in Path(f"/proc/{evcxr}/net/tcp").read_text().splitlines()[1:]:
        local, state = int(line.split()[1].rpartition(":")[2], 16), line.split()[3]
        if local in ports and state == "01":
            counts[ports[local]] = counts.get(ports[local], 0) + 1
    return counts


class NoLibrary(unittest.TestCase):
    def test_a_missing_library_is_a_hint_in_the_first_cell(self):
        with Kernel(ISOFOREST_LIBRARY="/nowhere/libisoforest.so") as kernel:
            shown = kernel.run('let df = read_csv("train.csv")?;')
        self.assertIn("not built yet", shown)
        self.assertIn("make library", shown)

    def test_a_library_older_than_its_sources_is_a_hint_in_the_first_cell(self):
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder, "libisoforest.so")
            library.touch()
            Path(f"{library}.sources").write_text("0 0\n")
            with Kernel(ISOFOREST_LIBRARY=str(library)) as kernel:
                shown = kernel.run("1 + 1")
        self.assertIn("older than its sources", shown)
        self.assertIn("make library", shown)


if __name__ == "__main__":
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    unittest.main()
