"""The registry browser against a real registry, made from Relevo's own image of one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from services.client.registry_browser import RegistryBrowser, web_address
from services.containers.engine.engine import Engine, open_engine
from services.containers.model import BuildSpec, ContainerSpec, Credentials, Port
from services.errors import Conflict, NotFound, Refused, Unavailable
from services.images.contexts import archive

pytestmark = pytest.mark.docker
USER, PASSWORD = "team", "pä ss:wort$1"


@pytest.fixture(scope="module")
def registry(
    engine: Engine, built_images: Callable[[str], str], unique_name: Callable[[str], str]
) -> Iterator[str]:
    """A registry that asks for a password; its address as image names begin."""
    made = engine.run(
        ContainerSpec(
            name=unique_name("registry"),
            image=built_images("registry"),
            environment={"REGISTRY_USER": USER, "REGISTRY_PASSWORD": PASSWORD},
            ports=(Port(5000, host_address="127.0.0.1"),),
        )
    )
    try:
        engine.wait_healthy(made, 60)
        yield f"127.0.0.1:{engine.container(made).ports[0].host_port}"
    finally:
        engine.remove(made, force=True, volumes=True)


@pytest.fixture
def push(engine: Engine, registry: str, small_image: str) -> Iterator[Callable[..., str]]:
    """Push an image of its own content under a name; it leaves the engine with the test."""
    names: list[str] = []

    def pushed(name: str, content: str = "one") -> str:
        order = BuildSpec(
            context=archive({"Dockerfile": f"FROM {small_image}\nLABEL content={content}\n".encode()}),
            reference=f"{registry}/{name}",
        )
        if order.reference in names:
            engine.remove_image(order.reference)
        else:
            names.append(order.reference)
        engine.build(order, lambda *_: None, lambda _: None)
        signed_in.push(order.reference, lambda *_: None)
        return order.reference

    with open_engine(engine.address, credentials={registry: Credentials(USER, PASSWORD)}.get) as signed_in:
        yield pushed
    for name in names:
        engine.remove_image(name)


@pytest.fixture
def browser(registry: str) -> Iterator[RegistryBrowser]:
    with RegistryBrowser(registry, USER, PASSWORD) as opened:
        yield opened


def test_what_was_pushed_is_listed_and_described(
    browser: RegistryBrowser, push: Callable[..., str], engine: Engine
) -> None:
    began = datetime.now(UTC)
    reference = push("listed/wine-a:1")
    push("listed/wine-a:2", "two")
    assert "listed/wine-a" in browser.repositories()
    assert browser.tags("listed/wine-a") == ["1", "2"]
    found = browser.describe("listed/wine-a", "1")
    image = engine.image(reference)
    assert image is not None
    assert 0 < found.size < image.size
    assert found.platforms == ("linux/amd64",)
    assert found.digest.startswith("sha256:")
    assert found.created is not None
    assert abs((found.created - began).total_seconds()) < 120
    assert browser.describe("listed/wine-a", "2").digest != found.digest


def test_more_repositories_than_a_page_holds_are_all_listed(
    browser: RegistryBrowser, push: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [f"paged/{letter}" for letter in "abc"]
    for name in wanted:
        push(f"{name}:1")
    push("paged/a:2")
    push("paged/a:3")
    monkeypatch.setattr("services.client.registry_browser._PAGE", 1)
    assert [name for name in browser.repositories() if name.startswith("paged/")] == wanted
    assert browser.tags("paged/a") == ["1", "2", "3"]


def test_deleting_takes_all_tags_of_the_same_image_and_no_other(
    browser: RegistryBrowser, push: Callable[..., str]
) -> None:
    push("deleted/iris:1")
    push("deleted/iris:same")
    push("deleted/iris:2", "two")
    digest = browser.describe("deleted/iris", "1").digest
    assert browser.tags_of("deleted/iris", digest) == ["1", "same"]
    browser.delete("deleted/iris", "1", expected=digest)
    assert browser.tags("deleted/iris") == ["2"]
    with pytest.raises(NotFound, match="deleted/iris/manifests/1"):
        browser.describe("deleted/iris", "1")


def test_a_tag_that_was_pushed_anew_is_not_deleted(
    browser: RegistryBrowser, push: Callable[..., str]
) -> None:
    push("renewed/iris:1")
    seen = browser.describe("renewed/iris", "1").digest
    push("renewed/iris:1", "two")
    with pytest.raises(Conflict):
        browser.delete("renewed/iris", "1", expected=seen)
    assert browser.tags("renewed/iris") == ["1"]


def test_a_repository_that_lost_its_last_tag_has_none(
    browser: RegistryBrowser, push: Callable[..., str]
) -> None:
    push("emptied/iris:1")
    browser.delete("emptied/iris", "1", expected=browser.describe("emptied/iris", "1").digest)
    assert browser.tags("emptied/iris") == []


@pytest.mark.parametrize(("user", "password"), [("", ""), (USER, "wrong"), ("nobody", PASSWORD)])
def test_who_is_not_known_is_refused(registry: str, user: str, password: str) -> None:
    with RegistryBrowser(registry, user, password) as browser, pytest.raises(Refused) as refused:
        browser.repositories()
    assert "user and password" in refused.value.remedy


def test_what_is_not_there_is_named(browser: RegistryBrowser) -> None:
    with pytest.raises(NotFound, match="no-such"):
        browser.tags("no-such")


def test_a_registry_that_is_not_there_is_unavailable() -> None:
    with RegistryBrowser("127.0.0.1:1") as browser, pytest.raises(Unavailable):
        browser.repositories()


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("localhost:5000", "http://localhost:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("registry.plant", "https://registry.plant"),
        ("registry.plant:5000", "https://registry.plant:5000"),
        ("http://registry.plant:5000/", "http://registry.plant:5000"),
    ],
)
def test_only_this_machine_is_asked_plainly_unless_told(written: str, asked: str) -> None:
    assert web_address(written) == asked
