"""The Runtime interface and its kinds: local processes now, Docker and Swarm beside them.

`interface` says what any runtime can do; `docker` is imported in this package only.
"""
