"""`make bench`: this library beside scikit-learn, isotree and extended-isolation-forest, and how its cost grows.

    python crate/benches/compare [--quick] [--scale [ROWS]] [--runs N] [--output FOLDER]

Builds what it times, runs it all on this machine in one run, and writes RESULTS.md with its pictures: about eight minutes, with
--quick under one, on a tenth of the rows. --scale adds fifty million rows through the command line: half an hour and 4 GB of disk.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import environment
from environment import enter_venv, say


def main() -> None:
    parser = argparse.ArgumentParser(prog="compare", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows and fewer points: under a minute")
    parser.add_argument("--scale", type=int, nargs="?", const=50_000_000, metavar="ROWS", help="add the command line on so many rows (default 50,000,000)")
    parser.add_argument("--runs", type=int, help="runs of each step (default 5, quick: 3)")
    parser.add_argument("--output", type=Path, help="folder for RESULTS.md and its pictures (default: crate/benches)")
    arguments = parser.parse_args()
    enter_venv()
    if arguments.output:
        environment.RESULTS = arguments.output.resolve() / "RESULTS.md"

    # From the virtual environment.
    import comparison
    import growth
    import pictures
    import report
    import scale

    runs = arguments.runs or (3 if arguments.quick else 5)
    library, peer = environment.build_library(), environment.build_peer()
    program = environment.build_command_line() if arguments.scale else None
    with tempfile.TemporaryDirectory(prefix="isoforest-bench-") as scratch:
        found = comparison.compare(library, peer, Path(scratch), runs, arguments.quick)
        points = growth.grow(library, Path(scratch), min(runs, 3), arguments.quick)
    big = scale.measure(program, library, arguments.scale) if arguments.scale else None

    report.PICTURES.mkdir(parents=True, exist_ok=True)
    drawn = [pictures.draw(report.comparison_panels(found), report.PICTURES / "comparison"),
             pictures.draw(report.growth_panels(points), report.PICTURES / "growth")]
    report.write(found, points, big, drawn, arguments.quick, runs)
    say(f"written: {environment.RESULTS}")


if __name__ == "__main__":
    main()
