"""Windows of their own that pages open: change of champion, retraining, connection, help, crash.

Each is opened without a nested event loop and tells its outcome by a signal. What a dialog changes, the
page that opened it does: a dialog reads nothing and writes nothing.
"""
