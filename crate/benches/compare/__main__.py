"""`make bench`: this library beside scikit-learn, isotree and extended-isolation-forest, and how its cost grows.

    python crate/benches/compare [--quick] [--scale [ROWS]] [--part PART …] [--runs N] [--output FOLDER]

Builds what it times, runs it on this machine, and writes RESULTS.md with its pictures: about eight minutes, with --quick under one, on
a tenth of the rows. --scale adds fifty million rows through the command line, as CSV and as Parquet: ten minutes more and 4 GB of
disk. --part measures parts of it (comparison, growth, csv, parquet) and leaves the others in RESULTS.md as they are.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import environment
from environment import enter_venv, say


PARTS = ["comparison", "growth", "csv", "parquet"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="compare", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows and fewer points: under a minute")
    parser.add_argument("--scale", type=int, nargs="?", const=50_000_000, metavar="ROWS", help="add the command line on so many rows (default 50,000,000)")
    parser.add_argument("--part", action="append", choices=PARTS, help="measure this part only; can be given more than once")
    parser.add_argument("--runs", type=int, help="runs of each step (default 5, quick: 3)")
    parser.add_argument("--output", type=Path, help="folder for RESULTS.md and its pictures (default: crate/benches)")
    arguments = parser.parse_args()
    parts = arguments.part or (PARTS if arguments.scale else PARTS[:2])
    enter_venv()
    if arguments.output:
        environment.RESULTS = arguments.output.resolve() / "RESULTS.md"

    # From the virtual environment.
    import comparison
    import growth
    import report
    import scale

    runs = arguments.runs or (3 if arguments.quick else 5)
    library = environment.build_library()
    peer = environment.build_peer() if "comparison" in parts else ""
    program = environment.build_command_line() if {"csv", "parquet"} & set(parts) else ""
    for part in parts:
        runs_of = {"comparison": runs, "growth": min(runs, 3)}.get(part, 1)
        with tempfile.TemporaryDirectory(prefix="isoforest-bench-", dir=os.environ.get("SCRATCH")) as scratch:
            if part == "comparison":
                text = report.comparison_section(comparison.compare(library, peer, Path(scratch), runs_of, arguments.quick))
            elif part == "growth":
                text = report.growth_section(growth.grow(library, Path(scratch), runs_of, arguments.quick))
            else:
                text = report.scale_section(scale.measure(part, program, library, Path(scratch), arguments.scale or 50_000_000))
        report.write(part, report.setting(arguments.quick, runs_of) + "\n" + text)
        say(f"{part}: written into {environment.RESULTS}")


if __name__ == "__main__":
    main()
