"""`isoforest export --dot`, drawn by Graphviz.

    python crate/tests_external/export_dot.py

Every node and edge of the tree is in the picture, whatever the features are called. Wants Debian's graphviz.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from common import Checks, done, fail, isoforest, write_csv

NAMES = ['a "name" in quotation marks', "back\\slash\\", "<b>markup</b> & {braces|bars}"]


def main() -> None:
    if not shutil.which("dot"):
        fail("dot is not there: apt-get install graphviz")
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = np.random.default_rng(5).normal(size=(100, 3))
        quoted = ['"' + name.replace('"', '""') + '"' for name in NAMES]
        train = write_csv(folder / "train.csv", ["a", "b", "c"], rows)
        text = train.read_text().split("\n", 1)[1]
        train.write_text(",".join(quoted) + "\n" + text)
        done("train", train, "--output", folder / "model.json", "--random-state", "16")
        trees = json.loads((folder / "model.json").read_text())["trees"]
        seen = ""
        for number in (0, 1, 99):
            dot = done("export", folder / "model.json", "--dot", "--tree", number)
            drawn = subprocess.run(["dot", "-Tplain"], input=dot, text=True, capture_output=True, timeout=60)
            seen += subprocess.run(["dot", "-Tsvg"], input=dot, text=True, capture_output=True, timeout=60, check=True).stdout
            lines = drawn.stdout.splitlines()
            n_nodes = len(trees[number]["left"])
            nodes, edges = sum(line.startswith("node ") for line in lines), sum(line.startswith("edge ") for line in lines)
            checks.see(drawn.returncode == 0 and drawn.stderr == "", f"tree {number}: Graphviz has nothing to say")
            checks.see((nodes, edges) == (n_nodes, n_nodes - 1), f"tree {number}: {nodes} nodes and {edges} edges")
        words = re.sub(r"\s+", " ", seen.replace("&#45;", "-").replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        for name in NAMES:
            checks.see(name in words, f"the name {name} is in the picture")
        result = isoforest("export", folder / "model.json", "--dot", "--tree", "100")
        checks.see(result.returncode == 1 and "from 0 to 99, found 100" in result.stderr, "a tree that is not there is an error")
    checks.end("pictures are")


if __name__ == "__main__":
    main()
