-- Filing checklists: templates, the work on each filing, what is attached to it, the rules it was
-- begun under, and the alerts that one of them has changed.

create table public.checklist_templates (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    compliance_domain text not null check (compliance_domain in
        ('rule_37', 'rule_32', 'form_pr', 'flaring_monitor', 'epa_oooo')),
    version integer not null default 1 check (version >= 1),
    items jsonb not null check (jsonb_typeof(items) = 'array'),
    min_required_items jsonb not null default '[]' check (jsonb_typeof(min_required_items) = 'array'),
    created_by text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, compliance_domain, version)
);

create trigger no_update_checklist_template before update or delete on public.checklist_templates
    for each row execute function public.refuse_change();
create trigger no_truncate_checklist_template before truncate on public.checklist_templates
    for each statement execute function public.refuse_change();

-- The life of a checklist, as data: the store asks it, and the trigger holds everybody to it.
create table public.checklist_status_transitions (
    from_status text not null,
    to_status text not null,
    primary key (from_status, to_status)
);

insert into public.checklist_status_transitions values
    ('draft', 'in_progress'),
    ('draft', 'ready_for_review'),
    ('draft', 'exception'),
    ('in_progress', 'ready_for_review'),
    ('in_progress', 'exception'),
    ('ready_for_review', 'in_progress'),
    ('ready_for_review', 'in_review'),
    ('ready_for_review', 'exception'),
    ('in_review', 'approved'),
    ('in_review', 'rejected'),
    ('in_review', 'exception'),
    ('approved', 'filed'),
    ('approved', 'rejected'),
    ('approved', 'exception'),
    ('rejected', 'in_progress'),
    ('rejected', 'ready_for_review'),
    ('rejected', 'exception'),
    ('exception', 'in_progress'),
    ('exception', 'ready_for_review');

create table public.filing_checklists (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    entity_id text not null,
    entity_type text not null,
    entity_name text,
    compliance_domain text not null check (compliance_domain in
        ('rule_37', 'rule_32', 'form_pr', 'flaring_monitor', 'epa_oooo')),
    template_id uuid not null references public.checklist_templates (id),
    template_version integer not null,
    status text not null default 'draft' check (status in ('draft', 'in_progress',
        'ready_for_review', 'in_review', 'approved', 'rejected', 'filed', 'exception')),
    deadline timestamptz,
    items jsonb not null check (jsonb_typeof(items) = 'array'),
    metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    status_reason text,
    filing_reference text,
    created_by text not null,
    reviewed_by text,
    filed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    check ((status = 'filed') = (filed_at is not null)),
    check (status not in ('rejected', 'exception') or status_reason is not null)
);

create index idx_filing_checklists_entity
    on public.filing_checklists (tenant_id, entity_id, compliance_domain);
create index idx_filing_checklists_status on public.filing_checklists (tenant_id, status);
create index idx_filing_checklists_created
    on public.filing_checklists (tenant_id, created_at desc, id desc);

create function public.guard_filing_checklist() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.status <> 'draft' then
            raise exception 'a checklist begins as a draft, not as %', new.status
                using errcode = 'restrict_violation';
        end if;
        return new;
    end if;
    if old.status = 'filed' then
        raise exception 'a filed checklist does not change' using errcode = 'restrict_violation';
    end if;
    if (new.id, new.tenant_id, new.entity_id, new.entity_type, new.compliance_domain,
            new.template_id, new.template_version, new.created_by, new.created_at)
            is distinct from (old.id, old.tenant_id, old.entity_id, old.entity_type,
            old.compliance_domain, old.template_id, old.template_version, old.created_by,
            old.created_at) then
        raise exception 'what a checklist is for and made from does not change'
            using errcode = 'restrict_violation';
    end if;
    if new.status <> old.status and not exists (
            select from public.checklist_status_transitions
            where from_status = old.status and to_status = new.status) then
        raise exception 'a checklist does not go from % to %', old.status, new.status
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger guard_filing_checklist before insert or update on public.filing_checklists
    for each row execute function public.guard_filing_checklist();

