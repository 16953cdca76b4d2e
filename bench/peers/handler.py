"""The practical limit: one route for each question, written by hand, and nothing else.

No GraphQL, no security, no choice of fields. Each question is answered in two ways: `/sql/…` lets
PostgreSQL write the answer's JSON, and `/python/…` decodes stored properties with orjson and
writes the answer here. Run as `python -m bench.peers.handler DSN PORT`.
"""

# ruff: noqa: S608 - what the statements are made of stands in this file

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TENANT = """((v.properties ->> 'tenant_id'::text) collate "C") = 'bench'"""
_IN_ORDER = """((v.properties ->> 'id'::text) collate "C")"""
_WELLS_OF_LEASE = """
    select w.id, w.properties
    from oilgas."HAS_WELL" e join oilgas."Well" w on w.id = e.end_id
    where e.start_id = l.id order by e.id limit 10"""
_PERMITS_OF_WELL = """
    select p.properties
    from oilgas."PERMITS" e join oilgas."Permit" p on p.id = e.start_id
    where e.end_id = w.id order by e.id limit 5"""
_LEASES = f"""
    select v.id, v.properties from oilgas."Lease" v
    where {_TENANT} order by {_IN_ORDER} limit 50"""


def _key(alias: str, field: str) -> str:
    return (
        "ag_catalog.agtype_access_operator("
        f"variadic array[{alias}.properties, '\"{field}\"'::ag_catalog.agtype])"
    )


_POINT_FROM = f"""
from oilgas."Well" w
left join oilgas."Lease" l on {_key("l", "id")} = {_key("w", "lease_id")}
left join oilgas."Operator" o on {_key("o", "id")} = {_key("w", "operator_id")}
where {_key("w", "api_number")} = $1::text::ag_catalog.agtype"""

POINT_ROWS = (
    f"select w.properties as well, l.properties as lease, o.properties as operator {_POINT_FROM}"
)
POINT_JSON = f"""
select row_to_json(r)::text from (
    select w.properties ->> 'api_number'::text as "apiNumber",
           w.properties ->> 'well_name'::text as "wellName",
           w.properties ->> 'status'::text as status,
           w.properties ->> 'county'::text as county,
           (w.properties ->> 'total_depth_ft'::text)::float8 as "totalDepthFt",
           (select row_to_json(x) from (
               select l.properties ->> 'name'::text as name,
                      l.properties ->> 'rrc_lease_id'::text as "rrcLeaseId",
                      l.properties ->> 'district'::text as district) x) as lease,
           (select row_to_json(x) from (
               select o.properties ->> 'name'::text as name,
                      o.properties ->> 'p5_number'::text as "p5Number",
                      o.properties ->> 'p5_status'::text as "p5Status") x) as operator
    {_POINT_FROM}) r"""

PAGE_ROWS = f"""
select v.properties from oilgas."Well" v where {_TENANT} order by {_IN_ORDER} limit 500"""
PAGE_JSON = f"""
select '[' || string_agg(row_to_json(r)::text, ',') || ']' from (
    select v.properties ->> 'api_number'::text as "apiNumber",
           v.properties ->> 'well_name'::text as "wellName",
           v.properties ->> 'well_number'::text as "wellNumber",
           v.properties ->> 'well_type'::text as "wellType",
           v.properties ->> 'status'::text as status,
           v.properties ->> 'district'::text as district,
           v.properties ->> 'county'::text as county,
           (v.properties ->> 'latitude'::text)::float8 as latitude,
           (v.properties ->> 'longitude'::text)::float8 as longitude,
           (v.properties ->> 'total_depth_ft'::text)::float8 as "totalDepthFt"
    from ({PAGE_ROWS}) v) r"""

