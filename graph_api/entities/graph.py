"""The graph of Texas oil and gas operations: which edges join which entities, by which names."""

from graph_api.core.graph.registry import Direction, Edge, EdgeType, GraphRegistry, Relationship
from graph_api.core.model import GraphEntity
from graph_api.entities.models import (
    ENTITY_MODELS,
    Authorizes,
    Equipment,
    Facility,
    Field,
    FiledBy,
    FiledFor,
    Filing,
    FlaringAuthorization,
    FlaringEvent,
    Formation,
    FromFacility,
    GatheredBy,
    GovernedBy,
    HasWell,
    Hearing,
    InField,
    InfrastructureProject,
    InstalledAt,
    Involves,
    Lease,
    OccurredAt,
    Offsets,
    OnPad,
    Operates,
    Operator,
    Permit,
    Permits,
    PipelineRoute,
    ProducesFrom,
    Regulation,
    Serves,
    SubjectOf,
    ToFacility,
    UnderAuthorization,
    Well,
    Wellpad,
)

OPERATES = EdgeType("OPERATES", Operates)
HAS_WELL = EdgeType("HAS_WELL", HasWell)
IN_FIELD = EdgeType("IN_FIELD", InField)
PRODUCES_FROM = EdgeType("PRODUCES_FROM", ProducesFrom)
ON_PAD = EdgeType("ON_PAD", OnPad)
OFFSETS = EdgeType("OFFSETS", Offsets)
PERMITS = EdgeType("PERMITS", Permits)
SUBJECT_OF = EdgeType("SUBJECT_OF", SubjectOf)
FILED_FOR = EdgeType("FILED_FOR", FiledFor)
FILED_BY = EdgeType("FILED_BY", FiledBy)
GOVERNED_BY = EdgeType("GOVERNED_BY", GovernedBy)
INSTALLED_AT = EdgeType("INSTALLED_AT", InstalledAt)
AUTHORIZES = EdgeType("AUTHORIZES", Authorizes)
OCCURRED_AT = EdgeType("OCCURRED_AT", OccurredAt)
UNDER_AUTHORIZATION = EdgeType("UNDER_AUTHORIZATION", UnderAuthorization)
GATHERED_BY = EdgeType("GATHERED_BY", GatheredBy)
SERVES = EdgeType("SERVES", Serves)
FROM_FACILITY = EdgeType("FROM_FACILITY", FromFacility)
TO_FACILITY = EdgeType("TO_FACILITY", ToFacility)
INVOLVES = EdgeType("INVOLVES", Involves)


def _operates(end: type[GraphEntity], forward: str, what: str) -> Edge:
    return Edge(
        OPERATES,
        Operator,
        end,
        forward,
        f"{what} that the operator operates or operated, with role and dates.",
        "operators",
        "Operators of record, today's and earlier ones, with role and dates.",
        current_as=None if end is Wellpad else "operator_id",
    )


def _subject_of(start: type[GraphEntity], backward: str, what: str) -> Edge:
    return Edge(
        SUBJECT_OF,
        start,
        Hearing,
        "hearings",
        "Docketed proceedings about it.",
        backward,
        f"{what} that the docket is about.",
    )


def _filed_for(end: type[GraphEntity], forward: str, what: str) -> Edge:
    return Edge(
        FILED_FOR,
        Filing,
        end,
        forward,
        f"{what} that the form reports on.",
        "filings",
        "Forms filed about it.",
    )


def _governed_by(start: type[GraphEntity], backward: str, what: str) -> Edge:
    return Edge(
        GOVERNED_BY,
        start,
        Regulation,
        "regulations",
        "Rules it answers to.",
        backward,
        f"{what} that answer to the rule.",
    )


def _installed_at(end: type[GraphEntity], forward: str, reference: str, what: str) -> Edge:
    return Edge(
        INSTALLED_AT,
        Equipment,
        end,
        forward,
        f"{what} where the equipment stands or stood.",
        "equipment",
        "Equipment that stands or stood there.",
        current_as=reference,
        current_on="start",
    )


def _authorizes(end: type[GraphEntity], forward: str, what: str) -> Edge:
    return Edge(
        AUTHORIZES,
        FlaringAuthorization,
        end,
        forward,
        f"{what} whose gas may be released; `inferred` marks links that no record states.",
        "flaring_authorizations",
        "Exceptions (Form R-32) that let its gas be released; `inferred` marks concluded links.",
        current_as="lease_id" if end is Lease else None,
        current_on="start",
    )


def _occurred_at(end: type[GraphEntity], forward: str, what: str) -> Edge:
    return Edge(
        OCCURRED_AT,
        FlaringEvent,
        end,
        forward,
        f"{what} where the gas was released.",
        "flaring_events",
        "Releases of gas there.",
    )


def _involves(end: type[GraphEntity], forward: str, what: str) -> Edge:
    return Edge(
        INVOLVES,
        InfrastructureProject,
        end,
        forward,
        f"{what} that the project builds or changes.",
        "infrastructure_projects",
        "Projects that build or change it.",
    )


