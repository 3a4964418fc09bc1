"""How long containers’ logs may become: a model that writes without end must not fill its disk."""

from collections.abc import Mapping

LOG_DRIVER = "json-file"
LOG_ROTATION: Mapping[str, str] = {"max-size": "10m", "max-file": "3"}
"""Of `LOG_DRIVER`: the newest 30 MB of each container stay."""
