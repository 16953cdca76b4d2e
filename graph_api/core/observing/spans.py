"""The spans of one application, by OpenTelemetry's packages, which the extra `otel` installs."""

import os
import threading
import time
from collections.abc import Iterable
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from graph_api.core.database import StatementLog

_LAST_SECONDS: Final = 2.0
_PROPAGATED: Final = (b"traceparent", b"tracestate")

Attributes = dict[str, str | int | float]


class Tracing:
    """Makes the spans of one application and sends them to where a span processor does."""

    def __init__(self, processor: SpanProcessor, version: str) -> None:
        named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "graph-api")}
        resource = Resource.create({**named, "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("graph_api", version)
        self._propagator = TraceContextTextMapPropagator()

    def parent(self, headers: Iterable[tuple[bytes, bytes]]) -> Context:
        """What a request's spans hang on: the client's span, where it names one (W3C)."""
        carried = {
            name.decode(): value.decode("latin-1") for name, value in headers if name in _PROPAGATED
        }
        return self._propagator.extract(carried, Context())

    def begin(self, parent: Context, name: str, *, server: bool = False) -> Context:
        """Begin a span; what is returned is the parent of those within it."""
        kind = trace.SpanKind.SERVER if server else trace.SpanKind.INTERNAL
        span = self._tracer.start_span(name, parent, kind, record_exception=False)
        return trace.set_span_in_context(span, parent)

    def end(
        self, begun: Context, attributes: Attributes, name: str | None = None, failed: str = ""
    ) -> None:
        """End a span with what is known of it by now; `failed` is the code of its failure."""
        span = trace.get_current_span(begun)
        span.set_attributes(attributes)
        if name is not None:
            span.update_name(name)
        if failed:
            span.set_status(trace.StatusCode.ERROR, failed)
        span.end()

    def statement(self, parent: Context, name: str, seconds: float, rows: int | None) -> None:
        """Add the span of a statement that has just ended; `rows` is None where it failed."""
        ended = time.time_ns()
        attributes: Attributes = {"db.system.name": "postgresql", "db.query.summary": name}
        if rows is not None:
            attributes["db.response.returned_rows"] = rows
        span = self._tracer.start_span(
            name,
            parent,
            trace.SpanKind.CLIENT,
            attributes,
            start_time=ended - int(seconds * 1e9),
        )
        if rows is None:
            span.set_status(trace.StatusCode.ERROR)
        span.end(ended)

    def statements(self, parent: Context) -> StatementLog:
        """A log of statements that adds a span for each."""
        return _TracedStatements(self, parent)

    def close(self) -> None:
        """Send what has not been sent yet, and stop."""
        self._provider.shutdown()


class _TracedStatements(StatementLog):
    def __init__(self, tracing: Tracing, parent: Context) -> None:
        super().__init__()
        self._tracing = tracing
        self._parent = parent

    def ran(self, name: str, seconds: float, rows: int | None) -> None:
        super().ran(name, seconds, rows)
        self._tracing.statement(self._parent, name, seconds, rows)


class _Exported(BatchSpanProcessor):
    """Sends spans in batches, and gives up soon when the process ends."""

    def __init__(self, exporter: OTLPSpanExporter) -> None:
        super().__init__(exporter)
        self._exporter = exporter

    def shutdown(self) -> None:
        # a collector that is not there would otherwise be tried again for half a minute
        giving_up = threading.Timer(_LAST_SECONDS, self._exporter.shutdown)
        giving_up.daemon = True
        giving_up.start()
        super().shutdown()  # type: ignore[no-untyped-call]
        giving_up.cancel()


def exported_spans(endpoint: str | None) -> SpanProcessor:
    """Sends spans in batches to a collector: the one named, or that of the environment."""
    if endpoint is None:
        return _Exported(OTLPSpanExporter())
    return _Exported(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"))
