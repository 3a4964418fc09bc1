"""A platform under load while its parts are killed and paused, and a ledger of what it acknowledged.

`python -m tests.soak --seed 7 --minutes 60` runs it by hand, as `make soak` does; a short one is a test.
"""
