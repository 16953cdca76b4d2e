-- name: feed_head
-- The number of a tenant's last change.
select last_sequence from public.tenant_journals where tenant_id = $1;

-- name: changes_after
-- Changes after a cursor, with where the log begins and ends in the same snapshot; one row
-- without a change where there is none.
select j.first_sequence, j.last_sequence, c.sequence, c.kind, c.subject_id, c.entity_type,
       c.entity_id, c.domain, c.before::text as before, c.after::text as after, c.cause, c.actor,
       c.rule_version_id::text as rule_version_id, c.occurred_at
from public.tenant_journals j
left join lateral (
    select l.* from public.change_log l
    where l.tenant_id = j.tenant_id and l.sequence > $2::bigint
      and l.kind = any($3::text[])
      and ($4::text[] is null or l.domain = any($4::text[]))
      and ($5::text[] is null or l.entity_id = any($5::text[]))
      and ($6::text[] is null or l.entity_type = any($6::text[]))
      and ($7::text[] is null or lower(l.after ->> 'status') = any($7::text[]))
    order by l.sequence
    limit $8::int
) c on true
where j.tenant_id = $1
order by c.sequence;

-- name: probe_feed_connection
-- That the connection which listens is still there.
select 1 as answered;

-- name: cut_feed
-- Retention: takes a tenant's oldest changes out of the log and remembers where it now begins.
with kept as (
    update public.tenant_journals set first_sequence = greatest(first_sequence, $2::bigint)
    where tenant_id = $1 and $2::bigint <= last_sequence + 1
    returning first_sequence
)
delete from public.change_log c using kept k
where c.tenant_id = $1 and c.sequence < k.first_sequence
returning c.sequence;

-- name: first_change_since
-- The first change that is not older than a moment; the next one to come where all are older.
select coalesce(min(c.sequence), max(j.last_sequence) + 1) as sequence
from public.tenant_journals j
left join public.change_log c on c.tenant_id = j.tenant_id and c.occurred_at >= $2::timestamptz
where j.tenant_id = $1
having count(j.tenant_id) > 0;
