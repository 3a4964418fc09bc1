"""What a platform whose containers are all gone still knows of itself, by the file beside its data."""

from services.containers.engine.engine import Engine
from services.containers.interface import Progress, share
from services.errors import Refused
from services.platform.discovery import Present
from services.platform.image_provisioning import Output, provide_images
from services.platform.recovery.state_file import Kept, data_volume, kept_with_data
from services.platform.request import PlatformRequest
from services.platform.secrets import PlatformKeys, new_keys

_IMAGES_SHARE = 0.5


def keys_of(
    engine: Engine, present: Present, prefix: str, progress: Progress, output: Output
) -> PlatformKeys:
    """The platform's secrets: those that it has, or fresh ones for a new platform.

    Args:
        engine: where.
        present: the platform as it was found.
        prefix: a registry to pull an image of this program from, if the engine has none left.
        progress: told how far that is; may raise Cancelled.
        output: gets what a build of it prints.

    Raises:
        Refused: its data are there, and its secrets nowhere.
    """
    if present.keys is not None:
        return present.keys
    if data_volume(present.name) not in present.volumes:
        return new_keys()
    kept = _kept(engine, present, prefix, progress, output)
    if kept is None:
        name = present.name
        raise Refused(
            f"The data of {name} are there, in the volume {data_volume(name)}, but its passwords are "
            "neither in a container nor beside the data, and without them nobody can open the data",
            remedy="Set a platform up under another name, bring the volume back from a copy, or delete the "
            f"data: relevo platform down --name {name} --delete-data --confirm {name}.",
        )
    return kept.keys


def request_of(
    engine: Engine, present: Present, prefix: str, progress: Progress, output: Output
) -> PlatformRequest | None:
    """What the platform was last asked to be; None for a new one, or if nobody knows.

    Args and errors are those of `keys_of`, but for lost secrets, which are the set-up's to tell.
    """
    if present.request is not None or data_volume(present.name) not in present.volumes:
        return present.request
    kept = _kept(engine, present, prefix, progress, output)
    return kept.request if kept is not None else None


def _kept(engine: Engine, present: Present, prefix: str, progress: Progress, output: Output) -> Kept | None:
    progress(None, f"Looking for the passwords of {present.name} beside its data")
    told = share(progress, 0.0, _IMAGES_SHARE)
    images = provide_images(engine, ["gateway"], prefix, told, output)
    return kept_with_data(engine, present.name, images["gateway"])
