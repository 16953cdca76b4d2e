"""What is gathered for many at once is what would be gathered for each alone."""

from dataclasses import fields, is_dataclass

import pytest

from graph_api.compliance.assessing import Selection
from graph_api.compliance.models import ComplianceDomain, ComplianceStatusCode
from graph_api.compliance.store.gathering import (
    emissions_of_facilities,
    exceptions_with_neighbours,
    flaring_of_leases,
    reporting_of_leases,
    spacing_of_wells,
)
from graph_api.compliance.store.statuses import statuses_of_entities
from graph_api.core.context import OperationContext
from graph_api.core.database import StatementLog, statement_log
from graph_api.core.model import GraphEntity
from tests.compliance.worlds import TODAY, World, lease_above

CODE = ComplianceStatusCode


async def intricate(world: World) -> dict[str, list[GraphEntity]]:
    """Leases, wells, exceptions and facilities that share neighbours, points and fields."""
    field = await world.entity("Field", rrc_field_id="85280300", name="SPRABERRY (TREND AREA)")
    leases = [await world.lease(n, effective_date="2024-11-05") for n in range(1, 4)]
    gas = await world.lease(oil_gas_code="G", rrc_lease_id="287001", status="ACTIVE")
    await world.link("IN_FIELD", leases[0], field)
    flares = [await world.flare(f"FLARE {n}") for n in range(3)]
    exceptions = [
        await world.exception("50001", 10, "2025-01-01", "2025-02-14"),
        await world.exception("50002", 25, "2025-02-01", None),
        await world.exception("50003", 5, "2025-01-10", "2025-06-30", status="EXPIRED"),
        await world.exception("50004", 7, "2025-01-10", "2025-06-30", status="DENIED"),
    ]
    for one, places in zip(exceptions, ((0, 1), (1,), (1, 2), (2,)), strict=True):
        for place in places:
            await world.link("AUTHORIZES", one, flares[place])
    for number, lease in ((0, 0), (1, 0), (2, 1), (3, 1), (0, 1)):
        await world.link("AUTHORIZES", exceptions[number], leases[lease], inferred=number == 0)
    wells = [
        await world.entity(
            "Well",
            api_number=f"42-003-0000{n}",
            district="08",
            completion_date=f"2025-0{n}-15",
            distance_to_lease_line_ft=400 + 50 * n,
        )
        for n in range(1, 4)
    ]
    await world.link("HAS_WELL", leases[0], wells[0])
    await world.link("HAS_WELL", leases[0], wells[1])
    await world.link("HAS_WELL", leases[2], wells[1])
    await world.link("IN_FIELD", wells[0], field)
    await world.link("OFFSETS", wells[0], wells[1], distance_ft=900, same_horizon=True)
    await world.link("OFFSETS", wells[1], wells[0], distance_ft=880, same_horizon=True)
    await world.link("OFFSETS", wells[2], wells[1], distance_ft=100)
    permit = await world.entity(
        "Permit",
        permit_number="0911978",
        permit_type="DRILL",
        status="APPROVED",
        is_rule_37_exception=True,
    )
    await world.link("PERMITS", permit, wells[0])
    filing = await world.entity(
        "Filing",
        filing_number="PR-1",
        filing_type="PRODUCTION_REPORT",
        form_number="PR",
        status="ACCEPTED",
        period_start="2025-04-01",
    )
    await world.link("FILED_FOR", filing, leases[0])
    for n, (name, kind) in enumerate((("T-1", "STORAGE_TANK"), ("T-2", "STORAGE_TANK"))):
        tank = await world.entity(
            "Equipment", name=name, equipment_type=kind, voc_tons_per_year=4 + n
        )
        await world.link("INSTALLED_AT", tank, flares[0])
    control = await world.entity("Equipment", name="VRU 1", equipment_type="VAPOR_RECOVERY_UNIT")
    await world.link("INSTALLED_AT", control, flares[1])
    for place, reporting in enumerate([*leases[:2], gas]):
        await world.volumes(reporting, {"2025-01": (100 * place, 5), "2025-03": (700, 0)})
    return {
        "leases": [*leases, gas],
        "wells": wells,
        "exceptions": exceptions,
        "facilities": flares,
    }


async def test_together_is_as_each_alone(world: World, context: OperationContext) -> None:
    made = await intricate(world)
    database, viewer = context.database, context.viewer
    gatherers = (
        ("leases", lambda ids: flaring_of_leases(database, viewer, ids, TODAY)),
        ("leases", lambda ids: reporting_of_leases(database, viewer, ids, TODAY)),
        ("wells", lambda ids: spacing_of_wells(database, viewer, ids)),
        ("exceptions", lambda ids: exceptions_with_neighbours(database, viewer, ids)),
        ("facilities", lambda ids: emissions_of_facilities(database, viewer, ids)),
    )
    for kind, gather in gatherers:
        ids = [str(one.id) for one in made[kind]]
        together = {who.entity_id: (who, what) for who, what in await gather(ids)}
        assert set(together) == set(ids)
        for one in ids:
            ((who, what),) = await gather([one])
            assert canonical(together[one]) == canonical((who, what))


