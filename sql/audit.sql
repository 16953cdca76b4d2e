-- name: audit_trail_page
-- A page of a tenant's audit entries, of one record or of all.
select t.id::text as id, t.chain_number, t.event_type, t.event_data::text as event_data,
       t.actor_id, t.actor_type, t.entity_ids, t.created_at, t.previous_signature, t.signature,
       t.key_id
from public.audit_logs t
where {predicate}
order by {order_by}
limit {limit};

-- name: audit_trail_count
-- How many entries a tenant's audit has, of one record or of all.
select count(*) as total from public.audit_logs t where {predicate};

-- name: audit_head
-- Where a tenant's chain and feed end by its journal, and what lies outside of that, in one
-- snapshot. By `case`: under row-level security no index serves a comparison with `coalesce`.
select j.audit_count, j.audit_signature, j.first_sequence, j.last_sequence,
       (select min(l.chain_number) from public.audit_logs l
        where l.tenant_id = t.tenant_id and l.chain_number > case when j.audit_count is null then 0 else j.audit_count end
       ) as entry_beyond,
       (select min(c.sequence) from public.change_log c
        where c.tenant_id = t.tenant_id and c.sequence > case when j.last_sequence is null then 0 else j.last_sequence end
       ) as change_beyond,
       (select min(c.sequence) from public.change_log c
        where c.tenant_id = t.tenant_id and c.sequence < case when j.first_sequence is null then 1 else j.first_sequence end
       ) as change_before
from (select $1::text as tenant_id) t
left join public.tenant_journals j on j.tenant_id = t.tenant_id;

-- name: audit_chain
-- A stretch of a tenant's chain after a place, up to its end as the journal had it.
select l.id::text as id, l.tenant_id, l.chain_number, l.event_type,
       l.event_data::text as event_data, l.canonical_payload, l.actor_id, l.actor_type,
       l.entity_ids, l.created_at, l.previous_signature, l.signature, l.key_id
from public.audit_logs l
where l.tenant_id = $1 and (l.chain_number, l.id) > ($2::bigint, $3::text::uuid)
  and l.chain_number <= $4::bigint
order by l.chain_number, l.id
limit $5::int;

-- name: changes_of_entries
-- Digests of the rows of the feed between two numbers, both included, as `write_changes` of the
-- journal makes them.
select l.sequence, sha256(convert_to(jsonb_build_array(
           l.tenant_id, l.sequence, l.kind, l.subject_id, l.entity_type, l.entity_id, l.domain,
           l.before, l.after, l.cause, l.actor, l.rule_version_id,
           (extract(epoch from l.occurred_at) * 1000000)::bigint
       )::text, 'UTF8')) as digest
from public.change_log l
where l.tenant_id = $1 and l.sequence >= $2::bigint and l.sequence <= $3::bigint
order by l.sequence
limit $4::int;

-- name: audited_tenants
-- Every tenant that has a journal or an audit entry; for the operator, who verifies them all.
select tenant_id from public.tenant_journals
union
select tenant_id from public.audit_logs
order by tenant_id;
