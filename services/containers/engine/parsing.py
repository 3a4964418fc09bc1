"""From the engine's answers to our plain data."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.containers.model import (
    Container,
    ContainerHealth,
    ContainerState,
    ContainerUsage,
    Image,
    Layer,
    Port,
)
from services.instants import instant

_NEVER = "0001-01-01"
_SECRET_WORDS = ("secret", "password", "passwd", "token", "credential", "private", "api_key", "apikey")
MASK = "••••••"


def moment(text: str) -> datetime | None:
    """An instant as Docker writes it, with nanoseconds, which are cut; None for its "never"."""
    if not text or text.startswith(_NEVER):
        return None
    return datetime.fromisoformat(text).astimezone(UTC)


def container_from(found: Mapping[str, Any]) -> Container:
    """What `inspect` says of a container."""
    state, configuration = found["State"], found["Config"]
    word = str(state.get("Status", "created"))
    running = bool(state.get("Running")) and word != "restarting"
    return Container(
        identifier=found["Id"],
        name=str(found["Name"]).removeprefix("/"),
        image=configuration.get("Image", ""),
        image_identifier=found.get("Image", ""),
        state=ContainerState(word),
        created=moment(found["Created"]) or instant(0),
        health=_health(state),
        started=moment(state.get("StartedAt", "")),
        finished=None if running else moment(state.get("FinishedAt", "")),
        exit_code=None if running or word == "created" else int(state.get("ExitCode", 0)),
        restarts=int(found.get("RestartCount", 0)),
        error=state.get("Error", ""),
        command=" ".join([found.get("Path", ""), *found.get("Args", [])]).strip(),
        ports=_ports(found),
        networks=tuple(sorted(found.get("NetworkSettings", {}).get("Networks") or {})),
        labels=dict(configuration.get("Labels") or {}),
    )


def _health(state: Mapping[str, Any]) -> ContainerHealth:
    word = str((state.get("Health") or {}).get("Status", "none"))
    return ContainerHealth(word) if word in set(ContainerHealth) else ContainerHealth.NONE


def _ports(found: Mapping[str, Any]) -> tuple[Port, ...]:
    """Published ports as they are now; before a start, as they were asked for."""
    bound = found.get("NetworkSettings", {}).get("Ports") or {}
    asked = found.get("HostConfig", {}).get("PortBindings") or {}
    ports: set[Port] = set()
    for key, bindings in (bound or asked).items():
        number, _, protocol = key.partition("/")
        if not bindings:
            ports.add(Port(int(number), protocol=protocol))
        for binding in bindings or ():
            host = binding.get("HostPort") or "0"
            ports.add(Port(int(number), int(host), binding.get("HostIp") or "", protocol))
    # An engine lists a port once for IPv4 and once for IPv6; one line is enough.
    return tuple(
        sorted(port for port in ports if not (port.host_address == "::" and _listed_for_ipv4(port, ports)))
    )


def _listed_for_ipv4(port: Port, ports: set[Port]) -> bool:
    return Port(port.container_port, port.host_port, "0.0.0.0", port.protocol) in ports  # noqa: S104


def masked(found: Mapping[str, Any]) -> dict[str, Any]:
    """What `inspect` says, without the values of variables that look like secrets."""
    copy = dict(found)
    configuration = dict(copy.get("Config") or {})
    if configuration.get("Env"):
        configuration["Env"] = [_masked_variable(line) for line in configuration["Env"]]
        copy["Config"] = configuration
    return copy


def _masked_variable(line: str) -> str:
    name, sign, value = line.partition("=")
    hidden = value and any(word in name.lower() for word in _SECRET_WORDS)
    return f"{name}{sign}{MASK}" if hidden else line


def image_from(found: Mapping[str, Any]) -> Image:
    """An entry of the list of images."""
    references = tuple(tag for tag in found.get("RepoTags") or () if tag != "<none>:<none>")
    return Image(
        identifier=found["Id"],
        references=references,
        created=instant(found["Created"]),
        size=int(found["Size"]),
        shared=int(found.get("SharedSize", -1)),
        containers=int(found.get("Containers", -1)),
        labels=dict(found.get("Labels") or {}),
    )


def inspected_image(found: Mapping[str, Any]) -> Image:
    """What `inspect` says of an image."""
    return Image(
        identifier=found["Id"],
        references=tuple(found.get("RepoTags") or ()),
        created=moment(found.get("Created", "")) or instant(0),
        size=int(found["Size"]),
        labels=dict((found.get("Config") or {}).get("Labels") or {}),
    )


def layers_from(found: Iterable[Mapping[str, Any]]) -> list[Layer]:
    """An image's history, newest step first."""
    return [
        Layer(instant(step["Created"]), step["CreatedBy"], int(step["Size"]), step.get("Comment", ""))
        for step in found
    ]


def usage_from(found: Mapping[str, Any]) -> ContainerUsage | None:
    """One reading of what a container uses; None if it does not run."""
    processor, before = found.get("cpu_stats") or {}, found.get("precpu_stats") or {}
    memory = found.get("memory_stats") or {}
    if not memory.get("usage"):
        return None
    networks = (found.get("networks") or {}).values()
    disk = (found.get("blkio_stats") or {}).get("io_service_bytes_recursive") or []
    return ContainerUsage(
        at=moment(found.get("read", "")) or datetime.now(UTC),
        processor=_processor(processor, before),
        memory=_without_cache(memory),
        memory_limit=int(memory.get("limit", 0)),
        received=sum(int(network["rx_bytes"]) for network in networks),
        sent=sum(int(network["tx_bytes"]) for network in networks),
        read=sum(int(entry["value"]) for entry in disk if str(entry["op"]).lower() == "read"),
        written=sum(int(entry["value"]) for entry in disk if str(entry["op"]).lower() == "write"),
        processes=int((found.get("pids_stats") or {}).get("current", 0)),
    )


def _processor(now: Mapping[str, Any], before: Mapping[str, Any]) -> float:
    """Per cent of one core between two readings, as `docker stats` computes it."""
    used = _total(now) - _total(before)
    passed = int(now.get("system_cpu_usage", 0)) - int(before.get("system_cpu_usage", 0))
    cores = int(now.get("online_cpus", 0)) or 1
    if used <= 0 or passed <= 0 or not before.get("system_cpu_usage"):
        return 0.0
    return 100.0 * cores * used / passed


def _total(reading: Mapping[str, Any]) -> int:
    return int((reading.get("cpu_usage") or {}).get("total_usage", 0))


def _without_cache(memory: Mapping[str, Any]) -> int:
    """Bytes in use without the page cache that can be dropped, for both kinds of control groups."""
    details = memory.get("stats") or {}
    cache = int(details.get("inactive_file", details.get("total_inactive_file", 0)))
    return max(0, int(memory["usage"]) - cache)
