-- name: account_by_email
-- Whoever signs in by an email, in any tenant, and what the dearest bcrypt hash there is costs;
-- one row, also where there is nobody.
select c.bcrypt_cost, u.id, u.tenant_id, u.email, u.password_hash, u.roles, u.display_name,
       u.is_active, u.must_change_password, u.created_at, u.updated_at
from (select max(h.bcrypt_cost) as bcrypt_cost
      from public.users h where h.bcrypt_cost is not null) c
left join public.users u on u.email_key = lower($1::text);

-- name: lock_account
-- One user of a tenant with the hash of its password, held until the transaction ends.
select u.id, u.tenant_id, u.email, u.password_hash, u.roles, u.display_name, u.is_active,
       u.must_change_password, u.created_at, u.updated_at
from public.users u
where u.tenant_id = $1 and u.id = $2::uuid
for update;

-- name: users_by_ids
-- Users of a tenant by id.
select t.* from public.users t where t.tenant_id = $1 and t.id = any($2::uuid[]);

-- name: insert_user
-- Adds a user; nothing where the email is taken, in whatever tenant.
insert into public.users as t
    (tenant_id, email, password_hash, roles, display_name, must_change_password)
values ($1, $2, $3, $4::text[], $5, $6::boolean)
on conflict do nothing
returning t.*;

-- name: set_password_hash
-- Gives a user of a tenant another password.
update public.users
set password_hash = $3, must_change_password = $4::boolean, updated_at = now()
where tenant_id = $1 and id = $2::uuid;

-- name: renew_password_hash
-- Keeps the same password of a user by a hash of the kind that is made today.
update public.users set password_hash = $4 where tenant_id = $1 and id = $2::uuid
    and password_hash = $3;

-- name: set_user_active
-- Lets a user of a tenant sign in, or no more.
update public.users set is_active = $3::boolean, updated_at = now()
where tenant_id = $1 and id = $2::uuid;

-- name: set_user_roles
-- Makes a user of a tenant something else; sessions and keys go by it from then on.
update public.users set roles = $3::text[], updated_at = now()
where tenant_id = $1 and id = $2::uuid;

-- name: users_of_tenants
-- Every user of one tenant, or of all where none is named; for the operator.
select t.* from public.users t
where $1::text is null or t.tenant_id = $1
order by t.tenant_id, t.email_key;

-- name: is_any_user
-- Whether there is any user in any tenant.
select exists (select from public.users) as is_any;

-- name: login_lock
-- Whether sign-in by an email is locked at present.
select coalesce(a.locked_until > now(), false) as is_locked
from public.login_attempts a
where a.tenant_id = $1 and a.email_hash = $2;

-- name: count_failed_login
-- Counts a failed sign-in with those of the last minutes, in a row that the transaction then holds.
insert into public.login_attempts as a (tenant_id, email_hash, failed_at)
values ($1, $2, array[now()])
on conflict (tenant_id, email_hash) do update
set failed_at = array(select one from unnest(a.failed_at) as one
                      where one > now() - make_interval(mins => $3::int)) || now(),
    updated_at = now()
returning cardinality(a.failed_at) as failures;

-- name: lock_login
-- Locks sign-in by an email for some minutes; counting begins anew afterwards.
update public.login_attempts
set failed_at = array[]::timestamptz[], locked_until = now() + make_interval(mins => $3::int), updated_at = now()
where tenant_id = $1 and email_hash = $2;

-- name: forget_failed_logins
-- Forgets the failures of an email that has signed in, or whose password was set anew.
delete from public.login_attempts where tenant_id = $1 and email_hash = $2;

-- name: forget_old_logins
-- Forgets a few emails that nobody has failed to sign in by for a while, and that are not locked.
delete from public.login_attempts
where tenant_id = $1 and email_hash in (
    select a.email_hash from public.login_attempts a
    where a.tenant_id = $1 and a.updated_at < now() - make_interval(mins => $2::int)
      and coalesce(a.locked_until < now(), true)
    order by a.updated_at
    limit 100
    for update skip locked);

-- name: begin_session
-- Begins a session of a user, for as many minutes as a refresh token lasts.
insert into public.sessions (tenant_id, user_id, roles, ip_address, user_agent, expires_at)
values ($1, $2::uuid, $3::text[], $4, $5, now() + make_interval(mins => $6::int))
returning id, expires_at;

-- name: session_user
-- Whose a session of a tenant is, held until the transaction ends; only one that is not over.
select s.user_id from public.sessions s
where s.tenant_id = $1 and s.id = $2::uuid and s.revoked_at is null and s.expires_at > now()
for update;

-- name: end_session
-- Ends a session of a tenant; nothing where it is over.
update public.sessions set revoked_at = now(), revoked_reason = $3
where tenant_id = $1 and id = $2::uuid and revoked_at is null and expires_at > now()
returning id;

-- name: end_sessions_of_user
-- Ends every session of a user but one, which may be null.
update public.sessions set revoked_at = now(), revoked_reason = $3
where tenant_id = $1 and user_id = $2::uuid and revoked_at is null and expires_at > now()
  and id is distinct from $4::uuid
returning id;

-- name: end_oldest_sessions
-- Ends the oldest sessions of a user, beyond so many that may go on.
update public.sessions set revoked_at = now(), revoked_reason = $3
where tenant_id = $1 and id in (
    select s.id from public.sessions s
    where s.tenant_id = $1 and s.user_id = $2::uuid and s.revoked_at is null
      and s.expires_at > now()
    order by s.created_at desc, s.id desc
    offset $4::int)
