-- Versioned rules. What a version says never changes; only its status and its end do, and both
-- leave a dated trace, so that what was known at any moment can be told.

create table public.rule_versions (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    rule_type text not null check (rule_type in ('statewide', 'field_specific', 'notice')),
    rule_domain text not null
        check (rule_domain in ('spacing', 'density', 'flaring', 'reporting', 'environmental')),
    rule_identifier text not null,
    version integer not null check (version >= 1),
    effective_date date not null,
    superseded_date date,
    source text not null
        check (source in ('rrc_ingestion', 'rule_monitor_agent', 'manual', 'docket_hearing')),
    source_reference text,
    rule_data jsonb not null check (jsonb_typeof(rule_data) = 'object'),
    graph_node_id text,
    change_summary text,
    detected_at timestamptz not null default clock_timestamp(),
    detected_by text,
    status text not null default 'draft'
        check (status in ('draft', 'pending_review', 'active', 'superseded')),
    unique (tenant_id, rule_identifier, version),
    unique (tenant_id, id),
    -- an interval is neither empty nor open where it has ended
    check (superseded_date > effective_date),
    check ((status = 'superseded') = (superseded_date is not null))
);

create index idx_rule_versions_active
    on public.rule_versions (tenant_id, rule_identifier, status) where status = 'active';
create index idx_rule_versions_domain on public.rule_versions (tenant_id, rule_domain);
create unique index idx_rule_versions_timeline
    on public.rule_versions (tenant_id, rule_identifier, effective_date)
    where status in ('active', 'superseded');
create index idx_rule_versions_regulation on public.rule_versions
    (tenant_id, coalesce(graph_node_id, split_part(rule_identifier, '.', 1)));

-- The life of a version, as data: the store asks it, and the trigger holds everybody to it.
create table public.rule_status_transitions (
    from_status text not null,
    to_status text not null,
    primary key (from_status, to_status)
);

insert into public.rule_status_transitions values
    ('draft', 'pending_review'),
    ('pending_review', 'active'),
    ('pending_review', 'draft'),
    ('active', 'superseded');

-- When a version came to each status, and who brought it there.
create table public.rule_status_changes (
    id bigint generated always as identity primary key,
    tenant_id text not null,
    rule_version_id uuid not null,
    status text not null,
    reason text,
    recorded_at timestamptz not null,
    actor text not null,
    foreign key (tenant_id, rule_version_id) references public.rule_versions (tenant_id, id)
);

create index rule_status_changes_version
    on public.rule_status_changes (rule_version_id, recorded_at, id);

-- When it became known that a version ends, and where: the end may move when a version is
-- inserted before the one that had ended it.
create table public.rule_supersessions (
    id bigint generated always as identity primary key,
    tenant_id text not null,
    rule_version_id uuid not null,
    superseded_by uuid not null,
    superseded_date date not null,
    recorded_at timestamptz not null,
    actor text not null,
    foreign key (tenant_id, rule_version_id) references public.rule_versions (tenant_id, id),
    foreign key (tenant_id, superseded_by) references public.rule_versions (tenant_id, id)
);

create index rule_supersessions_version
    on public.rule_supersessions (rule_version_id, recorded_at, id);

create function public.guard_rule_version() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.status <> 'draft' then
            raise exception 'a rule version begins as a draft, not as %', new.status
                using errcode = 'restrict_violation';
        end if;
        return new;
    end if;
    if to_jsonb(new) - 'status' - 'superseded_date'
            is distinct from to_jsonb(old) - 'status' - 'superseded_date' then
        raise exception 'a rule version is immutable: write a new version of %', old.rule_identifier
            using errcode = 'restrict_violation';
    end if;
    if new.status <> old.status and not exists (
            select from public.rule_status_transitions
            where from_status = old.status and to_status = new.status) then
        raise exception 'a rule version does not go from % to %', old.status, new.status
            using errcode = 'restrict_violation';
    end if;
    -- an end, once known, moves only to an earlier day: when a version is inserted before it
    if old.superseded_date is not null
            and (new.superseded_date is null or new.superseded_date > old.superseded_date) then
        raise exception 'the end of a rule version moves only to an earlier day'
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger guard_rule_version before insert or update on public.rule_versions
    for each row execute function public.guard_rule_version();
create trigger no_delete_rule_version before delete on public.rule_versions
    for each row execute function public.refuse_change();
create trigger no_truncate_rule_version before truncate on public.rule_versions
    for each statement execute function public.refuse_change();
create trigger no_change_rule_status before update or delete on public.rule_status_changes
    for each row execute function public.refuse_change();
create trigger no_truncate_rule_status before truncate on public.rule_status_changes
    for each statement execute function public.refuse_change();
create trigger no_change_rule_supersession before update or delete on public.rule_supersessions
    for each row execute function public.refuse_change();
create trigger no_truncate_rule_supersession before truncate on public.rule_supersessions
    for each statement execute function public.refuse_change();

-- Looked at when a transaction commits: from the first effective date of a rule on, every day has
-- exactly one version in force.
create function public.check_rule_timeline() returns trigger language plpgsql as $$
begin
    -- the lock that writers take first: two transactions do not look past each other
    perform pg_advisory_xact_lock(
        hashtextextended('rule ' || new.tenant_id || ' ' || new.rule_identifier, 0));
    if exists (
            select from (
                select v.superseded_date,
                       lead(v.effective_date) over (order by v.effective_date) as next_date
                from public.rule_versions v
                where v.tenant_id = new.tenant_id and v.rule_identifier = new.rule_identifier
                  and v.status in ('active', 'superseded')) chain
            where superseded_date is distinct from next_date) then
        raise exception 'the versions of % would leave days with none or two in force',
            new.rule_identifier using errcode = 'restrict_violation';
    end if;
    return null;
end
$$;

create constraint trigger check_rule_timeline after insert or update on public.rule_versions
    deferrable initially deferred
    for each row execute function public.check_rule_timeline();

-- The versions as they were known at a moment: those recorded by then, with the status and the end
-- that they then had.
create function public.rule_versions_known(known_at timestamptz)
returns table (
    id uuid, tenant_id text, rule_type text, rule_domain text, rule_identifier text,
    version integer, effective_date date, superseded_date date, source text,
    source_reference text, rule_data jsonb, graph_node_id text, change_summary text,
    detected_at timestamptz, detected_by text, status text, changed_at timestamptz,
    superseded_by uuid)
language sql stable as $$
    select v.id, v.tenant_id, v.rule_type, v.rule_domain, v.rule_identifier, v.version,
           v.effective_date, ended.superseded_date, v.source, v.source_reference, v.rule_data,
           v.graph_node_id, v.change_summary, v.detected_at, v.detected_by, came.status,
           greatest(came.recorded_at, ended.recorded_at), ended.superseded_by
    from public.rule_versions v
    join lateral (
        select c.status, c.recorded_at from public.rule_status_changes c
        where c.rule_version_id = v.id and c.recorded_at <= known_at
        order by c.recorded_at desc, c.id desc limit 1) came on true
    left join lateral (
        select s.superseded_date, s.superseded_by, s.recorded_at from public.rule_supersessions s
        where s.rule_version_id = v.id and s.recorded_at <= known_at
        order by s.recorded_at desc, s.id desc limit 1) ended on true
$$;
