"""Containers of the chosen engine, live: the list, what can be done with them, and one from the inside.

`presenter` follows the engine, `actions` carries out what `judgement` allows and warns of, `details` shows
one container by way of `streams` and `terminals`.
"""
