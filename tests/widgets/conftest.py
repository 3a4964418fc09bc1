"""What widget tests share: both appearances, and no widget left alive."""

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from widgets.theme import Appearance, Theme, theme


@pytest.fixture(autouse=True)
def no_widget_is_left(qapp: QApplication) -> Iterator[None]:
    """Fail a test after which a widget lives on."""
    before = set(map(id, qapp.allWidgets()))
    yield
    for _ in range(3):
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()
    left = [described(widget) for widget in qapp.allWidgets() if id(widget) not in before]
    assert left == []


def described(widget: QWidget) -> str:
    """A widget's class and name."""
    return f"{type(widget).__name__} {widget.accessibleName() or widget.objectName()!r}"


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Theme:
    """Every test starts in the light appearance, whatever the one before did."""
    theme().wear(Appearance.LIGHT)
    return theme()


@pytest.fixture(params=[Appearance.LIGHT, Appearance.DARK])
def appearance(request: pytest.FixtureRequest, light: Theme) -> Appearance:
    """Runs a test in both appearances."""
    chosen: Appearance = request.param
    light.wear(chosen)
    return chosen
