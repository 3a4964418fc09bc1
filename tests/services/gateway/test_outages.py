"""What is kept of outages: by the registry as it is now, and as one where they follow close."""

from datetime import UTC, datetime

from msgspec.structs import replace

from services.gateway.outages import Outages
from services.registry.model import Field, Mode, PolicyChoice, Project, Signature, Task, Version

SIGNATURE = Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION)
CHALLENGER = Version("wine", "B", Mode.CHALLENGER, SIGNATURE, "b" * 64, datetime.now(UTC))
CHAMPION = replace(CHALLENGER, mode=Mode.CHAMPION)


def project(*versions: Version) -> Project:
    return Project("wine", "B", 2, PolicyChoice(), tuple(versions))


def test_a_question_from_before_a_change_does_not_make_a_champions_outage_a_challengers() -> None:
    outages = Outages()
    outages.follow([project(CHAMPION)])
    outages.begin(CHALLENGER, "its service said nothing")
    assert [one.mode for one in outages.present()] == [Mode.CHAMPION]


def test_an_outage_follows_a_change_of_champion() -> None:
    outages = Outages()
    outages.follow([project(CHALLENGER)])
    outages.begin(CHALLENGER, "its service said nothing")
    outages.follow([project(CHAMPION)])
    assert [one.mode for one in outages.present()] == [Mode.CHAMPION]


def test_who_is_retired_or_gone_is_no_outage_and_becomes_none_by_a_late_question() -> None:
    for left in (project(replace(CHALLENGER, mode=Mode.RETIRED)), project()):
        outages = Outages()
        outages.follow([project(CHALLENGER)])
        outages.begin(CHALLENGER, "its service said nothing")
        outages.follow([left])
        outages.begin(CHALLENGER, "its service said nothing")
        assert outages.present() == []
        assert len(outages.past()) == 1


def test_one_that_comes_and_goes_is_one_outage_since_it_began() -> None:
    outages = Outages()
    outages.follow([project(CHAMPION)])
    outages.begin(CHAMPION, "its service cannot be reached")
    since = outages.present()[0].since
    for _ in range(3):
        outages.end("wine", "B")
        outages.begin(CHAMPION, "its service has no model loaded")
    assert [(one.since, one.until) for one in outages.present()] == [(since, None)]
    assert outages.past() == []
    assert outages.counts() == {("wine", "B"): 1}
