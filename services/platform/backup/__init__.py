"""Copying a platform's data into a folder and bringing it back: the format on disk, creating, restoring.

Volumes are only reached through `volume_access`; what parts there are is told by `services.platform.parts`.
"""
