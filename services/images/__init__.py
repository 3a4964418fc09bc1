"""Relevo's own container images: which there are, their build contexts, and how they are built.

`catalogue` names them; `contexts` makes a tar of `images/<name>` and the program's sources in memory;
`pip_settings` and `apt_settings` find how this machine reaches its package registries, and `build_settings`
turns that, its proxies and its certificates into build arguments; `builds` builds. What builds is asked
through the interface of `services.containers` only.
"""
