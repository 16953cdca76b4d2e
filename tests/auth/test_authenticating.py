"""From a request to its viewer: every kind of credential, alone, together, and good no more."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph_api.auth import session_watch
from graph_api.auth.authenticating import Authenticator
from graph_api.auth.cookies import BrowserCookies
from graph_api.auth.models import CLIENT, REFRESH_COOKIE, Client
from graph_api.auth.session_watch import SessionWatch
from graph_api.core.database import Database, StatementLog, statement_log
from graph_api.core.errors import ApiError, ErrorCode
from graph_api.core.permissions import Permission, Role
from graph_api.core.viewer import AuthMethod, Viewer
from graph_api.settings import Settings
from tests.auth.provider import rsa_key, serving_provider
from tests.auth.signed_in import SignedIn, request


@pytest.fixture
def authenticator(database: Database, settings: Settings) -> Authenticator:
    return Authenticator(settings, SessionWatch(database))


@pytest.fixture
async def ann(database: Database, settings: Settings, tenant: str) -> SignedIn:
    """An operator with a session."""
    return await SignedIn.begin(database, settings, tenant, [Role.OPERATOR])


@pytest.fixture
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked a moment ago is asked again."""
    monkeypatch.setattr(session_watch, "INTERVAL_SECONDS", 0.0)


async def refused(
    authenticator: Authenticator, *given: Any, code: ErrorCode = ErrorCode.UNAUTHENTICATED
) -> str:
    with pytest.raises(ApiError) as error:
        await authenticator.viewer_of(*given)
    assert error.value.code is code
    assert error.value.extensions == {"code": code.value}
    return error.value.message


async def test_nothing_is_anonymous_and_may_do_nothing(authenticator: Authenticator) -> None:
    viewer = await authenticator.viewer_of(request())
    assert (viewer.tenant_id, viewer.subject) == ("", "anonymous")
    assert viewer.is_anonymous
    assert viewer.roles == viewer.permissions == frozenset()
    assert not viewer.administers_shared


async def test_with_a_developers_tenant_nothing_is_the_developer(
    database: Database, settings: Settings, ann: SignedIn
) -> None:
    developing = Authenticator(
        settings.model_copy(update={"dev_tenant": "permian"}), SessionWatch(database)
    )
    viewer = await developing.viewer_of(request())
    assert (viewer.tenant_id, viewer.subject) == ("permian", "developer")
    assert viewer.auth_method is AuthMethod.DEVELOPMENT
    assert viewer.administers_shared
    assert viewer.permissions == frozenset(Permission) - {Permission.PUBLIC}
    known = await developing.viewer_of(request(authorization=f"Bearer {ann.token()}"))
    assert known.subject == ann.email, "a credential goes before it"
    await refused(developing, request(authorization="Bearer nonsense"))


async def test_an_access_token_is_its_sessions_user(
    authenticator: Authenticator, ann: SignedIn
) -> None:
    viewer = await authenticator.viewer_of(request(authorization=f"bEARER  {ann.token()} "))
    assert (viewer.tenant_id, viewer.subject, viewer.actor_type) == (
        ann.tenant_id,
        ann.email,
        "user",
    )
    assert (viewer.user_id, viewer.session_id) == (str(ann.user_id), str(ann.session_id))
    assert viewer.auth_method is AuthMethod.PASSWORD
    assert viewer.roles == {Role.OPERATOR}
    assert not viewer.administers_shared
    assert viewer.expires_at is not None
    assert timedelta() < viewer.expires_at - datetime.now(UTC) <= timedelta(minutes=15)


async def test_the_roles_are_those_of_now_not_those_of_the_token(
    authenticator: Authenticator, ann: SignedIn
) -> None:
    token = ann.token(roles=[Role.ADMIN])
    assert (await authenticator.viewer_of(request(authorization=f"Bearer {token}"))).roles == {
        Role.OPERATOR
    }


@pytest.mark.parametrize("changed", [{"tenant_id": "another"}, {"user_id": "another"}], ids=str)
async def test_a_token_that_its_session_contradicts_is_refused(
    authenticator: Authenticator, ann: SignedIn, changed: dict[str, str]
) -> None:
    token = ann.token(**changed)
    assert "not valid" in await refused(authenticator, request(authorization=f"Bearer {token}"))


@pytest.mark.usefixtures("_no_memory")
@pytest.mark.parametrize("by", ["end", "disable"])
async def test_a_revoked_session_is_refused(
    authenticator: Authenticator, ann: SignedIn, by: str
) -> None:
    asking = request(authorization=f"Bearer {ann.token()}")
    await authenticator.viewer_of(asking)
    await getattr(ann, by)()
    assert "expired" in await refused(authenticator, asking)


