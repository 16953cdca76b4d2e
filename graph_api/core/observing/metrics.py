"""The metrics of one application, for Prometheus.

Labels take few values: routes as declared, methods and codes that we know. Names of operations,
tenants and anything else that a client chooses are no labels.
"""

import platform
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final, Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from graph_api.core.pool_use import PoolUse

# a series of its own for when each of the others began doubles the text for nothing
disable_created_metrics()  # type: ignore[no-untyped-call]

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_STATEMENTS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 50, 100)
_METHODS: Final = frozenset({"GET", "POST", "OPTIONS", "HEAD"})


class Feed(Protocol):
    """What is measured of the change feed."""

    connected: bool
    lag_seconds: float | None

    @property
    def followers(self) -> int:
        """How many subscriptions follow it."""


class Metrics:
    """Counts and times what the application does."""

    def __init__(self, version: str) -> None:
        self._registry = registry = CollectorRegistry()
        requests = Counter(
            "graph_api_http_requests",
            "HTTP requests answered.",
            ("route", "method", "status"),
            registry=registry,
        )
        request_seconds = Histogram(
            "graph_api_http_request_seconds",
            "Time from a request's head to the last byte of its answer.",
            ("route",),
            buckets=_LATENCIES,
            registry=registry,
        )
        self._sockets = Gauge(
            "graph_api_websocket_connections", "WebSockets that are open.", registry=registry
        )
        cut_connections = Counter(
            "graph_api_connections_cut",
            "Connections that were ended because of what their client did or did not do.",
            ("reason",),
            registry=registry,
        )
        operations = Counter(
            "graph_api_operations",
            "GraphQL operations, by what they came to: ok, the code of their first error, "
            "CANCELLED for one whose client went away, CLOSED for a subscription that it ended.",
            ("type", "outcome"),
            registry=registry,
        )
        errors = Counter(
            "graph_api_errors", "Errors told to clients.", ("code",), registry=registry
        )
        operation_seconds = Histogram(
            "graph_api_operation_seconds",
            "Time that queries and mutations took.",
            ("type",),
            buckets=_LATENCIES,
            registry=registry,
        )
        statements = Histogram(
            "graph_api_operation_statements",
            "Database statements of one query or mutation.",
            ("type",),
            buckets=_STATEMENTS,
            registry=registry,
        )
        database_seconds = Histogram(
            "graph_api_operation_database_seconds",
            "Time that the statements of one query or mutation took together.",
            ("type",),
            buckets=_LATENCIES,
            registry=registry,
        )
        executors = Counter(
            "graph_api_operations_executor",
            "Queries and mutations carried out, by what: plan, standard (GraphQL's own executor), "
            "mixed for a plan that left some fields to their resolvers.",
            ("executor",),
            registry=registry,
        )
        self._streamed = Counter(
            "graph_api_stream_results",
            "Results sent over WebSockets and event streams.",
            registry=registry,
        )
        Gauge(
            "graph_api_build_info",
            "The version that runs; always 1.",
            ("version", "python"),
            registry=registry,
        ).labels(version, platform.python_version()).set(1)
        # what a combination of labels counts on is looked for once
        self._requests = cache(requests.labels)
        self._request_seconds = cache(request_seconds.labels)
        self._cut_connections = cache(cut_connections.labels)
        self._operations = cache(operations.labels)
        self._errors = cache(errors.labels)
        self._operation_seconds = cache(operation_seconds.labels)
        self._statements = cache(statements.labels)
        self._executors = cache(executors.labels)
        self._database_seconds = cache(database_seconds.labels)
        self._state = _State()
        registry.register(self._state)
        ProcessCollector(registry=registry)

    def watch(self, pool: Callable[[], PoolUse], feed: Feed) -> None:
        """Read the pool and the feed whenever the metrics are asked for."""
        self._state.pool, self._state.feed = pool, feed

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an HTTP request; a status of 0 is one whose client went away."""
        known = method if method in _METHODS else "other"
        self._requests(route, known, str(status) if status else "none").inc()
        self._request_seconds(route).observe(seconds)

    def socket_opened(self) -> None:
        """Count a WebSocket in."""
        self._sockets.inc()

    def socket_closed(self) -> None:
        """Count a WebSocket out."""
        self._sockets.dec()

    def connection_cut(self, reason: str) -> None:
        """Count a connection that was ended for a reason."""
        self._cut_connections(reason).inc()

    def operation(self, kind: str, outcome: str, errors: Mapping[str, int]) -> None:
        """Count an operation of a type, what it came to, and its errors by their codes."""
        self._operations(kind, outcome).inc()
        for code, times in errors.items():
            self._errors(code).inc(times)

    def executed(self, kind: str, seconds: float, statements: int, database: float) -> None:
        """Note what a query or mutation took: seconds, statements, seconds of the database."""
        self._operation_seconds(kind).observe(seconds)
        self._statements(kind).observe(statements)
        self._database_seconds(kind).observe(database)

    def carried_out(self, executor: str) -> None:
        """Count a query or mutation by what it was carried out by."""
        self._executors(executor).inc()

    def streamed(self) -> None:
        """Count a result sent over a WebSocket or an event stream."""
        self._streamed.inc()

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is looked up when it is asked for, and costs nothing until then."""

    def __init__(self) -> None:
        self.pool: Callable[[], PoolUse] | None = None
        self.feed: Feed | None = None

    def collect(self) -> Iterator[Metric]:
        """The gauges of the pool and of the feed."""
        if self.pool is not None:
            use = self.pool()
            family = GaugeMetricFamily(
                "graph_api_pool_connections", "Connections to the database.", labels=("state",)
            )
            family.add_metric(["idle"], use.idle)
            family.add_metric(["in_use"], use.size - use.idle)
            yield family
            yield GaugeMetricFamily(
                "graph_api_pool_max_connections", "Most connections.", value=use.largest
            )
            yield GaugeMetricFamily(
                "graph_api_pool_waiting", "Who waits for a connection.", value=use.waiting
            )
        if self.feed is not None:
            yield GaugeMetricFamily(
                "graph_api_feed_connected",
                "1 where this process hears of changes, else 0.",
                value=int(self.feed.connected),
            )
            yield GaugeMetricFamily(
                "graph_api_feed_subscribers",
                "Subscriptions that follow the change feed.",
                value=self.feed.followers,
            )
            if self.feed.lag_seconds is not None:
                yield GaugeMetricFamily(
                    "graph_api_feed_lag_seconds",
                    "Time from the writing of the last change that reached a subscriber's process "
                    "to its arrival there.",
                    value=self.feed.lag_seconds,
                )
