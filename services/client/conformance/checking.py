"""Goes through all rules, whatever becomes of one."""

from collections.abc import Iterator, Sequence

from services.client.conformance import entrance, predicting, refusing, retraining
from services.client.conformance.asking import Asker
from services.client.conformance.facts import read_facts
from services.client.conformance.rules import Finding, Missing, NotChecked, Outcome, Rule, Subject
from services.client.conformance.samples import Row, rows_for
from services.errors import RelevoError

RULES: tuple[Rule, ...] = (*entrance.RULES, *predicting.RULES, *refusing.RULES, *retraining.RULES)
_MODEL_RULE = "GET /model tells project, version, revision, task, signature, library, trained_at and rows"
_ROWS = 12


def check_service(
    asker: Asker, *, rows: Sequence[Row] = (), gateway: str = "", retrain_seconds: float = 300.0
) -> Iterator[Finding]:
    """What becomes of each rule of the contract, as it is tried out.

    Args:
        asker: reaches the service with its token.
        rows: instances to ask for, at least two; made from the signature if there are none.
        gateway: the service's gateway; without one, retraining is not tried out. With one, a revision is
            trained and stored.
        retrain_seconds: how long one retraining may take.

    Raises:
        Unavailable: the service cannot be reached at all.
    """
    answer = asker.get("/model")
    facts, complaints = read_facts(answer)
    words = "; ".join(complaints)
    yield Finding(_MODEL_RULE, Outcome.MISSING if complaints else Outcome.MET, words)
    if facts is None:
        for rule in RULES:
            yield Finding(rule.sentence, Outcome.NOT_CHECKED, "GET /model tells no signature to go by")
        return
    sample = list(rows) if len(rows) > 1 else rows_for(facts.signature, _ROWS)
    subject = Subject(asker, facts, sample, gateway, retrain_seconds)
    for rule in RULES:
        yield _finding(rule, subject)


def _finding(rule: Rule, subject: Subject) -> Finding:
    try:
        rule.check(subject)
    except Missing as missing:
        return Finding(rule.sentence, Outcome.MISSING, str(missing))
    except NotChecked as reason:
        return Finding(rule.sentence, Outcome.NOT_CHECKED, str(reason))
    except RelevoError as error:
        return Finding(rule.sentence, Outcome.MISSING, f"no answer came: {error.message} {error.details}")
    return Finding(rule.sentence, Outcome.MET)
