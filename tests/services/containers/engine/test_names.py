"""Names that may become part of a request's path, and those that may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.containers.engine.names import checked_name, split_reference
from services.errors import InvalidInput

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("wine", ("wine", "")),
        ("relevo/model-python:0.1.0", ("relevo/model-python", "0.1.0")),
        ("registry:5000/team/wine:v1", ("registry:5000/team/wine", "v1")),
        ("127.0.0.1:5000/wine", ("127.0.0.1:5000/wine", "")),
        ("Registry.Example/wine:Latest", ("Registry.Example/wine", "Latest")),
        (f"wine@{DIGEST}", ("wine", DIGEST)),
        (f"wine:1@{DIGEST}", ("wine", DIGEST)),
        (DIGEST, (DIGEST, "")),
        ("0123456789ab", ("0123456789ab", "")),
        ("a__b/c-d.e", ("a__b/c-d.e", "")),
    ],
)
def test_references_are_split(reference: str, parts: tuple[str, str]) -> None:
    assert split_reference(reference) == parts


@given(st.text(max_size=30))
def test_whatever_is_let_through_stays_one_part_of_a_path(text: str) -> None:
    try:
        name = checked_name(text, "container")
    except InvalidInput:
        return
    assert name == text
    assert name.isascii()
    assert not set(name) & set("/?#%&: \n\\")
    assert not name.startswith(".")


@given(st.text("aA0:/@.-_ ?#%\n", max_size=30))
def test_whatever_reference_is_let_through_leads_nowhere_else(text: str) -> None:
    try:
        split_reference(text)
    except InvalidInput:
        return
    assert not set(text) & set("?#% \n")
    assert ".." not in text.split("/")
    assert not text.startswith("/")
