"""Follows one project's log and keeps its summaries current: log -> join -> buckets, buckets -> view.

What is summed lies in `summaries`, how predictions meet their labels in `join`; nothing here knows metrics.
"""
