"""What a query asks of the database, counted where it runs: in this process, without HTTP."""

from dataclasses import dataclass
from pathlib import Path

from bench.dataset import TENANT
from bench.queries import Query, objects_in
from graph_api.core.api.execution import run_operation
from graph_api.core.context import Services
from graph_api.core.database import Database
from graph_api.core.feed import ChangeFeed
from graph_api.core.permissions import Role
from graph_api.core.viewer import Viewer
from graph_api.schema import graph_schema
from graph_api.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What the first run of a query came to."""

    statements: tuple[str, ...]
    """The names of the statements that ran, in order."""
    objects: int
    """How many objects the answer holds."""


async def statements_of(dsn: str, data_dir: Path, queries: list[Query]) -> dict[str, Asked]:
    """What each query asks, by its name; raises ValueError for one that is answered with errors."""
    settings = Settings(database_url=dsn, data_dir=data_dir)
    schema = graph_schema(settings)
    database = await Database.connect(dsn, settings)
    viewer = Viewer(TENANT, subject="bench", roles=frozenset({Role.ADMIN}))
    asked = {}
    try:
        services = Services(
            settings, database, schema.registry, ChangeFeed(settings.database_url or "", database)
        )
        for query in queries:
            result = await run_operation(
                schema.schema, services.operation(viewer), query.document, query.variables[0]
            )
            if "errors" in result.body:
                raise ValueError(f"{query.name}: {result.body['errors']}")
            data = result.body["data"]
            asked[query.name] = Asked(
                tuple(result.statements.names), sum(map(objects_in, data.values()))
            )
    finally:
        await database.close()
    return asked
