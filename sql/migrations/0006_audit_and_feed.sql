-- What every write leaves behind, in its own transaction: audit entries, and the change feed.

create function public.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: rows are neither changed nor removed', tg_table_name
        using errcode = 'restrict_violation';
end
$$;

-- One row per tenant: where its feed and its audit chain stand. A writer takes it last and keeps
-- it until it commits, so numbers are in commit order and writers of other tenants do not wait.
create table public.tenant_journals (
    tenant_id text primary key,
    last_sequence bigint not null default 0,
    -- changes before this one have been removed by retention
    first_sequence bigint not null default 1,
    audit_count bigint not null default 0,
    audit_signature text not null default ''
);

create table public.audit_logs (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    -- the place in the tenant's chain, from 1 without gaps
    chain_number bigint not null,
    event_type text not null,
    event_data jsonb not null,
    -- the payload as it was signed: JSON in the canonical form of RFC 8785
    canonical_payload text not null,
    actor_id text,
    actor_type text not null default 'system' check (actor_type in ('system', 'user', 'agent')),
    entity_ids text[] not null default '{}',
    created_at timestamptz not null,
    previous_signature text not null,
    signature text not null,
    key_id text not null,
    unique (tenant_id, chain_number)
);

create index audit_logs_entity on public.audit_logs using gin (entity_ids);

create trigger no_update_audit before update on public.audit_logs
    for each row execute function public.refuse_change();
create trigger no_delete_audit before delete on public.audit_logs
    for each row execute function public.refuse_change();
create trigger no_truncate_audit before truncate on public.audit_logs
    for each statement execute function public.refuse_change();

create table public.change_log (
    tenant_id text not null,
    -- the cursor: without gaps, in commit order
    sequence bigint not null,
    kind text not null,
    subject_id text not null,
    entity_type text,
    entity_id text,
    domain text,
    before jsonb,
    after jsonb,
    cause text not null check (cause in ('mutation', 'assessment', 'import')),
    actor text not null,
    rule_version_id uuid,
    occurred_at timestamptz not null,
    primary key (tenant_id, sequence)
);

create trigger no_update_change before update on public.change_log
    for each row execute function public.refuse_change();
