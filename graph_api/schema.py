"""Assembles the GraphQL schema from each domain's parts; nothing else."""

from graph_api.audit.queries import add_audit
from graph_api.auth.queries import add_auth
from graph_api.changes.queries import add_changes
from graph_api.compliance.queries import add_compliance
from graph_api.core.api.permission_table import permission_table
from graph_api.core.api.schema import GraphSchema, build_schema
from graph_api.core.graph.registry import GraphRegistry
from graph_api.entities.graph import graph_registry
from graph_api.entities.models import enum_value_description
from graph_api.entities.store import delete_volumes
from graph_api.entities.types import add_volumes
from graph_api.filings.queries import add_filings
from graph_api.filings.store import mark_snapshots_stale
from graph_api.rules.queries import add_rules
from graph_api.settings import Settings


def graph_schema(settings: Settings, registry: GraphRegistry | None = None) -> GraphSchema:
    """The schema of the service, over the declared graph or another one."""
    return build_schema(
        registry or graph_registry(),
        enum_value_description,
        settings,
        domains=[
            add_changes,
            add_audit,
            add_volumes,
            add_rules([mark_snapshots_stale]),
            add_compliance,
            add_filings,
            add_auth,
        ],
        on_delete={"Lease": delete_volumes},
    )


def schema_text() -> str:
    """The SDL of the service, as it is committed."""
    return graph_schema(Settings()).schema.as_str() + "\n"


def permissions_text() -> str:
    """Who may use which field, as it is committed."""
    return permission_table(graph_schema(Settings()).schema)
