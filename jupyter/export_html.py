"""Writes the notebooks, with the outputs they have, as pages that need nothing else: no server, no network.

    python jupyter/export_html.py [--output-dir FOLDER] [NOTEBOOK ...]

Figures are interactive, by the plotly.js of the Python package plotly inside the page; without JavaScript they are still
pictures. A page follows the reader's light or dark theme.
"""

import argparse
import html
import json
from importlib.resources import files
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from settings import HERE, NOTEBOOK_FILES, ROOT, TARGET

PLOTLY = "application/vnd.plotly.v1+json"
# The page may run and look at what is in it, and nothing else.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"


def in_script(text: str) -> str:
    """Text of a script element in which nothing can end the element."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")


def figure(data) -> str:
    """A figure as a still picture and the numbers from which the script draws it anew."""
    still = data.get("image/svg+xml") or f"<pre>{html.escape(data.get('text/plain', ''))}</pre>"
    numbers = in_script(json.dumps(data[PLOTLY], ensure_ascii=False, separators=(",", ":")))
    return f'<figure class="plot"><div class="still">{still}</div><script type="application/json">{numbers}</script></figure>'


def body(notebook) -> str:
    """The cells and their outputs."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PLOTLY in output.get("data", {}):
                output.data = nbformat.from_dict({"text/html": figure(output.data)})
    return HTMLExporter(template_name="basic").from_notebook_node(notebook)[0]


def code_colors() -> str:
    """Colours of the code for both themes."""
    light, dark = (HtmlFormatter(style=style, nobackground=True).get_style_defs(".highlight") for style in ("xcode", "github-dark"))
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


def plotly_js() -> str:
    """The plotly.js that JupyterLab draws with, too."""
    return (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


def page(path: Path, exported: list[Path], plotly: str) -> str:
    notebook = nbformat.read(path, as_version=4)
    heading = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), path.stem).splitlines()[0]
    content = body(notebook)
    for other in exported:
        content = content.replace(f'href="{other.name}"', f'href="{other.stem}.html"')
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(heading.lstrip("# "))}</title>
<style>
{code_colors()}
{(HERE / "page" / "page.css").read_text()}</style>
</head>
<body>
{content}
<script>{in_script(plotly)}</script>
<script>
{(HERE / "page" / "draw.js").read_text()}</script>
</body>
</html>
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=NOTEBOOK_FILES)
    parser.add_argument("--output-dir", type=Path, default=TARGET / "html")
    arguments = parser.parse_args()
    arguments.output_dir.mkdir(parents=True, exist_ok=True)
    for path in arguments.notebooks:
        written = arguments.output_dir / f"{path.stem}.html"
        written.write_text(page(path, arguments.notebooks, plotly_js()), encoding="utf-8")
        shown = written.relative_to(ROOT) if written.is_relative_to(ROOT) else written
        print(f"{shown}: {written.stat().st_size / 1e6:.1f} MB, opens without a server or a network")


if __name__ == "__main__":
    main()
