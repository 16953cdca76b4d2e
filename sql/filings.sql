-- name: lock_checklist_templates
-- Takes a tenant's templates of a domain for this transaction, so versions are counted one by one.
select pg_advisory_xact_lock(
    hashtextextended('checklist template ' || $1::text || ' ' || $2::text, 0)) is null as taken;

-- name: insert_checklist_template
-- Writes a template version under its number, or the next one; nothing where the number is taken.
insert into public.checklist_templates (id, tenant_id, compliance_domain, version, items,
    min_required_items, created_by, created_at, updated_at)
select $2::uuid, $1, $3,
       coalesce($4::int, (select coalesce(max(t.version), 0) + 1 from public.checklist_templates t
                          where t.tenant_id = $1 and t.compliance_domain = $3)),
       $5::text::jsonb, $6::text::jsonb, $7, $8::timestamptz, $8::timestamptz
on conflict (tenant_id, compliance_domain, version) do nothing
returning id::text as id, tenant_id, compliance_domain, version, items::text as items, created_by,
          created_at, updated_at;

-- name: checklist_templates
-- The template versions that a tenant sees, the newest of each domain first, its own before the
-- shared ones.
select t.id::text as id, t.tenant_id, t.compliance_domain, t.version, t.items::text as items,
       t.created_by, t.created_at, t.updated_at
from public.checklist_templates t
where t.tenant_id in ($1, '*')
  and ($2::text[] is null or t.compliance_domain = any($2::text[]))
  and ($3::text[] is null or t.id = any($3::text[]::uuid[]))
order by t.compliance_domain, (t.tenant_id = '*')::int, t.version desc;

-- name: insert_checklist
-- Writes a new checklist.
insert into public.filing_checklists (id, tenant_id, entity_id, entity_type, entity_name,
    compliance_domain, template_id, template_version, deadline, items, created_by, created_at,
    updated_at)
values ($2::uuid, $1, $3, $4, $5, $6, $7::uuid, $8, $9::timestamptz, $10::text::jsonb, $11,
        $12::timestamptz, $12::timestamptz)
returning id;

-- name: lock_checklist
-- A checklist, taken until the transaction ends.
select t.*, exists (select from public.filing_rule_snapshots s
                    where s.tenant_id = t.tenant_id and s.checklist_id = t.id and not s.is_current
                   ) as is_stale
from public.filing_checklists t
where t.tenant_id = $1 and t.id = $2::uuid
for update of t;

-- name: update_checklist
-- Writes what has changed of a checklist; the table's trigger refuses a step its life has not.
update public.filing_checklists
set status = $3, deadline = $4::timestamptz, items = $5::text::jsonb, status_reason = $6,
    filing_reference = $7, reviewed_by = $8, filed_at = $9::timestamptz,
    updated_at = $10::timestamptz
where tenant_id = $1 and id = $2::uuid
returning id;

-- name: next_checklist_statuses
-- The statuses that a checklist may move to from one; every tenant's checklists obey them.
select t.to_status from public.checklist_status_transitions t where t.from_status = $1 order by 1;

-- name: checklists_by_ids
-- Checklists by their ids, as far as they are the tenant's.
select t.*, exists (select from public.filing_rule_snapshots s
                    where s.tenant_id = t.tenant_id and s.checklist_id = t.id and not s.is_current
                   ) as is_stale
from public.filing_checklists t
where t.tenant_id = $1 and t.id = any($2::uuid[]);

-- name: checklists_of_entities
-- The newest checklists of each of many entities.
select c.*
from unnest($2::text[]) as e (entity_id)
cross join lateral (
    select t.*, exists (select from public.filing_rule_snapshots s
                        where s.tenant_id = t.tenant_id and s.checklist_id = t.id
                          and not s.is_current) as is_stale
    from public.filing_checklists t
    where t.tenant_id = $1 and t.entity_id = e.entity_id
      and ($3::text is null or t.compliance_domain = $3::text)
      and ($4::text is null or t.status = $4::text)
    order by t.created_at desc, t.id desc
    limit $5::int
) c;

-- name: filings_page
-- A page: its ranges, one after the other, until the page is full.
select s.* from ({segments}) s limit {limit};

-- name: checklist_segment
-- One range of a page of checklists; part of filings_page.
(select t.*, exists (select from public.filing_rule_snapshots s
                    where s.tenant_id = t.tenant_id and s.checklist_id = t.id and not s.is_current
                   ) as is_stale
from public.filing_checklists t
where {predicate}
order by {order_by}
limit {limit});

-- name: checklist_count
-- How many checklists match a filter.
select count(*) as total from public.filing_checklists t where {predicate};

-- name: insert_artifact
-- Attaches an artifact to an item of a checklist.
insert into public.checklist_artifacts (id, tenant_id, checklist_id, item_index, artifact_type,
    name, content_type, content, file_path, size_bytes, sha256, metadata, generated_by, created_by,
    created_at)
values ($2::uuid, $1, $3::uuid, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::jsonb, $13, $14,
        $15::timestamptz)
returning id;

-- name: artifacts_of_checklists
-- What is attached to many checklists, without its content.
select t.id, t.tenant_id, t.checklist_id, t.item_index, t.artifact_type, t.name, t.content_type,
       t.file_path, t.size_bytes, t.sha256, t.metadata::text as metadata, t.generated_by,
       t.created_by, t.created_at
