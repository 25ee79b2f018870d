"""Central's figures for Prometheus: what it does, how long that takes, how it is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Figures that only ever grow; the others go up and down.
COUNTERS = frozenset({"commands", "groups", "fixes", "audit_lost", "disk_full", "trail_fixes_lost"})


class Metrics:
    """Counters and histograms of one central, in a registry of their own."""

    def __init__(self, figures: Callable[[], Mapping[str, float]]) -> None:
        """Begin at nothing.

        Args:
            figures: Gives the present figures by name when they are asked for.
        """
        self.registry = CollectorRegistry()
        self.registry.register(_Figures(figures))
        self.commit_s = Histogram(
            "zhihui_commit_seconds",
            "Time from the begin of a group's transaction until it is on disk",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.command_s = Histogram(
            "zhihui_command_seconds",
            "Time from handing commands in until they are answered",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.verdicts = Counter(
            "zhihui_verdicts", "Commands by what became of them", ["verdict"],
            registry=self.registry,
        )  # fmt: skip
        self.failures = Counter(
            "zhihui_transactions_failed",
            "Transactions that were rolled back",
            ["cause"],
            registry=self.registry,
        )
        self.request_s = Histogram(
            "zhihui_request_seconds",
            "Time of HTTP requests by route and status",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._requests: dict[tuple[str, str, str], Histogram] = {}
        self.logged = Counter(
            "zhihui_log_records", "Warnings and errors logged", ["level"], registry=self.registry
        )
        self.full = Gauge(
            "zhihui_disk_is_full", "1 while new commands are refused for want of room",
            registry=self.registry,
        )  # fmt: skip

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def committed(self, took_s: float, verdicts: Mapping[str, int]) -> None:
        """Take note of a group that is on disk."""
        self.commit_s.observe(took_s)
        for verdict, count in verdicts.items():
            self.verdicts.labels(verdict).inc(count)

    def requested(self, what: tuple[str, str, str], took_s: float) -> None:
        """Take note of a request: its method, route and status, and how long it took."""
        held = self._requests.get(what)
        if held is None:
            held = self._requests[what] = self.request_s.labels(*what)
        held.observe(took_s)

    def answered(self, took_s: float) -> None:
        """Take note of how long a submission waited for its answer."""
        self.command_s.observe(took_s)

    def failed(self, cause: str) -> None:
        """Take note of a transaction that was rolled back."""
        self.failures.labels(cause).inc()


class LogCounter(logging.Handler):
    """Counts what is logged as a warning or worse."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(level=logging.WARNING)
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record."""
        self._metrics.logged.labels(record.levelname.lower()).inc()


class _Figures(Collector):
    """What is known somewhere else anyway, read when Prometheus asks."""

    def __init__(self, figures: Callable[[], Mapping[str, float]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        for name, value in self._figures().items():
            told = name.replace("_", " ")
            if name in COUNTERS:
                yield CounterMetricFamily(f"zhihui_{name}", f"Count of {told}", value=value)
            else:
                yield GaugeMetricFamily(f"zhihui_{name}", f"Present {told}", value=value)

    def describe(self) -> list[Metric]:
        """Return nothing: figures are not read when this is registered."""
        return []
