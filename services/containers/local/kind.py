"""Local processes as a kind of runtime."""

from services.containers.interface import ContainerHost, Orchestrator, Runtime, RuntimeSettings
from services.errors import InvalidInput


class LocalRuntimeKind:
    """Services are processes of this machine, which end with the program that started them."""

    name = "local"

    def runs(self, host: ContainerHost, platform: str) -> bool:  # noqa: ARG002
        """See RuntimeKind: no host of containers holds them."""
        return False

    def open(self, settings: RuntimeSettings) -> Runtime:
        """See RuntimeKind."""
        from services.containers.local.runtime import LocalRuntime

        if settings.logs is None:
            raise InvalidInput("Local processes need a folder for their logs")
        return LocalRuntime(settings.logs, settings.environment, settings.program)

    def orchestrator(self, host: ContainerHost) -> Orchestrator | None:  # noqa: ARG002
        """See RuntimeKind."""
        return None
