"""Trains version A, a support-vector machine with a radial kernel; retraining uses it too."""

from collections.abc import Mapping

import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


def train(frame: pd.DataFrame, target: str, parameters: Mapping[str, float]) -> Pipeline:
    """Fit on all columns but the target; parameters: `C` (cost).

    The machine itself gives no probabilities: they are calibrated by cross-validation (Platt scaling).
    """
    machine = SVC(kernel="rbf", C=parameters.get("C", 1.0))
    model = make_pipeline(StandardScaler(), CalibratedClassifierCV(machine, ensemble=False))
    return model.fit(frame.drop(columns=target), frame[target])