async def test_a_first_password_is_good_for_changing_it_only(
    authenticator: Authenticator, database: Database, settings: Settings, tenant: str
) -> None:
    new = await SignedIn.begin(database, settings, tenant, [Role.ADMIN], must_change_password=True)
    viewer = await authenticator.viewer_of(request(authorization=f"Bearer {new.token()}"))
    assert viewer.must_change_password
    assert viewer.permissions == {Permission.OWN_SESSIONS}


async def test_the_shared_tenants_administrator_administers_what_is_shared(
    authenticator: Authenticator, database: Database, settings: Settings
) -> None:
    for role, administers in ((Role.ADMIN, True), (Role.COMPLIANCE_OFFICER, False)):
        root = await SignedIn.begin(database, settings, "*", [role])
        viewer = await authenticator.viewer_of(request(authorization=f"Bearer {root.token()}"))
        assert viewer.administers_shared is administers


async def test_an_api_key_is_an_agent_within_its_scopes(
    authenticator: Authenticator, database: Database, settings: Settings, tenant: str
) -> None:
    admin = await SignedIn.begin(database, settings, tenant, [Role.ADMIN])
    key_id, text = await admin.api_key([Role.SERVICE], [Permission.READ_GRAPH])
    for asking in (request(x_api_key=text), request(authorization=f"Bearer {text}")):
        viewer = await authenticator.viewer_of(asking)
        assert (viewer.tenant_id, viewer.subject, viewer.actor_type) == (
            tenant,
            "api-key:loader",
            "agent",
        )
        assert viewer.auth_method is AuthMethod.API_KEY
        assert (viewer.api_key_id, viewer.session_id) == (str(key_id), None)
        assert viewer.permissions == {Permission.READ_GRAPH}
    _, text = await admin.api_key([Role.SERVICE, Role.ANALYST], name="report")
    viewer = await authenticator.viewer_of(request(x_api_key=text))
    assert (viewer.subject, viewer.actor_type) == ("api-key:report", "user")


@pytest.mark.usefixtures("_no_memory")
async def test_a_revoked_expired_or_unknown_key_is_refused(
    authenticator: Authenticator, database: Database, settings: Settings, tenant: str
) -> None:
    admin = await SignedIn.begin(database, settings, tenant, [Role.ADMIN])
    key_id, text = await admin.api_key([Role.SERVICE])
    assert await authenticator.viewer_of(request(x_api_key=text))
    assert "not valid" in await refused(authenticator, request(x_api_key=text[:-1] + "!"))
    await admin.revoke(key_id)
    assert "not valid" in await refused(authenticator, request(x_api_key=text))
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    _, brief = await admin.api_key([Role.SERVICE], expires_at=soon)
    assert await authenticator.viewer_of(request(x_api_key=brief))
    await asyncio.sleep(0.4)
    assert "not valid" in await refused(authenticator, request(x_api_key=brief))


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Basic YW5uOmFubg=="},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": ""},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Bearer \xe9\xfc.\xff.\x00"},
        {"authorization": "Bearer " + "x" * 10_000},
        {"x_api_key": ""},
        {"x_api_key": "gapi_"},
        {"x_api_key": "\xff" * 60},
    ],
    ids=lambda headers: next(iter(headers.values()))[:20],
)
async def test_what_cannot_be_a_credential_is_refused(
    authenticator: Authenticator, headers: dict[str, str]
) -> None:
    await refused(authenticator, request(**headers))


async def test_two_credentials_are_refused_even_if_both_are_good(
    authenticator: Authenticator, database: Database, settings: Settings, tenant: str
) -> None:
    admin = await SignedIn.begin(database, settings, tenant, [Role.ADMIN])
    _, key = await admin.api_key([Role.SERVICE])
    bearer, cookie = f"Bearer {admin.token()}", cookies_of(settings, admin)["cookie"]
    given: list[tuple[Any, ...]] = [
        (request(authorization=bearer, x_api_key=key),),
        (request(authorization=bearer, cookie=cookie),),
        (request(x_api_key=key, cookie=cookie),),
        (request(kind="websocket", cookie=cookie), {"apiKey": key}),
        (request(kind="websocket", authorization=bearer), {"authorization": bearer}),
        (request(kind="websocket"), {"authorization": bearer, "apiKey": key}),
    ]
    for one in given:
        assert "send one credential" in await refused(authenticator, *one)


@pytest.mark.parametrize(
    "payload",
    [
        lambda token, key: {"authorization": f"Bearer {token}"},
        lambda token, key: {"Authorization": f"Bearer {token}", "apiKey": None},
        lambda token, key: {"headers": {"Authorization": f"Bearer {token}"}},
        lambda token, key: {"apiKey": key},
        lambda token, key: {"headers": {"X-API-Key": key}},
    ],
)
async def test_a_websocket_may_say_it_in_its_payload(
    authenticator: Authenticator,
    database: Database,
    settings: Settings,
    tenant: str,
    payload: Any,
) -> None:
    admin = await SignedIn.begin(database, settings, tenant, [Role.ADMIN])
    _, key = await admin.api_key([Role.SERVICE])
    viewer = await authenticator.viewer_of(request(kind="websocket"), payload(admin.token(), key))
    assert viewer.tenant_id == tenant