def canonical(found: object) -> object:
    """Gathered values in a form that does not depend on the order of rows or of sets."""
    if is_dataclass(found) and not isinstance(found, type):
        return {one.name: canonical(getattr(found, one.name)) for one in fields(found)}
    if isinstance(found, list | tuple | set | frozenset):
        return sorted((canonical(one) for one in found), key=repr)
    return found


async def test_each_input_is_found(world: World, context: OperationContext) -> None:
    made = await intricate(world)
    database, viewer = context.database, context.viewer
    ids = {kind: [str(one.id) for one in rows] for kind, rows in made.items()}
    leases = dict(
        zip(ids["leases"], range(4), strict=True),
    )
    flaring = {
        leases[who.entity_id]: (who, what)
        for who, what in await flaring_of_leases(database, viewer, ids["leases"], TODAY)
    }
    who, first = flaring[0]
    assert (who.field_name, who.field_number, who.district) == (
        "SPRABERRY (TREND AREA)",
        "85280300",
        "08",
    )
    assert {one.number: (one.inferred, len(one.flare_points)) for one in first.authorizations} == {
        "50001": (True, 2),
        "50002": (False, 1),
    }
    assert [one.isoformat() for one in first.completions] == ["2025-01-15", "2025-02-15"]
    assert [(f"{m.month:%Y-%m}", m.flared_mcf, m.vented_mcf) for m in flaring[1][1].months] == [
        ("2025-01", 100, 5),
        ("2025-03", 700, 0),
    ]
    assert {one.number for one in flaring[1][1].authorizations} == {"50001", "50003"}
    assert flaring[3][1].is_gas_well
    assert first.records_begin_on is not None
    assert first.records_begin_on.isoformat() == "2025-01-01"
    reporting = dict(await reporting_of_leases(database, viewer, ids["leases"][:1], TODAY))
    ((_, reported),) = reporting.items()
    assert sorted(f"{one:%Y-%m}" for one in reported.reported_months) == [
        "2025-01",
        "2025-03",
        "2025-04",
    ]
    wells = [
        what
        for _, what in sorted(
            await spacing_of_wells(database, viewer, ids["wells"]),
            key=lambda one: ids["wells"].index(one[0].entity_id),
        )
    ]
    assert [(o.distance_ft, o.same_horizon) for o in wells[1].offsets] == [
        (100, None),
        (880, True),
    ]
    assert [one.permit_number for one in wells[0].exceptions] == ["0911978"]
    exceptions = {
        who.name: {other.number for other in others}
        for who, (_, others) in await exceptions_with_neighbours(
            database, viewer, ids["exceptions"]
        )
    }
    assert exceptions == {
        "50001": {"50002", "50003"},
        "50002": {"50001", "50003"},
        "50003": {"50001", "50002", "50004"},
        "50004": {"50003"},
    }
    places = {
        who.name: what
        for who, what in await emissions_of_facilities(database, viewer, ids["facilities"])
    }
    assert [one.voc_tons_per_year for one in places["FLARE 0"].tanks] == [4, 5]
    assert list(places["FLARE 1"].controls) == ["VRU 1"]


async def test_another_tenant_s_records_are_not_gathered(
    world: World, context: OperationContext
) -> None:
    made = await intricate(world)
    stranger = context.services.operation(type(context.viewer)("somebody-else", "test"))
    ids = [str(one.id) for one in made["leases"]]
    assert await flaring_of_leases(stranger.database, stranger.viewer, ids, TODAY) == []
    other = World(stranger)
    result = await other.assess(ComplianceDomain.FLARING_MONITOR, selection=Selection(ids=ids))
    assert result.total == 0


@pytest.mark.parametrize("domain", list(ComplianceDomain))
async def test_statements_do_not_grow_with_the_number_of_entities(
    world: World, domain: ComplianceDomain
) -> None:
    async def statements() -> int:
        log = StatementLog()
        token = statement_log.set(log)
        try:
            result = await world.assess(domain)
        finally:
            statement_log.reset(token)
        assert len(result.changed_ids) == result.total > 0
        return log.count

    async def more(numbers: range) -> None:
        for number in numbers:
            await lease_above(world, number)
            await world.entity("Well", api_number=f"42-003-{number:05}", district="08")

    await more(range(1, 2))
    few = await statements()
    await more(range(2, 12))
    log = StatementLog()
    token = statement_log.set(log)
    result = await world.assess(domain)
    statement_log.reset(token)
    assert result.total > 10
    assert log.count <= few + 1, "one more: what stands is noted as looked at again"


async def test_what_stands_is_written_neither_again_nor_in_the_feed(
    world: World, context: OperationContext
) -> None:
    lease = await lease_above(world, 1)
    first = await world.assess(ComplianceDomain.FLARING_MONITOR)
    again = await world.assess(ComplianceDomain.FLARING_MONITOR)
    assert (len(first.changed_ids), first.unchanged) == (1, 0)
    assert (len(again.changed_ids), again.unchanged) == (0, 1)
    found = await statuses_of_entities(context.database, context.viewer, [str(lease.id)])
    (record,) = found[str(lease.id)]
    assert record.status is CODE.ACTION_NEEDED
    assert record.last_assessed_at > record.updated_at
