"""Metrics from counts and exact sums, one module a task, and ROC curves; pure functions of their arguments.

Nothing here reads a store, and nothing keeps state between calls.
"""
