"""Trains version A, a random forest; also used when the version is retrained."""

from collections.abc import Mapping

import pandas as pd
from sklearn.ensemble import RandomForestRegressor


def train(frame: pd.DataFrame, target: str, parameters: Mapping[str, float]) -> RandomForestRegressor:
    """Fit on all columns but the target; parameters: `trees`, `leaf` (fewest rows in a leaf)."""
    forest = RandomForestRegressor(
        n_estimators=int(parameters.get("trees", 100)),
        min_samples_leaf=int(parameters.get("leaf", 2)),
        random_state=7,
    )
    return forest.fit(frame.drop(columns=target), frame[target])
