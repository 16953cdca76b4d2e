"""API keys: shown once, kept by a hash, never more than their maker."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph_api.auth.models import LiveApiKey, User
from graph_api.auth.store import api_key_of, live_api_keys, note_key_use
from graph_api.core.permissions import Permission, Role
from graph_api.core.viewer import AuthMethod, Viewer
from tests.auth.people import People

CREATE = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  __typename
  ... on CreateApiKeyPayload {
    secret apiKey { id name prefix roles scopes expiresAt revokedAt lastUsedAt userId } }
  ... on ValidationError { errors { path message } }
  ... on Forbidden { message } } }"""
REVOKE = """mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
  __typename ... on RevokeApiKeyPayload { apiKey { revokedAt } } ... on NotFound { path } } }"""
KEYS = "{ apiKeys { nodes { id prefix name revokedAt lastUsedAt } totalCount } }"


@pytest.fixture
async def maker(people: People) -> User:
    """An administrator."""
    return await people.add([Role.ADMIN])


@pytest.fixture
def admin(people: People, maker: User) -> Viewer:
    """The administrator as a viewer."""
    return people.viewer(maker)


async def created(people: People, viewer: Viewer, **given: Any) -> Any:
    answer = await people.answer(CREATE, {"name": "loader", "roles": ["SERVICE"], **given}, viewer)
    assert answer["__typename"] == "CreateApiKeyPayload", answer
    return answer


async def live(people: People, secret: str) -> LiveApiKey | None:
    return await api_key_of(people.services.database, secret)


async def test_a_key_is_shown_once_and_kept_by_a_hash(
    people: People, maker: User, admin: Viewer
) -> None:
    made = await created(people, admin)
    secret, key = made["secret"], made["apiKey"]
    assert re.fullmatch(r"gapi_[\w-]{8}_[\w-]{43}", secret)
    assert secret.startswith(f"gapi_{key['prefix']}_")
    assert key["userId"] == str(maker.id)
    assert (key["roles"], key["scopes"], key["expiresAt"]) == (["SERVICE"], None, None)
    (row,) = await people.sql("select * from public.api_keys where user_id = $1", maker.id)
    assert secret[14:] not in str(dict(row))
    assert re.fullmatch("[0-9a-f]{64}", row["key_hash"])
    (entry,) = await people.audit("createApiKey")
    assert key["prefix"] in entry
    assert secret[14:] not in entry
    assert row["key_hash"] not in entry
    shown = await people.answer(KEYS, viewer=admin)
    assert [one["id"] for one in shown["nodes"]] == [key["id"]]
    assert secret[14:] not in str(shown)


async def test_a_key_is_good_for_its_tenant(people: People, maker: User, admin: Viewer) -> None:
    made = await created(people, admin, scopes=["READ_GRAPH", "READ_CHANGES"])
    key = await live(people, made["secret"])
    assert key == LiveApiKey(
        api_key_id=made["apiKey"]["id"],
        tenant_id=people.tenant_id,
        user_id=str(maker.id),
        name="loader",
        roles=frozenset({Role.SERVICE}),
        scopes=frozenset({Permission.READ_GRAPH, Permission.READ_CHANGES}),
        expires_at=None,
    )
    found = await live_api_keys(people.services.database, [made["apiKey"]["id"], "no uuid"])
    assert found == {made["apiKey"]["id"]: key}


async def test_another_text_is_no_key(people: People, admin: Viewer) -> None:
    secret = (await created(people, admin))["secret"]
    other = (await created(people, admin))["secret"]
    for text in (
        "",
        secret[:-1],
        f"{secret}x",
        f"{secret}\n",
        secret.swapcase(),
        secret[:14] + other[14:],
        f"gapi_{'x' * 8}_{'x' * 43}",
        "\ud800",
    ):
        assert await live(people, text) is None, text
    assert await live(people, secret) is not None


async def test_a_key_may_do_no_more_than_its_maker(people: People) -> None:
    officer = await people.add([Role.COMPLIANCE_OFFICER])
    able = Viewer(
        people.tenant_id,
        "able",
        roles=frozenset({Role.ADMIN}),
        scopes=frozenset({Permission.MANAGE_API_KEYS, Permission.READ_GRAPH}),
        auth_method=AuthMethod.API_KEY,
        user_id=str(officer.id),
    )
    for roles, scopes in ((["ADMIN"], None), (["VIEWER"], None), (["VIEWER"], ["READ_RULES"])):
        given = {"name": "more", "roles": roles, "scopes": scopes}
        answer = await people.answer(CREATE, given, able)
        assert answer["__typename"] == "Forbidden"
        assert "READ_RULES" in answer["message"]
    assert await people.sql("select * from public.api_keys where user_id = $1", officer.id) == []
    await created(people, able, roles=["VIEWER"], scopes=["READ_GRAPH"])


