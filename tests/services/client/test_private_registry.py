"""What the browser says of a registry with a password, and of one that is asked in the wrong way."""

from pathlib import Path

import pytest

from services.client.registry_browser import RegistryBrowser, is_readable, known_authority, registry_name
from services.errors import Refused, SignInNeeded


@pytest.mark.parametrize(
    ("user", "told"), [("", "asks for a user"), ("team", "does not accept the password")]
)
def test_whoever_is_not_known_is_told_which_registry_asks(
    private_registry: tuple[str, str, str], user: str, told: str
) -> None:
    with (
        RegistryBrowser(private_registry[0], user, "wrong") as browser,
        pytest.raises(SignInNeeded, match=told) as needed,
    ):
        browser.repositories()
    assert (needed.value.registry, needed.value.user) == (private_registry[0], user)


def test_plain_http_where_https_is_meant_is_told_with_the_way(
    private_registry: tuple[str, str, str],
) -> None:
    registry = private_registry[0]
    with (
        RegistryBrowser(f"https://{registry}") as browser,
        pytest.raises(Refused, match="speaks plain HTTP") as refused,
    ):
        browser.repositories()
    assert f"http://{registry}" in refused.value.remedy


def test_an_own_authority_is_found_where_docker_looks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    file = tmp_path / ".docker" / "certs.d" / "plant:5000" / "ca.crt"
    file.parent.mkdir(parents=True)
    file.write_text("PEM")
    assert known_authority("plant:5000") == str(file)
    assert known_authority("plant:5001") == ""


def test_a_password_is_readable_only_over_plain_http_to_another_machine() -> None:
    assert is_readable("http://plant:5000")
    assert not is_readable("plant:5000")
    assert not is_readable("http://127.0.0.1:5000")
    assert registry_name("https://plant:5000/") == registry_name("plant:5000") == "plant:5000"
