"""Images as rows: one line a name, nameless ones by their identifier; their steps; a registry's tags."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtWidgets import QAbstractItemView, QWidget

from services.containers.model import Image, Layer
from widgets.formatting import clock, count, relative, size
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.delegate import NameDelegate
from widgets.tables.table import DataTable

COLUMNS = (
    Column("name", "Name", width=320, stretch=True),
    Column("tag", "Tag", width=116),
    Column("of", "Belongs to", width=130),
    Column("size", "Size", numeric=True, width=84, tooltip="On the disk, with all its layers"),
    Column(
        "own", "Its own", numeric=True, width=84,
        tooltip="What removing it would free: layers that no other image has",
    ),
    Column("containers", "Containers", numeric=True, width=100, tooltip="Made of it, running or not"),
    Column("created", "Created", width=110),
    Column("identifier", "Id", width=120),
)  # fmt: skip
STEPS = (
    Column("step", "Step", width=500, stretch=True),
    Column("size", "Size", numeric=True, width=100),
    Column("created", "Created", width=150),
)
TAGS = (
    Column("repository", "Repository", width=280, stretch=True),
    Column("tag", "Tag", width=160),
    Column("size", "Size", numeric=True, width=110, tooltip="As it is kept in the registry, compressed"),
    Column("created", "Built", width=150),
    Column("platforms", "Platforms", width=150),
    Column("digest", "Digest", width=140),
)
UNKNOWN = Cell("–", sort=-1, quiet=True, tooltip="Being added up")
NAMELESS = "without a name"


@dataclass(frozen=True, slots=True)
class ImageLine:
    """One line: an image under one of its names; `reference` is empty where it has none."""

    image: Image
    reference: str

    @property
    def key(self) -> str:
        """By what the engine finds it."""
        return self.reference or self.image.identifier

    @property
    def called(self) -> str:
        """How it is spoken of."""
        return self.reference or f"{short(self.image.identifier)} ({NAMELESS})"


class ImagesTable(DataTable):
    """The images of an engine; several can be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name="Images", searchable=True, parent=parent)
        self.view.setItemDelegate(NameDelegate(self.view))
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._lines: dict[str, ImageLine] = {}

    def show_images(self, images: Iterable[Image]) -> None:
        """Replace what is shown; what was chosen stays so where it still exists."""
        lines = [
            ImageLine(image, reference) for image in images for reference in (image.references or ("",))
        ]
        self._lines = {line.key: line for line in lines}
        self.set_rows([_row(line) for line in lines])

    def chosen(self) -> list[ImageLine]:
        """The chosen lines, from top to bottom."""
        return [self._lines[key] for key in self.selected_keys() if key in self._lines]


class StepsTable(DataTable):
    """The steps by which an image was made, newest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(STEPS, name="History", parent=parent)

    def show_steps(self, steps: Sequence[Layer]) -> None:
        """Replace what is shown."""
        self.set_rows([
            Row(str(number), (Cell(_command(step.created_by), sort=number, tooltip=step.created_by),
                              _size(step.size), _when(step.created)))
            for number, step in enumerate(steps)
        ])  # fmt: skip


@dataclass(frozen=True, slots=True)
class TagLine:
    """A tag of a registry; what it stands for is looked up line by line."""

    repository: str
    tag: str
    digest: str = ""
    size: int = -1
    created: datetime | None = None
    platforms: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Repository and tag."""
        return f"{self.repository}:{self.tag}"


class TagsTable(DataTable):
    """A registry's images."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TAGS, name="Registry", searchable=True, parent=parent)
        self.view.setItemDelegate(NameDelegate(self.view))
        self._lines: dict[str, TagLine] = {}

    def show_tags(self, lines: Iterable[TagLine]) -> None:
        """Replace what is shown."""
        self._lines = {line.key: line for line in lines}
        self.set_rows([_tag_row(line) for line in self._lines.values()])

    def chosen(self) -> list[TagLine]:
        """The chosen lines, from top to bottom."""
        return [self._lines[key] for key in self.selected_keys() if key in self._lines]


def short(identifier: str) -> str:
    """An identifier as people compare them: twelve digits."""
    return identifier.removeprefix("sha256:")[:12]


def _row(line: ImageLine) -> Row:
    image = line.image
    name, tag = _split(line.reference)
    own = UNKNOWN if image.shared < 0 else _size(image.size - image.shared)
    used = UNKNOWN if image.containers < 0 else Cell(count(image.containers), sort=image.containers)
    return Row(line.key, (
        Cell(name or NAMELESS, quiet=not name, strong=bool(name and _belongs(image.labels))),
        Cell(tag),
        Cell(_belongs(image.labels)),
        _size(image.size),
        own,
        used,
        _when(image.created),
        Cell(short(image.identifier), tooltip=image.identifier, quiet=True),
    ))  # fmt: skip


def _split(reference: str) -> tuple[str, str]:
    head, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag


def _belongs(labels: Mapping[str, str]) -> str:
    """What an image of Relevo is for: a project's version, or a part."""
    project, version = labels.get("relevo.project", ""), labels.get("relevo.version", "")
    if project:
        return f"{project} {version}".strip()
    role = labels.get("relevo.role", "")
    return f"Relevo: {role}" if role else ""


def _size(amount: int) -> Cell:
    return Cell(size(amount), sort=amount, export=str(amount), quiet=not amount)


def _when(at: datetime) -> Cell:
    return Cell(relative(at), sort=at.timestamp(), tooltip=clock(at), export=at.isoformat())


def _command(created_by: str) -> str:
    """A step as its Dockerfile wrote it."""
    text = created_by.removeprefix("/bin/sh -c ").strip()
    return text.removeprefix("#(nop)").strip() if text.startswith("#(nop)") else f"RUN {text}"


def _tag_row(line: TagLine) -> Row:
    known = bool(line.digest)
    return Row(line.key, (
        Cell(line.repository),
        Cell(line.tag),
        _size(line.size) if known else UNKNOWN,
        _when(line.created) if line.created else Cell("", sort=0.0),
        Cell(", ".join(line.platforms)),
        Cell(short(line.digest), tooltip=line.digest, quiet=True),
    ))  # fmt: skip