NESTED_ROWS = f"""
select l.properties as lease, coalesce((
    select '[' || string_agg('[' || w.properties::text || ',' || coalesce((
        select '[' || string_agg(p.properties::text, ',') || ']'
        from ({_PERMITS_OF_WELL}) p), '[]') || ']', ',') || ']'
    from ({_WELLS_OF_LEASE}) w), '[]') as wells
from ({_LEASES}) l"""
NESTED_JSON = f"""
select '[' || string_agg(row_to_json(r)::text, ',') || ']' from (
    select l.properties ->> 'name'::text as name,
           l.properties ->> 'rrc_lease_id'::text as "rrcLeaseId",
           l.properties ->> 'district'::text as district,
           (select coalesce(json_agg(row_to_json(x)), '[]') from (
               select w.properties ->> 'api_number'::text as "apiNumber",
                      w.properties ->> 'well_name'::text as "wellName",
                      w.properties ->> 'status'::text as status,
                      (select coalesce(json_agg(row_to_json(y)), '[]') from (
                          select p.properties ->> 'permit_number'::text as "permitNumber",
                                 p.properties ->> 'status'::text as status,
                                 p.properties ->> 'approved_on'::text as "approvedOn"
                          from ({_PERMITS_OF_WELL}) p) y) as permits
               from ({_WELLS_OF_LEASE}) w) x) as wells
    from ({_LEASES}) l) r"""


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """Nothing is ever set in it, so nothing is reset."""

    def get_reset_query(self) -> str:
        return ""


def application(dsn: str) -> Starlette:
    """The six routes, over a pool of their own."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with asyncpg.create_pool(
            dsn,
            min_size=8,
            max_size=10,
            connection_class=_Connection,
            server_settings={
                "search_path": "ag_catalog,public",
                "plan_cache_mode": "force_generic_plan",
                "jit": "off",
            },
        ) as pool:
            yield {"pool": pool}

    routes = {
        "/sql/point/{api}": _sql_point,
        "/sql/page": _sql_page,
        "/sql/nested": _sql_nested,
        "/python/point/{api}": _python_point,
        "/python/page": _python_page,
        "/python/nested": _python_nested,
    }
    return Starlette(
        routes=[Route(path, answer) for path, answer in routes.items()], lifespan=lifespan
    )


async def _sql_point(request: Request) -> Response:
    key = f'"{request.path_params["api"]}"'
    return _json((await request.state.pool.fetchval(POINT_JSON, key)).encode())


async def _sql_page(request: Request) -> Response:
    return _json((await request.state.pool.fetchval(PAGE_JSON)).encode())


async def _sql_nested(request: Request) -> Response:
    return _json((await request.state.pool.fetchval(NESTED_JSON)).encode())


async def _python_point(request: Request) -> Response:
    key = f'"{request.path_params["api"]}"'
    row = await request.state.pool.fetchrow(POINT_ROWS, key)
    well, lease, operator = map(orjson.loads, row)
    answer = {
        "apiNumber": well["api_number"],
        "wellName": well.get("well_name"),
        "status": well.get("status"),
        "county": well.get("county"),
        "totalDepthFt": well.get("total_depth_ft"),
        "lease": _lease(lease),
        "operator": {
            "name": operator["name"],
            "p5Number": operator.get("p5_number"),
            "p5Status": operator.get("p5_status"),
        },
    }
    return _json(orjson.dumps(answer))


async def _python_page(request: Request) -> Response:
    rows = await request.state.pool.fetch(PAGE_ROWS)
    return _json(orjson.dumps([_listed_well(orjson.loads(one[0])) for one in rows]))


async def _python_nested(request: Request) -> Response:
    answer = []
    for stored, wells in await request.state.pool.fetch(NESTED_ROWS):
        lease = _lease(orjson.loads(stored))
        lease["wells"] = [_nested_well(well, permits) for well, permits in orjson.loads(wells)]
        answer.append(lease)
    return _json(orjson.dumps(answer))


def _listed_well(well: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiNumber": well["api_number"],
        "wellName": well.get("well_name"),
        "wellNumber": well.get("well_number"),
        "wellType": well.get("well_type"),
        "status": well.get("status"),
        "district": well.get("district"),
        "county": well.get("county"),
        "latitude": well.get("latitude"),
        "longitude": well.get("longitude"),
        "totalDepthFt": well.get("total_depth_ft"),
    }


def _nested_well(well: dict[str, Any], permits: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiNumber": well["api_number"],
        "wellName": well.get("well_name"),
        "status": well.get("status"),
        "permits": [
            {
                "permitNumber": one["permit_number"],
                "status": one.get("status"),
                "approvedOn": one.get("approved_on"),
            }
            for one in permits
        ],
    }


def _lease(lease: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": lease["name"],
        "rrcLeaseId": lease.get("rrc_lease_id"),
        "district": lease.get("district"),
    }


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[1]), port=int(sys.argv[2]), access_log=False, log_level="warning"
    )
