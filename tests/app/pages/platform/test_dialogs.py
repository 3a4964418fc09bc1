"""The dialogs of the Platform page: what they ask, refuse, and hand on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.path_field import PathField
from app.pages.platform.actions import tear_down_confirmation
from app.pages.platform.backup_dialogs import BackupDialog, RestoreDialog
from app.pages.platform.development_dialog import DevelopmentDialog
from app.pages.platform.launch_dialog import IMAGE, LaunchDialog, LaunchRequest
from app.pages.platform.setup_dialog import SetupDialog
from app.pages.platform.token_dialog import TokenDialog
from services.containers.model import Port, ResourceLimits, Volume
from services.development.containers import DevelopmentRequest
from services.development.templates import DamagedTemplate, templates
from services.model_server.deploy import Deploy, write_deploy
from services.platform.backup.format import Backup, write_list
from services.platform.request import PlatformRequest
from services.platform.teardown import TearDownPlan
from services.registry.model import Field, Signature, Task


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def test_the_defaults_are_a_platform_as_they_stand(window: QWidget, qtbot: QtBot) -> None:
    dialog = SetupDialog(None, window)
    dialog.open()
    with qtbot.waitSignal(dialog.wanted) as told:
        dialog.button.click()
    assert told.args == [PlatformRequest()]


def test_changing_begins_with_what_is_there_and_keeps_the_name(window: QWidget) -> None:
    asked = PlatformRequest(
        "plant", gateway_port=18_081, listener_ports=(19_000,), gateways=2, durability="store",
        left_out=("datalake",), memory={"gateway": 300 << 20},
        allowed_origins=("https://shop.plant", "http://localhost:3000"),
    )  # fmt: skip
    dialog = SetupDialog(asked, window)
    assert dialog.request() == asked
    assert dialog.name.isReadOnly()


def test_a_platform_of_which_only_data_are_there_is_set_up_under_its_name(window: QWidget) -> None:
    dialog = SetupDialog(PlatformRequest("plant"), window, restored=True)
    assert (dialog.windowTitle(), dialog.button.text()) == ("Set plant up", "Set up")
    assert dialog.name.isReadOnly()


def test_a_backup_needs_a_folder_that_is_there(window: QWidget, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = BackupDialog("plant", window)
    dialog.open()
    dialog.folder.set_path(str(tmp_path / "nowhere"))
    with qtbot.assertNotEmitted(dialog.wanted):
        dialog.button.click()
    assert dialog.folder.error() == "There is no such folder."
    dialog.folder.set_path(str(tmp_path))
    with qtbot.waitSignal(dialog.wanted) as told:
        dialog.button.click()
    assert told.args == [tmp_path]


def test_a_backup_is_restored_under_its_name_unless_that_is_taken(
    window: QWidget, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = RestoreDialog(["plant"], window)
    dialog.open()
    with qtbot.assertNotEmitted(dialog.wanted):
        dialog.folder.set_path(str(tmp_path))
        dialog.button.click()
        assert "is no backup" in dialog.folder.error()
        write_list(tmp_path, Backup("plant", datetime.now(UTC), "1", ()))
        dialog.folder.set_path("")
        dialog.folder.set_path(str(tmp_path))
        assert dialog.name.value() == "plant"
        dialog.button.click()
        assert "already" in dialog.name.error()
    dialog.line.setText("copy")
    with qtbot.waitSignal(dialog.wanted) as told:
        dialog.button.click()
    assert told.args == [tmp_path, "copy"]


def test_what_is_wrong_is_told_under_its_field_on_the_tab_where_it_stands(
    window: QWidget, qtbot: QtBot
) -> None:
    dialog = SetupDialog(None, window)
    dialog.open()
    with qtbot.assertNotEmitted(dialog.wanted):
        _tick(dialog.forms[2].field("everywhere"))
        dialog.button.click()
    assert dialog.tabs.currentIndex() == 2
    assert "in so many words" in dialog.forms[2].field("plain_http_beyond_loopback").error()
    dialog.forms[1].field("listener_ports").editor.setText("18000, x")
    dialog.button.click()
    assert dialog.tabs.currentIndex() == 1
    assert "Numbers" in dialog.forms[1].field("listener_ports").error()
    dialog.forms[1].field("listener_ports").editor.setText("18000")
    dialog.forms[2].field("everywhere").editor.setChecked(False)
    dialog.forms[2].field("allowed_origins").editor.setText("https://shop.plant/basket")
    dialog.button.click()
    assert dialog.tabs.currentIndex() == 2
    assert "is no origin" in dialog.forms[2].field("allowed_origins").error()
    dialog.reject()


def _tick(field: object) -> None:
    field.editor.setChecked(True)  # type: ignore[attr-defined]


def test_memory_is_weighed_as_parts_are_chosen(window: QWidget) -> None:
    dialog = SetupDialog(None, window)
    before = dialog.memory.text()
    dialog.forms[1].field("with_datalake").editor.setChecked(False)
    assert dialog.memory.text() != before


def test_a_launch_needs_a_folder_that_can_be_launched(
    window: QWidget, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = LaunchDialog("plant", scalable=False, parent=window)
    dialog.open()
    dialog.folder.editor.setText(str(tmp_path))
    with qtbot.assertNotEmitted(dialog.wanted):
        dialog.button.click()
    assert "has no model.json" in dialog.folder.error()
    dialog.reject()


def test_a_folder_says_what_will_be_installed_and_what_cannot_be(
    window: QWidget, tmp_path: Path, qtbot: QtBot
) -> None:
    signature = Signature((Field("x", "x"),), Field("y", "y"), Task.REGRESSION)
    write_deploy(tmp_path, Deploy(
        project="wine", version="B", signature=signature, trained_at=datetime.now(UTC), rows=1200,
        kind="xgboost", artifact="model.ubj",
    ))  # fmt: skip
    (tmp_path / "model.ubj").write_bytes(b"{")
    (tmp_path / "requirements.txt").write_text("plant-tools==1.0\n")
    dialog = LaunchDialog("plant", scalable=False, parent=window)
    dialog.open()
    dialog.folder.editor.setText(str(tmp_path))
    told = dialog.about.text().replace("\N{NO-BREAK SPACE}", " ")
    assert told.endswith("\nInstalls: plant-tools 1.0, xgboost-cpu 3.2.0")
    (tmp_path / "requirements.txt").write_text("numpy<2\n")
    with qtbot.assertNotEmitted(dialog.wanted):
        dialog.button.click()
    assert "numpy<2 cannot be" in dialog.folder.error()
    assert "Leave numpy out" in dialog.folder.error()
    dialog.reject()


def test_a_launch_from_an_image_carries_what_was_chosen(window: QWidget, qtbot: QtBot) -> None:
    dialog = LaunchDialog("plant", scalable=True, parent=window)
    dialog.open()
    dialog.source.setCurrentText(IMAGE)
    for name, text in (("image", "plant/wine-a:1"), ("project", "wine"), ("version", "A")):
        dialog.image.field(name).editor.setText(text)
    dialog.port.setValue(19_000)
    dialog.memory.setValue(256)
    dialog.replicas.setValue(3)
    dialog.placement.setText("node.role==worker  node.labels.room==north")
    with qtbot.waitSignal(dialog.wanted) as told:
        dialog.button.click()
    launch = told.args[0]
    assert isinstance(launch, LaunchRequest)
    assert (launch.image, launch.project, launch.version) == ("plant/wine-a:1", "wine", "A")
    assert launch.options.ports == (Port(8000, 19_000, "127.0.0.1"),)
    assert (launch.options.limits, launch.options.replicas) == (ResourceLimits(256 << 20), 3)
    assert launch.options.placement == ("node.role==worker", "node.labels.room==north")


def test_a_dialog_grows_with_the_errors_under_its_fields(window: QWidget, qtbot: QtBot) -> None:
    dialog = LaunchDialog("plant", scalable=False, parent=window)
    dialog.open()
    dialog.source.setCurrentText(IMAGE)
    before = dialog.height()
    dialog.button.click()
    fields = [dialog.image.field(name) for name in ("image", "project", "version")]
    qtbot.waitUntil(lambda: dialog.height() > before)
    qtbot.waitUntil(lambda: all(one.height() >= one.heightForWidth(one.width()) for one in fields))
    dialog.reject()


def test_taking_down_keeps_data_and_deleting_asks_for_the_name() -> None:
    plan = TearDownPlan(
        "plant", ("plant-gateway",), ("plant-model-wine-a",), (), ("plant-cassandra-data",), ()
    )
    kept = tear_down_confirmation(plan, delete_data=False)
    assert [*kept.names_to_type] == []
    assert "plant-cassandra-data" in kept.note
    assert "Stopped: plant-model-wine-a." in kept.consequences
    gone = TearDownPlan(
        "plant", ("plant-gateway",), (), (Volume("plant-cassandra-data", {}, 5_000_000),), (), ()
    )
    deleted = tear_down_confirmation(gone, delete_data=True)
    assert [*deleted.names_to_type] == ["plant"]
    assert any("plant-cassandra-data with 5.0 MB" in line for line in deleted.consequences)


def test_a_development_container_is_named_after_its_folder_and_kind(
    window: QWidget, tmp_path: Path, qtbot: QtBot
) -> None:
    found, _ = templates()
    damaged = DamagedTemplate(Path("x.toml"), "x.toml: name either `own_image` or `image`")
    dialog = DevelopmentDialog(found, [damaged], platform="plant", local=True, parent=window)
    dialog.open()
    dialog.kind.setCurrentText(next(t.title for t in found if t.key == "jupyter"))
    assert isinstance(dialog.folder, PathField)
    dialog.folder._use_chosen(str(tmp_path))
    with qtbot.waitSignal(dialog.wanted) as told:
        dialog.button.click()
    template, request = told.args
    assert template.key == "jupyter"
    name = f"{tmp_path.name.lower()}-jupyter"
    assert request == DevelopmentRequest(name, str(tmp_path), limits=ResourceLimits(), platform="plant")


def test_pycharm_needs_no_name_and_starts_nothing(window: QWidget) -> None:
    found, _ = templates()
    dialog = DevelopmentDialog(found, [], platform="", local=False, parent=window)
    dialog.kind.setCurrentText(next(t.title for t in found if t.key == "pycharm"))
    assert dialog.button.text() == "Show settings"
    assert not dialog.name.isVisibleTo(dialog)


def test_the_token_can_be_copied_once(window: QWidget, qapp: object) -> None:
    dialog = TokenDialog("a-token", kept=False, parent=window)
    assert dialog.line.text() == "a-token"
    assert dialog.line.isReadOnly()
    dialog.deleteLater()


def test_a_launch_may_begin_with_a_model_file_and_takes_the_folder_that_comes_of_it(
    window: QWidget, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = LaunchDialog("plant", scalable=False, parent=window)
    dialog.open()
    with qtbot.waitSignal(dialog.model_file_requested):
        qtbot.mouseClick(dialog.model_file, Qt.MouseButton.LeftButton)
    signature = Signature((Field("pH", "ph"),), Field("quality", "quality"), Task.REGRESSION)
    deploy = Deploy(
        project="wine", version="C", signature=signature, trained_at=datetime.now(UTC), rows=0,
        artifact="wine.ubj", kind="xgboost",
    )  # fmt: skip
    write_deploy(tmp_path, deploy)
    (tmp_path / "wine.ubj").touch()
    dialog.source.setCurrentText(IMAGE)
    dialog.set_folder(str(tmp_path))
    assert dialog.folder.isVisible()
    assert "wine C: regression, trained on an unknown number of rows" in dialog.about.text()
    dialog.reject()