async def test_a_key_does_not_outlast_what_its_maker_may_do(
    people: People, maker: User, admin: Viewer
) -> None:
    wide = (await created(people, admin, roles=["ADMIN"]))["secret"]
    narrow = (await created(people, admin, scopes=["READ_GRAPH", "WRITE_GRAPH"]))["secret"]
    await people.sql("update public.users set roles = '{viewer}' where id = $1", maker.id)
    for secret, allowed in (
        (wide, people.viewer(await people.add([Role.VIEWER])).permissions),
        (narrow, {Permission.READ_GRAPH}),
    ):
        key = await live(people, secret)
        assert key is not None
        viewer = Viewer(key.tenant_id, key.name, roles=key.roles, scopes=key.scopes)
        assert viewer.permissions == allowed


async def test_it_is_for_who_may_manage_keys(people: People) -> None:
    officer = people.viewer(await people.add([Role.COMPLIANCE_OFFICER]))
    for query, given in (
        (CREATE, {"name": "x", "roles": ["VIEWER"]}),
        (REVOKE, {"id": "00000000-0000-4000-8000-000000000000"}),
        (KEYS, None),
    ):
        body = await people.ask(query, given, officer)
        assert body["errors"][0]["extensions"]["permission"] == "api_keys:manage"


async def test_who_is_no_user_here_makes_no_keys(people: People, tenant: str) -> None:
    everything = frozenset({Role.ADMIN})
    for user_id in (None, "auth0|no-uuid", "00000000-0000-4000-8000-000000000000"):
        viewer = Viewer(tenant, "outside", roles=everything, user_id=user_id)
        answer = await people.answer(CREATE, {"name": "x", "roles": ["VIEWER"]}, viewer)
        assert "only a user of this service" in answer["message"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0"}, "name"),
        ({"roles": []}, "roles"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["READ_GRAPH", "READ_AUDIT"]}, "scopes.1"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "2999-01-01T00:00:00"}, "expiresAt"),
        ({"expiresAt": "0001-01-01T00:00:00+14:00"}, "expiresAt"),
    ],
)
async def test_what_cannot_be_is_told(
    people: People, admin: Viewer, given: dict[str, Any], path: str
) -> None:
    answer = await people.answer(CREATE, {"name": "x", "roles": ["SERVICE"], **given}, admin)
    assert [one["path"] for one in answer["errors"]] == [path]


async def test_a_key_ends_when_it_expires(people: People, admin: Viewer) -> None:
    moment = datetime.now(UTC) + timedelta(hours=1)
    made = await created(people, admin, expiresAt=moment.isoformat())
    assert datetime.fromisoformat(made["apiKey"]["expiresAt"]) == moment
    key = await live(people, made["secret"])
    assert key is not None
    assert key.expires_at == moment
    await people.sql(
        "update public.api_keys set created_at = now() - interval '2 hours', "
        "expires_at = now() - interval '1 hour' where id = $1",
        made["apiKey"]["id"],
    )
    await gone(people, made)


async def test_a_revoked_key_is_good_for_nothing(people: People, admin: Viewer) -> None:
    made = await created(people, admin)
    answer = await people.answer(REVOKE, {"id": made["apiKey"]["id"]}, admin)
    assert answer["apiKey"]["revokedAt"] is not None
    await gone(people, made)
    assert (await people.answer(REVOKE, {"id": made["apiKey"]["id"]}, admin))["path"] == "id"
    assert len(await people.audit("revokeApiKey")) == 1
    shown = await people.answer(KEYS, viewer=admin)
    assert [one["revokedAt"] is not None for one in shown["nodes"]] == [True], "it is still listed"


async def test_a_key_of_a_disabled_user_is_good_for_nothing(
    people: People, maker: User, admin: Viewer
) -> None:
    made = await created(people, admin)
    await people.sql("update public.users set is_active = false where id = $1", maker.id)
    await gone(people, made)


async def gone(people: People, made: Any) -> None:
    assert await live(people, made["secret"]) is None
    assert await live_api_keys(people.services.database, [made["apiKey"]["id"]]) == {}


async def test_another_tenants_key_is_neither_seen_nor_revoked(
    people: People, admin: Viewer, services: Any, schema: Any, database_url: str
) -> None:
    elsewhere = People(services, schema, f"{people.tenant_id}-other", database_url)
    other = elsewhere.viewer(await elsewhere.add([Role.ADMIN]))
    made = await created(people, admin)
    unknown = {"id": "00000000-0000-4000-8000-000000000000"}
    nothing = await elsewhere.answer(REVOKE, unknown, other)
    assert await elsewhere.answer(REVOKE, {"id": made["apiKey"]["id"]}, other) == nothing
    assert (await elsewhere.answer(KEYS, viewer=other)) == {"nodes": [], "totalCount": 0}
    assert await live(people, made["secret"]) is not None


async def test_use_is_noted_to_the_minute(people: People, admin: Viewer) -> None:
    made = await created(people, admin)
    database, ids = people.services.database, [made["apiKey"]["id"]]

    async def last_used() -> Any:
        return (await people.answer(KEYS, viewer=admin))["nodes"][0]["lastUsedAt"]

    assert await last_used() is None
    await note_key_use(database, ids)
    first = await last_used()
    await note_key_use(database, ids)
    assert await last_used() == first is not None
    await people.sql(
        "update public.api_keys set last_used_at = now() - interval '61 seconds' where id = $1",
        ids[0],
    )
    await note_key_use(database, ids)
    assert await last_used() > first
