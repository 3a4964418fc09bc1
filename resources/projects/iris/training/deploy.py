"""Writes a deploy folder: the model, what describes it, and the script that trains it again."""

import argparse
import json
import runpy
import shutil
from datetime import UTC, datetime
from pathlib import Path

import joblib
import sklearn
from sklearn.metrics import accuracy_score, f1_score
from split import read, split

PROJECT = Path(__file__).parents[1]
TARGET = "species"
INPUTS = ["sepal length", "sepal width", "petal length", "petal width"]


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
    predicted = model.predict(unseen.drop(columns=TARGET))
    metrics = {
        "accuracy": round(accuracy_score(unseen[TARGET], predicted), 4),
        "f1_macro": round(f1_score(unseen[TARGET], predicted, average="macro"), 4),
    }
    description = {
        "project": PROJECT.name,
        "version": version,
        "task": "classification",
        "library": f"scikit-learn {sklearn.__version__}",
        "kind": "joblib",
        "artifact": "model.joblib",
        "train": "train.py",
        "signature": {
            "inputs": [{"name": name, "type": "number", "unit": "cm"} for name in INPUTS],
            "target": {"name": TARGET, "type": "string"},
            "classes": model.classes_.tolist(),
        },
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": len(historical),
        "metrics": metrics,
    }
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (output / "model.json").write_text(text + "\n", encoding="utf-8")
    print(f"version {version}: {metrics}, written to {output}")
