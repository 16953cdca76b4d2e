-- Where each entity stands in each domain of compliance, and every status that was ever recorded.

create table public.compliance_status (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    entity_id text not null,
    entity_type text not null,
    entity_name text,
    entity_field text,
    entity_district text,
    compliance_domain text not null check (compliance_domain in
        ('rule_37', 'rule_32', 'form_pr', 'flaring_monitor', 'epa_oooo')),
    status text not null check (status in
        ('compliant', 'action_needed', 'overdue', 'not_applicable', 'in_review')),
    deadline timestamptz,
    checklist_id uuid,
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
    explanation text not null default '',
    rule_version_id uuid references public.rule_versions (id),
    decided_by text not null default 'assessment' check (decided_by in ('assessment', 'person')),
    actor text not null,
    reason text,
    last_assessed_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, entity_id, compliance_domain),
    -- whoever decides against the records says why
    check (decided_by = 'assessment' or reason is not null)
);

create index idx_compliance_status_tenant on public.compliance_status (tenant_id, status);
create index idx_compliance_status_domain on public.compliance_status (tenant_id, compliance_domain);
create index idx_compliance_status_deadline on public.compliance_status (tenant_id, deadline);
create index compliance_status_rule on public.compliance_status (rule_version_id);

create table public.compliance_status_history (
    id bigint generated always as identity primary key,
    tenant_id text not null,
    compliance_status_id uuid not null,
    entity_id text not null,
    entity_type text not null,
    compliance_domain text not null,
    status text not null,
    deadline timestamptz,
    checklist_id uuid,
    details jsonb not null,
    explanation text not null,
    rule_version_id uuid,
    decided_by text not null,
    actor text not null,
    reason text,
    assessed_at timestamptz not null,
    recorded_at timestamptz not null
);

create index compliance_status_history_entity on public.compliance_status_history
    (tenant_id, entity_id, compliance_domain, recorded_at desc, id desc);
create index compliance_status_history_time on public.compliance_status_history
    (tenant_id, recorded_at);

create trigger no_update_compliance_history before update on public.compliance_status_history
    for each row execute function public.refuse_change();
create trigger no_delete_compliance_history before delete on public.compliance_status_history
    for each row execute function public.refuse_change();
create trigger no_truncate_compliance_history before truncate on public.compliance_status_history
    for each statement execute function public.refuse_change();

-- Every state is kept as it comes to be, whoever writes it; that it was only looked at again is
-- no new state. The row is locked while this runs, so its states are in the order of their times.
create function public.record_compliance_status() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (new.status, new.deadline, new.checklist_id, new.details,
                             new.explanation, new.rule_version_id, new.decided_by, new.reason)
            is not distinct from (old.status, old.deadline, old.checklist_id, old.details,
                                  old.explanation, old.rule_version_id, old.decided_by, old.reason)
    then
        return null;
    end if;
    insert into public.compliance_status_history (tenant_id, compliance_status_id, entity_id,
        entity_type, compliance_domain, status, deadline, checklist_id, details, explanation,
        rule_version_id, decided_by, actor, reason, assessed_at, recorded_at)
    values (new.tenant_id, new.id, new.entity_id, new.entity_type, new.compliance_domain,
        new.status, new.deadline, new.checklist_id, new.details, new.explanation,
        new.rule_version_id, new.decided_by, new.actor, new.reason, new.last_assessed_at,
        clock_timestamp());
    return null;
end
$$;

create trigger record_compliance_status after insert or update on public.compliance_status
    for each row execute function public.record_compliance_status();