returning id;

-- name: forget_ended_sessions
-- Forgets the sessions of a user that were over a month ago; the audit remembers them.
delete from public.sessions
where tenant_id = $1 and user_id = $2::uuid
  and least(expires_at, revoked_at) < now() - interval '30 days';

-- name: live_sessions
-- Sessions of any tenant that are good now, with what their users may do now.
select s.id, s.user_id, s.tenant_id, s.expires_at, u.email, u.roles, u.must_change_password
from public.sessions s
join public.users u on u.tenant_id = s.tenant_id and u.id = s.user_id
where s.id = any($1::uuid[]) and s.revoked_at is null and s.expires_at > now() and u.is_active;

-- name: note_session_use
-- Notes that sessions are in use, at most once a minute each.
update public.sessions set last_active_at = now()
where id = any($1::uuid[]) and revoked_at is null
  and last_active_at < now() - interval '1 minute';

-- name: sessions_by_ids
-- Sessions of a tenant by id.
select t.*, u.email
from public.sessions t join public.users u on u.tenant_id = t.tenant_id and u.id = t.user_id
where t.tenant_id = $1 and t.id = any($2::uuid[]);

-- name: keep_refresh_token
-- Keeps the hash of a refresh token that is given out.
insert into public.refresh_tokens (token_hash, tenant_id, session_id, user_id, expires_at)
values ($1, $2, $3::uuid, $4::uuid, $5::timestamptz);

-- name: tenant_of_refresh_token
-- Which tenant a refresh token belongs to.
select r.tenant_id, u.email
from public.refresh_tokens r
join public.users u on u.tenant_id = r.tenant_id and u.id = r.user_id
where r.token_hash = $1;

-- name: lock_refresh_token
-- A refresh token and its session, held until the transaction ends, so that it is used once.
select r.session_id, r.user_id, r.used_at is not null as is_used,
       r.expires_at <= now() or s.expires_at <= now() as is_expired,
       s.revoked_at is not null as is_ended
from public.refresh_tokens r
join public.sessions s on s.tenant_id = r.tenant_id and s.id = r.session_id
where r.tenant_id = $1 and r.token_hash = $2
for update;

-- name: use_refresh_token
-- Notes that a refresh token has been used.
update public.refresh_tokens set used_at = now() where tenant_id = $1 and token_hash = $2;

-- name: prolong_session
-- Lets a session last as long as the refresh token that is now given out.
update public.sessions
set expires_at = now() + make_interval(mins => $3::int), last_active_at = now()
where tenant_id = $1 and id = $2::uuid
returning expires_at;

-- name: forget_expired_refresh_tokens
-- Forgets the refresh tokens of a session that nobody could use any more.
delete from public.refresh_tokens
where tenant_id = $1 and session_id = $2::uuid and expires_at < now();

-- name: insert_api_key
-- Keeps a new API key by its hash.
insert into public.api_keys as t
    (tenant_id, user_id, name, prefix, key_hash, roles, scopes, expires_at)
values ($1, $2::uuid, $3, $4, $5, $6::text[], $7::text[], $8::timestamptz)
returning t.*;

-- name: revoke_api_key
-- Revokes an API key of a tenant; nothing where it is revoked.
update public.api_keys t set revoked_at = now()
where t.tenant_id = $1 and t.id = $2::uuid and t.revoked_at is null
returning t.*;

-- name: live_api_key_by_hash
-- The API key of a hash, in any tenant, if it is good now; with what its maker may do now.
select k.id, k.tenant_id, k.user_id, k.name, k.prefix, k.key_hash, k.roles, k.scopes,
       k.expires_at, u.roles as maker_roles
from public.api_keys k
join public.users u on u.tenant_id = k.tenant_id and u.id = k.user_id
where k.key_hash = $1 and k.revoked_at is null and coalesce(k.expires_at > now(), true)
  and u.is_active;

-- name: live_api_keys
-- API keys of any tenant by id, those that are good now; with what their makers may do now.
select k.id, k.tenant_id, k.user_id, k.name, k.roles, k.scopes, k.expires_at,
       u.roles as maker_roles
from public.api_keys k
join public.users u on u.tenant_id = k.tenant_id and u.id = k.user_id
where k.id = any($1::uuid[]) and k.revoked_at is null and coalesce(k.expires_at > now(), true)
  and u.is_active;

-- name: note_api_key_use
-- Notes that API keys are in use, at most once a minute each.
update public.api_keys set last_used_at = now()
where id = any($1::uuid[]) and coalesce(last_used_at < now() - interval '1 minute', true);

-- name: auth_page
-- A page of users, sessions or keys: its ranges, one after the other, until the page is full.
select s.* from ({segments}) s limit {limit};

-- name: user_segment
-- One range of a page of users; part of auth_page.
(select t.* from public.users t where {predicate} order by {order_by} limit {limit});

-- name: user_count
-- How many users a tenant has.
select count(*) as total from public.users t where {predicate};

-- name: session_segment
-- One range of a page of sessions; part of auth_page.
(select t.*, u.email
 from public.sessions t join public.users u on u.tenant_id = t.tenant_id and u.id = t.user_id
 where {predicate} order by {order_by} limit {limit});

-- name: session_count
-- How many sessions match.
select count(*) as total from public.sessions t where {predicate};

-- name: api_key_segment
-- One range of a page of API keys; part of auth_page.
(select t.* from public.api_keys t where {predicate} order by {order_by} limit {limit});

-- name: api_key_count
-- How many API keys a tenant has.
select count(*) as total from public.api_keys t where {predicate};
