"""How a person gets into a development container: a page with its secret, or settings for PyCharm."""

from urllib.parse import quote

from msgspec import Struct

from services.containers.addresses import EngineAddress, LocalEngine, PlainEngine, SshEngine, TlsEngine
from services.containers.interface import ContainerHost
from services.containers.model import Container, ContainerState
from services.development.containers import PAGE_PATH_LABEL, SECRET_LABEL, SIGN_IN_LABEL
from services.development.templates import Template
from services.errors import Unavailable


class DevelopmentPage(Struct, frozen=True):
    """A page to open; holds its secret, so never stored or logged.

    Attributes:
        url: to open in the browser.
        user, password: to sign in with, where the page asks; else empty.
        tunnel: a command that makes the page reachable first, where the port is the host's own; else empty.
    """

    url: str
    user: str = ""
    password: str = ""
    tunnel: str = ""

    def __repr__(self) -> str:
        """Without the secret."""
        return f"DevelopmentPage(url={self.url.partition('?')[0]!r})"


class InterpreterSettings(Struct, frozen=True):
    """What PyCharm asks for when a Docker interpreter is added.

    Attributes:
        server: how it reaches the engine.
        context: a command that makes the same engine known to Docker's own tools; empty for the local one.
        mapping: local folder and where it is seen inside.
    """

    server: str
    image: str
    interpreter: str
    mapping: tuple[str, str]
    context: str = ""

    def text(self) -> str:
        """As lines to copy."""
        lines = [
            f"Server: {self.server}",
            f"Image: {self.image}",
            f"Python interpreter path: {self.interpreter}",
            f"Path mapping: {self.mapping[0]} → {self.mapping[1]}",
        ]
        return "\n".join([*lines, f"Docker context: {self.context}"] if self.context else lines)


def development_page(engine: ContainerHost, container: Container) -> DevelopmentPage:
    """The page of a running development container.

    Raises:
        Unavailable: it does not run, or its port is not published.
    """
    port = next((port for port in container.ports if port.host_port), None)
    if container.state is not ContainerState.RUNNING or port is None:
        raise Unavailable(f"{container.name} does not run", remedy="Start it, then open it.")
    secret = engine.environment(container.identifier).get(container.labels.get(SECRET_LABEL, ""), "")
    path = container.labels.get(PAGE_PATH_LABEL, "/").replace("{secret}", quote(secret))
    user = container.labels.get(SIGN_IN_LABEL, "")
    remote = _remote_host(engine.address)
    own = port.host_address in {"127.0.0.1", "::1"}
    host = "127.0.0.1" if own or not remote else remote
    tunnel = ""
    if remote and own:
        tunnel = f"ssh -N -L {port.host_port}:127.0.0.1:{port.host_port} {_sign_in(engine.address)}"
    return DevelopmentPage(f"http://{host}:{port.host_port}{path}", user, secret if user else "", tunnel)


def interpreter_settings(address: EngineAddress, template: Template, folder: str) -> InterpreterSettings:
    """What to paste into PyCharm's settings for this template and project folder."""
    return InterpreterSettings(
        server=_server(address),
        image=template.image,
        interpreter=template.access.interpreter,
        mapping=(folder, template.mount),
        context=docker_context(address),
    )


def docker_context(address: EngineAddress) -> str:
    """A command that makes an engine known to Docker's own tools by name; empty for the local one."""
    remote = _remote_host(address)
    if not remote:
        return ""
    return f"docker context create {remote.replace('.', '-')} --docker host={_server(address)}"


def _server(address: EngineAddress) -> str:
    match address:
        case LocalEngine():
            return "Docker on this machine"
        case SshEngine():
            return f"ssh://{_sign_in(address)}" + (f":{address.port}" if address.port != 22 else "")
        case TlsEngine() | PlainEngine():
            return f"tcp://{address.host}:{address.port}"


def _sign_in(address: EngineAddress) -> str:
    user = address.user if isinstance(address, SshEngine) else ""
    return f"{user}@{_remote_host(address)}" if user else _remote_host(address)


def _remote_host(address: EngineAddress) -> str:
    return "" if isinstance(address, LocalEngine) else address.host
