"""What can be done with images: asked about, carried out off the GUI thread with progress and cancel."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.context import Context
from app.dialogs.confirm_action import ConfirmActionDialog, ConfirmationRequest
from app.pages.images.details import ImageDetails
from app.pages.images.dialogs import BuildDialog, NameDialog, NameRequest
from app.pages.images.presenter import ImagesPresenter
from app.pages.shared.engine.actions import EngineActions
from app.tasks import Work
from services.containers.model import Image
from widgets.actions import ExplainedAction
from widgets.formatting import plural, size
from widgets.panels.error import ErrorPanel
from widgets.tables.images import ImageLine, ImagesTable

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine


class ImageActions(EngineActions):
    """The actions of the page, following the selection."""

    def __init__(
        self,
        table: ImagesTable,
        details: ImageDetails,
        error: ErrorPanel,
        presenter: ImagesPresenter,
        context: Context,
    ) -> None:
        super().__init__(table, details.output, error, presenter.refresh, context)
        self._table = table
        make = self.action
        self.pull = make("Pull…", "Fetch an image from a registry", "download", self._ask_pull)
        self.build = make("Build…", "Build a folder’s image, or Relevo’s own", "build", self._ask_build)
        self.tag = make("Tag…", "Give the image a further name", "copy", self._ask_tag)
        self.push = make("Push…", "Send the image to the registry in its name", "upload", self._ask_push)
        self.remove = make(
            "Remove…", "Remove the name; the image with its last one", "remove", self._ask_remove
        )
        self.prune = make(
            "Prune…", "Remove what has neither name nor container", "broom", self._preview_prune
        )
        self.remove.setShortcut("Delete")
        for action in (self.tag, self.push, self.remove):
            table.add_action(action)
        table.selection_changed.connect(self.update_actions)
        context.engine_connection.changed.connect(self.update_actions)
        self.output_began.connect(details.show_output)
        details.registry.pull_requested.connect(self._pull)
        self.update_actions()

    @property
    def actions(self) -> tuple[ExplainedAction, ...]:
        """In the order of the bar."""
        return (self.pull, self.build, self.tag, self.push, self.remove, self.prune)

    def update_actions(self) -> None:
        """Block what cannot be done, each with its reason."""
        offline = self.offline
        chosen = self._table.chosen()
        one = "" if len(chosen) == 1 else "Select one image."
        named = one or ("" if chosen[0].reference else "It has no name yet: tag it first.")
        for action in (self.pull, self.build, self.prune):
            action.set_blocked(offline)
        self.tag.set_blocked(offline or one)
        self.push.set_blocked(offline or named)
        self.remove.set_blocked(offline or ("" if chosen else "Select the images to remove."))

    # Asking.

    def _ask_pull(self) -> None:
        request = NameRequest("Pull an image", "Pull", "Without a tag, :latest is taken.")
        dialog = NameDialog(request, self.window)
        dialog.named.connect(self._pull)
        self.show(dialog)

    def _ask_build(self) -> None:
        from services.images.catalogue import CATALOGUE

        own = [(image.name, image.text) for image in CATALOGUE.values()]
        dialog = BuildDialog(own, self.window)
        dialog.folder_requested.connect(self._build_folder)
        dialog.own_requested.connect(self._build_own)
        self.show(dialog)

    def _ask_tag(self) -> None:
        line = self._table.chosen()[0]
        request = NameRequest(
            f"Tag {line.called}", "Tag", "The image keeps its other names.", line.reference
        )
        dialog = NameDialog(request, self.window)
        dialog.named.connect(lambda name: self._tag(line, name))
        self.show(dialog)

    def _ask_push(self) -> None:
        line = self._table.chosen()[0]
        request = NameRequest(
            "Push an image", "Push", "It begins with the registry’s address; a new name is tagged first.",
            line.reference,
        )  # fmt: skip
        dialog = NameDialog(request, self.window)
        dialog.named.connect(lambda name: self._push(line, name))
        self.show(dialog)

    def _ask_remove(self) -> None:
        chosen = self._table.chosen()
        several = len(chosen) > 1
        used = [
            line.called for line in chosen if line.image.containers > 0 and len(line.image.references) < 2
        ]
        consequences = [f"{name} is used by a container and will not go." for name in used]
        dialog = ConfirmActionDialog(
            ConfirmationRequest(
                title=f"Remove {plural(len(chosen), 'image')}" if several else f"Remove {chosen[0].called}",
                action="Remove",
                names=[line.called for line in chosen] if several else (),
                consequences=consequences,
                note="It can be pulled or built again; containers that were made of it are not touched.",
            ),
            self.window,
        )
        dialog.confirmed.connect(lambda: self._remove(chosen))
        self.show(dialog)

    def _preview_prune(self) -> None:
        self.look(
            "Looking for images without a name",
            lambda engine: (engine.prune_preview(), engine.images(shared=True)),
            lambda found: self._ask_prune(*found),
        )

    def _ask_prune(self, found: Sequence[Image], images: Sequence[Image]) -> None:
        own = {image.identifier: image.size - max(0, image.shared) for image in images}
        freed = sum(own.get(image.identifier, 0) for image in found)
        words = [f"{short}: {size(own.get(image.identifier, 0))} of its own" for image in found[:8]
                 for short in (image.identifier.removeprefix("sha256:")[:12],)]  # fmt: skip
        more = len(found) - len(words)
        dialog = ConfirmActionDialog(
            ConfirmationRequest(
                title=f"Remove {plural(len(found), 'image')} without a name"
                if found
                else "Nothing to remove",
                action="Remove" if found else "Close",
                consequences=[*words, *([f"and {more} more"] if more > 0 else [])],
                note=f"Frees {size(freed)} at least; layers that they share among themselves come on top."
                if found
                else "Every image has a name or a container.",
            ),
            self.window,
        )
        if found:
            dialog.confirmed.connect(lambda: self._prune([image.identifier for image in found]))
        self.show(dialog)

    # Doing.

    def _pull(self, name: str) -> None:
        self.run(f"Pulling {name}", lambda engine, work: engine.pull(name, work.progress))

    def _tag(self, line: ImageLine, name: str) -> None:
        self.run(f"Tagging {name}", lambda engine, _work: engine.tag(line.key, name))

    def _push(self, line: ImageLine, name: str) -> None:
        def push(engine: "Engine", work: Work) -> None:
            if name != line.reference:
                engine.tag(line.key, name)
            engine.push(name, work.progress)

        self.run(f"Pushing {name}", push)

    def _remove(self, chosen: Sequence[ImageLine]) -> None:
        def remove(engine: "Engine", work: Work) -> None:
            for number, line in enumerate(chosen):
                work.progress(number / len(chosen), line.called)
                engine.remove_image(line.key)

        what = plural(len(chosen), "image") if len(chosen) > 1 else chosen[0].called
        self.run(f"Removing {what}", remove)

    def _prune(self, identifiers: list[str]) -> None:
        self.run(
            "Removing images without a name", lambda engine, work: engine.prune(identifiers, work.check)
        )

    def _build_folder(self, folder: str, name: str) -> None:
        from services.containers.engine.builds import folder_context
        from services.containers.model import BuildSpec
        from services.images.build_settings import read_build_settings

        def build(engine: "Engine", work: Work) -> None:
            work.progress(None, f"Reading {folder}")
            order = BuildSpec(
                context=folder_context(Path(folder)),
                reference=name,
                arguments=read_build_settings().arguments(),
            )
            engine.build(order, work.progress, self.append_output)

        self._begin(name)
        self.run(f"Building {name}", build)

    def _build_own(self, name: str) -> None:
        from services.images.builds import build_images

        self._begin(name)
        self.run(
            f"Building Relevo’s {name}",
            lambda engine, work: build_images(engine, [name], work.progress, self.append_output),
        )

    def _begin(self, name: str) -> None:
        self.begin_output(name, f"Sending {name} to the engine…", "")
