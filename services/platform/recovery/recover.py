"""What a platform whose containers are all gone still knows of itself, by the file beside its data."""

from services.containers.interface import ContainerHost, Progress, share
from services.errors import Refused
from services.platform.discovery import DiscoveredPlatform
from services.platform.image_provisioning import Output, provide_images
from services.platform.recovery.state_file import SavedState, data_volume, read_state_file
from services.platform.request import PlatformRequest
from services.platform.secrets import PlatformSecrets, new_secrets

_IMAGES_SHARE = 0.5


def secrets_of(
    engine: ContainerHost, discovered: DiscoveredPlatform, prefix: str, progress: Progress, output: Output
) -> PlatformSecrets:
    """The platform's secrets: those that it has, or fresh ones for a new platform.

    Args:
        engine: where.
        discovered: the platform as it was found.
        prefix: a registry to pull an image of this program from, if the engine has none left.
        progress: told how far that is; may raise Cancelled.
        output: gets what a build of it prints.

    Raises:
        Refused: its data are there, and its secrets nowhere.
    """
    if discovered.secrets is not None:
        return discovered.secrets
    if data_volume(discovered.name) not in discovered.volumes:
        return new_secrets()
    saved = _saved_state(engine, discovered, prefix, progress, output)
    if saved is None:
        name = discovered.name
        raise Refused(
            f"The data of {name} are there, in the volume {data_volume(name)}, but its passwords are "
            "neither in a container nor beside the data, and without them nobody can open the data",
            remedy="Set a platform up under another name, bring the volume back from a copy, or delete the "
            f"data: relevo platform down --name {name} --delete-data --confirm {name}.",
        )
    return saved.secrets


def request_of(
    engine: ContainerHost, discovered: DiscoveredPlatform, prefix: str, progress: Progress, output: Output
) -> PlatformRequest | None:
    """What the platform was last asked to be; None for a new one, or if nobody knows.

    Args and errors are those of `secrets_of`, but for lost secrets, which are the set-up's to tell.
    """
    if discovered.request is not None or data_volume(discovered.name) not in discovered.volumes:
        return discovered.request
    saved = _saved_state(engine, discovered, prefix, progress, output)
    return saved.request if saved is not None else None


def _saved_state(
    engine: ContainerHost, discovered: DiscoveredPlatform, prefix: str, progress: Progress, output: Output
) -> SavedState | None:
    progress(None, f"Looking for the passwords of {discovered.name} beside its data")
    step = share(progress, 0.0, _IMAGES_SHARE)
    images = provide_images(engine, ["gateway"], prefix, step, output)
    return read_state_file(engine, discovered.name, images["gateway"])
