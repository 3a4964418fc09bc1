"""The Store interface, the codec of the log's batches, and name validation; drivers live below.

`interface` says what every store can do, `sqlite/` and `cassandra/` do it, one test suite runs on
both. Nothing above this package sees a connection, a statement or a driver's exception.
"""
