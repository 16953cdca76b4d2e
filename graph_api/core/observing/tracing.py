"""Whether requests, operations and statements are traced.

Off unless `GRAPH_API_OTEL_ENDPOINT` or OpenTelemetry's own variables name a collector, and then
the packages of the extra `otel` are needed. Spans hold names and numbers: no document, variable,
parameter or message of an exception.
"""

import os
from typing import TYPE_CHECKING, Final

from graph_api.settings import Settings

if TYPE_CHECKING:
    from graph_api.core.observing.spans import Tracing

_COLLECTORS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class TracingUnavailableError(RuntimeError):
    """Traces are asked for and cannot be made; the message says what to install."""


def tracing_of(settings: Settings, version: str) -> "Tracing | None":
    """Traces as the settings want them; None where they want none.

    Raises TracingUnavailableError where the packages are missing.
    """
    endpoint = settings.otel_endpoint
    if endpoint is None and not any(os.environ.get(name) for name in _COLLECTORS):
        return None
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        # they are slow to import, and most installations have none
        from graph_api.core.observing.spans import Tracing, exported_spans  # noqa: PLC0415
    except ImportError as error:
        raise TracingUnavailableError(
            "traces need OpenTelemetry's packages: pip install 'graph-api[otel]'"
        ) from error
    return Tracing(exported_spans(endpoint), version)
