"""The root fields that sign in and out, and that make and revoke keys."""

from graph_api.auth.inputs import (
    ChangePasswordInput,
    CreateApiKeyInput,
    LoginInput,
    RefreshInput,
    RevokeApiKeyInput,
    RevokeSessionInput,
)
from graph_api.auth.mutations.keys import create_api_key, revoke_api_key
from graph_api.auth.mutations.sessions import (
    change_password,
    log_out,
    log_out_everywhere,
    revoke_session,
)
from graph_api.auth.mutations.signing_in import log_in, refresh_session
from graph_api.auth.types import RefreshRejected, value_payload, with_tokens
from graph_api.core.api.mutating import add_mutation
from graph_api.core.api.pricing import FieldCost
from graph_api.core.api.schema import SchemaParts
from graph_api.core.permissions import Permission

# a password is hashed slowly on purpose, and who guesses must not guess a document full at a time
_DEAR = FieldCost(weight=100)


def add_auth_mutations(parts: SchemaParts) -> None:
    """Add every mutation of sign-in."""
    _add_signing_in(parts)
    _add_sessions(parts)
    _add_keys(parts)


def _add_signing_in(parts: SchemaParts) -> None:
    add_mutation(
        parts.mutation,
        "login",
        "Sign in by email and password, which begins a session. Whatever is wrong, the answer is "
        "the same: an unknown email, a wrong password, a disabled user, too many failures.",
        LoginInput,
        with_tokens("LoginPayload", "A session has begun.", parts),
        log_in,
        permission=Permission.PUBLIC,
        cost=_DEAR,
        input_description="Who signs in.",
    )
    add_mutation(
        parts.mutation,
        "refresh",
        "Let a session go on: gives a new access token, and a new refresh token for the one that "
        "was presented, which is good for nothing from then on. Presented again, it ends the "
        "session.",
        RefreshInput,
        with_tokens("RefreshPayload", "The session goes on.", parts),
        refresh_session,
        permission=Permission.PUBLIC,
        cost=_DEAR,
        input_description="What the session goes on by.",
        also=RefreshRejected,
    )


def _add_sessions(parts: SchemaParts) -> None:
    ended = {"ended_sessions": (int, "How many sessions have ended.")}
    user = {"user": (parts.records["User"], "The user as it now is.")}
    session = {"session": (parts.records["UserSession"], "The session as it now is.")}
    add_mutation(
        parts.mutation,
        "logout",
        "Sign out: ends the session that asks.",
        None,
        value_payload("LogoutPayload", "The session has ended.", ended),
        log_out,
        permission=Permission.OWN_SESSIONS,
    )
    add_mutation(
        parts.mutation,
        "logout_everywhere",
        "Sign out of every session of the user.",
        None,
        value_payload("LogoutEverywherePayload", "The sessions have ended.", ended),
        log_out_everywhere,
        permission=Permission.OWN_SESSIONS,
    )
    add_mutation(
        parts.mutation,
        "change_password",
        "Change one's own password, which ends the user's other sessions.",
        ChangePasswordInput,
        value_payload("ChangePasswordPayload", "The password has changed.", {**user, **ended}),
        change_password,
        permission=Permission.OWN_SESSIONS,
        cost=_DEAR,
        input_description="The old password and the new one.",
    )
    add_mutation(
        parts.mutation,
        "revoke_session",
        "End one of one's own sessions; or, for who manages users, any of the tenant's.",
        RevokeSessionInput,
        value_payload("RevokeSessionPayload", "The session has ended.", session),
        revoke_session,
        permission=Permission.OWN_SESSIONS,
        input_description="Which session.",
    )


def _add_keys(parts: SchemaParts) -> None:
    key = {"api_key": (parts.records["ApiKey"], "The key as it now is, without its secret.")}
    secret = {"secret": (str, "The key itself: it is shown this once, and nobody can ask again.")}
    add_mutation(
        parts.mutation,
        "create_api_key",
        "Make a key for a program, which may do no more than its maker.",
        CreateApiKeyInput,
        value_payload("CreateApiKeyPayload", "A key was made.", {**key, **secret}),
        create_api_key,
        permission=Permission.MANAGE_API_KEYS,
        input_description="What the key is for, and what it may do.",
    )
    add_mutation(
        parts.mutation,
        "revoke_api_key",
        "Revoke a key of the tenant, for good.",
        RevokeApiKeyInput,
        value_payload("RevokeApiKeyPayload", "The key is good for nothing any more.", key),
        revoke_api_key,
        permission=Permission.MANAGE_API_KEYS,
        input_description="Which key.",
    )
