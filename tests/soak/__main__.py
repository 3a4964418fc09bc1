"""`python -m tests.soak`: one soak by hand, and its table."""

import argparse
import sys

from tests.soak.run import Settings, soak


def main() -> int:
    """Soak and print the table; 1 if anything was lost, doubled, wrong or hidden."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=1, help="of the faults: the same one hits the same parts"
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--store", choices=("sqlite", "cassandra"), default="cassandra")
    parser.add_argument("--durability", choices=("process", "disk", "store"), default="disk")
    options = parser.parse_args()
    result = soak(
        Settings(options.seed, options.minutes * 60, options.store == "cassandra", options.durability),
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(f"seed {options.seed}, {options.minutes:g} min, {options.store}, durability {options.durability}")
    for name, count in {**result.counted, **result.faulty}.items():
        print(f"{name:<50} {count:>10,}")
    return 1 if any(result.faulty.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
