"""What Prometheus is told: counted where it happens, read from the recorder and the mirror when asked."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.gateway.messages import SpoolHealth, VersionStatus
from services.gateway.model_calls import BrokenAnswer
from services.gateway.outages import Outages
from services.registry.model import Mode, Project, Version

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
Health = Literal["ok", "down", "unknown"]
_Last = Literal["ok", "down", "broken"]
_OF_VERSION = ("project", "version")


class Metrics:
    """The counters of one gateway; names of projects and versions are the registry's, never a client's."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "relevo_requests", "Prediction requests answered, by HTTP status.",
            (*_OF_VERSION, "status"), registry=self.registry,
        )  # fmt: skip
        self._refused = Counter(
            "relevo_refused", "Prediction requests refused before a version was chosen, by HTTP status.",
            ("status",), registry=self.registry,
        )  # fmt: skip
        self._rows = Counter(
            "relevo_rows", "Rows predicted for clients.", _OF_VERSION, registry=self.registry
        )
        self._seconds = Histogram(
            "relevo_request_seconds", "From a request's arrival to its answer.",
            _OF_VERSION, buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._errors = Counter(
            "relevo_version_errors", "Calls of a version that failed, by kind of error.",
            (*_OF_VERSION, "kind"), registry=self.registry,
        )  # fmt: skip
        self._labels = Counter(
            "relevo_labels", "True values received.", ("project",), registry=self.registry
        )
        self._last_label = Gauge(
            "relevo_last_label_timestamp_seconds", "When the last true value was received, since 1970.",
            ("project",), registry=self.registry,
        )  # fmt: skip
        self._failures: dict[tuple[str, str], int] = {}
        self._last: dict[tuple[str, str], _Last] = {}
        self._answered_at: dict[tuple[str, str], float] = {}
        self._known: dict[tuple[str, str, int], tuple[Counter, Counter, Histogram]] = {}

    def answered(self, version: Version, status: int, rows: int, seconds: float) -> None:
        """A request was answered or refused by a version."""
        key = (version.project, version.name, status)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = (
                self._requests.labels(version.project, version.name, str(status)),
                self._rows.labels(version.project, version.name),
                self._seconds.labels(version.project, version.name),
            )
        requests, predicted, duration = found
        requests.inc()
        duration.observe(seconds)
        if status == 200:
            predicted.inc(rows)
            self._last[key[:2]] = "ok"
            self._answered_at[key[:2]] = time.monotonic()

    def refused(self, status: int) -> None:
        """A request was refused before any version was asked."""
        self._refused.labels(str(status)).inc()

    def version_failed(self, version: Version, error: Exception) -> None:
        """A call of a version failed."""
        key = (version.project, version.name)
        self._errors.labels(*key, type(error).__name__).inc()
        self._failures[key] = self._failures.get(key, 0) + 1
        self._last[key] = "broken" if isinstance(error, BrokenAnswer) else "down"

    def labelled(self, project: str, count: int) -> None:
        """True values were taken."""
        self._labels.labels(project).inc(count)
        if count:
            self._last_label.labels(project).set_to_current_time()

    def seen_up(self, project: str, version: str) -> None:
        """A service says that it is well: that it was gone before says nothing of it now.

        One whose answers broke the contract must give a good one first.
        """
        if self._last.get((project, version)) == "down":
            del self._last[project, version]

    def answered_since(self, project: str, version: str, moment: float) -> bool:
        """Whether a version answered a client after that moment of `time.monotonic`."""
        return self._answered_at.get((project, version), 0.0) >= moment

    def is_broken(self, project: str, version: str) -> bool:
        """Whether a version's last answer to a client broke the contract."""
        return self._last.get((project, version)) == "broken"

    def status(self, project: str, version: str) -> VersionStatus:
        """How a version that answers clients fares."""
        key = (project, version)
        last: Health | _Last = self._last.get(key, "unknown")
        health: Health = "down" if last == "broken" else last
        return VersionStatus(health=health, errors=self._failures.get(key, 0))

    def text(self) -> bytes:
        """Everything, in the format that Prometheus reads."""
        return generate_latest(self.registry)


class LostMetrics(Collector):
    """What the store has lost of its logs, as the registry's snapshot has it.

    Args:
        lost: batches by project.
    """

    def __init__(self, lost: Callable[[], dict[str, int]]) -> None:
        self._lost = lost

    def collect(self) -> Iterator[Metric]:
        """The family, filled."""
        family = CounterMetricFamily(
            "relevo_lost_batches", "Batches the store has lost of a project's log.", None, ("project",)
        )
        for project, batches in self._lost().items():
            family.add_metric((project,), batches)
        yield family


class ObservedMetrics(Collector):
    """What others count, read when Prometheus asks.

    Args:
        spool: how full the spool is.
        mirrors: for each project, how its challengers fare.
        projects: all, as last seen in the registry.
        outages: who does not answer.
    """

    def __init__(
        self,
        spool: Callable[[], SpoolHealth],
        mirrors: Callable[[], dict[str, dict[str, VersionStatus]]],
        projects: Callable[[], Iterable[Project]],
        outages: Outages,
    ) -> None:
        self._spool = spool
        self._mirrors = mirrors
        self._projects = projects
        self._outages = outages

    def collect(self) -> Iterator[Metric]:
        """The families, filled."""
        spool = self._spool()
        yield GaugeMetricFamily("relevo_spool_bytes", "Bytes not yet in the store.", spool.bytes)
        yield GaugeMetricFamily(
            "relevo_spool_limit_bytes", "Beyond which requests are refused.", spool.limit
        )
        yield GaugeMetricFamily("relevo_spool_rows", "Rows not yet in the store.", spool.rows)
        yield CounterMetricFamily("relevo_shipped_rows", "Rows brought to the store.", spool.shipped)
        yield GaugeMetricFamily(
            "relevo_set_aside_batches", "Batches the store cannot take, kept in the spool.", spool.set_aside
        )
        yield GaugeMetricFamily("relevo_set_aside_rows", "Rows in them.", spool.set_aside_rows)
        lag = GaugeMetricFamily(
            "relevo_mirror_lag_rows", "Rows a challenger has yet to see.", None, _OF_VERSION
        )
        skipped = CounterMetricFamily(
            "relevo_skipped_rows", "Rows a challenger could not be asked for.", None, _OF_VERSION
        )
        failed = CounterMetricFamily(
            "relevo_mirror_errors", "Calls of a challenger that failed.", None, _OF_VERSION
        )
        for project, versions in self._mirrors().items():
            for version, status in versions.items():
                lag.add_metric((project, version), status.lag)
                skipped.add_metric((project, version), status.skipped)
                failed.add_metric((project, version), status.errors)
        yield from (lag, skipped, failed)
        yield from self._answering()

    def _answering(self) -> Iterator[Metric]:
        """Which versions in production answer, and how often each did not."""
        up = GaugeMetricFamily(
            "relevo_version_up", "1 while a version in production answers, 0 while it does not.",
            None, (*_OF_VERSION, "mode"),
        )  # fmt: skip
        outages = CounterMetricFamily(
            "relevo_version_outages", "How often a version ceased to answer.", None, _OF_VERSION
        )
        counts = self._outages.counts()
        for project in self._projects():
            for version in project.versions:
                name = (version.project, version.name)
                if version.mode is not Mode.RETIRED:
                    up.add_metric((*name, version.mode), float(self._outages.of(*name) is None))
                    outages.add_metric(name, counts.get(name, 0))
        yield from (up, outages)


class FoundationMetrics(Collector):
    """What the gateway stands on: the store, the way there, its disk, its certificate.

    Args:
        is_reachable: whether the store was, when it was last asked.
        trouble: why nothing can be shipped at the moment; empty when all is well.
        lag_seconds: how long the oldest row that is not in the store yet has waited.
        spool: folder of the spool.
        certificate_ends: when the certificate does; None where plain HTTP is served.
    """

    def __init__(
        self,
        *,
        is_reachable: Callable[[], bool],
        trouble: Callable[[], str],
        lag_seconds: Callable[[], float],
        spool: Path,
        certificate_ends: datetime | None,
    ) -> None:
        self._is_reachable = is_reachable
        self._trouble = trouble
        self._lag_seconds = lag_seconds
        self._spool = spool
        self._certificate_ends = certificate_ends

    def collect(self) -> Iterator[Metric]:
        """The families, filled."""
        yield GaugeMetricFamily(
            "relevo_store_reachable", "1 while the store answers, 0 while not.", float(self._is_reachable())
        )
        yield GaugeMetricFamily(
            "relevo_shipping_blocked",
            "1 while nothing can be brought to the store.",
            float(bool(self._trouble())),
        )
        yield GaugeMetricFamily(
            "relevo_shipping_lag_seconds",
            "How long the oldest row has waited for the store.",
            self._lag_seconds(),
        )
        disk = shutil.disk_usage(self._spool)
        yield GaugeMetricFamily("relevo_spool_disk_free_bytes", "Free on the spool's disk.", disk.free)
        yield GaugeMetricFamily("relevo_spool_disk_size_bytes", "Size of the spool's disk.", disk.total)
        certificate = GaugeMetricFamily(
            "relevo_certificate_expiry_timestamp_seconds",
            "When the gateway's certificate ends, since 1970.",
        )
        if self._certificate_ends is not None:
            certificate.add_metric((), self._certificate_ends.timestamp())
        yield certificate
