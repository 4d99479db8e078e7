"""`isoforest export --onnx`, scored by onnxruntime, against our command line.

    python crate/tests_external/export_onnx.py

The checker of ONNX has nothing to say, scores are within 1e-12, labels equal, also of rows that tie with the offset, and also row by
row, which onnxruntime adds up in another order. Wants requirements.txt.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from common import Checks, by_isoforest, configurations, done, guided_configurations, trained

TOLERANCE = 1e-12


def main() -> None:
    checks = Checks()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    with tempfile.TemporaryDirectory() as scratch:
        for configuration in [*configurations(), *guided_configurations()]:
            name = configuration.name
            model, rows = trained(configuration, Path(scratch))
            expected = by_isoforest(model, rows)
            path = Path(scratch, "model.onnx")
            done("export", model, "--onnx", "--output", path)
            onnx.checker.check_model(onnx.load(path), full_check=True)
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            features = configuration.rows.astype(np.float32)
            outputs = ["score_samples", "decision_function", "predict"]
            score_samples, decision_function, predict = session.run(outputs, {"features": features})
            far = max(np.abs(score_samples - expected.score_samples).max(), np.abs(decision_function - expected.decision_function).max())
            checks.see(far <= TOLERANCE, f"{name}: {len(features)} scores and decisions within {far:.0e}")
            wrong = int((predict != expected.predict).sum())
            tied = int((expected.decision_function == 0).sum())
            checks.see(wrong == 0, f"{name}: {wrong} labels differ, {tied} rows on the line")
            one_by_one = np.concatenate([session.run(outputs, {"features": row[None]})[2] for row in features[-600:]])
            checks.see((one_by_one == expected.predict[-600:]).all(), f"{name}: labels row by row")
        names = json.loads(session.get_modelmeta().custom_metadata_map["feature_names"])
        checks.see(names == configuration.names, "the model knows the names of its features")
    checks.end("ONNX models are")


if __name__ == "__main__":
    main()
