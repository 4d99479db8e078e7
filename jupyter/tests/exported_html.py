"""Exports the notebooks as HTML and reads the pages in a real browser that reaches nothing but the files.

    python jupyter/tests/exported_html.py [--screenshots FOLDER]

Each figure is drawn and answers the mouse; the words have contrast in the light and in the dark theme; without JavaScript the
pictures are there. The same figures are drawn with older versions of plotly.js, those that VS Code's notebook viewer had.
Wants chromium (Debian's package, or the path in CHROMIUM) and jupyter/requirements-test.txt.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from execute import PLOTLY
from export_html import page as exported_page
from export_html import plotly_js
from settings import NOTEBOOK_FILES, TARGET, TOOLS

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
# Versions of the Python package and of the plotly.js inside; VS Code's renderers had these two, then 3.0 and later.
OLDER = {"5.19.0": "2.29.1", "5.24.1": "2.35.2"}
LEAST_CONTRAST = 4.5  # of words, by the Web Content Accessibility Guidelines

# Of each figure: its title, and the marks that plotly.js drew: points, bars, boxes, contours.
DRAWN = """() => [...document.querySelectorAll('figure.plot')].map(figure => ({
    title: figure.querySelector('.gtitle')?.textContent ?? '',
    marks: figure.querySelectorAll('.points path, .boxes path, path.box').length,
    areas: figure.querySelectorAll('.contourfill path, .contourlayer path').length,
    stills: figure.querySelectorAll('.still').length,
}))"""

# The lowest contrast of words with what is behind them, and which words those are.
CONTRAST = r"""() => {
    const numbers = color => color.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(part => part / 255)
        .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const color = numbers(getComputedStyle(at).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    let worst = {ratio: 21, words: ''};
    for (const element of document.body.querySelectorAll('*')) {
        const words = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join('');
        const style = getComputedStyle(element);
        if (!words || element.closest('script, style') || style.visibility === 'hidden' || !element.getClientRects().length) continue;
        const front = numbers(element.closest('svg') ? style.fill : style.color);
        const [a, b] = [light(front), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < worst.ratio) worst = {ratio, words};
    }
    return worst;
}"""


def older_plotly_js(version: str) -> str:
    """plotly.js out of an older Python package, kept in the tools folder."""
    folder = TOOLS / "plotly"
    wheel = folder / f"plotly-{version}-py3-none-any.whl"
    if not wheel.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "--only-binary", ":all:", "--dest", str(folder), f"plotly=={version}"], check=True)
    with zipfile.ZipFile(wheel) as package:
        return package.read("plotly/package_data/plotly.min.js").decode()


def n_figures(notebook: Path) -> int:
    content = nbformat.read(notebook, as_version=4)
    return sum(PLOTLY in output.get("data", {}) for cell in content.cells for output in cell.get("outputs", []))


def open_offline(browser: Browser, file: Path, **settings) -> tuple[Page, list[str]]:
    """The page, and a list that grows with what it should not do: errors, and requests for anything but itself."""
    context = browser.new_context(offline=True, **{"viewport": {"width": 1000, "height": 900}, **settings})
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", lambda request: None if re.match("file:|data:|blob:", request.url) else wrong.append(f"request: {request.url}"))
    page.on("console", lambda message: wrong.append(f"console: {message.text}") if message.type == "error" else None)
    page.goto(file.as_uri())
    return page, wrong


def check_drawn(page: Page, wrong: list[str], expected: int) -> list[str]:
    """What is wrong with the figures on a page."""
    page.wait_for_function("() => !document.querySelector('.still')", timeout=60_000)
    figures = page.evaluate(DRAWN)
    buttons = page.locator(".modebar-btn").evaluate_all("buttons => buttons.map(button => button.outerHTML)")
    if not buttons or any(re.search("share|cloud", button, re.IGNORECASE) for button in buttons):
        wrong.append(f"no buttons, or one that sends the data away: {buttons}")
    problems = [f"not drawn: {figure}" for figure in figures if not figure["title"] or not figure["marks"]]
    with_areas = [figure for figure in figures if re.search("boundary|Test set|calls normal", figure["title"])]
    problems += [f"no contours: {figure}" for figure in with_areas if not figure["areas"]]
    if len(figures) != expected:
        problems.append(f"{len(figures)} figures, expected {expected}")
    return problems + wrong


def check_hover(page: Page) -> list[str]:
    """Each marker and bar tells what it stands for; tried on one of each figure."""
    problems = []
    for figure in page.locator("figure.plot").all():
        figure.scroll_into_view_if_needed()
        box = figure.locator(".points path").first.bounding_box()
        # A bar on a logarithmic axis begins far below the page.
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 15))
        page.wait_for_timeout(300)
        text = " ".join(figure.locator(".hoverlayer .hovertext").all_text_contents())
        # A bar of an explanation stands for a feature of one row.
        if "rows" not in text and "splits saved" not in text:
            problems.append(f"no number of rows under the mouse: {text!r}")
    return problems


def check_still(page: Page, wrong: list[str], expected: int) -> list[str]:
    """Without JavaScript: every figure is a picture in sight."""
    pictures = page.locator("figure.plot .still > svg")
    sizes = [pictures.nth(index).bounding_box() for index in range(pictures.count())]
    seen = sum(bool(size) and size["width"] > 300 and size["height"] > 150 for size in sizes)
    return wrong + ([] if seen == expected else [f"{seen} pictures, expected {expected}"])


def check_narrow(browser: Browser, notebook: Path, folder: Path) -> list[str]:
    """In figures 650 pixels wide, no title is under the buttons or runs into the panels."""
    file = folder / f"{notebook.stem}-narrow.html"
    file.write_text(exported_page(notebook, [], plotly_js()), encoding="utf-8")
    page, _ = open_offline(browser, file, viewport={"width": 700, "height": 900})
    page.wait_for_function("() => !document.querySelector('.still')", timeout=60_000)
    problems = []
    for figure in page.locator("figure.plot").all():
        title, buttons, panel = (figure.locator(part).first.bounding_box() for part in (".gtitle", ".modebar", ".nsewdrag"))
        right, bottom = title["x"] + title["width"], title["y"] + title["height"]
        if right > buttons["x"] and title["y"] < buttons["y"] + buttons["height"] and bottom > buttons["y"]:
            problems.append(f"{notebook.stem}: the title {title} is under the buttons {buttons}")
        if bottom > panel["y"]:
            problems.append(f"{notebook.stem}: the title {title} runs into the panel {panel}")
    page.context.close()
    return problems


def check_page(browser: Browser, notebook: Path, file: Path, shots: Path) -> list[str]:
    expected, problems = n_figures(notebook), []
    for theme in ("light", "dark"):
        page, wrong = open_offline(browser, file, color_scheme=theme)
        found = check_drawn(page, wrong, expected)
        worst = page.evaluate(CONTRAST)
        print(f"  {theme}: {expected} figures; least contrast {worst['ratio']:.1f} ({worst['words'][:30]!r})", flush=True)
        if worst["ratio"] < LEAST_CONTRAST:
            found.append(f"contrast {worst['ratio']:.1f}: {worst['words']!r}")
        page.screenshot(path=shots / f"{notebook.stem}-{theme}.png", full_page=True)
        found += check_hover(page)
        problems += [f"{notebook.stem}, {theme}: {problem}" for problem in found]
        page.context.close()
    page, wrong = open_offline(browser, file, java_script_enabled=False)
    problems += [f"{notebook.stem}, no JavaScript: {problem}" for problem in check_still(page, wrong, expected)]
    page.screenshot(path=shots / f"{notebook.stem}-still.png", full_page=True)
    page.context.close()
    return problems


def check_older(browser: Browser, notebook: Path, folder: Path, version: str) -> list[str]:
    """The notebook's figures drawn with an older plotly.js."""
    file = folder / f"{notebook.stem}-{version}.html"
    file.write_text(exported_page(notebook, [], older_plotly_js(version)), encoding="utf-8")
    page, wrong = open_offline(browser, file)
    found = check_drawn(page, wrong, n_figures(notebook)) + check_hover(page)
    drawn_with = page.evaluate("Plotly.version")
    if drawn_with != OLDER[version]:
        found.append(f"plotly.js {drawn_with}, expected {OLDER[version]}")
    page.context.close()
    return [f"{notebook.stem}, plotly.js {OLDER[version]}: {problem}" for problem in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--screenshots", type=Path, default=TARGET / "screenshots")
    arguments = parser.parse_args()
    arguments.screenshots.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or sys.exit("isoforest: no chromium: apt install chromium")
    problems = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for notebook in NOTEBOOK_FILES:
            file = Path(folder, f"{notebook.stem}.html")
            file.write_text(exported_page(notebook, NOTEBOOK_FILES, plotly_js()), encoding="utf-8")
            print(f"{notebook.name}:", flush=True)
            problems += check_page(browser, notebook, file, arguments.screenshots)
            problems += check_narrow(browser, notebook, Path(folder))
            for version, javascript in OLDER.items():
                print(f"  plotly.js {javascript}", flush=True)
                problems += check_older(browser, notebook, Path(folder), version)
        browser.close()
    print("\n".join(problems) or f"all pages are as they should be; screenshots are in {arguments.screenshots}")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
