"""What every kind of artifact can tell and do."""

from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from services.model_server.artifacts.kinds import Kind
from services.model_server.predictor import Compute
from services.registry.choices import FieldType, Task
from services.registry.model import Signature


class DescribedInput(Struct, frozen=True):
    """An input as an artifact tells it.

    Attributes:
        nullable: whether the model has an answer where the value is missing.
    """

    name: str
    type: FieldType = FieldType.NUMBER
    nullable: bool = False


class ArtifactDescription(Struct, frozen=True, kw_only=True):
    """What an artifact carries of its own signature.

    Attributes:
        library: name and version of what reads it here.
        inputs: in the order the model wants them; empty if it carries no names.
        width: how many inputs it takes; 0 if it does not tell.
        task: None if it does not tell.
        classes: in the order of its probabilities; empty if it carries no names for them.
        class_count: how many there are, names or not; 0 if it does not tell.
        target: empty if it carries no name.
    """

    kind: Kind
    library: str
    inputs: tuple[DescribedInput, ...] = ()
    width: int = 0
    task: Task | None = None
    classes: tuple[str, ...] = ()
    class_count: int = 0
    target: str = ""


class OpenedModel(NamedTuple):
    """A model ready to be asked.

    Attributes:
        compute: takes a matrix, shape (n, inputs), NaN where a value is missing; or a frame.
        library: name and version of what reads it here.
        frame: whether it takes a frame.
    """

    compute: Compute
    library: str
    frame: bool


class ArtifactReader(Protocol):
    """Reads artifacts of one kind."""

    def describe(self, content: bytes) -> ArtifactDescription:
        """What the artifact carries.

        Raises:
            InvalidInput: it is damaged, or does what is neither regression nor classification.
        """

    def dump(self, model: Any) -> bytes:
        """The artifact of what a training script returned.

        Raises:
            InvalidInput: that is no model of this kind.
        """


class ModelOpener(ArtifactReader, Protocol):
    """Reads artifacts that are data and no code, and asks the model in them."""

    def open(self, content: bytes, signature: Signature) -> OpenedModel:
        """The model, checked against the signature.

        Raises:
            InvalidInput: it does not fit; the message says what.
        """
