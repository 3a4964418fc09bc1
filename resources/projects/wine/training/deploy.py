"""Writes a deploy folder: the model, what describes it, and the script that trains it again."""

import argparse
import json
import runpy
import shutil
from datetime import UTC, datetime
from pathlib import Path

import joblib
import pandas as pd
import sklearn
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from split import read, split

PROJECT = Path(__file__).parents[1]
TARGET = "quality"
UNITS = {
    "fixed acidity": "g/dm³",
    "volatile acidity": "g/dm³",
    "citric acid": "g/dm³",
    "residual sugar": "g/dm³",
    "chlorides": "g/dm³",
    "free sulfur dioxide": "mg/dm³",
    "total sulfur dioxide": "mg/dm³",
    "density": "g/cm³",
    "pH": "",
    "sulphates": "g/dm³",
    "alcohol": "% vol",
}


def train_and_write(version: str) -> None:
    """Train a version by its deploy folder's script and write it to `--output` (or to that folder)."""
    source = PROJECT / f"deploy{version}"
    parser = argparse.ArgumentParser(description=f"Train version {version} and write its deploy folder.")
    parser.add_argument("--output", type=Path, default=source)
    output = parser.parse_args().output
    historical, unseen = split(read())
    model = runpy.run_path(str(source / "train.py"))["train"](historical, TARGET, {})
    output.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, output / "model.joblib")
    if output.resolve() != source.resolve():
        shutil.copy(source / "train.py", output / "train.py")
    metrics = measure(unseen[TARGET], model.predict(unseen.drop(columns=TARGET)))
    description = {
        "project": PROJECT.name,
        "version": version,
        "task": "regression",
        "library": f"scikit-learn {sklearn.__version__}",
        "kind": "joblib",
        "artifact": "model.joblib",
        "train": "train.py",
        "signature": {
            "inputs": [{"name": name, "type": "number", "unit": unit} for name, unit in UNITS.items()],
            "target": {"name": TARGET, "type": "number"},
        },
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": len(historical),
        "metrics": metrics,
    }
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (output / "model.json").write_text(text + "\n", encoding="utf-8")
    print(f"version {version}: {metrics}, written to {output}")


def measure(real: "pd.Series[float]", predicted: "pd.Series[float]") -> dict[str, float]:
    """How good it is on rows it has not seen."""
    return {
        "r2": round(r2_score(real, predicted), 4),
        "rmse": round(root_mean_squared_error(real, predicted), 4),
        "mae": round(mean_absolute_error(real, predicted), 4),
    }
