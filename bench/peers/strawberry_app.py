"""A Strawberry application on the same graph, as somebody would write it from the documentation.

Typed classes, DataLoaders, Cypher for what is looked up and followed, and no security. Run as
`python -m bench.peers.strawberry_app DSN PORT`.
"""

import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
import orjson
import strawberry
import uvicorn
from aiodataloader import DataLoader
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

_BY_FIELD = """select * from ag_catalog.cypher('oilgas', $$
    UNWIND $keys AS k MATCH (n:{label}) WHERE n.{field} = k RETURN k, properties(n)
$$, $1) as (key agtype, properties agtype)"""
_WELLS_OF_LEASES = """select * from ag_catalog.cypher('oilgas', $$
    UNWIND $keys AS k MATCH (l:Lease)-[e:HAS_WELL]->(w:Well) WHERE l.id = k
    RETURN k, id(e), properties(w)
$$, $1) as (key agtype, edge agtype, properties agtype)"""
_PERMITS_OF_WELLS = """select * from ag_catalog.cypher('oilgas', $$
    UNWIND $keys AS k MATCH (w:Well)<-[e:PERMITS]-(p:Permit) WHERE w.id = k
    RETURN k, id(e), properties(p)
$$, $1) as (key agtype, edge agtype, properties agtype)"""
# by SQL, for Cypher would sort the whole label
_LIST = """select v.properties from oilgas."{label}" v
where ((v.properties ->> 'tenant_id'::text) collate "C") = 'bench'
order by ((v.properties ->> 'id'::text) collate "C") limit $1"""


@strawberry.type
class Operator:
    """Who operates."""

    name: str
    p5_number: str | None
    p5_status: str | None


@strawberry.type
class Permit:
    """Leave to drill."""

    permit_number: str
    status: str | None
    approved_on: date | None


@strawberry.type
class Lease:
    """Land that is produced from."""

    id: strawberry.Private[str]
    name: str
    rrc_lease_id: str | None
    district: str | None

    @strawberry.field
    async def wells(self, info: strawberry.Info, first: int = 50) -> list["Well"]:
        """Its first wells."""
        return [_well(one) for one in (await info.context["wells"].load(self.id))[:first]]


@strawberry.type
class Well:
    """A wellbore."""

    id: strawberry.Private[str]
    lease_id: strawberry.Private[str | None]
    operator_id: strawberry.Private[str | None]
    api_number: str
    well_name: str | None
    well_number: str | None
    well_type: str | None
    status: str | None
    district: str | None
    county: str | None
    latitude: float | None
    longitude: float | None
    total_depth_ft: float | None

    @strawberry.field
    async def lease(self, info: strawberry.Info) -> Lease | None:
        """The lease that it stands on."""
        return _lease(await info.context["leases"].load(self.lease_id))

    @strawberry.field
    async def operator(self, info: strawberry.Info) -> Operator | None:
        """Who operates it."""
        return _operator(await info.context["operators"].load(self.operator_id))

    @strawberry.field
    async def permits(self, info: strawberry.Info, first: int = 50) -> list[Permit]:
        """Its first permits."""
        return [_permit(one) for one in (await info.context["permits"].load(self.id))[:first]]


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def well(self, info: strawberry.Info, api_number: str) -> Well | None:
        """A well by its API number."""
        found = await _by_field(info.context["pool"], "Well", "api_number", [api_number])
        return _well(found[0]) if found[0] else None

    @strawberry.field
    async def wells(self, info: strawberry.Info, first: int = 50) -> list[Well]:
        """The first wells."""
        return [_well(one) for one in await _listed(info.context["pool"], "Well", first)]

    @strawberry.field
    async def leases(self, info: strawberry.Info, first: int = 50) -> list[Lease]:
        """The first leases."""
        return [_lease(one) for one in await _listed(info.context["pool"], "Lease", first)]


def _operator(stored: dict[str, Any]) -> Operator:
    return Operator(
        name=stored["name"], p5_number=stored.get("p5_number"), p5_status=stored.get("p5_status")
    )


def _permit(stored: dict[str, Any]) -> Permit:
    approved = stored.get("approved_on")
    return Permit(
        permit_number=stored["permit_number"],
        status=stored.get("status"),
        approved_on=date.fromisoformat(approved) if approved else None,
    )


def _lease(stored: dict[str, Any]) -> Lease:
    return Lease(
        id=stored["id"],
        name=stored["name"],
        rrc_lease_id=stored.get("rrc_lease_id"),
        district=stored.get("district"),
    )


def _well(stored: dict[str, Any]) -> Well:
    return Well(
        id=stored["id"],
        lease_id=stored.get("lease_id"),
        operator_id=stored.get("operator_id"),
        api_number=stored["api_number"],
        well_name=stored.get("well_name"),
        well_number=stored.get("well_number"),
        well_type=stored.get("well_type"),
        status=stored.get("status"),
        district=stored.get("district"),
        county=stored.get("county"),
        latitude=stored.get("latitude"),
        longitude=stored.get("longitude"),
        total_depth_ft=stored.get("total_depth_ft"),
    )


async def _listed(pool: Any, label: str, first: int) -> list[dict[str, Any]]:
    rows = await pool.fetch(_LIST.format(label=label), first)
    return [orjson.loads(one["properties"]) for one in rows]


async def _by_field(pool: Any, label: str, field: str, keys: Sequence[str]) -> list[Any]:
    statement = _BY_FIELD.format(label=label, field=field)
    rows = await pool.fetch(statement, orjson.dumps({"keys": list(keys)}).decode())
    found = {orjson.loads(one["key"]): orjson.loads(one["properties"]) for one in rows}
    return [found.get(key) for key in keys]


async def _followed(pool: Any, statement: str, keys: Sequence[str]) -> list[list[Any]]:
    rows = await pool.fetch(statement, orjson.dumps({"keys": list(keys)}).decode())
    found = defaultdict(list)
    for one in sorted(rows, key=lambda row: int(row["edge"])):
        found[orjson.loads(one["key"])].append(orjson.loads(one["properties"]))
    return [found[key] for key in keys]


def _loaders(pool: Any) -> dict[str, DataLoader[str, Any]]:
    async def leases(keys: list[str]) -> list[Any]:
        return await _by_field(pool, "Lease", "id", keys)

    async def operators(keys: list[str]) -> list[Any]:
        return await _by_field(pool, "Operator", "id", keys)

    async def wells(keys: list[str]) -> list[Any]:
        return await _followed(pool, _WELLS_OF_LEASES, keys)

    async def permits(keys: list[str]) -> list[Any]:
        return await _followed(pool, _PERMITS_OF_WELLS, keys)

    return {one.__name__: DataLoader(one) for one in (leases, operators, wells, permits)}


class _Endpoint(GraphQL[dict[str, Any], None]):
    async def get_context(self, request: Any, response: Any = None) -> dict[str, Any]:
        """Loaders of one request."""
        pool = request.state.pool
        return {"pool": pool, **_loaders(pool)}


def application(dsn: str) -> Starlette:
    """The application, over a pool of its own."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        # without a generic plan each Cypher statement is planned anew, which costs more than it
        settings = {"search_path": "ag_catalog,public", "plan_cache_mode": "force_generic_plan"}
        async with asyncpg.create_pool(dsn, server_settings=settings) as pool:
            yield {"pool": pool}

    endpoint = _Endpoint(strawberry.Schema(query=Query))
    return Starlette(routes=[Route("/graphql", endpoint)], lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[1]), port=int(sys.argv[2]), access_log=False, log_level="warning"
    )
