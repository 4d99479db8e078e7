#!/usr/bin/env python3
"""Counts the instructions that scoring a row takes, under callgrind, and fails above a limit.

Unlike a time, the count does not depend on how busy the machine is, so a slow-down is seen in CI. Callgrind knows AVX2 and no AVX-512:
what is counted are rank masks, trees in registers a byte a row, and the walk. Needs valgrind and a CPU with AVX2.

    python3 crate/benches/instructions.py
"""
import re
import subprocess
import sys
import tempfile

# Way of scoring, features, rows a tree, and most instructions a row: about five in a hundred above what was counted with Rust 1.95.
LIMITS = [("rank masks", 2, 64, 2_140), ("bytes", 10, 256, 5_320), ("walk", 10, 1_000, 10_200)]
FEW, MANY = 4_096, 12_288


def build():
    command = ["cargo", "build", "--locked", "--release", "-p", "isoforest", "--example", "score_rows",
               "--message-format", "json"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return re.findall(r'"executable":"([^"]*score_rows[^"]*)"', output)[-1]


def instructions(program, *arguments):
    with tempfile.NamedTemporaryFile() as out:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", program, *map(str, arguments)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", said)[1])


def main():
    program = build()
    failed = False
    for way, features, max_samples, limit in LIMITS:
        # What both runs do besides, fitting first of all, cancels out.
        many, few = (instructions(program, features, max_samples, rows) for rows in (MANY, FEW))
        counted = (many - few) / (MANY - FEW)
        failed |= counted > limit
        print(f"{way}, {features} features, {max_samples:,} rows a tree: {counted:,.0f} instructions a row, limit {limit:,}"
              + (", EXCEEDED" if counted > limit else ""))
    sys.exit(failed)


if __name__ == "__main__":
    main()
