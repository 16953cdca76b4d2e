"""What a resolver may use: made once per operation, never kept across operations."""

from dataclasses import InitVar, dataclass, field
from typing import Any

from graph_api.core.admission import Admission
from graph_api.core.budget import CostBudget
from graph_api.core.database import Database, OperationDatabase
from graph_api.core.feed import ChangeFeed
from graph_api.core.graph.reading import GraphReader
from graph_api.core.graph.registry import GraphRegistry
from graph_api.core.graph.search import GraphSearch
from graph_api.core.graph.traversal import GraphTraversal
from graph_api.core.graph.writing import GraphWriter
from graph_api.core.loaders import Loaders
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


@dataclass(slots=True)
class OperationContext:
    """The context of one operation: its viewer, and loaders that batch and remember for it."""

    services: Services
    viewer: Viewer
    reads_from: InitVar[OperationDatabase | None] = None
    """The viewer's own view of the database, where several operations share one."""
    database: OperationDatabase = field(init=False)
    reader: GraphReader = field(init=False)
    writer: GraphWriter = field(init=False)
    search: GraphSearch = field(init=False)
    traversal: GraphTraversal = field(init=False)
    loaders: Loaders = field(init=False)
    held: dict[str | int, Any] = field(default_factory=dict)
    """What root fields say that holds for all below them, by the root field's response name."""

    def __post_init__(self, reads_from: OperationDatabase | None) -> None:
        registry = self.services.registry
        database = reads_from or OperationDatabase(self.services.database, self.viewer)
        self.database = database
        self.reader = GraphReader(database, registry)
        self.writer = GraphWriter(registry)
        self.search = GraphSearch(database, registry)
        self.traversal = GraphTraversal(database, registry)
        self.renew_loaders()

    def renew_loaders(self) -> None:
        """Forget what was read, after a write."""
        self.loaders = Loaders(self.reader, self.viewer)

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
