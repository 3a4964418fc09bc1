"""The dashboard, the alert rules and the help name only metrics that a running gateway exposes."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import resources
from services.client import GatewayClient
from services.http.certificates import expires_at
from tests.certificates import self_signed
from tests.services.gateway.api.conftest import Platform, StubModel, signature
from tests.waiting import eventually

ROOT = Path(resources.__file__).parent
FILES = [
    ROOT / "monitoring" / "grafana.json",
    ROOT / "monitoring" / "alerts.yml",
    ROOT / "help" / "monitoring.md",
]
DAY = 86_400
ROW = {"ph": 3.5, "alcohol": 9.5}


@pytest.fixture(scope="module")
def model() -> Iterator[StubModel]:
    made = StubModel()
    yield made
    made.close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A certificate of two days that vouches for itself, and its key."""
    return self_signed(tmp_path)


@pytest.fixture
def platform(tmp_path: Path, model: StubModel) -> Iterator[Platform]:
    """A store with project `wine`; no gateway runs yet."""
    model.reset()
    made = Platform(tmp_path)
    made.register("wine", "A", signature("ph", "alcohol"), model.address)
    yield made
    made.close()


def values(text: str) -> dict[str, float]:
    """Each sample of what a gateway exposes, by its name and labels."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def exposed(text: str) -> set[str]:
    """The names of all samples that may come, also of families without any yet."""
    found = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, flags=re.MULTILINE):
        found |= {f"{name}_{end}" for end in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return found


def test_every_metric_that_is_named_is_exposed_by_a_running_gateway(platform: Platform) -> None:
    platform.start()
    with platform.client() as client:
        names = exposed(client.metrics())
    for file in FILES:
        named = set(re.findall(r"\brelevo_[a-z_]+", file.read_text(encoding="utf-8")))
        assert len(named) > 10, file.name
        whole = names | {name.removesuffix("_bucket") for name in names if name.endswith("_bucket")}
        assert named <= whole, f"{file.name} names what no gateway exposes: {sorted(named - whole)}"


def test_the_help_names_every_metric(platform: Platform) -> None:
    platform.start()
    with platform.client() as client:
        told = FILES[2].read_text(encoding="utf-8")
        families = re.findall(r"^# TYPE (\S+) \S+$", client.metrics(), flags=re.MULTILINE)
    missing = [name for name in families if name not in told and not name.endswith("_created")]
    assert missing == []


def test_dashboard_and_rules_are_whole() -> None:
    dashboard = json.loads(FILES[0].read_text(encoding="utf-8"))
    titles = [panel["title"] for panel in dashboard["panels"]]
    assert len(titles) == len(set(titles)) > 10
    assert all(panel["targets"] for panel in dashboard["panels"])
    [group] = yaml.safe_load(FILES[1].read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_what_the_gateway_stands_on_is_measured(platform: Platform, certificate: tuple[str, str]) -> None:
    platform.start("--certificate", certificate[0], "--key", certificate[1])
    address = platform.address.replace("http://", "https://", 1)
    with GatewayClient(address, platform.admin_token, authority=certificate[0]) as client:
        [answer] = client.predict("wine", [ROW])
        client.label("wine", [(answer.id, 12.0)])
        eventually(lambda: values(client.metrics())["relevo_shipping_lag_seconds"] == 0)
        found = values(client.metrics())
    now = datetime.now(UTC).timestamp()
    assert found["relevo_store_reachable"] == 1
    assert found["relevo_shipping_blocked"] == 0
    assert 0 < found["relevo_spool_disk_free_bytes"] <= found["relevo_spool_disk_size_bytes"]
    ends = found["relevo_certificate_expiry_timestamp_seconds"]
    assert ends == expires_at(Path(certificate[0])).timestamp()
    assert 1 * DAY < ends - now < 3 * DAY
    assert abs(found['relevo_last_label_timestamp_seconds{project="wine"}'] - now) < DAY


def test_a_store_that_is_down_shows_and_so_does_what_waits_for_it(platform: Platform) -> None:
    platform.start()
    with platform.client() as client:
        client.predict("wine", [ROW])  # the registry is kept for the next start
    platform.stop()
    platform.start(store="cassandra:127.0.0.1:9")
    with platform.client() as client:
        client.predict("wine", [ROW])
        eventually(lambda: values(client.metrics())["relevo_shipping_blocked"] == 1)
        found: dict[str, Any] = values(client.metrics())
        assert found["relevo_store_reachable"] == 0
        assert found["relevo_spool_rows"] >= 1
        assert found["relevo_shipping_lag_seconds"] > 0
        assert client.health().shipping


def test_a_file_without_a_certificate_says_so(tmp_path: Path) -> None:
    file = tmp_path / "none.pem"
    file.write_text("nothing")
    with pytest.raises(ValueError, match="holds no certificate"):
        expires_at(file)
