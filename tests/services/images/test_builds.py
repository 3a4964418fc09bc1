"""Orders: which image is built under which name with what, and how far the whole is."""

from collections.abc import Callable

import pytest

from services.containers.engine.engine import Engine
from services.errors import Cancelled, InvalidInput, NotFound
from services.images.build_settings import BuildSettings
from services.images.builds import build_images, build_spec
from services.images.catalogue import CATALOGUE, program_version, reference
from services.images.contexts import archive


def test_an_order_names_the_image_by_the_programs_version() -> None:
    made = build_spec("balancer", BuildSettings(pip="[global]"), "registry.plant:5000/")
    assert made.reference == f"registry.plant:5000/relevo/balancer:{program_version()}"
    assert reference("balancer") == f"relevo/balancer:{program_version()}"
    assert made.arguments == {"RELEVO_PIP_CONFIGURATION": "[global]"}
    assert made.labels["org.opencontainers.image.version"] == program_version()


@pytest.fixture
def small_contexts(monkeypatch: pytest.MonkeyPatch, small_image: str) -> dict[str, bytes]:
    """Contexts of images that build in a moment, in place of Relevo's own; a test may change them."""
    text = f"FROM {small_image}\nRUN true\n".encode()
    contexts = {name: archive({"Dockerfile": text}) for name in CATALOGUE}
    monkeypatch.setattr("services.images.builds.context_of", contexts.__getitem__)
    return contexts


@pytest.mark.docker
def test_progress_is_told_of_the_whole(
    engine: Engine, small_contexts: dict[str, bytes], unique_name: Callable[[str], str]
) -> None:
    assert small_contexts
    prefix = unique_name("orders")
    told: list[float] = []
    printed: list[str] = []

    def progress(fraction: float | None, _: str) -> None:
        told.append(-1.0 if fraction is None else fraction)

    built = build_images(
        engine, ["gateway", "balancer"], progress, printed.append, prefix=prefix, settings=BuildSettings()
    )
    try:
        assert built == {name: f"{prefix}/relevo/{name}:{program_version()}" for name in built}
        fractions = [fraction for fraction in told if fraction >= 0]
        assert fractions == sorted(fractions)
        assert 0.5 <= max(fractions) <= 1
        assert "Step 2/" in "".join(printed)
        found = engine.image(built["balancer"])
        assert found is not None
        assert found.labels["org.opencontainers.image.title"] == "Relevo balancer"
    finally:
        for name in built.values():
            engine.remove_image(name)


def test_all_names_are_looked_up_before_the_first_is_built(engine: Engine) -> None:
    with pytest.raises(NotFound, match="toaster"):
        build_images(engine, ["gateway", "toaster"], lambda *_: pytest.fail("built"), lambda _: None)


@pytest.mark.docker
def test_a_build_that_fails_ends_the_rest(
    engine: Engine, small_contexts: dict[str, bytes], small_image: str, unique_name: Callable[[str], str]
) -> None:
    prefix = unique_name("failing")
    small_contexts["gateway"] = archive({"Dockerfile": f"FROM {small_image}\nRUN false\n".encode()})
    with pytest.raises(InvalidInput, match="RUN false"):
        build_images(
            engine,
            ["gateway", "balancer"],
            lambda *_: None,
            lambda _: None,
            prefix=prefix,
            settings=BuildSettings(),
        )
    assert engine.image(reference("balancer", prefix)) is None


@pytest.mark.docker
def test_a_cancelled_order_builds_nothing(
    engine: Engine, small_contexts: dict[str, bytes], unique_name: Callable[[str], str]
) -> None:
    assert small_contexts
    prefix = unique_name("cancelled")

    def cancel(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        build_images(engine, ["gateway"], cancel, lambda _: None, prefix=prefix, settings=BuildSettings())
    assert engine.image(reference("gateway", prefix)) is None
