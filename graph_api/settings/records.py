"""Settings of what the service writes down: the audit, the log, metrics and traces."""

from typing import Literal

from pydantic import BaseModel, Field


class RecordSettings(BaseModel):
    """What is kept of requests, and where it goes."""

    audit_keys: str | None = Field(
        default=None,
        description="Keys that sign the audit, as `id:base64` separated by commas, the first one "
        "signing; unset: a key in `DATA_DIR` that is made once.",
        repr=False,
    )
    log_level: str = Field(
        default="info", description="Least severe level written to the log (debug … critical)."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto",
        description="How the log is written: `json`, one object a line; `console`, for people; "
        "`auto`: `console` on a terminal, else `json`.",
    )
    metrics: bool = Field(default=True, description="Serve metrics to Prometheus at `/metrics`.")
    metrics_token: str | None = Field(
        default=None,
        min_length=16,
        description="Bearer token that `/metrics` asks for; unset: it answers this machine only.",
        repr=False,
    )
    otel_endpoint: str | None = Field(
        default=None,
        description="URL of an OpenTelemetry collector (OTLP over HTTP) that takes traces; unset: "
        "none, unless `OTEL_EXPORTER_OTLP_ENDPOINT` names one.",
    )
