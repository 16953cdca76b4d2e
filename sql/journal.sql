-- name: open_journal
-- Makes sure that a tenant has a journal.
insert into public.tenant_journals (tenant_id) values ($1) on conflict do nothing
returning tenant_id;

-- name: take_journal
-- Takes a tenant's journal until the transaction ends, for as many changes and one audit entry.
update public.tenant_journals
set last_sequence = last_sequence + $2::bigint, audit_count = audit_count + 1
where tenant_id = $1
returning last_sequence, audit_count, audit_signature;

-- name: write_changes
-- Adds changes to the feed, numbered from the one given; answers with a digest of the rows as they
-- are stored, by which `changes_of_entries` of the audit knows them again.
with written as (
    insert into public.change_log (tenant_id, sequence, kind, subject_id, entity_type, entity_id,
        domain, before, after, cause, actor, rule_version_id, occurred_at)
    select $1, $2::bigint + c.place, c.kind, c.subject_id, c.entity_type, c.entity_id, c.domain,
           c.before::jsonb, c.after::jsonb, $3, $4, c.rule_version_id::uuid, $5::timestamptz
    from unnest($6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                $12::text[], $13::text[])
        with ordinality c (kind, subject_id, entity_type, entity_id, domain, before, after,
                           rule_version_id, place)
    returning *
)
select encode(sha256(string_agg(sha256(convert_to(jsonb_build_array(
           l.tenant_id, l.sequence, l.kind, l.subject_id, l.entity_type, l.entity_id, l.domain,
           l.before, l.after, l.cause, l.actor, l.rule_version_id,
           (extract(epoch from l.occurred_at) * 1000000)::bigint
       )::text, 'UTF8')), ''::bytea order by l.sequence)), 'hex') as changes_sha256
from written l;

-- name: write_audit_entry
-- Adds an entry to a tenant's audit chain.
insert into public.audit_logs (id, tenant_id, chain_number, event_type, event_data,
    canonical_payload, actor_id, actor_type, entity_ids, created_at, previous_signature, signature,
    key_id)
values ($1, $2, $3, $4, $5::text::jsonb, $5::text, $6, $7, $8::text[], $9::timestamptz, $10, $11,
        $12);

-- name: sign_journal
-- Keeps the signature that the next entry is chained to.
update public.tenant_journals set audit_signature = $2 where tenant_id = $1;

-- name: wake_feed
-- Tells listening processes that a tenant's feed has grown; the log itself is the truth.
select pg_notify('graph_api_feed', $1);