@pytest.mark.parametrize(
    "payload",
    [
        {"authorization": "nonsense"},
        {"authorization": 7},
        {"apiKey": ["gapi"]},
        {"headers": {"authorization": {}}},
    ],
)
async def test_nonsense_in_the_payload_is_refused(
    authenticator: Authenticator, payload: dict[str, Any]
) -> None:
    await refused(authenticator, request(kind="websocket"), payload)
    assert (await authenticator.viewer_of(request(kind="websocket"), {"headers": 7})).is_anonymous


def cookies_of(settings: Settings, who: SignedIn) -> dict[str, str]:
    """The headers with which a browser sends the sign-in of a session."""
    cookies = BrowserCookies(settings)
    csrf = cookies._csrf_token(str(who.session_id))
    return {
        "cookie": f"{cookies.access_name}={who.token()}; {cookies.csrf_name}={csrf}",
        "x_csrf_token": csrf,
    }


async def test_a_cookie_is_its_sessions_user(
    authenticator: Authenticator, settings: Settings, ann: SignedIn
) -> None:
    headers = cookies_of(settings, ann)
    viewer = await authenticator.viewer_of(request(**headers))
    assert (viewer.subject, viewer.auth_method) == (ann.email, AuthMethod.PASSWORD)
    del headers["x_csrf_token"]
    message = await refused(authenticator, request(**headers), code=ErrorCode.FORBIDDEN)
    assert "X-CSRF-Token" in message
    assert (await authenticator.viewer_of(request("GET", **headers))).subject == ann.email
    socket = await authenticator.viewer_of(request(kind="websocket", **headers), {})
    assert socket.subject == ann.email


@pytest.mark.usefixtures("_no_memory")
async def test_a_cookie_that_is_good_no_more_does_not_prevent_signing_in_again(
    authenticator: Authenticator, settings: Settings, ann: SignedIn
) -> None:
    headers = cookies_of(settings, ann)
    await ann.end()
    assert (await authenticator.viewer_of(request(cookie=headers["cookie"]))).is_anonymous
    await refused(authenticator, request(kind="websocket", **headers), {})


async def test_the_operation_is_told_where_it_came_from(
    authenticator: Authenticator, settings: Settings
) -> None:
    asking = request(user_agent="x" * 900)
    asking.scope["client"] = ("192.0.2.7", 4711)
    told = authenticator.client_of(asking)
    assert told[CLIENT] == Client("192.0.2.7", "x" * 512)
    assert told[REFRESH_COOKIE] is None
    name = BrowserCookies(settings).refresh_name
    assert authenticator.client_of(request(cookie=f"{name}=abc"))[REFRESH_COOKIE] == "abc"


async def test_a_token_of_the_identity_provider(database: Database, settings: Settings) -> None:
    key = rsa_key("one")
    with serving_provider() as provider:
        provider.keys = [key.published]
        trusting = Authenticator(
            provider.settings(data_dir=settings.data_dir), SessionWatch(database)
        )
        viewer = await trusting.viewer_of(request(authorization=f"Bearer {key.sign()}"))
        assert (viewer.tenant_id, viewer.subject) == ("permian", "ann@example.com")
        assert viewer.auth_method is AuthMethod.EXTERNAL
        assert viewer.roles == {Role.ANALYST}
        assert viewer.expires_at is not None
        admin = key.sign(tenant="permian", roles=["admin"])
        viewer = await trusting.viewer_of(request(authorization=f"Bearer {admin}"))
        assert not viewer.administers_shared
    untrusting = Authenticator(settings, SessionWatch(database))
    assert "not valid" in await refused(untrusting, request(authorization=f"Bearer {key.sign()}"))


async def test_many_requests_at_once_ask_the_database_once(
    authenticator: Authenticator, database: Database, settings: Settings, tenant: str
) -> None:
    admin = await SignedIn.begin(database, settings, tenant, [Role.ADMIN])
    _, key = await admin.api_key([Role.SERVICE])
    for asking in (request(authorization=f"Bearer {admin.token()}"), request(x_api_key=key)):
        log = StatementLog()
        reset = statement_log.set(log)
        try:
            viewers: list[Viewer] = await asyncio.gather(
                *(authenticator.viewer_of(asking) for _ in range(50))
            )
            viewers.append(await authenticator.viewer_of(asking))
        finally:
            statement_log.reset(reset)
        assert len({one.subject for one in viewers}) == 1
        assert log.count == 1, log.names
