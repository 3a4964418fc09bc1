"""Which version answers a request: the `Policy` interface, its kinds by name, the draw by prediction id.

A policy says probabilities; it performs no input or output, knows no HTTP and keeps nothing on disk.
"""

from services.routing.draw import Choice, choose, uniform
from services.routing.interface import ArmProbabilities, Policy
from services.routing.policies import POLICIES, known_policies, make_policy, validate_policy

__all__ = [
    "POLICIES",
    "ArmProbabilities",
    "Choice",
    "Policy",
    "choose",
    "known_policies",
    "make_policy",
    "uniform",
    "validate_policy",
]
