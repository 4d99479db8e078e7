"""`isoforest export --sql`, scored by PostgreSQL, against our command line.

    python crate/tests_external/export_sql.py            # all configurations
    python crate/tests_external/export_sql.py --time     # also how long forests of 100 trees take on 64,227 rows

Labels are equal and scores within 2 ulp, with columns of double precision, real (of the same f32) and numeric; NULL and NaN are missing.
10,000 trees are a query like any other, and no other column of the table is in its way, whatever its name. Wants
Debian's postgresql: a server of its own is started in a temporary folder, on a socket there and no port, and ended after.
"""

import contextlib
import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg

from common import ROOT, Checks, Configuration, by_isoforest, configurations, done, guided_configurations, fail, isoforest, trained, ulps, write_csv

ULPS = 2

# What the query gives each row, behind the table's own columns.
RESULTS = ["score_samples", "decision_function", "predict"]


def programs() -> Path:
    """The folder of Debian's PostgreSQL; its server is in no PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if not found:
        fail("PostgreSQL is not there: apt-get install postgresql")
    return Path(found[-1]).parent


@contextlib.contextmanager
def server() -> Iterator[psycopg.Connection]:
    """A connection to a server of our own."""
    binaries = programs()
    # PostgreSQL does not run as root.
    user = {}
    if os.getuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        name = "postgres" if "postgres" in names else "nobody"
        user = {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}
    folder = tempfile.mkdtemp(prefix="isoforest-sql-")
    try:
        if user:
            shutil.chown(folder, user["user"])
        data = f"{folder}/data"
        subprocess.run([binaries / "initdb", "--pgdata", data, "--username", "tester", "--auth", "trust", "--encoding", "UTF8", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen([binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=folder, **user)
        try:
            with connect(folder, process) as connection:
                yield connection
        finally:
            process.terminate()
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def connect(folder: str, process: subprocess.Popen) -> psycopg.Connection:
    for _ in range(300):
        with contextlib.suppress(psycopg.OperationalError):
            return psycopg.connect(f"host={folder} user=tester dbname=postgres", autocommit=True)
        if process.poll() is not None:
            break
        time.sleep(0.1)
    fail(f"PostgreSQL does not start: {Path(folder, 'log').read_text()[-2000:]}")


def fill(connection: psycopg.Connection, table: str, kind: str, names: list[str], rows: np.ndarray, missing: object, others: tuple = ()) -> None:
    """A table of the rows, numbered, with other columns that the forest does not know."""
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    others_too = "".join(f", {name} text DEFAULT 'none of the features'" for name in others)
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(f"CREATE TABLE {table} (place integer, {', '.join(f'{name} {kind}' for name in quoted)}{others_too})")
    with connection.cursor().copy(f"COPY {table} (place, {', '.join(quoted)}) FROM STDIN") as copy:
        for place, row in enumerate(rows.tolist()):
            copy.write_row([place, *(missing if np.isnan(value) else repr(value) for value in row)])


def ask(connection: psycopg.Connection, query: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, decisions and labels in the order of the rows."""
    cursor = connection.execute(query)
    names = [column.name for column in cursor.description]
    if cursor.nextset() or names[0] != "place" or names[-3:] != RESULTS:
        fail(f"expected one result, of the table's columns and {RESULTS}, found {names}")
    found = np.array(sorted([row[0], *map(float, row[-3:])] for row in cursor.fetchall()))
    return found[:, 1], found[:, 2], found[:, 3]


def check(checks: Checks, what: str, found: tuple, expected) -> None:
    score_samples, decision_function, predict = found
    far = ulps(score_samples, expected.score_samples)
    wrong = int((predict != expected.predict).sum())
    near = np.abs(decision_function - expected.decision_function).max() < 1e-15
    checks.see(far <= ULPS and near and wrong == 0, f"{what}: {len(predict)} scores within {far:.0f} ulp, {wrong} labels differ")


def check_configurations(checks: Checks, connection: psycopg.Connection, folder: Path) -> None:
    for configuration in [*configurations(), *guided_configurations()]:
        model, rows = trained(configuration, folder)
        expected = by_isoforest(model, rows)
        query = done("export", model, "--sql", "--table", "users")
        kinds = {"double precision": (configuration.rows, None), "numeric": (configuration.rows, "NaN")}
        as_f32 = configuration.rows.astype(np.float32).astype(float)
        kinds["real"] = (as_f32, "NaN")
        for kind, (values, missing) in kinds.items():
            fill(connection, "users", kind, configuration.names, values, missing)
            check(checks, f"{configuration.name}, {kind}", ask(connection, query), expected)


