"""The protocols in which predictions are asked: what a body says, and how answers and errors are written.

A protocol only reads and writes: whoever may ask, which version answers, what is recorded and what the
challengers see is decided elsewhere, in the same way for all of them.
"""

from services.gateway.protocols.interface import (
    ParsedRequest,
    PredictionAnswer,
    PredictionProtocol,
    ReplyForm,
    RequestOutline,
)

__all__ = [
    "ParsedRequest",
    "PredictionAnswer",
    "PredictionProtocol",
    "ReplyForm",
    "RequestOutline",
]
