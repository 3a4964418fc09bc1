"""Trains version B, support-vector regression on scaled inputs; also used when the version is retrained."""

from collections.abc import Mapping

import pandas as pd
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR


def train(frame: pd.DataFrame, target: str, parameters: Mapping[str, float]) -> Pipeline:
    """Fit on all columns but the target; parameters: `C` (cost), `epsilon` (width of the tube)."""
    regression = SVR(C=parameters.get("C", 1.0), epsilon=parameters.get("epsilon", 0.2))
    model = make_pipeline(StandardScaler(), regression)
    return model.fit(frame.drop(columns=target), frame[target])
