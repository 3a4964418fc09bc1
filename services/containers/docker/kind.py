"""One Docker Engine as a kind of runtime."""

from services.containers.interface import ContainerHost, Orchestrator, Runtime, RuntimeSettings
from services.errors import InvalidInput


class DockerRuntimeKind:
    """Services are containers of one host, on the network of the platform's name."""

    name = "docker"

    def runs(self, host: ContainerHost, platform: str) -> bool:  # noqa: ARG002
        """See RuntimeKind: any host can."""
        return True

    def open(self, settings: RuntimeSettings) -> Runtime:
        """See RuntimeKind."""
        from services.containers.docker.runtime import DockerRuntime

        if settings.host is None:
            raise InvalidInput("Containers need a host")
        return DockerRuntime(settings.host, settings.platform, settings.platform, settings.environment)

    def orchestrator(self, host: ContainerHost) -> Orchestrator | None:  # noqa: ARG002
        """See RuntimeKind."""
        return None
