"""Artifacts of every maker: recognised by their bytes, read for the signature they carry, and asked.

Each kind is a `Reader` of its own. The makers' libraries are imported only where an artifact of theirs is
at hand, so that a service needs those of its own model and no others.
"""
