"""What stems from one image of an engine that others work on too."""

from services.containers.engine.engine import Engine


def descendants(engine: Engine, base: str) -> tuple[set[str], set[str]]:
    """Containers and images made from an image, itself among them, by identifier."""
    with engine.connection.client() as client:
        images = client.images(all=True)
        family = {image["Id"] for image in images if base in (image["RepoTags"] or ())}
        while more := {image["Id"] for image in images if image["ParentId"] in family} - family:
            family |= more
        containers = {made["Id"] for made in client.containers(all=True) if made["ImageID"] in family}
    return containers, family
