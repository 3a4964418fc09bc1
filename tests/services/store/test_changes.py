"""What followers compare: it differs after every change of what they follow, and after nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from services.registry.model import (
    ChampionChange,
    Listener,
    PolicyChoice,
    Project,
    RevisionChange,
    TokenRole,
    Version,
)
from services.registry.tokens import new_token
from services.store.interface import CatchUpProgress, Store

NewVersion = Callable[..., Version]
NewChange = Callable[..., ChampionChange]
NewRevisionChange = Callable[..., RevisionChange]
TOKEN = new_token(TokenRole.CLIENT, label="app")[1]


@dataclass
class Making:
    """What a writer needs to make a change."""

    store: Store
    project: Project
    new_version: NewVersion
    new_change: NewChange
    new_revision_change: NewRevisionChange

    @property
    def other(self) -> str:
        return f"other_{self.project.name}"


@pytest.fixture
def making(
    store: Store, registered: Project, new_version: NewVersion, new_change: NewChange,
    new_revision_change: NewRevisionChange,
) -> Making:  # fmt: skip
    """A project with champion A and challenger B, on either store."""
    store.add_token(TOKEN)
    store.put_listener(Listener(18000, "iris"))
    return Making(store, registered, new_version, new_change, new_revision_change)


@dataclass
class Followed:
    """One change that every follower must notice."""

    name: str
    make: Callable[[Making], object]


FOLLOWED = [
    Followed("first version", lambda m: m.store.register(m.new_version(m.other, "A"), who="ann")),
    Followed("next version", lambda m: m.store.register(m.new_version(m.project.name, "C"), who="ann")),
    Followed(
        "address",
        lambda m: m.store.register(replace(m.project.versions[0], endpoint="http://new:1"), who="ann"),
    ),
    Followed("flip", lambda m: m.store.change_champion(m.new_change(m.project, "B"), seen_generation=1)),
    Followed("retire", lambda m: m.store.retire(m.project.name, "B", retired=True)),
    Followed(
        "policy", lambda m: m.store.set_policy(m.project.name, PolicyChoice("ucb"), expected=PolicyChoice())
    ),
    Followed(
        "revision", lambda m: m.store.set_revision(m.new_revision_change(m.project, "a" * 64, "b" * 64))
    ),
    Followed("token", lambda m: m.store.add_token(new_token(TokenRole.ADMIN, label="ann")[1])),
    Followed("revoked token", lambda m: m.store.revoke_token(TOKEN.digest, datetime.now(UTC))),
    Followed("listener", lambda m: m.store.put_listener(Listener(19000, m.project.name))),
    Followed("removed listener", lambda m: m.store.remove_listener(18000)),
    Followed("setting", lambda m: m.store.put_setting(f"key of {m.project.name}", "1")),
]


@pytest.mark.parametrize("followed", FOLLOWED, ids=lambda followed: followed.name)
def test_followers_notice(making: Making, followed: Followed) -> None:
    before = making.store.changes()
    assert making.store.changes() == before
    followed.make(making)
    after = making.store.changes()
    assert after != before
    assert making.store.changes() == after


def test_how_far_a_challenger_has_caught_up_is_kept_and_nobodys_change(
    store: Store, registered: Project
) -> None:
    name = registered.name
    before = store.changes()
    assert store.catch_up_progress(name, "B") is None
    progress = CatchUpProgress({"g1": (2, 7), "g2": (0, -1)}, since=1_700_000_000_000, skipped=3)
    for kept in (CatchUpProgress(retired=True), progress):
        store.put_catch_up_progress(name, "B", kept)
        assert store.catch_up_progress(name, "B") == kept
    assert store.catch_up_progress(name, "A") is None
    assert store.changes() == before
