"""A cell that does not end, a cell that is wrong, and a library that is older than the crate."""

import shutil
import tempfile
import unittest
from pathlib import Path

from lab import OPTIONS, SECOND, BrowserTest, expect
from settings import ROOT


class StopButton(BrowserTest):
    def press(self, notebook) -> None:
        notebook.page.locator("[data-command='notebook:interrupt-kernel'], [data-jp-item-name='interrupt']").first.click()

    def test_a_cell_that_never_ends_is_stopped_and_it_says_what_is_lost(self):
        with self.page() as notebook:
            notebook.open(self.empty_notebook())
            notebook.run_cell("let answer = 42;")
            cell = notebook.run_cell('println!("at work"); loop { std::thread::sleep(std::time::Duration::from_secs(100)); }', wait=False)
            expect(cell.locator(".jp-OutputArea-output").first).to_contain_text("at work", timeout=30 * SECOND)
            self.press(notebook)
            expect(cell.locator(".jp-OutputArea")).to_contain_text("interrupted", timeout=10 * SECOND)
            expect(cell.locator(".jp-OutputArea")).to_contain_text("all variables are gone")
            notebook.wait_for_kernel()
            cell = notebook.run_cell('println!("on we go");')
            expect(cell.locator(".jp-OutputArea-output").first).to_contain_text("on we go", timeout=10 * SECOND)

    def test_pressed_while_nothing_runs_it_costs_nothing(self):
        with self.page() as notebook:
            notebook.open(self.empty_notebook())
            notebook.run_cell("let answer = 42;")
            self.press(notebook)
            notebook.page.wait_for_timeout(SECOND)
            cell = notebook.run_cell('println!("{answer}");')
            expect(cell.locator(".jp-OutputArea-output").first).to_have_text("42", timeout=10 * SECOND)


class WrongCell(BrowserTest):
    def test_an_error_is_in_words_and_the_next_cell_works(self):
        with self.page() as notebook:
            notebook.open(self.empty_notebook())
            cell = notebook.run_cell('let df = read_csv("nothing.csv")?;')
            expect(cell.locator(".jp-OutputArea")).to_contain_text("nothing.csv", timeout=10 * SECOND)
            cell = notebook.run_cell("println!(\"{}\", 1 + 1);")
            expect(cell.locator(".jp-OutputArea-output").first).to_have_text("2", timeout=10 * SECOND)


class EditedCrate(BrowserTest):
    @unittest.skipIf(OPTIONS.url, "the server was started by somebody else, and its crate is not for a test to edit")
    def test_after_an_edit_a_new_kernel_says_what_to_run(self):
        with tempfile.TemporaryDirectory() as folder:
            # A copy is edited: a test that is killed must leave nothing in the user's own sources.
            copy = Path(folder)
            shutil.copytree(ROOT / "crate" / "src", copy / "crate" / "src")
            for name in ("crate/Cargo.toml", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"):
                shutil.copy(ROOT / name, copy / name)
            with self.own_server(ISOFOREST_SOURCES=folder), self.page() as notebook:
                notebook.open(self.empty_notebook())
                cell = notebook.run_cell("println!(\"{}\", 1 + 1);")
                expect(cell.locator(".jp-OutputArea-output").first).to_have_text("2", timeout=10 * SECOND)
                with (copy / "crate" / "src" / "lib.rs").open("a") as source:
                    source.write("// An edit.\n")
                notebook.menu("Kernel", "Restart Kernel…")
                notebook.page.get_by_role("button", name="Confirm Kernel Restart").click()
                notebook.page.wait_for_timeout(SECOND)
                notebook.wait_for_kernel()
                cell = notebook.run_cell("1 + 1")
                expect(cell.locator(".jp-OutputArea")).to_contain_text("older than its sources", timeout=30 * SECOND)
                expect(cell.locator(".jp-OutputArea")).to_contain_text("make library")
