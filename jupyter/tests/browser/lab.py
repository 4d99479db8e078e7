"""What the tests do in JupyterLab: open, click, run, and look at what is on the page."""

import contextlib
import itertools
import os
import re
import shutil
import sys
import types
import unittest
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, expect, sync_playwright

from execute import FIGURES, NO_FIGURE
from server import OwnServer, Server
from settings import NOTEBOOK_FILES, NOTEBOOKS

# root may not use the sandbox; the rest keeps the browser from talking to anybody else.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

# For each figure on the page: its title, its size, and how many marks of any kind it has.
FIGURES_ON_PAGE = """() => [...document.querySelectorAll('.jp-Notebook .js-plotly-plot')].map(figure => ({
    title: figure.querySelector('.gtitle')?.textContent ?? '',
    width: figure.querySelector('.main-svg')?.getBoundingClientRect().width ?? 0,
    marks: figure.querySelectorAll('.points path, .boxes path, path.box, .contourfill path, .contourlayer path').length
        + figure.querySelectorAll('canvas').length,
}))"""

OPTIONS = types.SimpleNamespace(url=None, data=None, screenshots=None)
NOTEBOOK_NAMES = tuple(file.name for file in NOTEBOOK_FILES)
SECOND = 1_000

_open: dict = {}
_numbers = itertools.count(1)


def browser() -> Browser:
    """The one browser of all tests."""
    if "browser" not in _open:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or sys.exit("isoforest: no chromium: apt install chromium")
        _open["playwright"] = sync_playwright().start()
        _open["browser"] = _open["playwright"].chromium.launch(executable_path=chromium, args=FLAGS)
    return _open["browser"]


def server() -> Server:
    """The server of all tests that need no settings of their own."""
    if "server" not in _open:
        _open["server"] = Server(OPTIONS.url) if OPTIONS.url else OwnServer(DATA_DIR=str(OPTIONS.data))
    return _open["server"]


def close() -> None:
    if "browser" in _open:
        _open["browser"].close()
        _open["playwright"].stop()
    if "server" in _open:
        _open["server"].stop()
    _open.clear()


