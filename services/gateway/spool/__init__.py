"""The local place of what was answered but not yet shipped: two SQLite databases in WAL mode.

`entries.sqlite3` is written by the loop alone, one transaction a turn; `outbox.sqlite3` by the shipping
thread alone: batches with their place in the log. So neither ever waits for the other. Nothing here
knows the store or HTTP.
"""
