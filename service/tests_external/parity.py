"""The service's answers for the whole test set, against scikit-learn and against our command line.

    python service/tests_external/parity.py

Trains on DATA_DIR/train.csv with our command line and with scikit-learn (random_state 16, contamination 0.001), then
asks for every row of DATA_DIR/test.csv by every endpoint: labels are scikit-learn's, scores `isoforest score`'s to the
last bit and scikit-learn's to 2 ulp. Wants the packages of requirements.txt.
"""

import csv
import http.client
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest

from common import DATA, Checks, Service, fail, program, running, train

BATCH = 5_000
ULPS = 2


def read(path: Path) -> tuple[list[str], np.ndarray]:
    """Column names and rows; an empty cell is missing."""
    with path.open(newline="") as file:
        names, *rows = csv.reader(file)
    return names, np.array([[float(cell) if cell.strip() else np.nan for cell in row] for row in rows])


def by_scikit_learn(train_rows: np.ndarray, test_rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    forest = IsolationForest(random_state=16, contamination=0.001).fit(train_rows)
    return forest.predict(test_rows), forest.score_samples(test_rows)


def by_command_line(model: Path, scratch: Path) -> tuple[np.ndarray, np.ndarray]:
    scores = scratch / "scores.csv"
    subprocess.run([program("isoforest"), "score", model, DATA / "test.csv", "--output", scores], check=True, capture_output=True)
    names, columns = read(scores)
    return columns[:, names.index("predict")].astype(int), columns[:, names.index("score_samples")]


def as_json(rows: np.ndarray) -> list[list[float | None]]:
    """JSON has no NaN: missing is null."""
    return [[None if np.isnan(value) else value for value in row] for row in rows.tolist()]


def batches(rows: np.ndarray) -> Iterator[np.ndarray]:
    yield from (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def each_row(service: Service, rows: np.ndarray) -> list[dict]:
    """POST /prediction for every row, on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    answers = []
    for row in as_json(rows):
        body = json.dumps({"feature_vector": row, "score": True})
        connection.request("POST", "/prediction", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            fail(f"row {len(answers) + 1}: POST /prediction was answered with {answer.status}: {text.decode()}")
        answers.append(json.loads(text))
    connection.close()
    return answers


def in_json(service: Service, rows: np.ndarray) -> list[dict]:
    bodies = ({"feature_vectors": as_json(batch), "score": True} for batch in batches(rows))
    return [one for body in bodies for one in service.json("POST", "/predictions", body)["predictions"]]


def in_csv(service: Service, rows: np.ndarray, names: list[str]) -> list[dict]:
    answers = []
    for batch in batches(rows):
        lines = [",".join(names)] + [",".join("" if np.isnan(value) else repr(value) for value in row) for row in batch.tolist()]
        text = "\n".join(lines) + "\n"
        answers += service.json("POST", "/predictions?score=true", text, {"Content-Type": "text/csv"})["predictions"]
    return answers


def by_v2(service: Service, rows: np.ndarray, is_flat: bool) -> list[dict]:
    """The Open Inference Protocol, its data flat or nested."""
    answers = []
    for batch in batches(rows):
        nested = as_json(batch)
        data = [value for row in nested for value in row] if is_flat else nested
        tensor = {"name": "rows", "shape": list(batch.shape), "datatype": "FP64", "data": data}
        answer = service.json("POST", "/v2/models/isoforest/infer", {"id": "parity", "inputs": [tensor]})
        outputs = {output["name"]: output["data"] for output in answer["outputs"]}
        answers += [{"is_inlier": label, "anomaly_score": score}
                    for label, score in zip(outputs["predict"], outputs["anomaly_score"], strict=True)]
    return answers


def main() -> None:
    if sklearn.__version__ != "1.9.1":
        fail(f"scikit-learn is {sklearn.__version__}; expected 1.9.1, whose numbers these are")
    checks = Checks()
    names, train_rows = read(DATA / "train.csv")
    _, rows = read(DATA / "test.csv")
    labels, scores = by_scikit_learn(train_rows, rows)
    with tempfile.TemporaryDirectory() as folder:
        model = train(Path(folder, "model.json"))
        our_labels, our_scores = by_command_line(model, Path(folder))
        checks.see((our_labels == labels).all(), f"isoforest score: {len(rows)} labels are scikit-learn's, {(labels == -1).sum()} outliers")
        with running(model) as service:
            for name, answers in {
                "POST /prediction": each_row(service, rows),
                "POST /predictions, JSON": in_json(service, rows),
                "POST /predictions, CSV": in_csv(service, rows, names),
                "POST /v2/models/isoforest/infer, flat": by_v2(service, rows, is_flat=True),
                "POST /v2/models/isoforest/infer, nested": by_v2(service, rows, is_flat=False),
            }.items():
                found = np.array([answer["anomaly_score"] for answer in answers])
                checks.see(len(answers) == len(rows), f"{name}: {len(answers)} answers")
                checks.see(([answer["is_inlier"] for answer in answers] == labels).all(), f"{name}: labels are scikit-learn's")
                checks.see((found == our_scores).all(), f"{name}: scores are isoforest score's to the last bit")
                ulps = np.abs(found - scores) / np.spacing(np.abs(scores))
                checks.see(ulps.max() <= ULPS, f"{name}: scores are scikit-learn's to {ulps.max():.0f} ulp")
    checks.end("answers are")


if __name__ == "__main__":
    main()
