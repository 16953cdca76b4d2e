"""A search that matches more than it ranks."""

import asyncpg

from tests.conftest import Execute

CROWD = """insert into public.entity_search (tenant_id, kind, entity_id, title, names, document)
select $1, 'Operator', gen_random_uuid(), 'ABC ' || n, array['ABC' || n],
       array_to_tsvector(array['ABC' || n])
from generate_series(1, 6000) n"""


async def test_an_exact_name_is_found_behind_a_crowd_that_begins_so(
    data: Execute, database_url: str, tenant: str
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(CROWD, tenant)
    finally:
        await connection.close()
    await data(
        'mutation { upsertOperator(input: {operator: {name: "A.B.C."}}) { __typename } }',
    )
    found = await data('{ search(text: "abc", first: 1) { nodes { title score } } }')
    assert found["search"]["nodes"][0]["title"] == "A.B.C."
