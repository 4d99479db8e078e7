"""The course's service: FastAPI around scikit-learn's forest, for bench/serve.py to compare with.

    DATA_DIR=data uvicorn --app-dir service/bench fastapi_app:app
"""

import csv
import os
from pathlib import Path

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel
from sklearn.ensemble import IsolationForest


class Question(BaseModel):
    feature_vector: list[float]
    score: bool = False


def fitted() -> IsolationForest:
    with Path(os.environ["DATA_DIR"], "train.csv").open(newline="") as file:
        rows = np.array(list(csv.reader(file))[1:], dtype=float)
    return IsolationForest(random_state=16, contamination=0.001).fit(rows)


app = FastAPI()
forest = fitted()


@app.post("/prediction")
def prediction(question: Question) -> dict:
    answer = {"is_inlier": int(forest.predict([question.feature_vector])[0])}
    if question.score:
        answer["anomaly_score"] = float(forest.score_samples([question.feature_vector])[0])
    return answer