from public.checklist_artifacts t
where t.tenant_id = $1 and t.checklist_id = any($2::uuid[])
order by t.checklist_id, t.item_index, t.created_at, t.id;

-- name: artifact_contents
-- The contents of many artifacts.
select t.id, t.content from public.checklist_artifacts t
where t.tenant_id = $1 and t.id = any($2::uuid[]);

-- name: insert_snapshots
-- Freezes rules for a checklist.
insert into public.filing_rule_snapshots (id, tenant_id, checklist_id, rule_version_id,
    rule_identifier, snapshotted_at, rule_data_at_snapshot, is_current, superseded_by)
select s.id, $1, $2::uuid, s.version_id, s.identifier, $3::timestamptz, s.rule_data::jsonb,
       s.superseded_by is null, s.superseded_by
from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::uuid[])
    as s (id, version_id, identifier, rule_data, superseded_by)
returning id;

-- name: snapshots_of_checklists
-- The rules that many checklists were begun under.
select t.id, t.tenant_id, t.checklist_id, t.rule_version_id, t.rule_identifier, t.snapshotted_at,
       t.rule_data_at_snapshot::text as rule_data_at_snapshot, t.is_current, t.superseded_by,
       t.acknowledged, t.acknowledged_by, t.acknowledged_at
from public.filing_rule_snapshots t
where t.tenant_id = $1 and t.checklist_id = any($2::uuid[])
order by t.checklist_id, t.rule_identifier, t.id;

-- name: lock_checklists_under_rule
-- The checklists, not yet filed, that a version of a rule leaves behind: of one tenant, or of all
-- where the rule is shared. Taken until the transaction ends.
select t.*, exists (select from public.filing_rule_snapshots s
                    where s.tenant_id = t.tenant_id and s.checklist_id = t.id and not s.is_current
                   ) as is_stale
from public.filing_checklists t
where ($1::text = '*' or t.tenant_id = $1::text) and t.status <> 'filed'
  and t.id in (select s.checklist_id from public.filing_rule_snapshots s
               where (s.rule_version_id = $2::uuid or s.superseded_by = $2::uuid)
                 and s.superseded_by is distinct from $3::uuid)
order by t.tenant_id, t.id
for update of t;

-- name: lock_snapshots_under_rule
-- The snapshots of those checklists that a new version leaves behind.
select t.id, t.tenant_id, t.checklist_id, t.rule_version_id, t.rule_identifier, t.snapshotted_at,
       t.rule_data_at_snapshot::text as rule_data_at_snapshot, t.is_current, t.superseded_by,
       t.acknowledged, t.acknowledged_by, t.acknowledged_at
from public.filing_rule_snapshots t
where ($1::text = '*' or t.tenant_id = $1::text) and t.checklist_id = any($2::uuid[])
  and (t.rule_version_id = $3::uuid or t.superseded_by = $3::uuid)
  and t.superseded_by is distinct from $4::uuid
order by t.tenant_id, t.id
for update of t;

-- name: supersede_snapshots
-- Marks snapshots as left behind by a version, which nobody has acknowledged yet.
update public.filing_rule_snapshots
set is_current = false, superseded_by = $3::uuid, acknowledged = false, acknowledged_by = null,
    acknowledged_at = null
where ($1::text = '*' or tenant_id = $1::text) and id = any($2::uuid[])
returning id;

-- name: touch_checklists
-- Notes that something about checklists has changed.
update public.filing_checklists set updated_at = $3::timestamptz
where ($1::text = '*' or tenant_id = $1::text) and id = any($2::uuid[])
returning id;

-- name: insert_alerts
-- Raises alerts that a rule changed under filings.
insert into public.rule_change_alerts (tenant_id, id, checklist_id, snapshot_id, rule_identifier,
    old_version_id, new_version_id, raised_at)
select a.tenant_id, a.id, a.checklist_id, a.snapshot_id, a.identifier, a.old_id, a.new_id,
       $1::timestamptz
from unnest($2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[])
    as a (tenant_id, id, checklist_id, snapshot_id, identifier, old_id, new_id)
returning id;

-- name: alert_by_id
-- An alert, to learn which checklist it is about.
select t.checklist_id from public.rule_change_alerts t where t.tenant_id = $1 and t.id = $2::uuid;

-- name: lock_alerts_of_checklist
-- The alerts of a checklist, taken until the transaction ends.
select t.* from public.rule_change_alerts t
where t.tenant_id = $1 and t.checklist_id = $2::uuid
order by t.id
for update of t;

-- name: acknowledge_alert
-- Notes who has acknowledged an alert, and when.
update public.rule_change_alerts
set acknowledged = true, acknowledged_by = $3, acknowledged_at = $4::timestamptz, note = $5
where tenant_id = $1 and id = $2::uuid
returning id;

-- name: acknowledge_snapshot
-- Notes who has acknowledged that a frozen rule has changed, and when.
update public.filing_rule_snapshots
set acknowledged = true, acknowledged_by = $3, acknowledged_at = $4::timestamptz
where tenant_id = $1 and id = $2::uuid
returning id;

-- name: alert_segment
-- One range of a page of a tenant's alerts; part of filings_page.
(select t.* from public.rule_change_alerts t
where {predicate}
order by {order_by}
limit {limit});

-- name: alert_count
-- How many alerts match a filter.
select count(*) as total from public.rule_change_alerts t where {predicate};
