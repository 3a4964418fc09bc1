"""What the training process does: fetch data, run the version's own script, measure, write the artifact."""

import asyncio
import io
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from services.errors import InvalidInput
from services.http.client import HttpClient
from services.http.errors import error_from
from services.model_server.artifacts.readers import library_of, reader_of
from services.model_server.deploy import read_deploy
from services.model_server.holdout_metrics import holdout_metrics
from services.model_server.instances import series
from services.model_server.loading import load_model, sha256_of
from services.registry.model import Field, Signature

if TYPE_CHECKING:
    import pandas as pd

_FETCH_SECONDS = 3600.0
_FEWEST_ROWS = 10
_UNSEEN = 0.2


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows train: all there are, or the newest `rows`."""

    kind: Literal["expanding", "sliding"] = "expanding"
    rows: int | None = None

    def __post_init__(self) -> None:
        """Check that a sliding window has a length and an expanding one has none."""
        if (self.kind == "sliding") != (self.rows is not None and self.rows > 0):
            raise ValueError("a sliding window needs `rows` above 0, an expanding one has none")

    def in_words(self) -> str:
        """As people read it."""
        return f"the newest {self.rows:,} rows" if self.rows else "all rows"


class TrainingOrder(Struct):
    """What the service tells its training process, on standard input: the token is a secret.

    Attributes:
        folder: the deploy folder.
        data_url: with its query; one of the gateway's.
        output: where the artifact is to be written.
    """

    folder: str
    data_url: str
    token: str
    window: Window
    parameters: dict[str, Any]
    output: str


class Progress(Struct, omit_defaults=True):
    """A line that the training process says."""

    progress: float = 0.0
    message: str = ""
    failure: str = ""
    finished: bool = False
    rows: int = 0
    library: str = ""
    metrics: dict[str, float] = {}


def train(order: TrainingOrder, say: Callable[[Progress], None]) -> None:
    """Do all of it; `say` is told how far it is, at last with `finished`.

    Raises:
        InvalidInput: the data or the script do not give a model that fits the signature.
        Unavailable: the data could not be fetched.
    """
    folder = Path(order.folder)
    deploy = read_deploy(folder)
    say(Progress(0.02, "fetching the data"))
    frame = _frame(asyncio.run(_fetch(order)), deploy.signature)
    if order.window.rows:
        frame = frame.tail(order.window.rows)
    if len(frame) < _FEWEST_ROWS:
        raise InvalidInput(f"there are {len(frame)} rows to train on; at least {_FEWEST_ROWS} are needed")
    script = _script(folder / deploy.train)
    target = deploy.signature.target.name
    say(Progress(0.3, f"measuring on {round(_UNSEEN * len(frame)):,} unseen rows of {len(frame):,}"))
    border = len(frame) - round(_UNSEEN * len(frame))
    model = _run(script, frame[:border], target, order.parameters)
    metrics = holdout_metrics(folder, deploy, model, frame[border:])
    say(Progress(0.6, f"training on {len(frame):,} rows"))
    model = _run(script, frame, target, order.parameters)
    say(Progress(0.9, "checking the new model"))
    content = reader_of(deploy.kind).dump(model)
    load_model(folder, deploy, content, sha256_of(content))
    Path(order.output).write_bytes(content)
    library = library_of(model)
    say(Progress(0.95, "trained", finished=True, rows=len(frame), library=library, metrics=metrics))


async def _fetch(order: TrainingOrder) -> bytes:
    """The rows, one JSON object a line."""
    parts = urlsplit(order.data_url)
    client = HttpClient(f"{parts.scheme}://{parts.netloc}", connections=1)
    received = io.BytesIO()
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        response = await client.request(
            "GET",
            path,
            headers={"authorization": f"Bearer {order.token}"},
            timeout=_FETCH_SECONDS,
            sink=received.write,
        )
    finally:
        await client.close()
    if response.status >= 300:
        raise error_from(response.status, response.body, who="the gateway")
    return received.getvalue()


def _frame(lines: bytes, signature: Signature) -> "pd.DataFrame":
    """The labelled rows, typed as reading the team's own file would type them."""
    import pandas as pd

    try:
        rows = msgspec.json.Decoder(dict[str, Any]).decode_lines(lines)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"the gateway's rows cannot be read: {error}") from error
    target = signature.target
    labelled = [row for row in rows if row.get(target.name) is not None]
    fields: list[Field] = [*signature.inputs, target]
    return pd.DataFrame(
        {field.name: series(field, [row.get(field.name) for row in labelled]) for field in fields}
    )


def _script(path: Path) -> Callable[..., Any]:
    function = runpy.run_path(str(path)).get("train")
    if not callable(function):
        raise InvalidInput(f"{path.name} does not define train(frame, target, parameters)")
    found: Callable[..., Any] = function
    return found


def _run(script: Callable[..., Any], frame: "pd.DataFrame", target: str, parameters: dict[str, Any]) -> Any:
    try:
        return script(frame, target, parameters)
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"the training script failed: {type(error).__name__}: {error}") from error
