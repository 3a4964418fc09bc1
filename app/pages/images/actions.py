"""What can be done with images: asked about, carried out off the GUI thread with progress and cancel."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from app.connection.life import LinkState
from app.context import Context
from app.dialogs.deed import DeedDialog, Question
from app.inbox import Inbox
from app.pages.images.details import ImageDetails
from app.pages.images.dialogs import BuildDialog, NameDialog, NameQuestion
from app.pages.images.presenter import ImagesPresenter
from app.tasks import Work
from services.containers.model import Credentials, Image, LogLine
from services.errors import RelevoError
from widgets.actions import ExplainedAction
from widgets.formatting import plural, size
from widgets.panels.error import ErrorPanel
from widgets.tables.images import ImageLine, ImagesTable

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine

OFFLINE = "Docker does not answer."


class ImageActions(QObject):
    """The actions of the page, following the selection.

    Attributes:
        error: shows, above the list, why the last deed failed, until the next one begins.
    """

    _printed = Signal()

    def __init__(
        self,
        table: ImagesTable,
        details: ImageDetails,
        presenter: ImagesPresenter,
        error: ErrorPanel,
        context: Context,
    ) -> None:
        super().__init__(table)
        self._table, self._details, self._presenter = table, details, presenter
        self._context = context
        self.error = error
        self.dialog: QDialog | None = None
        self._inbox: Inbox[str] = Inbox(self._printed.emit)
        self._printed.connect(self._take_output)
        self.pull = self._action("Pull…", "Fetch an image from a registry", "download", self._ask_pull)
        self.build = self._action(
            "Build…", "Build a folder’s image, or Relevo’s own", "build", self._ask_build
        )
        self.tag = self._action("Tag…", "Give the image a further name", "copy", self._ask_tag)
        self.push = self._action(
            "Push…", "Send the image to the registry in its name", "upload", self._ask_push
        )
        self.remove = self._action(
            "Remove…", "Remove the name; the image with its last one", "remove", self._ask_remove
        )
        self.prune = self._action(
            "Prune…", "Remove what has neither name nor container", "broom", self._preview_prune
        )
        self.remove.setShortcut("Delete")
        for action in (self.tag, self.push, self.remove):
            table.add_action(action)
        table.selection_changed.connect(self.judge)
        context.engine_link.changed.connect(self.judge)
        details.registry.pull_wanted.connect(lambda name: self._pull(name, None))
        self.judge()

    @property
    def actions(self) -> tuple[ExplainedAction, ...]:
        """In the order of the bar."""
        return (self.pull, self.build, self.tag, self.push, self.remove, self.prune)

    def judge(self) -> None:
        """Block what cannot be done, each with its reason."""
        offline = "" if self._context.engine_link.state is LinkState.OPEN else OFFLINE
        chosen = self._table.chosen()
        one = "" if len(chosen) == 1 else "Select one image."
        named = one or ("" if chosen[0].reference else "It has no name yet: tag it first.")
        for action in (self.pull, self.build, self.prune):
            action.set_blocked(offline)
        self.tag.set_blocked(offline or one)
        self.push.set_blocked(offline or named)
        self.remove.set_blocked(offline or ("" if chosen else "Select the images to remove."))

    def _action(self, text: str, explanation: str, icon: str, do: Callable[[], None]) -> ExplainedAction:
        action = ExplainedAction(text, explanation=explanation, icon_name=icon, parent=self._table)
        action.triggered.connect(lambda _checked: do())
        return action

    # Asking.

    def _ask_pull(self) -> None:
        question = NameQuestion("Pull an image", "Pull", "Without a tag, :latest is taken.", sign_in=True)
        dialog = NameDialog(question, self._table.window())
        dialog.named.connect(self._pull)
        self._show(dialog)

    def _ask_build(self) -> None:
        from services.images.catalogue import CATALOGUE

        own = [(image.name, image.text) for image in CATALOGUE.values()]
        dialog = BuildDialog(own, self._table.window())
        dialog.folder_wanted.connect(self._build_folder)
        dialog.own_wanted.connect(self._build_own)
        self._show(dialog)

    def _ask_tag(self) -> None:
        line = self._table.chosen()[0]
        question = NameQuestion(
            f"Tag {line.called}", "Tag", "The image keeps its other names.", line.reference
        )
        dialog = NameDialog(question, self._table.window())
        dialog.named.connect(lambda name, _credentials: self._tag(line, name))
        self._show(dialog)

    def _ask_push(self) -> None:
        line = self._table.chosen()[0]
        question = NameQuestion(
            "Push an image", "Push", "It begins with the registry’s address; a new name is tagged first.",
            line.reference, sign_in=True,
        )  # fmt: skip
        dialog = NameDialog(question, self._table.window())
        dialog.named.connect(lambda name, credentials: self._push(line, name, credentials))
        self._show(dialog)

    def _ask_remove(self) -> None:
        chosen = self._table.chosen()
        several = len(chosen) > 1
        used = [
            line.called for line in chosen if line.image.containers > 0 and len(line.image.references) < 2
        ]
        consequences = [f"{name} is used by a container and will not go." for name in used]
        dialog = DeedDialog(
            Question(
                title=f"Remove {plural(len(chosen), 'image')}" if several else f"Remove {chosen[0].called}",
                action="Remove",
                names=[line.called for line in chosen] if several else (),
                consequences=consequences,
                note="It can be pulled or built again; containers that were made of it are not touched.",
            ),
            self._table.window(),
        )
        dialog.confirmed.connect(lambda: self._remove(chosen))
        self._show(dialog)

    def _preview_prune(self) -> None:
        engine = self._engine()
        if engine is None:
            return
        self._context.tasks.run(
            lambda _work: (engine.prune_preview(), engine.images(shared=True)),
            owner=self,
            title="Looking for images without a name",
            on_result=lambda found: self._ask_prune(*found),
            on_error=self._fail,
            routine=True,
        )

    def _ask_prune(self, found: Sequence[Image], images: Sequence[Image]) -> None:
        own = {image.identifier: image.size - max(0, image.shared) for image in images}
        freed = sum(own.get(image.identifier, 0) for image in found)
        words = [f"{short}: {size(own.get(image.identifier, 0))} of its own" for image in found[:8]
                 for short in (image.identifier.removeprefix("sha256:")[:12],)]  # fmt: skip
        more = len(found) - len(words)
        dialog = DeedDialog(
            Question(
                title=f"Remove {plural(len(found), 'image')} without a name"
                if found
                else "Nothing to remove",
                action="Remove" if found else "Close",
                consequences=[*words, *([f"and {more} more"] if more > 0 else [])],
                note=f"Frees {size(freed)} at least; layers that they share among themselves come on top."
                if found
                else "Every image has a name or a container.",
            ),
            self._table.window(),
        )
        if found:
            dialog.confirmed.connect(lambda: self._prune([image.identifier for image in found]))
        self._show(dialog)

    def _show(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._closed)
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None

    # Doing.

    def _pull(self, name: str, credentials: Credentials | None) -> None:
        self._run(f"Pulling {name}", lambda engine, work: engine.pull(name, work.progress, credentials))

    def _tag(self, line: ImageLine, name: str) -> None:
        self._run(f"Tagging {name}", lambda engine, _work: engine.tag(line.key, name))

    def _push(self, line: ImageLine, name: str, credentials: Credentials | None) -> None:
        def push(engine: "Engine", work: Work) -> None:
            if name != line.reference:
                engine.tag(line.key, name)
            engine.push(name, work.progress, credentials)

        self._run(f"Pushing {name}", push)

    def _remove(self, chosen: Sequence[ImageLine]) -> None:
        def remove(engine: "Engine", work: Work) -> None:
            for number, line in enumerate(chosen):
                work.progress(number / len(chosen), line.called)
                engine.remove_image(line.key)

        what = plural(len(chosen), "image") if len(chosen) > 1 else chosen[0].called
        self._run(f"Removing {what}", remove)

    def _prune(self, identifiers: list[str]) -> None:
        self._run(
            "Removing images without a name", lambda engine, work: engine.prune(identifiers, work.check)
        )

    def _build_folder(self, folder: str, name: str) -> None:
        from services.containers.engine.builds import BuildOrder
        from services.containers.engine.folders import folder_context
        from services.images.forwarded import forwarded_settings

        def build(engine: "Engine", work: Work) -> None:
            work.progress(None, f"Reading {folder}")
            order = BuildOrder(
                context=folder_context(Path(folder)),
                reference=name,
                arguments=forwarded_settings().arguments(),
            )
            engine.build(order, work.progress, self._inbox.put)

        self._details.begin_output(name)
        self._run(f"Building {name}", build)

    def _build_own(self, name: str) -> None:
        from services.images.orders import build_images

        self._details.begin_output(name)
        self._run(
            f"Building Relevo’s {name}",
            lambda engine, work: build_images(engine, [name], work.progress, self._inbox.put),
        )

    def _run(self, title: str, do: Callable[["Engine", Work], object]) -> None:
        engine = self._engine()
        if engine is None:
            return
        self.error.hide()
        self._context.tasks.run(
            lambda work: do(engine, work),
            owner=self,
            title=title,
            on_error=self._fail,
            on_end=self._presenter.refresh,
            cancellable=True,
        )

    def _engine(self) -> "Engine | None":
        return self._context.engine_link.engine

    def _fail(self, error: RelevoError) -> None:
        self._context.engine_link.report(error)
        self.error.show_error(error)

    def _take_output(self) -> None:
        now = datetime.now(UTC)
        text = "".join(self._inbox.take())
        self._details.append_output([LogLine(now, line) for line in text.splitlines()])
