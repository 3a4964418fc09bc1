"""Images of a real engine, and a real registry on a port of 127.0.0.1."""

import base64
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.containers.addresses import LocalEngine
from services.containers.engine.engine import Engine, open_engine
from services.containers.engine.errors import engine_error
from services.containers.engine.registry_credentials import registry_of
from services.containers.model import BuildSpec, Credentials
from services.errors import Cancelled, Conflict, InvalidInput, NotFound, SignInNeeded, Unavailable

Names = Callable[[str], str]


def nothing(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def unnamed(engine: Engine, small_image: str, unique_name: Names) -> Iterator[list[str]]:
    """Two images without a name, each with a layer of a megabyte of its own."""
    made: list[str] = []
    for word in ("one", "two"):
        dockerfile = (
            f"FROM {small_image}\nRUN echo {unique_name(word)} > /a; head -c 1000000 /dev/urandom > /b\n"
        ).encode()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            entry = tarfile.TarInfo("Dockerfile")
            entry.size = len(dockerfile)
            archive.addfile(entry, io.BytesIO(dockerfile))
        reference = f"{unique_name(word)}:1"
        made.append(engine.build(BuildSpec(packed.getvalue(), reference), nothing, lambda _: None))
    # Giving a name to another image takes it from the first one.
    for word in ("one", "two"):
        engine.tag(small_image, f"{unique_name(word)}:1")
        engine.remove_image(f"{unique_name(word)}:1")
    yield made
    for identifier in made:
        if engine.image(identifier) is not None:
            engine.remove_image(identifier, force=True)


def test_an_image_is_listed_with_its_size_and_containers(
    engine: Engine, small_image: str, run: Callable[..., str]
) -> None:
    run()
    found = {image.identifier: image for image in engine.images()}
    image = engine.image(small_image)
    assert image is not None
    listed = found[image.identifier]
    assert listed.references == (small_image,)
    assert listed.containers == 1
    assert listed.size == image.size > 1_000_000
    created = [image.created for image in engine.images()]
    assert created == sorted(created, reverse=True)


def test_what_images_share_is_told_when_asked_for(
    engine: Engine, small_image: str, unnamed: list[str]
) -> None:
    base = engine.image(small_image)
    assert base is not None
    found = {image.identifier: image for image in engine.images(shared=True)}
    image = found[unnamed[0]]
    assert image.shared == base.size
    assert image.size - image.shared >= 1_000_000
    assert all(image.shared == -1 for image in engine.images())


def test_a_history_tells_the_steps_newest_first(engine: Engine, unnamed: list[str]) -> None:
    newest, *_, oldest = engine.history(unnamed[0])
    assert "head -c 1000000 /dev/urandom" in newest.created_by
    assert newest.size >= 1_000_000
    assert oldest.comment.startswith("Imported from")


def test_pruning_is_shown_before_and_removes_only_what_was_shown(
    engine: Engine, unnamed: list[str], run: Callable[..., str]
) -> None:
    one, two = unnamed
    assert {one, two} <= {image.identifier for image in engine.prune_preview()}
    run(image=two)
    assert two not in {image.identifier for image in engine.prune_preview()}
    assert engine.prune([one]) >= 1_000_000
    assert engine.image(one) is None
    assert engine.image(two) is not None
    assert engine.prune([one]) == 0


def test_an_image_in_use_is_not_removed_and_says_by_what(
    engine: Engine, small_image: str, run: Callable[..., str]
) -> None:
    run()
    with pytest.raises(Conflict, match="container"):
        engine.remove_image(small_image)
    assert engine.image(small_image) is not None


def test_a_further_name_can_be_given_and_taken(
    engine: Engine, small_image: str, unique_name: Names
) -> None:
    name = f"{unique_name('registry.example')}:5000/team/wine:v1.2"
    engine.tag(small_image, name)
    image = engine.image(name)
    assert image is not None
    assert set(image.references) == {small_image, name}
    engine.remove_image(name)
    assert engine.image(name) is None
    assert engine.image(small_image) is not None


def test_what_is_not_there_is_told(engine: Engine, unique_name: Names) -> None:
    name = unique_name("none")
    assert engine.image(name) is None
    for attempt in (
        lambda: engine.remove_image(name), lambda: engine.history(name), lambda: engine.tag(name, "x:1"),
    ):  # fmt: skip
        with pytest.raises(NotFound, match=f"No such image: {name}"):
            attempt()


@pytest.mark.parametrize("name", ["", "a b", "../containers/json", "UPPER", "a:b:c", "?x", "a\n"])
def test_odd_names_are_refused_before_they_reach_the_engine(
    engine: Engine, small_image: str, name: str
) -> None:
    for attempt in (
        lambda: engine.image(name), lambda: engine.history(name), lambda: engine.remove_image(name),
        lambda: engine.tag(small_image, name), lambda: engine.pull(name, nothing),
        lambda: engine.push(name, nothing),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match="cannot be the name of an image"):
            attempt()


@pytest.fixture
def registry(private_registry: tuple[str, str, str]) -> str:
    """A registry that lets one user in; its address."""
    return private_registry[0]


@pytest.fixture
def pushed(engine: Engine, registry: str, small_image: str, unique_name: Names) -> Iterator[str]:
    """A name in that registry for the small image."""
    name = f"{registry}/{unique_name('pushed')}:2"
    engine.tag(small_image, name)
    yield name
    engine.remove_image(name)


PASSWORD = Credentials("team", "p4ss:wörd")


def test_an_image_goes_to_a_registry_and_comes_back(
    signed_in_engine: Engine, registry: str, unnamed: list[str], unique_name: Names
) -> None:
    name = f"{registry}/{unique_name('pushed')}:1"
    signed_in_engine.tag(unnamed[0], name)
    told: list[tuple[float | None, str]] = []
    signed_in_engine.push(name, lambda *step: told.append(step))
    signed_in_engine.remove_image(name)
    signed_in_engine.pull(name, lambda *step: told.append(step))
    image = signed_in_engine.image(name)
    assert image is not None
    signed_in_engine.remove_image(name)
    assert any("MB" in text for _, text in told)
    assert all(fraction is None or 0 <= fraction <= 1 for fraction, _ in told)


def test_who_is_signed_in_on_this_machine_needs_no_password(
    registry: str, small_image: str, unique_name: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    known = base64.b64encode(f"{PASSWORD.user}:{PASSWORD.password}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry: {"auth": known}}}))
    name = f"{registry}/{unique_name('pushed')}:3"
    with open_engine(LocalEngine()) as signed_in:
        signed_in.tag(small_image, name)
        signed_in.push(name, nothing)
        signed_in.remove_image(name)
        signed_in.pull(name, nothing)
        assert signed_in.image(name) is not None
        signed_in.remove_image(name)


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        (None, "asks for a user and a password"),
        (Credentials("team", "wrong"), "does not accept the password of team"),
    ],
    ids=("nobody", "wrong"),
)
def test_without_the_password_a_registry_refuses(
    registry: str, pushed: str, credentials: Credentials | None, told: str
) -> None:
    with open_engine(LocalEngine(), credentials=lambda _registry: credentials) as opened:
        for attempt in (opened.push, opened.pull):
            with pytest.raises(SignInNeeded, match=f"The registry {registry} {told}") as needed:
                attempt(pushed, nothing)
            assert needed.value.registry == registry
            assert "wrong" not in needed.value.details + needed.value.remedy


def test_whoever_is_known_signs_in_to_that_registry_only(
    registry: str, small_image: str, unique_name: Names
) -> None:
    asked: list[str] = []

    def known(name: str) -> Credentials | None:
        asked.append(name)
        return PASSWORD if name == registry else None

    name = f"{registry}/{unique_name('pushed')}:4"
    with open_engine(LocalEngine(), credentials=known) as opened:
        opened.tag(small_image, name)
        opened.push(name, nothing)
        opened.remove_image(name)
        opened.pull(name, nothing)
        layers = repr(opened.history(name)) + repr(opened.image(name))
        opened.remove_image(name)
    assert set(asked) == {registry}
    assert PASSWORD.password not in layers + repr(PASSWORD)


def test_a_locked_keyring_matters_only_where_a_registry_asks(
    registry: str, pushed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(_name: str) -> Credentials | None:
        raise Unavailable("The keyring is locked")

    with (
        open_engine(LocalEngine(), credentials=known) as opened,
        pytest.raises(Unavailable, match="locked"),
    ):
        opened.push(pushed, nothing)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    signed_in = base64.b64encode(f"{PASSWORD.user}:{PASSWORD.password}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry: {"auth": signed_in}}}))
    with open_engine(LocalEngine(), credentials=known) as opened:
        opened.push(pushed, nothing)


@pytest.mark.parametrize(
    ("reference", "registry_name"),
    [
        ("wine:3", "docker.io"), ("team/wine", "docker.io"), ("localhost/wine", "localhost"),
        ("registry.plant/wine:3", "registry.plant"), ("plant:5000/team/wine:3", "plant:5000"),
    ],
)  # fmt: skip
def test_a_name_says_which_registry_is_asked(reference: str, registry_name: str) -> None:
    assert registry_of(reference) == registry_name


def test_a_certificate_of_an_own_authority_and_plain_http_are_told_plainly() -> None:
    unknown = engine_error('Get "https://r:5000/v2/": x509: certificate signed by unknown authority')
    assert "/etc/docker/certs.d/REGISTRY/ca.crt" in unknown.remedy
    plain = engine_error('Get "https://r:5000/v2/": http: server gave HTTP response to HTTPS client')
    assert "plain HTTP" in plain.message
    assert "insecure-registries" in plain.remedy


def test_an_image_that_a_registry_does_not_have_is_told(
    signed_in_engine: Engine, registry: str, unique_name: Names
) -> None:
    with pytest.raises(NotFound, match=r"there is no such image|manifest unknown"):
        signed_in_engine.pull(f"{registry}/{unique_name('none')}:1", nothing)


def test_a_transfer_can_be_cancelled(
    signed_in_engine: Engine, registry: str, small_image: str, unique_name: Names
) -> None:
    name = f"{registry}/{unique_name('pushed')}:3"
    signed_in_engine.tag(small_image, name)

    def progress(_fraction: float | None, _text: str) -> None:
        raise Cancelled

    try:
        with pytest.raises(Cancelled):
            signed_in_engine.push(name, progress)
    finally:
        signed_in_engine.remove_image(name)
