"""What widget tests share: both appearances, and no widget left alive."""

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from widgets.theme import Appearance, Theme, theme


@pytest.fixture(autouse=True)
def no_widget_is_left(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test after which a widget lives on."""
    before = set(qapp.allWidgets())
    yield
    request.node.funcargs.clear()  # pytest would hold the test's widgets until after this look
    left = left_since(before, qapp)
    if left:  # perhaps only waiting for a collection, which is too slow to force after every test
        gc.collect()
        left = left_since(before, qapp)
    assert left == []


def left_since(before: set[QWidget], application: QApplication) -> list[str]:
    """The widgets made since then that live on after those waiting to be deleted are."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QCoreApplication.processEvents()
    return [described(widget) for widget in application.allWidgets() if widget not in before]


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
