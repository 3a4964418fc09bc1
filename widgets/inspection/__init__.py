"""Nested data as a tree: searched, copied, saved.

Lives here: the tree (`tree`), which shows what it is given. May not live here: masking of secrets, which
happens where the data come from.
"""
