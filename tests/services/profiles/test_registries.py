"""Who signs in to a registry: kept by its address, for this session where there is no keyring."""

import pytest

from services.containers.model import Credentials
from services.profiles.registries import RegistrySignIns
from services.profiles.secrets import Secrets

pytestmark = pytest.mark.usefixtures("no_keyring")


def test_each_registry_has_its_own_until_it_is_forgotten() -> None:
    sign_ins = RegistrySignIns(Secrets())
    team = Credentials("team", ' pä"ss:wört\\ ')
    sign_ins.put("plant:5000", team)
    assert sign_ins.get("plant:5000") == team
    assert sign_ins.get("plant") is None
    assert not sign_ins.has_keyring()
    sign_ins.forget("plant:5000")
    assert sign_ins.get("plant:5000") is None


def test_nothing_that_prints_credentials_shows_the_password() -> None:
    assert repr(Credentials("team", "hush")) == "Credentials(user='team')"
