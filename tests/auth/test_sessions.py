"""One's own account, the sessions that one has, and how they end."""

from typing import Any

import pytest

from graph_api.auth.models import SessionEnd, SignedOut
from graph_api.auth.store import live_sessions, note_session_use
from graph_api.core.permissions import Role
from graph_api.core.resources import resource_directory
from graph_api.core.viewer import AuthMethod, Viewer
from tests.auth.people import PASSWORD, People

NEW = "another horse another battery"
ME = """{ me { subject tenant roles permissions authMethod mustChangePassword
  user { email isActive } session { isCurrent revokedReason } } }"""
SESSIONS = """query ($input: Boolean) { sessions(all: $input) {
  nodes { id email isCurrent revokedReason } totalCount } }"""
LOGOUT = (
    "mutation { logout { ... on LogoutPayload { endedSessions } ... on Forbidden { message } } }"
)
EVERYWHERE = """mutation { logoutEverywhere { ... on LogoutEverywherePayload { endedSessions }
  ... on Forbidden { message } } }"""
CHANGE = """mutation ($input: ChangePasswordInput!) { changePassword(input: $input) {
  __typename
  ... on ChangePasswordPayload { endedSessions user { mustChangePassword } }
  ... on ValidationError { errors { path message } } ... on Forbidden { message } } }"""
REVOKE = """mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) {
  __typename ... on RevokeSessionPayload { session { id revokedReason } }
  ... on NotFound { path message } } }"""


async def reasons(people: People, user: Any) -> list[str | None]:
    return [one["revoked_reason"] for one in await people.sessions_of(user)]


async def test_who_asks_is_told_who_it_is(people: People) -> None:
    user = await people.add([Role.VIEWER])
    me = await people.answer(ME, viewer=await people.signed_in(user))
    assert me == {
        "subject": user.email,
        "tenant": people.tenant_id,
        "roles": ["VIEWER"],
        "permissions": ["READ_GRAPH", "OWN_SESSIONS", "READ_RULES", "INTROSPECT"],
        "authMethod": "PASSWORD",
        "mustChangePassword": False,
        "user": {"email": user.email, "isActive": True},
        "session": {"isCurrent": True, "revokedReason": None},
    }


async def test_who_has_no_account_here_is_told_so(people: People) -> None:
    outside = Viewer(
        people.tenant_id,
        "someone@idp",
        roles=frozenset({Role.ADMIN}),
        auth_method=AuthMethod.EXTERNAL,
        user_id="auth0|no-uuid",
    )
    me = await people.answer(ME, viewer=outside)
    assert (me["user"], me["session"], me["authMethod"]) == (None, None, "EXTERNAL")
    body = await people.ask(SESSIONS, viewer=outside)
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "began with a password" in (await people.answer(LOGOUT, viewer=outside))["message"]


async def test_nobody_is_told_to_sign_in(people: People) -> None:
    for query in (ME, LOGOUT, "{ users { totalCount } }", "{ apiKeys { totalCount } }"):
        body = await people.ask(query)
        assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_one_sees_ones_own_sessions_that_go_on(people: People) -> None:
    ann, bob = await people.add(), await people.add()
    first = await people.signed_in(ann)
    second = await people.signed_in(ann)
    await people.signed_in(bob)
    shown = await people.answer(SESSIONS, viewer=second)
    assert [(one["id"], one["isCurrent"]) for one in shown["nodes"]] == [
        (second.session_id, True),
        (first.session_id, False),
    ]
    await people.answer(LOGOUT, viewer=first)
    shown = await people.answer(SESSIONS, viewer=second)
    assert (shown["totalCount"], [one["email"] for one in shown["nodes"]]) == (1, [ann.email])


async def test_who_manages_users_sees_everybodys_in_the_tenant(
    people: People, services: Any, schema: Any, database_url: str
) -> None:
    boss, bob = await people.add([Role.ADMIN]), await people.add()
    viewer, other = await people.signed_in(boss), await people.signed_in(bob)
    elsewhere = People(services, schema, f"{people.tenant_id}-other", database_url)
    await elsewhere.signed_in(await elsewhere.add())
    shown = await people.answer(SESSIONS, True, viewer)
    assert [one["email"] for one in shown["nodes"]] == [bob.email, boss.email]
    assert shown["totalCount"] == 2
    body = await people.ask(SESSIONS, True, other)
    assert body["errors"][0]["extensions"]["permission"] == "users:manage"


