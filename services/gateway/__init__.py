"""The gateway: checks requests, routes them by policy, answers, records, and follows the registry.

`predict` and what it calls are the hot path, below Starlette; the other routes stand in `routes/`.
Nothing here knows Qt, Docker or which store lies beneath.
"""
