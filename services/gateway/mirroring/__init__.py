"""Challengers see the same rows in the shadow: behind the answers, in batches, and later from the log.

Nothing here can delay or change an answer of the champion: queues are bounded, and what they drop is
caught up from the store's log. `Mirror` is the whole interface.
"""

from services.gateway.mirroring.mirror import Challengers, Mirror
from services.gateway.mirroring.shadow import Challenger

__all__ = ["Challenger", "Challengers", "Mirror"]
