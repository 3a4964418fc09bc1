"""From a deploy folder, or an image, to a version that runs on a platform: build, push, run, wait."""

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from services.containers.interface import (
    ContainerHost,
    Instance,
    Progress,
    Runtime,
    ServiceSpec,
    service_name,
    share,
)
from services.containers.model import (
    PROJECT_LABEL,
    ROLE_LABEL,
    VERSION_LABEL,
    BuildSpec,
    ContainerRole,
    Mount,
    Port,
    ResourceLimits,
    RestartPolicy,
)
from services.errors import Conflict, InvalidInput, NotFound
from services.images.build_settings import read_build_settings
from services.images.builds import build_images
from services.images.catalogue import CATALOGUE, reference
from services.model_server.deploy import Deploy, read_deploy
from services.publish.pip_failures import explain_build_failure
from services.publish.version_image import VersionImage, version_image
from services.registry.tokens import service_token

_HEALTHY_SECONDS = 120.0


class LaunchTarget(Struct, frozen=True):
    """A platform, as services on it need to know it; holds its secret, so never shown or stored.

    Attributes:
        platform: its name.
        network: on which its parts find each other.
        gateway: its gateway's address on that network.
        secret: from which the services' tokens are derived.
        registry: `host:port` of the team's image registry; empty if images stay on the engine.
        model_image: of Relevo's own service, on which versions of a deploy folder are built.
        model_r_image: the same for versions in R.
    """

    platform: str
    network: str
    gateway: str
    secret: str
    model_image: str
    model_r_image: str = ""
    registry: str = ""

    def __repr__(self) -> str:
        """Without the secret."""
        return f"LaunchTarget(platform={self.platform!r}, network={self.network!r})"

    def image_for(self, deploy: Deploy) -> str:
        """The image on which a deploy folder's own is built: its language's."""
        return self.model_r_image if deploy.kind == "rds" else self.model_image


class LaunchOptions(Struct, frozen=True):
    """What the person chooses for a version's service.

    Attributes:
        ports: published on the host: what is asked there is not recorded.
        environment: further variables.
        replicas, placement: where the runtime can spread services.
    """

    ports: tuple[Port, ...] = ()
    limits: ResourceLimits = ResourceLimits(memory=512 << 20)
    restart: RestartPolicy = RestartPolicy.UNLESS_STOPPED
    environment: Mapping[str, str] = {}
    mounts: tuple[Mount, ...] = ()
    replicas: int = 1
    placement: tuple[str, ...] = ()


