"""Settings: kept, checked, and never a reason not to start."""

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.paths import AppPaths
from app.settings import PERSON, REFRESH_SECONDS, SHOWN, THEME, Settings


def test_a_setting_is_there_at_the_next_start(paths: AppPaths, qtbot: QtBot) -> None:
    settings = Settings(paths)
    settings.put(REFRESH_SECONDS, 60)
    settings.put(THEME, "dark")
    settings.put(PERSON, "María José, Gijón")
    settings.save()
    again = Settings(paths)
    assert again.get(REFRESH_SECONDS) == 60
    assert again.get(THEME) == "dark"
    assert again.get(PERSON) == "María José, Gijón"


def test_a_change_is_told_once(paths: AppPaths, qtbot: QtBot) -> None:
    settings = Settings(paths)
    told: list[str] = []
    settings.changed.connect(told.append)
    settings.put(THEME, "dark")
    settings.put(THEME, "dark")
    assert told == [THEME.key]


@pytest.mark.parametrize("text", ["refresh_seconds=banana", "refresh_seconds=1", "refresh_seconds="])
def test_a_damaged_value_counts_as_unset(paths: AppPaths, qtbot: QtBot, text: str) -> None:
    paths.config.mkdir(parents=True)
    paths.settings.write_text(f"[General]\n{text}\n", encoding="utf-8")
    assert Settings(paths).get(REFRESH_SECONDS) == REFRESH_SECONDS.default


def test_a_value_that_is_not_allowed_is_refused(paths: AppPaths, qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="theme"):
        Settings(paths).put(THEME, "purple")


def test_every_setting_that_is_shown_says_what_it_does() -> None:
    assert {THEME, REFRESH_SECONDS, PERSON} <= set(SHOWN)
    assert [setting.key for setting in SHOWN if not (setting.title and setting.description)] == []


def test_the_page_shows_what_was_set_elsewhere(open_window: Any, paths: AppPaths, qtbot: QtBot) -> None:
    window = open_window()
    window.start.shell.go_to("settings")
    fields = window.start.shell.page.fields
    settings = window.program.context.settings
    for setting, value, shown in (
        (THEME, "dark", "Dark"),
        (REFRESH_SECONDS, 45, "45"),
        (PERSON, "Ana", "Ana"),
    ):
        settings.put(setting, value)
        assert fields[setting.key].value() == shown
