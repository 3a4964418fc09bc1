"""A first look at the irises: ranges by species.

Run: python analysis/summary.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

from split import read, split


def main() -> None:
    """Print the summary of the historical part; the live part stays unseen."""
    historical, _ = split(read())
    print(historical.groupby("species").agg(["min", "mean", "max"]).round(2).T.to_string(), "\n")
    print("Flowers by species:")
    print(historical["species"].value_counts().to_string())


if __name__ == "__main__":
    main()
