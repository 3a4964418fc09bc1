"""The demo: an embedded platform with the example projects published and their live rows replayed."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from services.client import GatewayClient
from services.closing import Closing
from services.containers.interface import service_name
from services.model_server.deploy import read_deploy
from services.profiles.workspace import EmbeddedPlatform, Workspace
from services.publish.csv_rows import read_rows
from services.publish.demo.example_projects import EXAMPLES, Example, train_examples
from services.publish.demo.traffic_replay import Replay, ReplayPace
from services.publish.publisher import (
    publish_training,
    publish_training_predictions,
    publish_version,
)

Progress = Callable[[float, str], None]
_SERVICE_SECONDS = 60.0


class Demo(Closing):
    """A running demo; a context manager that leaves nothing running.

    Args:
        folder: the workspace, made if missing; a second start finds everything in it.
        pace: of the replayed traffic.
    """

    def __init__(self, folder: Path, pace: ReplayPace, progress: Progress) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._pace = pace
        train_examples(folder, lambda done, text: progress(0.5 * done, text))
        self.platform: EmbeddedPlatform = Workspace.open(
            folder, lambda done, text: progress(0.5 + 0.2 * done, text)
        )
        self._stopped = threading.Event()
        self._clients: list[GatewayClient] = []
        self._threads: list[threading.Thread] = []
        try:
            self._publish(progress)
        except BaseException:
            self.close()
            raise

    def start_traffic(self) -> None:
        """Replay each project's live rows, each in a thread; goes on where an earlier start stopped."""
        if not self.platform.owner:
            return  # the process that owns the workspace sends them
        for example in EXAMPLES:
            client = self._client(self.platform.client_token)
            replay = self._replay(example, client)
            thread = threading.Thread(
                target=replay.run, args=(self._stopped,), name=f"replay-{example.name}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def wait_for_traffic(self, seconds: float) -> bool:
        """Wait until all rows were asked and all labels told; whether that happened in time."""
        for thread in self._threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads)

    def close(self) -> None:
        """Stop the traffic, then the platform."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            client.close()
        self.platform.close()

    def _client(self, token: str) -> GatewayClient:
        client = GatewayClient(self.platform.gateway_address, token)
        self._clients.append(client)
        return client

    def _replay(self, example: Example, client: GatewayClient) -> Replay:
        deploy = read_deploy(example.deploy_folder(self._folder, example.versions[0]))
        return Replay(
            client,
            example.name,
            read_rows(example.live(self._folder), deploy.signature),
            target=deploy.signature.target.name,
            progress_file=self._folder / "data" / example.name / "replay.json",
            pace=self._pace,
        )

    def _publish(self, progress: Progress) -> None:
        if not self.platform.owner:
            return
        gateway = self._client(self.platform.admin_token)
        steps = [(example, version) for example in EXAMPLES for version in example.versions]
        for number, (example, version) in enumerate(steps):
            done = self._folder / "data" / example.name / f"published_{version}"
            if not done.exists():
                progress(0.7 + 0.3 * number / len(steps), f"Publishing {example.name} {version}")
                self._publish_one(example, version, gateway)
                done.write_text(datetime.now(UTC).isoformat(), encoding="utf-8")
        progress(1.0, "Ready")

    def _publish_one(self, example: Example, version: str, gateway: GatewayClient) -> None:
        folder = example.deploy_folder(self._folder, version)
        deploy = read_deploy(folder)
        rows = read_rows(example.historical(self._folder), deploy.signature)
        project = publish_version(folder, gateway)
        if len(project.versions) == 1:
            publish_training(gateway, example.name, deploy.signature, rows)
        name = service_name(example.name, version)
        if name not in {instance.name for instance in self.platform.state()}:
            self.platform.start_version(example.name, version)
        publish_training_predictions(
            gateway, example.name, version, signature=deploy.signature, rows=rows, patience=_SERVICE_SECONDS
        )