async def test_lists_are_paged(people: People) -> None:
    user = await people.add([Role.ADMIN])
    for _ in range(4):
        viewer = await people.signed_in(user)
    query = """query { a: sessions(first: 3) { nodes { id } pageInfo { endCursor hasNextPage } }
      b: sessions(last: 2) { nodes { id } } }"""
    body = await people.ask(query, viewer=viewer)
    expected = [str(one["id"]) for one in await people.sessions_of(user)][::-1]
    page = body["data"]["a"]
    assert [one["id"] for one in page["nodes"]] == expected[:3]
    assert page["pageInfo"]["hasNextPage"]
    assert [one["id"] for one in body["data"]["b"]["nodes"]] == expected[2:]
    query = (
        f'{{ sessions(first: 3, after: "{page["pageInfo"]["endCursor"]}") {{ nodes {{ id }} }} }}'
    )
    rest = await people.answer(query, viewer=viewer)
    assert [one["id"] for one in rest["nodes"]] == expected[3:]
    users = await people.answer("{ users { nodes { email roles } totalCount } }", viewer=viewer)
    assert users == {"nodes": [{"email": user.email, "roles": ["ADMIN"]}], "totalCount": 1}


async def test_only_who_manages_users_sees_them(people: People) -> None:
    viewer = await people.signed_in(await people.add([Role.COMPLIANCE_OFFICER]))
    body = await people.ask("{ users { nodes { email } } }", viewer=viewer)
    assert body["errors"][0]["extensions"]["permission"] == "users:manage"


async def test_signing_out_ends_the_session_that_asks(people: People) -> None:
    user = await people.add()
    first, second = await people.signed_in(user), await people.signed_in(user)
    assert await people.answer(LOGOUT, viewer=second) == {"endedSessions": 1}
    assert people.sign_in == SignedOut()
    assert await reasons(people, user) == [None, "logout"]
    ids = [first.session_id or "", second.session_id or ""]
    assert list(await live_sessions(people.services.database, ids)) == [first.session_id]
    assert await people.answer(LOGOUT, viewer=second) == {"endedSessions": 0}
    assert len(await people.audit("logout")) == 1


async def test_signing_out_everywhere_ends_every_session_of_the_user(people: People) -> None:
    user, other = await people.add(), await people.add()
    for _ in range(2):
        viewer = await people.signed_in(user)
    await people.signed_in(other)
    assert await people.answer(EVERYWHERE, viewer=viewer) == {"endedSessions": 2}
    assert people.sign_in == SignedOut()
    assert await reasons(people, user) == ["logout_everywhere"] * 2
    assert await reasons(people, other) == [None]


async def test_a_key_has_no_session_to_end(people: People) -> None:
    viewer = people.viewer(await people.add())
    for query in (LOGOUT, EVERYWHERE):
        assert "began with a password" in (await people.answer(query, viewer=viewer))["message"]
    given = {"currentPassword": PASSWORD, "newPassword": NEW}
    assert (await people.answer(CHANGE, given, viewer))["__typename"] == "Forbidden"


async def test_a_password_is_changed_and_other_sessions_end(people: People) -> None:
    user = await people.add(is_for_one_use=True)
    await people.signed_in(user)
    viewer = await people.signed_in(user)
    must = Viewer(
        viewer.tenant_id,
        viewer.subject,
        roles=viewer.roles,
        auth_method=AuthMethod.PASSWORD,
        user_id=viewer.user_id,
        session_id=viewer.session_id,
        must_change_password=True,
    )
    given = {"currentPassword": PASSWORD, "newPassword": NEW}
    assert await people.answer(CHANGE, given, must) == {
        "__typename": "ChangePasswordPayload",
        "endedSessions": 1,
        "user": {"mustChangePassword": False},
    }
    assert await reasons(people, user) == ["password_changed", None]
    assert (await people.login(user.email))["__typename"] == "Forbidden"
    assert (await people.login(user.email, NEW))["mustChangePassword"] is False
    (entry,) = await people.audit("changePassword")
    assert PASSWORD not in entry
    assert NEW not in entry


@pytest.mark.parametrize(
    ("current", "new", "path"),
    [
        ("not the password", NEW, "currentPassword"),
        (PASSWORD, "too short", "newPassword"),
        (PASSWORD, PASSWORD, "newPassword"),
    ],
)
async def test_a_password_that_will_not_do_changes_nothing(
    people: People, current: str, new: str, path: str
) -> None:
    user = await people.add()
    await people.signed_in(user)
    viewer = await people.signed_in(user)
    given = {"currentPassword": current, "newPassword": new}
    answer = await people.answer(CHANGE, given, viewer)
    assert [one["path"] for one in answer["errors"]] == [path]
    assert new not in str(answer)
    assert (await people.login(user.email))["__typename"] == "LoginPayload"
    assert await reasons(people, user) == [None] * 3


async def test_a_stolen_session_cannot_guess_the_password(people: People) -> None:
    strict = people.with_settings(lockout_threshold=2)
    user = await people.add()
    viewer = await people.signed_in(user)
    for current in ("first guess", "second guess", PASSWORD):
        given = {"currentPassword": current, "newPassword": NEW}
        answer = await strict.answer(CHANGE, given, viewer)
        assert answer["errors"][0]["path"] == "currentPassword"
    assert (await people.login(user.email, NEW))["__typename"] == "Forbidden"