create table public.checklist_artifacts (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    checklist_id uuid not null,
    item_index integer not null check (item_index >= 0),
    artifact_type text not null check (artifact_type in
        ('document', 'pdf', 'plat_draft', 'data_export', 'waiver', 'form_draft')),
    name text not null,
    content_type text not null,
    content text check (octet_length(content) <= 1048576),
    file_path text,
    size_bytes bigint not null check (size_bytes between 0 and 104857600),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    generated_by text not null check (generated_by in ('agent', 'user', 'system')),
    created_by text not null,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, checklist_id)
        references public.filing_checklists (tenant_id, id) on delete cascade,
    check ((content is null) <> (file_path is null))
);

create index idx_checklist_artifacts_checklist
    on public.checklist_artifacts (checklist_id, item_index);
create trigger no_update_checklist_artifact before update on public.checklist_artifacts
    for each row execute function public.refuse_change();

create table public.filing_rule_snapshots (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    checklist_id uuid not null,
    rule_version_id uuid not null references public.rule_versions (id),
    rule_identifier text not null,
    snapshotted_at timestamptz not null default now(),
    rule_data_at_snapshot jsonb not null,
    is_current boolean not null default true,
    superseded_by uuid references public.rule_versions (id),
    acknowledged boolean not null default false,
    acknowledged_by text,
    acknowledged_at timestamptz,
    unique (tenant_id, id),
    unique (checklist_id, rule_version_id),
    foreign key (tenant_id, checklist_id)
        references public.filing_checklists (tenant_id, id) on delete cascade,
    check (is_current = (superseded_by is null)),
    check (acknowledged = (acknowledged_by is not null and acknowledged_at is not null))
);

create index idx_filing_rule_snapshots_checklist on public.filing_rule_snapshots (checklist_id);
create index idx_filing_rule_snapshots_stale
    on public.filing_rule_snapshots (is_current) where is_current = false;
create index filing_rule_snapshots_rule on public.filing_rule_snapshots (rule_version_id);
create index filing_rule_snapshots_superseded on public.filing_rule_snapshots (superseded_by);

create function public.guard_filing_rule_snapshot() returns trigger language plpgsql as $$
begin
    if (new.id, new.tenant_id, new.checklist_id, new.rule_version_id, new.rule_identifier,
            new.snapshotted_at, new.rule_data_at_snapshot)
            is distinct from (old.id, old.tenant_id, old.checklist_id, old.rule_version_id,
            old.rule_identifier, old.snapshotted_at, old.rule_data_at_snapshot) then
        raise exception 'a rule once frozen for a filing does not change'
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger guard_filing_rule_snapshot before update on public.filing_rule_snapshots
    for each row execute function public.guard_filing_rule_snapshot();

create table public.rule_change_alerts (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    checklist_id uuid not null,
    snapshot_id uuid not null,
    rule_identifier text not null,
    old_version_id uuid not null references public.rule_versions (id),
    new_version_id uuid not null references public.rule_versions (id),
    raised_at timestamptz not null default now(),
    acknowledged boolean not null default false,
    acknowledged_by text,
    acknowledged_at timestamptz,
    note text,
    unique (snapshot_id, new_version_id),
    foreign key (tenant_id, checklist_id)
        references public.filing_checklists (tenant_id, id) on delete cascade,
    foreign key (tenant_id, snapshot_id)
        references public.filing_rule_snapshots (tenant_id, id) on delete cascade,
    check (acknowledged = (acknowledged_by is not null and acknowledged_at is not null))
);

create index rule_change_alerts_raised
    on public.rule_change_alerts (tenant_id, raised_at desc, id desc);
create index rule_change_alerts_checklist on public.rule_change_alerts (checklist_id);

alter table public.compliance_status add constraint compliance_status_checklist
    foreign key (tenant_id, checklist_id) references public.filing_checklists (tenant_id, id);
