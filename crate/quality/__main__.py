"""`make quality`: how well forests and nearest neighbours find labelled outliers, beside scikit-learn and isotree.

    python crate/quality [--quick] [--seeds N] [--output FILE]

Trains and scores every detector on every set in one run and writes QUALITY.md: ten minutes on two cores, half an hour on busy ones,
most of it isotree's. --quick takes four small sets, three seeds and no isotree, seconds once built, and writes to a temporary file. What must hold
is checked, and a failure is exit status 1.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from environment import HERE, build_detectors, enter_venv, say


def main() -> None:
    parser = argparse.ArgumentParser(prog="quality", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="four small sets, three seeds, without isotree")
    parser.add_argument("--seeds", type=int, help="seeds of each detector (default 10, quick: 3)")
    parser.add_argument("--output", type=Path, help="file to write (default: crate/quality/QUALITY.md; quick: a temporary file)")
    arguments = parser.parse_args()
    enter_venv(with_isotree=not arguments.quick)
    seeds = arguments.seeds or (3 if arguments.quick else 10)
    if seeds < 2:
        parser.error("a spread takes at least 2 seeds")

    # From the virtual environment.
    import checks
    import crossfit
    import neighbours
    import peers
    import report
    import results
    import sets

    start = time.monotonic()
    found, absent = sets.load(arguments.quick)
    forests = {
        "standard": {"detector": {"name": "standard"}, "seeds": list(range(seeds))},
        "extended": {"detector": {"name": "extended", "extension_level": None}, "seeds": list(range(seeds))},
        **{name: {"detector": detector, "seeds": crossfit.SEEDS} for name, detector in crossfit.candidates().items()},
    }
    program = build_detectors()
    with tempfile.TemporaryDirectory(prefix="isoforest-quality-") as scratch:
        job = {"sets": {data.name: str(data.write(Path(scratch))) for data in found}, "forests": forests, "neighbours": neighbours.DETECTORS}
        default = run(program, Path(scratch), {**job, "sets": {}})["guided_default"]
        forests["guided"] = {"detector": default, "seeds": list(range(seeds))}
        answer = run(program, Path(scratch), job)
    ours = answer["measures"]

    say("scikit-learn")
    measures = {data.name: {"scikit-learn": peers.scikit_learn(data, seeds)} for data in found}
    for data in found:
        measures[data.name] |= {name: ours[data.name][name] for name in [*checks.FORESTS, *neighbours.DETECTORS]}
    say("scikit-learn's neighbours")
    of_scikit_learn = {data.name: neighbours.of_scikit_learn(data) for data in found}

    if not arguments.quick:
        jobs = [(data, preset) for data in sorted(found, key=lambda data: -len(data.x)) for preset in peers.PRESETS]
        with ProcessPoolExecutor() as pool:
            for (data, preset), result in zip(jobs, pool.map(peers.isotree, *zip(*jobs), [seeds] * len(jobs)), strict=True):
                measures[data.name][f"isotree, {preset}"] = result
                if preset == list(peers.PRESETS)[-1]:
                    say(f"isotree: {data.name}")

    means = {candidate: {data.name: checks.mean_of(ours[data.name][candidate]) for data in found} for candidate in crossfit.candidates()}
    choice = crossfit.Choice(means, {data.name: data.source for data in found}, {data.name: data.part for data in found})
    output = arguments.output or (Path(tempfile.mkdtemp(prefix="isoforest-quality-")) / "QUALITY.md" if arguments.quick else HERE / "QUALITY.md")
    text = report.write(results.Run(found, absent, measures, answer["seconds"], of_scikit_learn, choice, default, seeds, arguments.quick, time.monotonic() - start))
    output.write_text(text)
    say(f"written: {output}")
    failures = checks.failures(measures, of_scikit_learn, choice, default, arguments.quick)
    for failure in failures:
        print(f"FAILED: {failure}")
    n_checks = checks.COUNT
    print(f"{n_checks - len(failures)} passed, {len(failures)} failed")
    sys.exit(bool(failures))


def run(program: str, scratch: Path, job: dict) -> dict:
    path = scratch / "job.json"
    path.write_text(json.dumps(job))
    done = subprocess.run([program, path], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("isoforest: the library's program failed, see above")
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