class Launcher:
    """Brings versions to run on one platform.

    Args:
        engine: builds and pushes.
        runtime: runs.
        production: the platform.
    """

    def __init__(self, engine: ContainerHost, runtime: Runtime, production: LaunchTarget) -> None:
        self._engine, self._runtime = engine, runtime
        self.target = production

    def launch_folder(
        self,
        folder: Path,
        options: LaunchOptions,
        progress: Progress,
        output: Callable[[str], None] = lambda _text: None,
    ) -> Instance:
        """Build an image of a deploy folder, push it, run it, and wait until it answers.

        A version that runs already is replaced, without an interruption. What was made is removed
        again if it fails or is cancelled.

        Args:
            folder: with its `model.json`; what its `requirements.txt` names goes into the image, and a
                Dockerfile of its own is used as it is.
            options: see there.
            progress: told each step; may raise Cancelled.
            output: gets what the build prints.

        Raises:
            NotFound, InvalidInput: the folder lacks something, says what; or the build failed.
            Unavailable: the service did not become healthy; a version before it serves on.
        """
        deploy = read_deploy(folder)
        progress(0.0, f"Reading {folder.name}")
        image = version_image(folder, deploy, self.target.image_for(deploy))
        target = self._reference(deploy, hashlib.sha256(image.context).hexdigest()[:12])
        known = self._engine.image(target) is not None
        try:
            if not known:
                base, ours = self.target.image_for(deploy), not (folder / "Dockerfile").is_file()
                self._ensure_base_image(base, share(progress, 0.0, 0.25), output, ours=ours)
                self._build(target, image, deploy, share(progress, 0.25, 0.5), output)
            if self.target.registry:
                self._engine.push(target, share(progress, 0.5, 0.6))
            return self._run(deploy.project, deploy.version, target, options, share(progress, 0.6, 1.0))
        except BaseException:
            if not known:
                self._remove_image(target)
            raise

    def launch_image(
        self, reference: str, project: str, version: str, options: LaunchOptions, progress: Progress
    ) -> Instance:
        """Run a version from an image that exists, pulling it if need be; else as `launch_folder`."""
        if self._engine.image(reference) is None:
            self._engine.pull(reference, share(progress, 0.0, 0.6))
        labels = image.labels if (image := self._engine.image(reference)) else {}
        for label, given in ((PROJECT_LABEL, project), (VERSION_LABEL, version)):
            if labels.get(label, given) != given:
                raise InvalidInput(
                    f"{reference} was built for {labels[label]!r}, not for {given!r}",
                    remedy="Choose the image of this version, or correct the name.",
                )
        return self._run(project, version, reference, options, share(progress, 0.6, 1.0))

    def _ensure_base_image(
        self, base: str, progress: Progress, output: Callable[[str], None], *, ours: bool
    ) -> None:
        """Build or pull Relevo's own service for a language when its first version is launched here.

        Args:
            base: the service's image.
            progress: told how far it is.
            output: gets what the build prints.
            ours: whether the version's recipe is Relevo's, which begins with that image.
        """
        own = {
            reference(image.name): image.name
            for image in CATALOGUE.values()
            if image.role is ContainerRole.MODEL
        }
        if base in own and self._engine.image(base) is None:
            build_images(self._engine, [own[base]], progress, output)
        elif ours and base not in own and self._engine.image(base) is None:
            # The build itself would not know who signs in to the registry.
            self._engine.pull(base, progress)

    def _build(
        self,
        reference: str,
        image: VersionImage,
        deploy: Deploy,
        progress: Progress,
        output: Callable[[str], None],
    ) -> None:
        labels = {
            ROLE_LABEL: ContainerRole.MODEL,
            PROJECT_LABEL: deploy.project,
            VERSION_LABEL: deploy.version,
        }
        arguments = read_build_settings().arguments() if image.installs else {}
        spec = BuildSpec(image.context, reference, arguments, labels, keep_failed=not image.installs)
        try:
            self._engine.build(spec, progress, output)
        except InvalidInput as error:
            raise (
                explain_build_failure(error, f"{deploy.project} {deploy.version}")
                if image.installs
                else error
            ) from error

    def _run(
        self, project: str, version: str, reference: str, options: LaunchOptions, progress: Progress
    ) -> Instance:
        spec = self._spec(project, version, reference, options)
        running = {instance.name for instance in self._runtime.instances()}
        if spec.name in running:
            self._runtime.replace(spec, _HEALTHY_SECONDS, progress)
        else:
            self._start(spec, progress)
        progress(1.0, f"{project} {version} answers")
        return next(found for found in self._runtime.instances() if found.name == spec.name)

    def _start(self, spec: ServiceSpec, progress: Progress) -> None:
        progress(0.1, f"Starting {spec.project} {spec.version}")
        self._runtime.launch(spec)
        try:
            progress(0.3, f"Waiting until {spec.project} {spec.version} is healthy")
            self._runtime.wait_for_address(spec.name, _HEALTHY_SECONDS)
        except BaseException:
            self._runtime.stop(spec.name)
            raise

    def _spec(self, project: str, version: str, reference: str, options: LaunchOptions) -> ServiceSpec:
        token = service_token(self.target.secret, project, version)
        return ServiceSpec(
            name=service_name(project, version),
            command=(),
            environment={
                **options.environment,
                "RELEVO_GATEWAY": self.target.gateway,
                "RELEVO_TOKEN": token,
                "RELEVO_IMAGE": reference,
            },
            project=project,
            version=version,
            image=reference,
            ports=options.ports,
            mounts=options.mounts,
            limits=options.limits,
            restart=options.restart,
            replicas=options.replicas,
            placement=options.placement,
        )

    def _reference(self, deploy: Deploy, tag: str) -> str:
        name = f"{self.target.platform}/{deploy.project}-{deploy.version.lower()}:{tag}"
        return f"{self.target.registry}/{name}" if self.target.registry else name

    def _remove_image(self, reference: str) -> None:
        """Remove an image that came to nothing, unless it was never built or something uses it by now."""
        with contextlib.suppress(NotFound, Conflict):
            self._engine.remove_image(reference)