def check_names(checks: Checks, connection: psycopg.Connection, folder: Path) -> None:
    """Names that would be SQL if they were not quoted, and names of other columns that the query has itself."""
    names = ['x"; DROP TABLE users; --', "isoforest_row", "UPPER case'"]
    configuration = configurations()[0]
    rows = np.hstack([configuration.rows, configuration.rows[:, :1] ** 2])
    text = ",".join('"' + name.replace('"', '""') + '"' for name in names) + "\n"
    text += "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())
    (folder / "odd.csv").write_text(text)
    done("train", folder / "odd.csv", "--output", folder / "odd.json", "--random-state", "1")
    connection.execute('CREATE SCHEMA IF NOT EXISTS "Odd.schema"')
    table = '"Odd.schema"."my users"'
    fill(connection, table, "double precision", names, rows, None)
    query = done("export", folder / "odd.json", "--sql", "--table", table)
    check(checks, "odd names", ask(connection, query), by_isoforest(folder / "odd.json", folder / "odd.csv"))
    result = isoforest("export", folder / "odd.json", "--sql", "--table", "a;b\"")
    checks.see(result.returncode == 1 and "no name of a table" in result.stderr, "a table's name that is none is an error")

    model, csv = trained(configuration, folder)
    query = done("export", model, "--sql", "--table", "isoforest_features")
    others = ("isoforest_row", "isoforest_scores", "isoforest_score", "isoforest_sums", "isoforest_features", "f0", "path_lengths", *RESULTS)
    fill(connection, "isoforest_features", "double precision", configuration.names, configuration.rows, None, others)
    check(checks, "other columns with the query's own names", ask(connection, query), by_isoforest(model, csv))


def check_many_trees(checks: Checks, connection: psycopg.Connection, folder: Path) -> None:
    """So many that PostgreSQL's stack is too small for their sum, were it one expression."""
    random = np.random.default_rng(9)
    train = random.normal(size=(300, 2))
    configuration = Configuration("10,000 trees", train, train, {"n_estimators": 10_000, "max_samples": 16, "contamination": 0.1})
    model, rows = trained(configuration, folder)
    fill(connection, "users", "double precision", configuration.names, configuration.rows, None)
    query = done("export", model, "--sql", "--table", "users")
    check(checks, configuration.name, ask(connection, query), by_isoforest(model, rows))


def time_it(connection: psycopg.Connection, folder: Path) -> None:
    """How long the query takes, with PostgreSQL's compiler of expressions and without: 100 trees of the bundled training data, and
    of bell-shaped columns, whose trees are as large as trees of 256 rows get."""
    names, *lines = (ROOT / "data" / "train.csv").read_text().splitlines()
    bundled = np.array([[float(cell or "nan") for cell in line.split(",")] for line in lines])
    bells = np.random.default_rng(1).normal(size=(64_227, 10))
    for what, names, rows in [("bundled", names.split(","), bundled), ("10 columns", [f"x{column}" for column in range(10)], bells)]:
        train = write_csv(folder / "train.csv", names, rows)
        done("train", train, "--output", folder / "model.json", "--random-state", "16", "--contamination", "0.001")
        query = done("export", folder / "model.json", "--sql", "--table", "users")
        fill(connection, "users", "double precision", names, rows, None)
        for jit in ("off", "on"):
            connection.execute(f"SET jit = {jit}")
            connection.execute("SET jit_above_cost = 0")  # as for a table large enough
            start = time.perf_counter()
            ask(connection, query)
            print(f"  {what}, {len(rows)} rows, a query of {len(query) / 1e6:.1f} MB, jit {jit}: {time.perf_counter() - start:.2f} s")


def main() -> None:
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch, server() as connection:
        print(f"  PostgreSQL {connection.info.server_version // 10000}")
        if "--time" in sys.argv[1:]:
            time_it(connection, Path(scratch))
        connection.execute("SET jit = off")
        check_configurations(checks, connection, Path(scratch))
        check_names(checks, connection, Path(scratch))
        check_many_trees(checks, connection, Path(scratch))
    checks.end("answers are")


if __name__ == "__main__":
    main()
