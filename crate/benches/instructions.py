#!/usr/bin/env python3
"""Counts the instructions that scoring a row takes, under callgrind, and fails above a limit.

Unlike a time, the count does not depend on how busy the machine is, so a slow-down is seen in CI. Callgrind knows no AVX-512: what is
counted is the portable code, rank masks (2 features) and the walk (10 features). Needs valgrind.

    python3 crate/benches/instructions.py
"""
import re
import subprocess
import sys
import tempfile

# Features: most instructions a row; about five in a hundred above what was counted with Rust 1.95.
LIMITS = {2: 2_120, 10: 18_500}
FEW, MANY = 4_096, 12_288


def build():
    command = ["cargo", "build", "--locked", "--release", "-p", "isoforest", "--example", "score_rows",
               "--message-format", "json"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return re.findall(r'"executable":"([^"]*score_rows[^"]*)"', output)[-1]


def instructions(program, features, rows):
    with tempfile.NamedTemporaryFile() as out:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", program, str(features), str(rows)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", said)[1])


def main():
    program = build()
    failed = False
    for features, limit in LIMITS.items():
        # What both runs do besides, fitting first of all, cancels out.
        counted = (instructions(program, features, MANY) - instructions(program, features, FEW)) / (MANY - FEW)
        failed |= counted > limit
        print(f"{features:2} features: {counted:7.0f} instructions a row, limit {limit}{', EXCEEDED' if counted > limit else ''}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
