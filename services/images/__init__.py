"""Relevo's own container images: which there are, their build contexts, and the orders that build them.

`catalogue` names them; `contexts` makes a tar of `images/<name>` and the program's sources in memory;
`pip_settings`, `apt_settings` and `certificates` find how this machine reaches its package registries, and
`forwarded` turns that into build arguments; `orders` builds. Engines are asked through
`services.containers` only.
"""
