"""Profiles on disk: whole or not at all, without secrets, one broken file harming no other."""

from pathlib import Path

import pytest

from services.errors import InvalidInput, StorageError
from services.profiles.profile import EmbeddedProfile, PlatformProfile, ProfileFolder
from services.store.addresses import CassandraAddress

PLATFORM = PlatformProfile(
    "Gijón / plant 1",
    CassandraAddress(("10.0.0.7", "10.0.0.8"), user="ana", tls=True),
    "https://relevo:18080",
)


@pytest.fixture
def folder(tmp_path: Path) -> ProfileFolder:
    return ProfileFolder(tmp_path / "profiles")


def test_what_is_saved_is_read_again_whatever_its_name(folder: ProfileFolder) -> None:
    demo = EmbeddedProfile("demo", "workspace")
    folder.save(PLATFORM)
    folder.save(demo)
    assert folder.all() == [demo, PLATFORM]
    assert folder.get("Gijón / plant 1") == PLATFORM


def test_saving_again_replaces_and_removing_twice_is_harmless(folder: ProfileFolder) -> None:
    folder.save(EmbeddedProfile("demo", "one"))
    folder.save(EmbeddedProfile("demo", "two"))
    assert folder.all() == [EmbeddedProfile("demo", "two")]
    folder.remove("demo")
    folder.remove("demo")
    assert folder.names() == []


def test_a_damaged_file_is_told_and_the_others_stay_readable(folder: ProfileFolder, tmp_path: Path) -> None:
    folder.save(PLATFORM)
    broken = tmp_path / "profiles" / "broken.json"
    broken.write_text('{"type": "platform"', encoding="utf-8")
    assert folder.all() == [PLATFORM]
    assert folder.damaged() == [broken]


def test_a_name_is_needed(folder: ProfileFolder) -> None:
    with pytest.raises(InvalidInput, match="needs a name"):
        folder.save(EmbeddedProfile("  ", "workspace"))


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError, match="could not be saved"):
        ProfileFolder(tmp_path / "file").save(EmbeddedProfile("demo", "workspace"))


def test_a_profile_has_no_place_for_a_secret(folder: ProfileFolder, tmp_path: Path) -> None:
    folder.save(PLATFORM)
    (file,) = (tmp_path / "profiles").glob("*.json")
    assert "password" not in file.read_text(encoding="utf-8")
    assert "token" not in file.read_text(encoding="utf-8")
