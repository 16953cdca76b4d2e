"""What observes one application: its metrics and its traces."""

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from graph_api.core.observing.metrics import Metrics
from graph_api.core.observing.tracing import tracing_of
from graph_api.settings import Settings

if TYPE_CHECKING:
    from graph_api.core.observing.spans import Tracing

VERSION: Final = version("graph-api")


@dataclass(slots=True)
class Observer:
    """The metrics and, where they are wanted, the traces of one application."""

    metrics: Metrics = field(default_factory=lambda: Metrics(VERSION))
    tracing: "Tracing | None" = None

    @classmethod
    def of(cls, settings: Settings) -> "Observer":
        """As the settings want it; raises TracingUnavailableError."""
        return cls(tracing=tracing_of(settings, VERSION))

    def close(self) -> None:
        """Send what is left to send."""
        if self.tracing is not None:
            self.tracing.close()
