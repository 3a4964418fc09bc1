"""Telling people what goes wrong: alerts, the channels that carry them, and their delivery, at least once.

Rules that find something wrong make an `Alert` and hand it to the `Dispatcher`; they know no channel.
Here is no rule, and nothing of Qt.
"""
