"""Runs the notebooks from scratch in the registered kernel, writes their outputs, and sees that each figure is one.

    python jupyter/execute.py [--output-dir FOLDER] [NOTEBOOK ...]

Without NOTEBOOK all are run, without --output-dir they are rewritten in place. DATA_DIR says which data they read.
Ends with status 1 at the first error, missing figure or empty figure.
"""

import argparse
import base64
import json
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from settings import DATA, LABELLED, NOTEBOOK_FILES, NOTEBOOKS, ROOT, TARGET

PLOTLY = "application/vnd.plotly.v1+json"
FIGURES = re.compile(r"^(scatter|histograms?|box_plots?|decision_boundary|predictions|\w+\.(figure|boundaries|score_histograms|threshold_curve))\(", re.MULTILINE)
# Said in place of a figure that other data than two columns do not have.
NO_FIGURE = re.compile("a decision boundary can be drawn for 2 features only|a scatter plot needs two columns")
MAX_BYTES = 1_000_000  # of a saved notebook


def length(numbers) -> int:
    """How many numbers there are in a list, a grid, or a packed form of either."""
    if isinstance(numbers, dict):
        return len(base64.b64decode(numbers["bdata"])) // int(numbers["dtype"][1:])
    return sum(len(row) if isinstance(row, list) else 1 for row in numbers or [])


def n_points(trace: dict) -> int:
    """Points, bars or grid values that a trace draws."""
    return length(trace.get("z") or trace.get("y") or trace.get("x") or trace.get("q1"))


def problem_of(cell) -> str | None:
    """What is wrong with a cell's outputs, if anything."""
    # A cell that ends by `?` counts as done; what it says is on standard error, where these notebooks write nothing else.
    said = "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stderr")
    if said:
        return "an error\n" + said
    figures = [output.data[PLOTLY] for output in cell.outputs if PLOTLY in output.get("data", {})]
    if FIGURES.search(cell.source) and not figures:
        return "no figure"
    for figure in figures:
        title = figure["layout"].get("title", {}).get("text", "")
        if not any(n_points(trace) for trace in figure["data"]) and not NO_FIGURE.search(title):
            return "an empty figure"
        if not title:
            return "a figure without a title"
    return None


def error_of(cell) -> str:
    """What the kernel says went wrong: it is in the cell's outputs, not in the reply that nbclient looks at."""
    lines = [line for output in cell.outputs if output.output_type == "error" for line in output.traceback]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))


def clean(notebook) -> None:
    """Leaves nothing in a notebook that differs from run to run or from machine to machine."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            # The kernel counts from 2 on; readers expect 1.
            count += 1
            cell.execution_count = count
            cell.outputs = joined(cell.outputs)
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count


def joined(outputs: list) -> list:
    """The outputs with printed lines that follow each other made one, as JupyterLab saves them: the kernel sends line by line."""
    result = []
    for output in outputs:
        last = result[-1] if result else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            result.append(output)
    return result


def as_text(notebook) -> str:
    """The notebook as JSON, indented as Jupyter does but for figures: a number a line would be half of the file."""
    figures = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PLOTLY in output.get("data", {}):
                figures.append(json.dumps(output.data[PLOTLY], ensure_ascii=False, separators=(",", ":")))
                output.data[PLOTLY] = f"figure {len(figures) - 1}"
    text = nbformat.writes(notebook) + "\n"
    for index, figure in enumerate(figures):
        text = text.replace(f'"{PLOTLY}": "figure {index}"', f'"{PLOTLY}": {figure}')
    return text


def run(path: Path, target: Path) -> bool:
    """Runs a notebook; tells whether all is well."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, kernel_name="rust", timeout=600, startup_timeout=120, resources={"metadata": {"path": NOTEBOOKS}})
    code = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    print(f"{path.name}: {len(code)} cells on the data of {os.path.relpath(DATA, ROOT)}", flush=True)
    start = time.monotonic()
    with client.setup_kernel():
        print(f"  kernel started in {time.monotonic() - start:.1f} s", flush=True)
        for number, (index, cell) in enumerate(code, 1):
            began = time.monotonic()
            try:
                client.execute_cell(cell, index)
                problem = problem_of(cell)
            except CellExecutionError:
                problem = "an error\n" + error_of(cell)
            first_line = cell.source.splitlines()[0]
            print(f"  [{number}/{len(code)}] {time.monotonic() - began:5.2f} s  {first_line[:80]}", flush=True)
            if problem:
                print(f"{path.name}, cell {number} ({cell.id}): {problem}", file=sys.stderr)
                return False
    clean(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = as_text(notebook)
    if len(text) > MAX_BYTES:
        print(f"{path.name}: {len(text):,} bytes, expected at most {MAX_BYTES:,}", file=sys.stderr)
        return False
    target.write_text(text)
    print(f"  written: {target.name}, {len(text) / 1000:,.0f} kB, {time.monotonic() - start:.1f} s in all", flush=True)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=NOTEBOOK_FILES)
    parser.add_argument("--output-dir", type=Path, help="write the executed notebooks here and leave the originals alone")
    arguments = parser.parse_args()
    if (DATA != ROOT / "data" or LABELLED) and not arguments.output_dir:
        # The notebooks in the repository show its own data, and nobody else's by accident.
        arguments.output_dir = TARGET / "notebooks"
        print(f"DATA_DIR is {DATA}, LABELLED_DIR {LABELLED}: the executed notebooks go to {arguments.output_dir}", flush=True)
    os.environ["DATA_DIR"] = str(DATA)
    if LABELLED:
        os.environ["LABELLED_DIR"] = str(LABELLED)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    if arguments.output_dir:
        arguments.output_dir.mkdir(parents=True, exist_ok=True)
        os.environ["MODEL_PATH"] = str(arguments.output_dir.resolve() / "model.json")
    for path in arguments.notebooks:
        if not run(path, (arguments.output_dir or path.parent) / path.name):
            sys.exit(1)


if __name__ == "__main__":
    main()
