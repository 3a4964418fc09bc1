"""Everything that is not the window: storing, serving, recording, evaluating, switching.

Nothing here imports Qt, `widgets` or `app`; each driver (docker, cassandra, requests) is imported in
exactly one package below, and its exceptions leave that package as kinds of `services.errors`.
"""
