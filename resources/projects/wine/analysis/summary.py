"""A first look at the wines: ranges, missing values, and what goes with quality.

Run: python analysis/summary.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

from split import read, split


def main() -> None:
    """Print the summary of the historical part; the live part stays unseen."""
    historical, _ = split(read())
    summary = historical.describe().T[["min", "mean", "max", "std"]]
    summary["missing"] = historical.isna().sum()
    print(summary.round(3).to_string(), "\n")
    print("Correlation with quality (Spearman):")
    correlations = historical.corr(method="spearman")["quality"].drop("quality")
    print(correlations.sort_values(key=abs, ascending=False).round(3).to_string(), "\n")
    print("Wines by quality:")
    print(historical["quality"].value_counts().sort_index().to_string())


if __name__ == "__main__":
    main()