EDGES: tuple[Edge, ...] = (
    _operates(Lease, "leases", "Leases"),
    _operates(Well, "wells", "Wells"),
    _operates(Facility, "facilities", "Facilities"),
    _operates(Wellpad, "wellpads", "Well pads"),
    _operates(PipelineRoute, "pipeline_routes", "Pipeline routes"),
    Edge(
        HAS_WELL,
        Lease,
        Well,
        "wells",
        "Wellbores completed on the lease, each with its number there.",
        "leases",
        "Leases the wellbore is completed on, with its number on each.",
        current_as="lease_id",
    ),
    Edge(
        IN_FIELD,
        Lease,
        Field,
        "fields",
        "Fields the lease produces from.",
        "leases",
        "Leases in the field.",
        current_as="field_id",
        current_on="start",
    ),
    Edge(
        IN_FIELD,
        Well,
        Field,
        "fields",
        "Fields the well is completed or permitted in.",
        "wells",
        "Wells in the field.",
        current_as="field_id",
        current_on="start",
    ),
    Edge(
        PRODUCES_FROM,
        Field,
        Formation,
        "formations",
        "Formations the field produces from.",
        "fields",
        "Fields that produce from the formation.",
    ),
    Edge(
        PRODUCES_FROM,
        Well,
        Formation,
        "formations",
        "Formations the well produces from.",
        "wells",
        "Wells that produce from the formation.",
    ),
    Edge(
        ON_PAD,
        Well,
        Wellpad,
        "wellpads",
        "The pad the well was drilled from.",
        "wells",
        "Wells drilled from the pad.",
    ),
    Edge(
        OFFSETS,
        Well,
        Well,
        "offsets",
        "Neighbouring wells, with the distances that spacing (16 TAC §3.37) is about.",
        "offset_by",
        "Wells that name this one as their neighbour, with the distances.",
    ),
    Edge(
        PERMITS,
        Permit,
        Well,
        "wells",
        "The wellbore the permit allows.",
        "permits",
        "Drilling permits (Form W-1) of the wellbore.",
        current_as="well_id",
        current_on="start",
    ),
    _subject_of(Permit, "permits", "Permits"),
    _subject_of(Well, "wells", "Wells"),
    _subject_of(Lease, "leases", "Leases"),
    _subject_of(FlaringAuthorization, "flaring_authorizations", "Flaring exceptions"),
    _filed_for(Well, "wells", "Wells"),
    _filed_for(Lease, "leases", "Leases"),
    _filed_for(Facility, "facilities", "Facilities"),
    Edge(
        FILED_BY,
        Filing,
        Operator,
        "operators",
        "The organisation that files the form.",
        "filings",
        "Forms the organisation filed.",
    ),
    _governed_by(Permit, "permits", "Permits"),
    _governed_by(Filing, "filings", "Filings"),
    _governed_by(FlaringAuthorization, "flaring_authorizations", "Flaring exceptions"),
    _installed_at(Well, "wells", "well_id", "Wells"),
    _installed_at(Lease, "leases", "lease_id", "Leases"),
    _installed_at(Facility, "facilities", "facility_id", "Facilities"),
    _authorizes(Lease, "leases", "Leases"),
    _authorizes(Well, "wells", "Wells"),
    _authorizes(Facility, "facilities", "Flare points and other facilities"),
    _occurred_at(Well, "wells", "Wells"),
    _occurred_at(Lease, "leases", "Leases"),
    _occurred_at(Facility, "facilities", "Facilities"),
    Edge(
        UNDER_AUTHORIZATION,
        FlaringEvent,
        FlaringAuthorization,
        "flaring_authorizations",
        "Exceptions (Form R-32) that cover the release.",
        "flaring_events",
        "Releases that happened under the exception.",
    ),
    Edge(
        GATHERED_BY,
        Lease,
        Operator,
        "gatherers",
        "Organisations that gather, purchase or nominate the production (Form P-4), dated.",
        "gathered_leases",
        "Leases whose production the organisation gathers, purchases or nominates, dated.",
    ),
    Edge(
        SERVES,
        Facility,
        Lease,
        "leases",
        "Leases whose production the facility handles.",
        "facilities",
        "Facilities that handle the lease's production.",
    ),
    Edge(
        SERVES,
        Facility,
        Wellpad,
        "wellpads",
        "Well pads whose production the facility handles.",
        "facilities",
        "Facilities that handle the pad's production.",
    ),
    Edge(
        FROM_FACILITY,
        PipelineRoute,
        Facility,
        "from_facilities",
        "Facilities the route starts at.",
        "outgoing_pipeline_routes",
        "Pipeline routes that start here.",
        current_as="from_facility_id",
        current_on="start",
    ),
    Edge(
        TO_FACILITY,
        PipelineRoute,
        Facility,
        "to_facilities",
        "Facilities the route leads to.",
        "incoming_pipeline_routes",
        "Pipeline routes that end here.",
        current_as="to_facility_id",
        current_on="start",
    ),
    _involves(Facility, "facilities", "Facilities"),
    _involves(PipelineRoute, "pipeline_routes", "Pipeline routes"),
    _involves(Wellpad, "wellpads", "Well pads"),
)
"""Every edge that may be: DESIGN's table, one line for each pair of labels."""


def _held_by(
    source: type[GraphEntity], field: str, target: type[GraphEntity], reference: str, meaning: str
) -> Relationship:
    return Relationship(
        source.label(), field, target.label(), meaning, None, Direction.IN, reference
    )


REVERSE_REFERENCES: tuple[Relationship, ...] = (
    _held_by(Operator, "permits", Permit, "operator_id", "Drilling permits the operator holds."),
    _held_by(Lease, "permits", Permit, "lease_id", "Drilling permits for wells on the lease."),
    _held_by(
        Operator,
        "flaring_authorizations",
        FlaringAuthorization,
        "operator_id",
        "Flaring exceptions (Form R-32) the operator filed.",
    ),
)
"""To-many fields that no edge carries: the other entity names this one."""


def graph_registry() -> GraphRegistry:
    """The declared graph."""
    return GraphRegistry(ENTITY_MODELS, EDGES, REVERSE_REFERENCES)
