"""The models that are served: trained on the wine example's data, each in a deploy folder."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.base import RegressorMixin
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from services.model_server.deploy import Deploy, write_deploy
from services.registry.model import Field, Signature, Task
from services.store.names import column_for

DATA = Path(__file__).parents[3] / "resources" / "projects" / "wine" / "data" / "winequality-red.csv"
TARGET = "quality"
VARIED = 1_000


@cache
def wine() -> pd.DataFrame:
    """The red wines: eleven measurements and the quality."""
    return pd.read_csv(DATA, sep=";")


@cache
def questions() -> pd.DataFrame:
    """1,000 wines that are all different from the known ones."""
    rows = wine().drop(columns=TARGET).sample(VARIED, random_state=1, ignore_index=True)
    return rows * np.random.default_rng(2).uniform(0.9, 1.1, rows.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A trained model and its deploy folder."""

    folder: Path
    model: RegressorMixin

    @property
    def artifact(self) -> Path:
        """The pickled model."""
        return self.folder / "model.joblib"

    def expected(self) -> list[float]:
        """scikit-learn's own answers to the questions."""
        answers: list[float] = self.model.predict(questions()).tolist()
        return answers


def deployed(kind: str, folder: Path) -> Served:
    """Train a `linear` model or a `forest` of 100 trees and write its deploy folder."""
    kinds = {
        "linear": LinearRegression(),
        "forest": RandomForestRegressor(n_estimators=100, random_state=0),
    }
    inputs = wine().drop(columns=TARGET)
    model = kinds[kind].fit(inputs, wine()[TARGET])
    fields = tuple(Field(name, column_for(name)) for name in inputs.columns)
    deploy = Deploy(
        project="wine",
        version="A",
        signature=Signature(fields, Field(TARGET, TARGET), Task.REGRESSION),
        trained_at=datetime.now(UTC),
        rows=len(inputs),
        library=f"scikit-learn {sklearn.__version__}",
    )
    write_deploy(folder, deploy)
    joblib.dump(model, folder / deploy.artifact)
    return Served(folder, model)
