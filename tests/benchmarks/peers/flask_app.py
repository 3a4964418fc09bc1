"""The peer: a model behind Flask with pandas frames, as most teams write it; run by gunicorn."""

import os

import joblib
import pandas as pd
from flask import Flask, Response, jsonify, request

app = Flask(__name__)
model = joblib.load(os.environ["PEER_MODEL"])


@app.post("/predict")
def predict() -> Response:
    """Answer `{"instances": [{...}]}` with `{"predictions": [...]}`."""
    frame = pd.DataFrame(request.get_json()["instances"])
    return jsonify(predictions=model.predict(frame).tolist())
