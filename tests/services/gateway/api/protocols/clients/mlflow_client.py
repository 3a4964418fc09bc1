"""MLflow's own scoring client, as its makers ship it: mlflow_client.py PORT < rows.json > answers.json."""

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient


def refusal(data: Any) -> str:
    """What the client says of a refused invocation; it raises nothing more special than Exception."""
    try:
        client.invoke(data)
    except Exception as error:  # noqa: BLE001
        return str(error)
    raise AssertionError(data)


client = ScoringServerClient("127.0.0.1", int(sys.argv[1]))
client.wait_server_ready(timeout=20)
frame = pd.DataFrame(json.load(sys.stdin))
answers = {
    "version": client.get_version(),
    "frame": client.invoke(frame),
    "array": client.invoke(frame[["ph", "alcohol"]].to_numpy()),
    "read": client.invoke(frame).get_predictions()[0].tolist(),
    "refused": refusal(frame.assign(ph="sour")),
    "refused_missing": refusal(frame.assign(alcohol=np.nan)),
}
json.dump(answers, sys.stdout)
