"""Measures Relevo against its peers: `python -m tests.benchmarks [NAME ...] [--scale S] [--list]`.

Prints one table and always ends well: a miss is told, not punished.
"""

import argparse
import sys
import time
import traceback

from tests.benchmarks.registry import all_rows
from tests.benchmarks.row import NotHere, Outcome, Row
from tests.benchmarks.table import table


def main() -> int:
    """Measure the rows asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="rows, or beginnings of their names; all by default")
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the full sizes, to try out")
    parser.add_argument("--list", action="store_true", help="print the rows' names and goals, and end")
    options = parser.parse_args()
    rows = [row for row in all_rows() if not options.names or row.name.startswith(tuple(options.names))]
    if options.list:
        print("\n".join(f"{row.name:28} {row.goal.text():12} {row.what}" for row in rows))
        return 0
    results = []
    for row in rows:
        start = time.monotonic()
        print(f"{row.name} …", end=" ", file=sys.stderr, flush=True)
        results.append((row, _measured(row, options.scale)))
        print(f"{time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(table(results))
    if options.scale != 1:
        print(f"Tried out at {options.scale:g} of the full sizes: these are not the figures to report.")
    return 0


def _measured(row: Row, scale: float) -> Outcome | str:
    try:
        return row.measure(scale)
    except NotHere as reason:
        return str(reason)
    except Exception as error:  # noqa: BLE001 - one row's failure must not cost the others
        traceback.print_exc()
        return f"failed ({type(error).__name__})"


if __name__ == "__main__":
    sys.exit(main())
