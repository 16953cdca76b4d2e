from tests.conftest import Execute


async def test_an_entity_written_is_read_back(data: Execute) -> None:
    written = await data(
        """mutation {
          upsertWell(input: {well: {apiNumber: "4200300161", wellName: "BAKKE UNIT 1"}}) {
            ... on UpsertWellPayload { outcome well { apiNumber county } }
          }
        }"""
    )
    assert written["upsertWell"] == {
        "outcome": "CREATED",
        "well": {"apiNumber": "42-003-00161", "county": None},
    }
    found = await data('{ well(apiNumber: "42-003-00161") { wellName } wells { totalCount } }')
    assert found == {"well": {"wellName": "BAKKE UNIT 1"}, "wells": {"totalCount": 1}}