class Notebook:
    """A notebook in a page of its own."""

    def __init__(self, page: Page, server: Server):
        self.page, self.server = page, server

    def open(self, path: str) -> None:
        # A workspace of its own: two pages of one would fight over what is open.
        self.page.goto(f"{self.server.address}/lab/workspaces/test-{os.getpid()}-{next(_numbers)}/tree/{path}?token={self.server.token}")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=120 * SECOND)
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """Before there is a session, JupyterLab would ask which kernel to run the cells in."""
        expect(self.page.get_by_text("Rust | Idle")).to_be_visible(timeout=90 * SECOND)

    def menu(self, *names: str) -> None:
        """Clicks its way through the menus."""
        labels = self.page.locator(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel")
        for name in names:
            labels.get_by_text(name, exact=True).click()

    def choose_theme(self, name: str, is_light: bool) -> None:
        self.menu("Settings", "Theme", name)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", str(is_light).lower(), timeout=30 * SECOND)

    def start_all(self) -> None:
        self.menu("Run", "Run All Cells")

    def wait_for_end(self, seconds: int = 180) -> None:
        """Until no cell waits and the last one has a number."""
        prompts = self.page.locator(".jp-CodeCell .jp-InputArea-prompt")
        expect(prompts.last).to_have_text(re.compile(r"\[\d+\]:"), timeout=seconds * SECOND)

    def run_cell(self, code: str, wait: bool = True):
        """Writes into the last, empty cell and runs it, as Shift-Enter does; the cell."""
        cells = self.page.locator(".jp-CodeCell")
        number = cells.count() - 1
        cell = cells.nth(number)
        cell.locator(".cm-content").click()
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Shift+Enter")
        if wait:
            expect(cell.locator(".jp-InputArea-prompt")).to_have_text(re.compile(r"\[\d+\]:"), timeout=60 * SECOND)
        return cell

    def errors(self) -> list[str]:
        """What is red on the page."""
        stderr = "[data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type='application/vnd.jupyter.error']"
        return [text[:500] for text in self.page.locator(stderr).all_inner_texts()]

    def figures(self) -> list[dict]:
        """Scrolls through the notebook, since a cell out of sight may not be drawn, and looks at each figure."""
        cells = self.page.locator(".jp-CodeCell", has=self.page.locator(".jp-OutputArea-output"))
        for index in range(cells.count()):
            cells.nth(index).scroll_into_view_if_needed()
        self.page.wait_for_timeout(SECOND)
        return self.page.evaluate(FIGURES_ON_PAGE)

    def picture_figures(self, name: str) -> None:
        """A screenshot of each figure, to be looked at by somebody."""
        plots = self.page.locator(".jp-Notebook .js-plotly-plot")
        for index in range(plots.count()):
            plots.nth(index).scroll_into_view_if_needed()
            self.page.wait_for_timeout(SECOND // 3)
            plots.nth(index).screenshot(path=OPTIONS.screenshots / f"{name}-{index + 1}.png")


class BrowserTest(unittest.TestCase):
    """A test with pages in the browser, each of which is kept as a picture if the test fails."""

    def setUp(self):
        self.server = server()
        self.addCleanup(lambda: self.server.clean())

    @contextlib.contextmanager
    def page(self):
        """A page with nothing in it yet, in a browser that knows no cookies."""
        context = browser().new_context(viewport={"width": 1400, "height": 1100})
        page = context.new_page()
        try:
            yield Notebook(page, self.server)
        except BaseException:
            name = f"FAILED-{self._testMethodName}-{next(_numbers)}.png"
            page.screenshot(path=OPTIONS.screenshots / name)
            print(f"(see {name}) ", end="", file=sys.stderr, flush=True)
            raise
        finally:
            context.close()

    @contextlib.contextmanager
    def own_server(self, **settings: str):
        """A server with settings of its own for the length of a `with`."""
        before, self.server = self.server, OwnServer(**settings)
        try:
            yield
        finally:
            try:
                self.server.clean()
            finally:
                self.server.stop()
                self.server = before

    def copy_of(self, name: str, change=lambda source: source) -> tuple[str, int]:
        """A copy without outputs beside the notebook, with each cell changed: its path on the server, its number of figures."""
        notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell in code:
            cell.outputs, cell.execution_count = [], None
            cell.source = change(cell.source)
        path = self.server.write(f"browser-test-{os.getpid()}-{next(_numbers)}-{name}", notebook, "notebook")
        return path, number_of_figures(name)

    def empty_notebook(self) -> str:
        """A notebook with nothing in it but the name of its kernel."""
        kernel = {"kernelspec": {"name": "rust", "display_name": "Rust", "language": "rust"}}
        notebook = nbformat.v4.new_notebook(metadata=kernel, cells=[nbformat.v4.new_code_cell()])
        return self.server.write(f"browser-test-{os.getpid()}-{next(_numbers)}.ipynb", notebook, "notebook")

    def check_figures(self, notebook: Notebook, expected: int, is_two_columns: bool = True) -> None:
        """All figures are drawn, but those that other data than two columns do not have; these say so in their title."""
        self.assertEqual(notebook.errors(), [])
        figures = notebook.figures()
        for figure in figures:
            self.assertGreater(figure["width"], 200, figure)
            self.assertTrue(figure["title"], figure)
            if is_two_columns or not NO_FIGURE.search(figure["title"]):
                self.assertGreater(figure["marks"], 0, figure)
        self.assertEqual(len(figures), expected, figures)


def number_of_figures(name: str) -> int:
    """How many figures a notebook draws."""
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    return sum(cell.cell_type == "code" and bool(FIGURES.search(cell.source)) for cell in cells)


def width_of(folder: Path) -> int:
    """Number of columns of a folder's train.csv."""
    with (folder / "train.csv").open(encoding="utf-8-sig") as file:
        return len(file.readline().split(","))
