"""Reads the data and splits it: the historical part trains, the live part comes later as traffic.

Run alone, it writes both parts as CSV files: python split.py --historical FILE --live FILE
"""

import argparse
from pathlib import Path

import pandas as pd

DATA = Path(__file__).parents[1] / "data" / "iris.csv"
SEED = 7
HISTORICAL = 0.8


def read() -> pd.DataFrame:
    """The whole data set."""
    return pd.read_csv(DATA)


def split(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first 80 % of a seeded shuffle, and the rest."""
    shuffled = frame.sample(frac=1, random_state=SEED)
    border = round(HISTORICAL * len(shuffled))
    return shuffled[:border], shuffled[border:]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--historical", type=Path, required=True)
    parser.add_argument("--live", type=Path, required=True)
    options = parser.parse_args()
    historical, live = split(read())
    historical.to_csv(options.historical, index=False)
    live.to_csv(options.live, index=False)
