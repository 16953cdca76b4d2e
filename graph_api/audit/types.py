"""The audit as GraphQL shows it."""

from graph_api.audit.models import AuditEntry, AuditProblem, AuditVerification
from graph_api.core.api.building import GraphQLClass
from graph_api.core.api.connections import record_connection
from graph_api.core.api.records import record_type
from graph_api.core.api.schema import SchemaParts


def audit_types(parts: SchemaParts) -> tuple[GraphQLClass, GraphQLClass]:
    """The connection of audit entries, and the type of a verification."""
    entry = record_type(parts.fields, AuditEntry)
    trail = record_connection("AuditEntry", entry, parts.types.page_info, "audit entries")
    problem = record_type(parts.fields, AuditProblem)
    verification = record_type(parts.fields, AuditVerification, {"problem": problem})
    return trail, verification
