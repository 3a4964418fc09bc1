"""Joins predictions and labels by prediction id, in whatever order they come, corrected ones included.

Arrays in, arrays out: no log, no time buckets and no summaries are known here.
"""
