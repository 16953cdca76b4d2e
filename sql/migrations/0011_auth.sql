-- Who may sign in, what they are signed in by, and the keys that programs use.

create table public.users (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null check (tenant_id <> ''),
    -- ASCII, so that the database and the service agree on what differs in case only
    email varchar(255) not null check (email ~ '^[!-?A-~]+@[!-?A-~]+$'),
    password_hash text not null check (password_hash ~ '^\$(argon2id|2[aby])\$'),
    roles text[] not null default array['operator']
        check (cardinality(roles) > 0 and roles <@ array['viewer', 'analyst', 'operator',
            'compliance_officer', 'admin', 'auditor', 'service']),
    display_name varchar(200),
    is_active boolean not null default true,
    must_change_password boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- of what row-level security does not trust, such as lower(), it uses no index: these two do
    -- for what sign-in asks
    email_key text not null generated always as (lower(email)) stored,
    bcrypt_cost integer generated always as (
        case when password_hash like '$2%' then substr(password_hash, 5, 2)::integer end) stored,
    unique (tenant_id, id)
);

-- in all tenants: who signs in says an email, and no tenant
create unique index idx_users_email_lower on public.users (lower(email));
create index users_created on public.users (tenant_id, created_at desc, id desc);
create index users_email_key on public.users (email_key);
create index users_bcrypt_cost on public.users (bcrypt_cost) where bcrypt_cost is not null;

create table public.sessions (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    user_id uuid not null,
    -- as they were at sign-in; what the session may do follows from the user's roles of today
    roles text[] not null,
    ip_address text not null default '' check (length(ip_address) <= 64),
    user_agent text not null default '' check (length(user_agent) <= 512),
    created_at timestamptz not null default now(),
    last_active_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_reason text check (revoked_reason in ('logout', 'logout_everywhere', 'revoked',
        'superseded', 'refresh_reused', 'password_changed', 'user_disabled')),
    unique (tenant_id, id),
    foreign key (tenant_id, user_id) references public.users (tenant_id, id) on delete cascade,
    check (expires_at > created_at),
    check (last_active_at >= created_at),
    check ((revoked_at is null) = (revoked_reason is null))
);

create index sessions_user on public.sessions (tenant_id, user_id, created_at desc, id desc);
create index sessions_created on public.sessions (tenant_id, created_at desc, id desc);

create table public.refresh_tokens (
    token_hash text primary key check (token_hash ~ '^[0-9a-f]{64}$'),
    tenant_id text not null,
    session_id uuid not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    foreign key (tenant_id, session_id)
        references public.sessions (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references public.users (tenant_id, id) on delete cascade,
    check (expires_at > created_at),
    check (used_at >= created_at)
);

create index refresh_tokens_session on public.refresh_tokens (tenant_id, session_id);
create index refresh_tokens_user on public.refresh_tokens (tenant_id, user_id);

create table public.api_keys (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    user_id uuid not null,
    name varchar(200) not null check (name <> ''),
    prefix text not null check (prefix ~ '^[A-Za-z0-9_-]{8}$'),
    key_hash text not null unique check (key_hash ~ '^[0-9a-f]{64}$'),
    roles text[] not null
        check (cardinality(roles) > 0 and roles <@ array['viewer', 'analyst', 'operator',
            'compliance_officer', 'admin', 'auditor', 'service']),
    scopes text[],
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    unique (tenant_id, id),
    foreign key (tenant_id, user_id) references public.users (tenant_id, id) on delete cascade,
    check (expires_at > created_at)
);

create index api_keys_created on public.api_keys (tenant_id, created_at desc, id desc);
create index api_keys_user on public.api_keys (tenant_id, user_id);

-- Failed sign-ins, by a hash of the email: one that nobody has counts as any other does.
create table public.login_attempts (
    tenant_id text not null,
    email_hash text not null check (email_hash ~ '^[0-9a-f]{64}$'),
    failed_at timestamptz[] not null,
    locked_until timestamptz,
    updated_at timestamptz not null default now(),
    primary key (tenant_id, email_hash)
);

create index login_attempts_updated on public.login_attempts (tenant_id, updated_at);

select graph_admin.protect_tenant_table('public.users');
select graph_admin.protect_tenant_table('public.sessions');
select graph_admin.protect_tenant_table('public.refresh_tokens');
select graph_admin.protect_tenant_table('public.api_keys');
select graph_admin.protect_tenant_table('public.login_attempts');