async def test_one_ends_ones_own_sessions_one_by_one(people: People) -> None:
    user = await people.add([Role.VIEWER])
    first, second = await people.signed_in(user), await people.signed_in(user)
    answer = await people.answer(REVOKE, {"id": first.session_id}, second)
    assert answer["session"] == {"id": first.session_id, "revokedReason": "REVOKED"}
    assert people.sign_in is None
    answer = await people.answer(REVOKE, {"id": first.session_id}, second)
    assert answer["__typename"] == "NotFound", "it is over"
    await people.answer(REVOKE, {"id": second.session_id}, second)
    assert people.sign_in == SignedOut()
    assert len(await people.audit("revokeSession")) == 2


async def test_others_sessions_are_for_who_manages_users(
    people: People, services: Any, schema: Any, database_url: str
) -> None:
    """And to anybody else they are not told from sessions that there never were."""
    elsewhere = People(services, schema, f"{people.tenant_id}-other", database_url)
    user, boss = await people.add([Role.COMPLIANCE_OFFICER]), await people.add([Role.ADMIN])
    stranger = await elsewhere.add([Role.ADMIN])
    session = await people.signed_in(user)
    there = await elsewhere.signed_in(stranger)
    colleague = await people.signed_in(await people.add([Role.COMPLIANCE_OFFICER]))
    nothing = await people.answer(REVOKE, {"id": "00000000-0000-4000-8000-000000000000"}, colleague)
    assert nothing["__typename"] == "NotFound"
    assert await people.answer(REVOKE, {"id": session.session_id}, colleague) == nothing
    assert await people.answer(REVOKE, {"id": session.session_id}, there) == nothing
    admin = people.viewer(boss)
    assert await people.answer(REVOKE, {"id": there.session_id}, admin) == nothing
    assert await reasons(people, user) == [None]
    assert await reasons(people, stranger) == [None]
    answer = await people.answer(REVOKE, {"id": session.session_id}, admin)
    assert answer["session"]["revokedReason"] == "REVOKED"
    (entry,) = await people.audit("revokeSession")
    assert boss.email in entry


async def test_live_sessions_are_those_that_go_on(people: People) -> None:
    user = await people.add([Role.AUDITOR])
    viewer = await people.signed_in(user)
    database, session_id = people.services.database, viewer.session_id or ""
    ids = [session_id, "no uuid", "00000000-0000-4000-8000-000000000000"]
    (live,) = (await live_sessions(database, ids)).values()
    assert (live.session_id, live.user_id) == (session_id, str(user.id))
    assert (live.tenant_id, live.email) == (people.tenant_id, user.email)
    assert (live.roles, live.must_change_password) == (frozenset({Role.AUDITOR}), False)
    await people.sql("update public.users set is_active = false where id = $1", user.id)
    assert await live_sessions(database, ids) == {}
    await people.sql("update public.users set is_active = true where id = $1", user.id)
    assert await live_sessions(database, ids)
    await people.sql(
        "update public.sessions set created_at = now() - interval '2 hours', "
        "last_active_at = now() - interval '2 hours', expires_at = now() - interval '1 hour' "
        "where id = $1",
        live.session_id,
    )
    assert await live_sessions(database, ids) == {}


async def test_use_is_noted_to_the_minute(people: People) -> None:
    user = await people.add()
    viewer = await people.signed_in(user)
    database, ids = people.services.database, [viewer.session_id or "", "no uuid"]
    (before,) = await people.sessions_of(user)
    await note_session_use(database, ids)
    (same,) = await people.sessions_of(user)
    assert same["last_active_at"] == before["last_active_at"]
    await people.sql(
        "update public.sessions set created_at = now() - interval '1 hour', "
        "last_active_at = now() - interval '2 minutes' where user_id = $1",
        user.id,
    )
    await note_session_use(database, ids)
    (after,) = await people.sessions_of(user)
    assert after["last_active_at"] > before["last_active_at"]


async def test_sessions_of_long_ago_are_forgotten(people: People) -> None:
    user = await people.add()
    await people.signed_in(user)
    await people.sql(
        "update public.sessions set created_at = now() - interval '60 days', "
        "last_active_at = now() - interval '60 days', expires_at = now() - interval '31 days' "
        "where user_id = $1",
        user.id,
    )
    await people.signed_in(user)
    assert len(await people.sessions_of(user)) == 1


def test_every_end_is_one_that_the_database_knows() -> None:
    text = (resource_directory("sql") / "migrations" / "0011_auth.sql").read_text("utf-8")
    assert [one for one in SessionEnd if f"'{one.value.lower()}'" not in text] == []
    assert [one for one in Role if text.count(f"'{one.value}'") < 2] == []
