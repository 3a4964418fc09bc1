"""Saves a model with its signature for `mlflow models serve`: save_mlflow.py MODEL ROWS FOLDER."""

import sys

import joblib
import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature

model = joblib.load(sys.argv[1])
rows = pd.read_json(sys.argv[2])
mlflow.sklearn.save_model(
    model, sys.argv[3], signature=infer_signature(rows, model.predict(rows)), pip_requirements=[],
    serialization_format="cloudpickle",
)  # fmt: skip
