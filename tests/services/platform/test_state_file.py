"""Secrets beside a platform's data: what is said when they are gone or damaged."""

from collections.abc import Callable

import pytest

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Mount, RestartPolicy
from services.errors import Refused
from services.platform.discovery import find_platform
from services.platform.recovery.state_file import STATE_FILE, data_volume
from services.platform.request import PlatformRequest
from services.platform.secrets import new_secrets
from services.platform.setup import set_up
from services.platform.specification import labels_of

pytestmark = pytest.mark.docker
Silent = Callable[[float | None, str], None]


@pytest.fixture
def volume(
    engine: Engine, request_of: Callable[..., PlatformRequest], gone: Callable[[str], None],
    built_images: Callable[[str], str],
) -> PlatformRequest:  # fmt: skip
    """Of a platform there is only the volume of its store."""
    built_images("gateway")
    request = request_of("data")
    gone(request.name)
    engine.ensure_volume(data_volume(request.name), labels_of(request.name, "cassandra"))
    return request


def _write(engine: Engine, volume: str, image: str, content: bytes) -> None:
    spec = ContainerSpec(
        f"{volume}-writer", image, ("true",), mounts=(Mount("/kept", volume),), restart=RestartPolicy.NEVER
    )
    writer = engine.create(spec)
    engine.put_files(writer, "/kept", {STATE_FILE: content})
    engine.remove(writer, force=True)


def test_data_whose_secrets_are_gone_are_refused_with_what_to_do(
    engine: Engine, volume: PlatformRequest, silent: Silent
) -> None:
    with pytest.raises(Refused, match="neither in a container nor beside the data") as raised:
        set_up(engine, volume, silent)
    assert f"relevo platform down --name {volume.name} --delete-data" in raised.value.remedy
    left = find_platform(engine, volume.name)
    assert left.volumes == {data_volume(volume.name)}
    assert (left.parts, left.one_off_containers, left.state_container) == ({}, [], None)


def test_a_damaged_file_of_secrets_is_told_without_what_it_holds(
    engine: Engine, volume: PlatformRequest, small_image: str, silent: Silent
) -> None:
    secret = new_secrets().secret
    content = f'{{"keys": {{"secret": "{secret}"}}, "request": {{}}}}'
    _write(engine, data_volume(volume.name), small_image, content.encode())
    with pytest.raises(Refused, match="damaged") as raised:
        set_up(engine, volume, silent)
    told = f"{raised.value} {raised.value.remedy} {raised.value.details} {raised.value.__cause__}"
    assert secret not in told
    assert find_platform(engine, volume.name).one_off_containers == []
