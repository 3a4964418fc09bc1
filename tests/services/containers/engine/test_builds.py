"""Images built on a real engine: progress, what fails and where, and nothing left after a cancel."""

import io
import tarfile
import threading
from collections.abc import Callable, Iterator

import pytest

from services.containers.engine.engine import Engine
from services.containers.model import BuildSpec
from services.errors import Cancelled, InvalidInput
from tests.lineage import descendants

Names = Callable[[str], str]


def context(dockerfile: str, **files: str) -> bytes:
    """A tar with a Dockerfile and what it copies."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in {"Dockerfile": dockerfile, **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content.encode())
            archive.addfile(entry, io.BytesIO(content.encode()))
    return packed.getvalue()


@pytest.fixture
def reference(engine: Engine, unique_name: Names) -> Iterator[str]:
    """A name for what the test builds; the image goes with the test."""
    name = f"{unique_name('built')}:1"
    yield name
    if engine.image(name) is not None:
        engine.remove_image(name, force=True)


def nothing(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


def test_an_image_is_built_with_its_arguments_and_labels(
    engine: Engine, small_image: str, reference: str, run: Callable[..., str]
) -> None:
    told: list[tuple[float | None, str]] = []
    output: list[str] = []
    dockerfile = (
        f"FROM {small_image}\nARG COLOUR\nCOPY given.txt /given.txt\n"
        "RUN echo built $COLOUR && echo $COLOUR > /colour\nCMD sleep inf\n"
    )
    order = BuildSpec(
        context(dockerfile, **{"given.txt": "given"}),
        reference,
        {"COLOUR": "green"},
        {"relevo.role": "model"},
    )
    identifier = engine.build(order, lambda *step: told.append(step), output.append)
    image = engine.image(reference)
    assert image is not None
    assert (image.identifier, image.references, image.labels) == (
        identifier, (reference,), {"relevo.role": "model"},
    )  # fmt: skip
    assert "built green\n" in "".join(output)
    assert engine.read_file(run(image=reference), "/colour") == b"green\n"
    fractions = [fraction for fraction, _ in told if fraction is not None]
    assert fractions == sorted(fractions)
    assert any("step 4 of " in text and "RUN echo built" in text for _, text in told)


def test_a_target_stage_is_where_it_stops(engine: Engine, small_image: str, reference: str) -> None:
    dockerfile = f"FROM {small_image} AS first\nRUN touch /first\nFROM first\nRUN exit 5\n"
    engine.build(BuildSpec(context(dockerfile), reference, target="first"), nothing, lambda _: None)
    assert engine.image(reference) is not None


def test_a_step_that_fails_is_named_and_its_output_is_kept(
    engine: Engine, small_image: str, reference: str
) -> None:
    output: list[str] = []
    failing = "RUN echo compiling; echo no such header >&2; exit 9"
    dockerfile = f"FROM {small_image}\nRUN echo the first\n{failing}\nRUN true\n"
    before = descendants(engine, small_image)
    with pytest.raises(InvalidInput) as caught:
        engine.build(BuildSpec(context(dockerfile), reference), nothing, output.append)
    assert caught.value.message.startswith(
        f"Building {reference} failed at step 3 of 4, RUN echo compiling"
    )
    assert "compiling\n" in caught.value.details
    assert "no such header" in caught.value.details
    assert "returned a non-zero code: 9" in caught.value.details
    assert "the first" not in caught.value.details
    assert "the first\n" in "".join(output)
    assert "\x1b" not in "".join(output)
    assert engine.image(reference) is None
    containers, _ = before
    assert descendants(engine, small_image)[0] == containers


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        ("FROM {image}\nCOPY missing.txt /\n", "failed at step 2 of 2, COPY missing.txt /"),
        ("FROM relevo-test-no-such-image:9\n", "failed at step 1 of 1, FROM relevo-test-no-such"),
        ("FRUM {image}\n", "unknown instruction: FRUM"),
        ("", "cannot be empty"),
    ],
)
def test_what_else_is_wrong_is_told(
    engine: Engine, small_image: str, reference: str, dockerfile: str, message: str
) -> None:
    order = BuildSpec(context(dockerfile.format(image=small_image)), reference)
    with pytest.raises(InvalidInput) as caught:
        engine.build(order, nothing, lambda _: None)
    assert message in caught.value.message


@pytest.mark.parametrize("content", [b"", b"this is no archive"])
def test_a_context_that_is_none_is_told(engine: Engine, reference: str, content: bytes) -> None:
    with pytest.raises(InvalidInput):
        engine.build(BuildSpec(content, reference), nothing, lambda _: None)


@pytest.mark.parametrize("name", ["", "Upper:1", "a b", "name:", "a//b", "../x", "-x", "x:1:2"])
def test_a_name_that_is_none_is_told(engine: Engine, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be the name of an image"):
        engine.build(BuildSpec(b"", name), nothing, lambda _: None)


def test_a_build_cancelled_in_a_silent_step_leaves_nothing_behind(
    engine: Engine, small_image: str, reference: str, unique_name: Names
) -> None:
    dockerfile = f"FROM {small_image}\nRUN echo {unique_name('layer')} > /a\nRUN echo waits; sleep 1000\n"
    before = descendants(engine, small_image)
    waits = threading.Event()

    def output(text: str) -> None:
        if text == "waits\n":
            waits.set()

    def progress(_fraction: float | None, _text: str) -> None:
        if waits.is_set():
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.build(BuildSpec(context(dockerfile), reference), progress, output)
    containers, images = descendants(engine, small_image)
    assert containers - before[0] == set()
    assert images - before[1] == set()
    assert engine.image(reference) is None


@pytest.mark.parametrize("kept", [True, False])
def test_a_failed_build_leaves_what_a_next_try_begins_with_only_if_wanted(
    engine: Engine, small_image: str, reference: str, unique_name: Names, *, kept: bool
) -> None:
    dockerfile = f"FROM {small_image}\nRUN echo {unique_name(f'failed-{kept}')} > /a\nRUN exit 9\n"
    containers, images = descendants(engine, small_image)
    with pytest.raises(InvalidInput, match="RUN exit 9"):
        engine.build(BuildSpec(context(dockerfile), reference, keep_failed=kept), nothing, lambda _: None)
    assert descendants(engine, small_image)[0] == containers
    assert bool(descendants(engine, small_image)[1] - images) is kept


def test_a_cancelled_build_leaves_what_others_built_before(
    engine: Engine, small_image: str, reference: str, unique_name: Names
) -> None:
    shared = f"FROM {small_image}\nRUN echo {unique_name('shared')} > /a\n"
    kept = f"{unique_name('kept')}:1"
    engine.build(BuildSpec(context(shared), kept), nothing, lambda _: None)
    lines: list[str] = []

    def progress(_fraction: float | None, _text: str) -> None:
        if "waits\n" in lines:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.build(
            BuildSpec(context(f"{shared}RUN echo waits; sleep 1000\n"), reference), progress, lines.append
        )
    assert " ---> Using cache\n" in lines
    assert engine.image(kept) is not None
    engine.remove_image(kept)


def test_what_a_step_prints_is_not_taken_for_what_the_builder_says(
    engine: Engine, small_image: str, reference: str, unique_name: Names
) -> None:
    kept = f"{unique_name('printed')}:1"
    identifier = engine.build(
        BuildSpec(context(f"FROM {small_image}\nRUN true > /p\n"), kept), nothing, print
    )
    printed = identifier.removeprefix("sha256:")[:12]
    script = f"sleep 0.2; echo ' ---> {printed}'; sleep 0.2; echo waits; sleep 1000"
    lines: list[str] = []

    def progress(_fraction: float | None, _text: str) -> None:
        if "waits\n" in lines:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.build(
            BuildSpec(context(f"FROM {small_image}\nRUN {script}\n"), reference), progress, lines.append
        )
    assert f" ---> {printed}\n" in lines
    assert engine.image(kept) is not None
    engine.remove_image(kept)
