-- name: lock_rule
-- Takes a tenant's versions of a rule for this transaction: nobody else writes or holds them.
select pg_advisory_xact_lock(hashtextextended('rule ' || $1::text || ' ' || $2::text, 0)) is null
    as taken;

-- name: hold_rule
-- Keeps a tenant's versions of a rule as they are until the transaction ends; others may too.
select pg_advisory_xact_lock_shared(hashtextextended('rule ' || $1::text || ' ' || $2::text, 0))
    is null as taken;

-- name: moment_of_rule_write
-- When what is now written of a rule becomes known: later than everything known of it before.
select greatest(clock_timestamp(), max(c.recorded_at) + interval '1 microsecond') as recorded_at
from public.rule_versions v
join public.rule_status_changes c on c.rule_version_id = v.id
where v.tenant_id = $1 and v.rule_identifier = $2;

-- name: create_rule_version
-- Writes a draft under the next number of its rule; the rule must be locked.
with written as (
    insert into public.rule_versions (id, tenant_id, rule_type, rule_domain, rule_identifier,
        version, effective_date, source, source_reference, rule_data, graph_node_id,
        change_summary, detected_at, detected_by)
    select $3::uuid, $1, $4, $5, $2,
           coalesce((select max(v.version) from public.rule_versions v
                     where v.tenant_id = $1 and v.rule_identifier = $2), 0) + 1,
           $6::date, $7, $8, $9::text::jsonb, $10, $11, $12::timestamptz, $13
    returning id, tenant_id, detected_at)
insert into public.rule_status_changes (tenant_id, rule_version_id, status, recorded_at, actor)
select w.tenant_id, w.id, 'draft', w.detected_at, $14 from written w
returning rule_version_id;

-- name: move_rule_version
-- Moves a version to another status, and keeps when, by whom and why.
with moved as (
    update public.rule_versions set status = $3
    where tenant_id = $1 and id = $2::uuid
    returning id, tenant_id, status)
insert into public.rule_status_changes (tenant_id, rule_version_id, status, reason, recorded_at,
    actor)
select m.tenant_id, m.id, m.status, $4, $5::timestamptz, $6 from moved m
returning rule_version_id;

-- name: end_rule_version
-- Ends a version on the day that another takes effect, and keeps when that became known.
with ended as (
    update public.rule_versions set status = 'superseded', superseded_date = $3::date
    where tenant_id = $1 and id = $2::uuid
    returning id, tenant_id, superseded_date),
moved as (
    insert into public.rule_status_changes (tenant_id, rule_version_id, status, recorded_at, actor)
    select e.tenant_id, e.id, 'superseded', $5::timestamptz, $6 from ended e)
insert into public.rule_supersessions (tenant_id, rule_version_id, superseded_by, superseded_date,
    recorded_at, actor)
select e.tenant_id, e.id, $4::uuid, e.superseded_date, $5::timestamptz, $6 from ended e
returning rule_version_id;

-- name: next_rule_statuses
-- The statuses that a rule version may move to from one, by name; every tenant's rules obey them.
select t.to_status from public.rule_status_transitions t where t.from_status = $1 order by 1;

-- name: rules_in_force
-- What was known at a moment to be in force on a day, a tenant's own version of a rule before the
-- shared one; all rules, or those of identifiers, of domains, of regulations.
select distinct on (v.rule_identifier) v.*
from public.rule_versions_known(case when $3::timestamptz is null then 'infinity' else $3::timestamptz end) v
where v.tenant_id in ($1, '*')
  and v.status in ('active', 'superseded')
  and v.effective_date <= $2::date and (v.superseded_date is null or v.superseded_date > $2::date)
  and ($4::text[] is null or v.rule_identifier = any($4::text[]))
  and ($5::text[] is null or v.rule_domain = any($5::text[]))
  and ($6::text[] is null
       or coalesce(v.graph_node_id, split_part(v.rule_identifier, '.', 1)) = any($6::text[]))
order by v.rule_identifier, (v.tenant_id = '*')::int, v.effective_date desc;

-- name: rule_timeline
-- Every version of rules that a tenant sees, shared ones first, as known at a moment.
select v.*
from public.rule_versions_known(case when $3::timestamptz is null then 'infinity' else $3::timestamptz end) v
where v.tenant_id in ($1, '*') and v.rule_identifier = any($2::text[])
order by v.rule_identifier collate "C", (v.tenant_id = '*')::int desc, v.version;

-- name: rule_versions_by_ids
-- The versions of ids that a tenant sees, as known at a moment.
select v.*
from public.rule_versions_known(case when $3::timestamptz is null then 'infinity' else $3::timestamptz end) v
where v.tenant_id in ($1, '*') and v.id = any($2::text[]::uuid[]);

-- name: list_rules
-- One page of the versions that a tenant sees, as known at a moment, between two places of the
-- order; of a day, only those in force on it.
with known as (
    select v.*,
           (case $10::text
                when 'EFFECTIVE_DATE' then v.effective_date::text
                when 'DETECTED_AT'
                    then to_char(v.detected_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US')
                else v.rule_identifier || ' ' || lpad(v.version::text, 10, '0')
            end) collate "C" as sort_key,
           v.id::text collate "C" as row_id
    from public.rule_versions_known(case when $3::timestamptz is null then 'infinity' else $3::timestamptz end) v
    where v.tenant_id in ($1, '*')),
in_force as (
    select distinct on (k.rule_identifier) k.id
    from known k
    where k.status in ('active', 'superseded') and k.effective_date <= $2::date
      and (k.superseded_date is null or k.superseded_date > $2::date)
    order by k.rule_identifier, (k.tenant_id = '*')::int)
select k.* from known k
where ($2::date is null or k.id in (select f.id from in_force f))
  and ($4::text[] is null or k.rule_domain = any($4::text[]))
  and ($5::text[] is null or k.rule_type = any($5::text[]))
  and ($6::text[] is null or k.status = any($6::text[]))
  and ($7::text is null or starts_with(k.rule_identifier, $7::text))
  and ($8::text[] is null or (k.sort_key, k.row_id) > (($8::text[])[1], ($8::text[])[2]))
  and ($9::text[] is null or (k.sort_key, k.row_id) < (($9::text[])[1], ($9::text[])[2]))
order by case when not $11::bool then k.sort_key end, case when $11::bool then k.sort_key end desc,
         case when not $11::bool then k.row_id end, case when $11::bool then k.row_id end desc
limit $12::bigint;

-- name: count_rules
-- How many versions a list has on all its pages.
with known as (
    select v.*
    from public.rule_versions_known(case when $3::timestamptz is null then 'infinity' else $3::timestamptz end) v
    where v.tenant_id in ($1, '*')),
in_force as (
    select distinct on (k.rule_identifier) k.id
    from known k
    where k.status in ('active', 'superseded') and k.effective_date <= $2::date
      and (k.superseded_date is null or k.superseded_date > $2::date)
    order by k.rule_identifier, (k.tenant_id = '*')::int)
select count(*) as total from known k
where ($2::date is null or k.id in (select f.id from in_force f))
  and ($4::text[] is null or k.rule_domain = any($4::text[]))
  and ($5::text[] is null or k.rule_type = any($5::text[]))
  and ($6::text[] is null or k.status = any($6::text[]))
  and ($7::text is null or starts_with(k.rule_identifier, $7::text));
