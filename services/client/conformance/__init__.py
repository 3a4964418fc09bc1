"""Checks any model service, in any language, against the model service contract.

Each module holds rules of one concern: a function that asks the service and raises `Missing` with plain
words where it does not do what the contract says. Nothing here knows how a service is made.
"""

from services.client.conformance.checking import check_service
from services.client.conformance.rule import Finding, RuleOutcome

__all__ = ["Finding", "RuleOutcome", "check_service"]
