"""Goes through all rules, whatever becomes of one."""

from collections.abc import Iterator, Sequence

from services.client.conformance.model_description import read_description
from services.client.conformance.rule import (
    Finding,
    NotChecked,
    NotMet,
    Rule,
    RuleOutcome,
    ServiceUnderTest,
)
from services.client.conformance.rules import access, invalid_input, predictions, retraining
from services.client.conformance.sample_rows import Row, sample_rows
from services.client.conformance.service_client import ServiceClient
from services.errors import RelevoError

RULES: tuple[Rule, ...] = (*access.RULES, *predictions.RULES, *invalid_input.RULES, *retraining.RULES)
_MODEL_RULE = "GET /model tells project, version, revision, task, signature, library, trained_at and rows"
_ROWS = 12


def check_service(
    client: ServiceClient, *, rows: Sequence[Row] = (), gateway: str = "", retrain_seconds: float = 300.0
) -> Iterator[Finding]:
    """What becomes of each rule of the contract, as it is tried out.

    Args:
        client: reaches the service with its token.
        rows: instances to ask for, at least two; made from the signature if there are none.
        gateway: the service's gateway; without one, retraining is not tried out. With one, a revision is
            trained and stored.
        retrain_seconds: how long one retraining may take.

    Raises:
        Unavailable: the service cannot be reached at all.
    """
    answer = client.get("/model")
    model, complaints = read_description(answer)
    words = "; ".join(complaints)
    yield Finding(_MODEL_RULE, RuleOutcome.MISSING if complaints else RuleOutcome.MET, words)
    if model is None:
        for rule in RULES:
            yield Finding(rule.sentence, RuleOutcome.NOT_CHECKED, "GET /model tells no signature to go by")
        return
    sample = list(rows) if len(rows) > 1 else sample_rows(model.signature, _ROWS)
    service = ServiceUnderTest(client, model, sample, gateway, retrain_seconds)
    for rule in RULES:
        yield _finding(rule, service)


def _finding(rule: Rule, service: ServiceUnderTest) -> Finding:
    try:
        rule.check(service)
    except NotMet as missing:
        return Finding(rule.sentence, RuleOutcome.MISSING, str(missing))
    except NotChecked as reason:
        return Finding(rule.sentence, RuleOutcome.NOT_CHECKED, str(reason))
    except RelevoError as error:
        return Finding(
            rule.sentence, RuleOutcome.MISSING, f"no answer came: {error.message} {error.details}"
        )
    return Finding(rule.sentence, RuleOutcome.MET)
