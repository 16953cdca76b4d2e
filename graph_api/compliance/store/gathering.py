"""Gathers what assessments decide on: one statement for each kind of input, for all of a batch."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from graph_api.compliance.assessments.epa_oooo import FacilityEmissions, Tank
from graph_api.compliance.assessments.flaring_monitor import (
    LeaseFlaring,
    LinkedAuthorization,
    ReportedMonth,
)
from graph_api.compliance.assessments.form_pr import LeaseReporting
from graph_api.compliance.assessments.rule_32 import FlaringException
from graph_api.compliance.assessments.rule_37 import Offset, SpacingException, WellSpacing
from graph_api.compliance.store.subjects import Subject
from graph_api.core.database import Database, Row
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer

Ids = Sequence[str]


async def flaring_of_leases(
    database: Database, viewer: Viewer, ids: Ids, as_of: date
) -> list[tuple[Subject, LeaseFlaring]]:
    """What leases released month by month, and the exceptions linked to them."""
    tenant, wanted = viewer.tenant_id, list(ids)
    leases = await database.fetch(viewer, statement("leases_to_assess"), tenant, wanted)
    volumes = await database.fetch(viewer, statement("volumes_to_assess"), tenant, wanted, as_of)
    links = await database.fetch(viewer, statement("authorizations_to_assess"), tenant, wanted)
    wells = await database.fetch(viewer, statement("completions_to_assess"), tenant, wanted)
    begun = await database.fetch(viewer, statement("first_authorization_day"), tenant)
    months = {row["entity_id"]: _months(row) for row in volumes}
    completions = {row["entity_id"]: _days(row) for row in wells}
    authorizations = _by_entity(links, _linked_authorization)
    first = _date(begun[0]["effective_date"]) if begun else None
    return [
        (
            _subject(row, "Lease"),
            LeaseFlaring(
                months.get(row["entity_id"], ()),
                authorizations[row["entity_id"]],
                completions.get(row["entity_id"], ()),
                row["field_number"],
                row["oil_gas_code"] == "G",
                first,
            ),
        )
        for row in leases
    ]


async def reporting_of_leases(
    database: Database, viewer: Viewer, ids: Ids, as_of: date
) -> list[tuple[Subject, LeaseReporting]]:
    """The months that leases reported, by volumes or by a filed Form PR."""
    tenant, wanted = viewer.tenant_id, list(ids)
    leases = await database.fetch(viewer, statement("leases_to_assess"), tenant, wanted)
    volumes = await database.fetch(viewer, statement("volumes_to_assess"), tenant, wanted, as_of)
    filed = await database.fetch(viewer, statement("reports_to_assess"), tenant, wanted)
    months: dict[str, set[date]] = defaultdict(set)
    for row in volumes:
        months[row["entity_id"]].update(row["months"])
    for row in filed:
        months[row["entity_id"]].update(day.replace(day=1) for day in _days(row) if day <= as_of)
    return [
        (
            _subject(row, "Lease"),
            LeaseReporting(
                row["status"],
                frozenset(months[row["entity_id"]]),
                _date(row["effective_date"]),
                row["field_number"],
            ),
        )
        for row in leases
    ]


async def spacing_of_wells(
    database: Database, viewer: Viewer, ids: Ids
) -> list[tuple[Subject, WellSpacing]]:
    """The distances of wells to lease lines and to their neighbours, and their exceptions."""
    tenant, wanted = viewer.tenant_id, list(ids)
    wells = await database.fetch(viewer, statement("wells_to_assess"), tenant, wanted)
    near = await database.fetch(viewer, statement("offsets_to_assess"), tenant, wanted)
    permits = await database.fetch(viewer, statement("exceptions_to_assess"), tenant, wanted)
    offsets = _by_entity(near, _offset)
    exceptions = _by_entity(permits, _spacing_exception)
    return [
        (
            _subject(row, "Well"),
            WellSpacing(
                row["status"],
                row["lease_line_ft"],
                row["nearest_well_ft"],
                _once_each(offsets[row["entity_id"]]),
                exceptions[row["entity_id"]],
            ),
        )
        for row in wells
    ]


async def exceptions_with_neighbours(
    database: Database, viewer: Viewer, ids: Ids
) -> list[tuple[Subject, tuple[FlaringException, list[FlaringException]]]]:
    """Flaring exceptions, each with the others at its flare points."""
    tenant = viewer.tenant_id
    own = await database.fetch(viewer, statement("flaring_exceptions_to_assess"), tenant, list(ids))
    points = sorted({point for row in own for point in row["flare_points"]})
    at = await database.fetch(viewer, statement("exceptions_at_flare_points"), tenant, points)
    points_of: dict[str, set[str]] = defaultdict(set)
    at_point: dict[str, set[str]] = defaultdict(set)
    rows: dict[str, Row] = {}
    for row in at:
        rows[row["authorization_id"]] = row
        points_of[row["authorization_id"]].add(row["flare_point"])
        at_point[row["flare_point"]].add(row["authorization_id"])
    known = {one: _flaring_exception(rows[one], points_of[one]) for one in rows}
    return [
        (
            Subject(
                row["entity_id"],
                "FlaringAuthorization",
                row["number"],
                row["field_name"],
                row["district"],
                row["field_number"],
            ),
            (
                _flaring_exception(row, row["flare_points"]),
                _others(row, at_point, known),
            ),
        )
        for row in own
    ]


def _others(
    row: Row, at_point: Mapping[str, set[str]], known: Mapping[str, FlaringException]
) -> list[FlaringException]:
    """The others at an exception's flare points, each with the points that the two share."""
    own = frozenset(row["flare_points"])
    ids = {one for point in own for one in at_point[point]}
    return [
        replace(known[one], flare_points=known[one].flare_points & own)
        for one in sorted(ids - {row["entity_id"]})
    ]


