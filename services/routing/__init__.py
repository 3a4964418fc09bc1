"""Which version answers a request: the `Policy` interface and its kinds, by their registered names.

A policy chooses; it performs no input or output, knows no HTTP and keeps nothing on disk.
"""

from services.routing.interface import Choice, Policy
from services.routing.policies import known_policies, make_policy, validate_policy

__all__ = ["Choice", "Policy", "known_policies", "make_policy", "validate_policy"]
