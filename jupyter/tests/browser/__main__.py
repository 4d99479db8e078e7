"""Does in a real browser what a newcomer does in the first five minutes, and sees that it works.

    python jupyter/tests/browser [--url URL] [--data FOLDER] [--screenshots FOLDER] [TEST ...]

Without --url JupyterLab is started here, as `make run` starts it. With --url, the address with the token that `make run`
printed, one that runs already is looked at, in a container for example; --data then says which folder it was given as
DATA_DIR. TEST is the name of a test, or a part of one. Each test that fails leaves a screenshot.

Wants chromium (Debian's package, or the path in CHROMIUM) and jupyter/requirements-test.txt.
"""

import argparse
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
import lab
from settings import DATA, TARGET


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tests", nargs="*", help="names of tests, or parts of names (default: all)")
    parser.add_argument("--url", help="a JupyterLab that runs already: its address with the token")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that its notebooks read (default: DATA_DIR, or data)")
    parser.add_argument("--screenshots", type=Path, default=TARGET / "screenshots")
    arguments = parser.parse_args()
    lab.OPTIONS.url, lab.OPTIONS.data, lab.OPTIONS.screenshots = arguments.url, arguments.data.resolve(), arguments.screenshots
    arguments.screenshots.mkdir(parents=True, exist_ok=True)

    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in arguments.tests] or None
    suite = loader.discover(str(Path(__file__).parent))
    if not suite.countTestCases():
        sys.exit(f"isoforest: no test is called {' or '.join(arguments.tests)}")
    try:
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    finally:
        lab.close()
    print(f"screenshots are in {arguments.screenshots}")
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