async def emissions_of_facilities(
    database: Database, viewer: Viewer, ids: Ids
) -> list[tuple[Subject, FacilityEmissions]]:
    """The dates of facilities, and the tanks and controls installed there."""
    tenant, wanted = viewer.tenant_id, list(ids)
    places = await database.fetch(viewer, statement("facilities_to_assess"), tenant, wanted)
    installed = await database.fetch(viewer, statement("equipment_to_assess"), tenant, wanted)
    tanks: dict[str, list[Tank]] = defaultdict(list)
    controls: dict[str, list[str]] = defaultdict(list)
    for row in installed:
        if row["equipment_type"] == "STORAGE_TANK":
            tank = Tank(row["name"], row["voc_tons_per_year"], row["methane_tons_per_year"])
            tanks[row["entity_id"]].append(tank)
        else:
            controls[row["entity_id"]].append(row["name"])
    return [
        (
            Subject(row["entity_id"], "Facility", row["name"], None, row["district"]),
            FacilityEmissions(
                _date(row["constructed_on"]),
                _date(row["modified_on"]),
                row["epa_subpart"],
                tanks[row["entity_id"]],
                controls[row["entity_id"]],
            ),
        )
        for row in places
    ]


def _subject(row: Row, entity_type: str) -> Subject:
    return Subject(
        row["entity_id"],
        entity_type,
        row["name"],
        row["field_name"],
        row["district"],
        row["field_number"],
    )


def _by_entity(rows: Sequence[Row], read: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["entity_id"]].append(read(row))
    return found


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _days(row: Row) -> list[date]:
    return sorted(date.fromisoformat(text) for text in row["days"])


def _months(row: Row) -> list[ReportedMonth]:
    columns = (row["months"], row["flared_mcf"], row["vented_mcf"])
    return [ReportedMonth(*values) for values in zip(*columns, strict=True)]


def _linked_authorization(row: Row) -> LinkedAuthorization:
    return LinkedAuthorization(
        UUID(row["authorization_id"]),
        row["number"],
        row["rate_mcf_per_day"],
        date.fromisoformat(row["effective_date"]),
        _date(row["expiration_date"]),
        frozenset(row["flare_points"]),
        row["inferred"],
    )


def _flaring_exception(row: Row, flare_points: Sequence[str] | set[str]) -> FlaringException:
    return FlaringException(
        row["number"],
        row["status"],
        row["rate_mcf_per_day"],
        _date(row["effective_date"]),
        _date(row["expiration_date"]),
        row["final_order_number"],
        frozenset(flare_points),
    )


def _offset(row: Row) -> Offset:
    horizon = row["same_horizon"]
    return Offset(
        row["api_number"], row["distance_ft"], None if horizon is None else horizon == "true"
    )


def _once_each(offsets: Sequence[Offset]) -> list[Offset]:
    """Each neighbour once: both wells may name one another; the shorter distance is taken."""
    nearest: dict[tuple[str, bool | None], Offset] = {}
    for one in sorted(offsets, key=lambda one: -one.distance_ft):
        nearest[one.api_number, one.same_horizon] = one
    return sorted(nearest.values(), key=lambda one: (one.distance_ft, one.api_number))


def _spacing_exception(row: Row) -> SpacingException:
    return SpacingException(
        row["permit_number"],
        row["status"],
        row["lease_line_ft"],
        row["between_wells_ft"],
        _date(row["protest_deadline"]),
    )
