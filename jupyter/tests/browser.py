"""Opens JupyterLab in a real browser, runs the notebooks as a user does, and sees that each figure is drawn.

    python jupyter/tests/browser.py [--screenshots FOLDER] [NOTEBOOK ...]

Wants chromium (Debian's package, or the path in CHROMIUM) and jupyter/requirements-test.txt.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import nbformat
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from execute import FIGURES
from settings import HERE, NOTEBOOKS, TARGET

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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server() -> tuple[subprocess.Popen, str]:
    """JupyterLab by the script of `make run`; the process, and the address it printed."""
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free_port())}
    server = subprocess.Popen([sys.executable, HERE / "serve.py"], env=environment, stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if "token=" in line:
            return server, line.split("http", 1)[1].strip()
    sys.exit("JupyterLab did not start")


def blank_copy(notebook: Path) -> tuple[Path, int, int]:
    """A copy without outputs beside the notebook, its number of code cells and of figures."""
    content = nbformat.read(notebook, as_version=4)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    copy = notebook.with_name(f"browser-test-{os.getpid()}-{notebook.name}")
    nbformat.write(content, copy)
    return copy, len(code), sum(bool(FIGURES.search(cell.source)) for cell in code)


def run_all(page: Page, url: str, n_cells: int) -> None:
    page.goto(url)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=120_000)
    assert page.locator(".jp-toast-message, .Toastify__toast").count() == 0, "a pop-up on the first page"
    # Before there is a session, JupyterLab would ask which kernel to run the cells in.
    page.get_by_text("Rust | Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # The kernel counts from 2 on.
    last = page.locator(".jp-CodeCell .jp-InputPrompt", has_text=f"[{n_cells + 1}]:")
    last.wait_for(state="attached", timeout=120_000)


def check_figures(page: Page, n_figures: int, shots: Path, name: str) -> list[str]:
    """Scrolls through the notebook, since a cell out of sight may not be drawn, and looks at each figure."""
    problems, seen = [], 0
    cells = page.locator(".jp-CodeCell", has=page.locator(".jp-OutputArea-output"))
    for index in range(cells.count()):
        cell = cells.nth(index)
        cell.scroll_into_view_if_needed()
        if cell.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr'], .jp-Error").count():
            problems.append(f"{name}: an error in the output: {cell.inner_text()[:500]}")
    page.wait_for_timeout(1_000)
    for figure in page.evaluate(FIGURES_ON_PAGE):
        seen += 1
        print(f"  {figure['title'][:60]!r}: {figure['marks']} marks, {figure['width']:.0f} px wide")
        if figure["marks"] == 0 or figure["width"] < 200 or not figure["title"]:
            problems.append(f"{name}: figure {seen} is not drawn: {figure}")
    plots = page.locator(".jp-Notebook .js-plotly-plot")
    for index in range(plots.count()):
        plots.nth(index).scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        plots.nth(index).screenshot(path=shots / f"{name}-{index + 1}.png")
    if seen != n_figures:
        problems.append(f"{name}: {seen} figures on the page, expected {n_figures}")
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=[NOTEBOOKS / "exploration.ipynb", NOTEBOOKS / "train.ipynb"])
    parser.add_argument("--screenshots", type=Path, default=TARGET / "screenshots")
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or sys.exit("no chromium: apt install chromium")
    arguments.screenshots.mkdir(parents=True, exist_ok=True)
    problems = []
    server, url = start_server()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for notebook in arguments.notebooks:
                copy, n_cells, n_figures = blank_copy(notebook)
                try:
                    page = browser.new_page(viewport={"width": 1400, "height": 1100})
                    address, token = ("http" + url).split("/lab/tree/notebooks")
                    print(f"{notebook.name}: {n_cells} cells, {n_figures} figures", flush=True)
                    try:
                        run_all(page, f"{address}/lab/tree/notebooks/{copy.name}{token}&reset", n_cells)
                    finally:
                        page.screenshot(path=arguments.screenshots / f"{notebook.stem}.png")
                    problems += check_figures(page, n_figures, arguments.screenshots, notebook.stem)
                    page.close()
                finally:
                    copy.unlink()
            browser.close()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    print("\n".join(problems) or f"all figures are drawn; screenshots are in {arguments.screenshots}")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
