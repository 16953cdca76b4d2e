"""What a resolver may use: made once per operation, never kept across operations."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graph_api.core.admission import Admission
from graph_api.core.budget import CostBudget
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.core.graph.reading import GraphReader
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.graph.search import GraphSearch
from graph_api.core.graph.traversal import GraphTraversal
from graph_api.core.graph.writing import GraphWriter
from graph_api.core.loaders import Loaders
from graph_api.core.operation_database import OperationDatabase
from graph_api.core.trusted_documents import TrustedDocuments
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What lives as long as the process."""

    settings: Settings
    database: Database
    registry: GraphRegistry
    feed: ChangeFeed
    budget: CostBudget = field(init=False)
    admission: Admission = field(init=False)
    documents: TrustedDocuments = field(init=False)
    """The documents that clients may send by id."""

    def __post_init__(self) -> None:
        settings = self.settings
        object.__setattr__(self, "budget", CostBudget(settings, self.database))
        object.__setattr__(
            self,
            "admission",
            Admission(settings.operations_max_concurrent, settings.operations_max_waiting),
        )
        documents = TrustedDocuments(self.database, only=settings.trusted_documents_only)
        object.__setattr__(self, "documents", documents)

    def operation(self, viewer: Viewer) -> "OperationContext":
        """A fresh context for one operation of a viewer."""
        return OperationContext(self, viewer)


class OperationContext:
    """The context of one operation: its viewer, and loaders that batch and remember for it.

    What a resolver reads and writes by is made when it is first asked for: most operations are
    answered by a plan, which needs none of it.
    """

    def __init__(
        self, services: Services, viewer: Viewer, reads_from: OperationDatabase | None = None
    ) -> None:
        """`reads_from` is the viewer's own view, where several operations share one."""
        self.services = services
        self.viewer = viewer
        self.database = reads_from or OperationDatabase(services.database, viewer)
        self.held: dict[str | int, Any] = {}
        """What root fields say that holds for all below them, by the root field's response name."""
        self._loaders: Loaders | None = None

    @cached_property
    def reader(self) -> GraphReader:
        """Reads entities and their relationships."""
        return GraphReader(self.database, self.registry)

    @cached_property
    def writer(self) -> GraphWriter:
        """Writes entities and edges."""
        return GraphWriter(self.registry)

    @cached_property
    def search(self) -> GraphSearch:
        """Searches the graph by text."""
        return GraphSearch(self.database, self.registry)

    @cached_property
    def traversal(self) -> GraphTraversal:
        """Walks the graph."""
        return GraphTraversal(self.database, self.registry)

    @property
    def loaders(self) -> Loaders:
        """What batches the reads of this operation, and remembers them."""
        if self._loaders is None:
            self._loaders = Loaders(self.reader, self.viewer)
        return self._loaders

    def renew_loaders(self) -> None:
        """Forget what was read, after a write."""
        self._loaders = None

    def end_loaders(self) -> None:
        """Forget what was read, and end what still is: nobody waits for it."""
        if self._loaders is not None:
            self._loaders.cancel()
            self._loaders = None

    @property
    def settings(self) -> Settings:
        """The service's settings."""
        return self.services.settings

    @property
    def feed(self) -> ChangeFeed:
        """The change feed of this process."""
        return self.services.feed

    @property
    def registry(self) -> GraphRegistry:
        """The declared graph."""
        return self.services.registry
