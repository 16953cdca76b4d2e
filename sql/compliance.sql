-- name: entity_ids_to_assess
-- The ids of a label's vertices that match a filter, in order, a stretch at a time.
select ((t.properties ->> 'id'::text) collate "C") as entity_id
from oilgas."{label}" t
where {predicate}
order by ((t.properties ->> 'id'::text) collate "C")
limit {limit};

-- name: labels_of_entities
-- What kinds of assessed entities many ids name; ids of other kinds are left out. Here and below
-- keys become agtype before the join: no index serves a cast under row-level security.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, 'Well' as label
from keyed v
join oilgas."Well" x
  on ag_catalog.agtype_access_operator(variadic array[x.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((x.properties ->> 'tenant_id'::text) collate "C") = $1
union all
select v.entity_id, 'Lease' as label
from keyed v
join oilgas."Lease" x
  on ag_catalog.agtype_access_operator(variadic array[x.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((x.properties ->> 'tenant_id'::text) collate "C") = $1
union all
select v.entity_id, 'Facility' as label
from keyed v
join oilgas."Facility" x
  on ag_catalog.agtype_access_operator(variadic array[x.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((x.properties ->> 'tenant_id'::text) collate "C") = $1
union all
select v.entity_id, 'FlaringAuthorization' as label
from keyed v
join oilgas."FlaringAuthorization" x
  on ag_catalog.agtype_access_operator(variadic array[x.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((x.properties ->> 'tenant_id'::text) collate "C") = $1;

-- name: leases_to_assess
-- Leases with their fields, as the assessments of leases look at them.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, coalesce((l.properties ->> 'name'::text), (l.properties ->> 'rrc_lease_id'::text)) as name,
       (l.properties ->> 'district'::text) as district, (l.properties ->> 'status'::text) as status,
       (l.properties ->> 'oil_gas_code'::text) as oil_gas_code,
       (l.properties ->> 'effective_date'::text) as effective_date,
       (f.properties ->> 'name'::text) as field_name, (f.properties ->> 'rrc_field_id'::text) as field_number
from keyed v
join oilgas."Lease" l
  on ag_catalog.agtype_access_operator(variadic array[l.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((l.properties ->> 'tenant_id'::text) collate "C") = $1
left join oilgas."Field" f
  on ag_catalog.agtype_access_operator(variadic array[f.properties, '"id"'::ag_catalog.agtype])
     = ag_catalog.agtype_access_operator(variadic array[l.properties, '"field_id"'::ag_catalog.agtype])
 and ((f.properties ->> 'tenant_id'::text) collate "C") = $1;

-- name: volumes_to_assess
-- What many leases reported, month by month up to one, as arrays in order of month.
select b.lease_id::text as entity_id, array_agg(b.month order by b.month) as months,
       array_agg(coalesce(b.flared_mcf, 0) order by b.month) as flared_mcf,
       array_agg(coalesce(b.vented_mcf, 0) order by b.month) as vented_mcf
from public.lease_volumes b
where b.tenant_id = $1 and b.lease_id = any($2::text[]::uuid[]) and b.month <= $3::date
group by b.lease_id;

-- name: authorizations_to_assess
-- Granted flaring exceptions linked to many leases, each with its flare points.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, (a.properties ->> 'id'::text) as authorization_id,
       (a.properties ->> 'authorization_number'::text) as number,
       ((a.properties ->> 'max_volume_mcf_per_day'::text)::float8) as rate_mcf_per_day,
       (a.properties ->> 'effective_date'::text) as effective_date,
       (a.properties ->> 'expiration_date'::text) as expiration_date,
       bool_and(coalesce((e.properties ->> 'inferred'::text), 'false') = 'true') as inferred,
       coalesce(array_agg(distinct (p.properties ->> 'id'::text))
                filter (where p.id is not null), array[]::text[]) as flare_points
from keyed v
join oilgas."Lease" l
  on ag_catalog.agtype_access_operator(variadic array[l.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((l.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."AUTHORIZES" e on e.end_id = l.id
 and ((e.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."FlaringAuthorization" a on a.id = e.start_id
left join oilgas."AUTHORIZES" o on o.start_id = a.id
 and ((o.properties ->> 'tenant_id'::text) collate "C") = $1
left join oilgas."Facility" p on p.id = o.end_id
where (a.properties ->> 'status'::text) in ('APPROVED', 'EXPIRED')
  and (a.properties ->> 'effective_date'::text) is not null
group by v.entity_id, a.id, a.properties;

-- name: first_authorization_day
-- From when on a tenant's flaring exceptions are on record: the first day of the earliest one.
select (t.properties ->> 'effective_date'::text) as effective_date
from oilgas."FlaringAuthorization" t
where ((t.properties ->> 'tenant_id'::text) collate "C") = $1
  and ((t.properties ->> 'effective_date'::text) collate "C") is not null
order by ((t.properties ->> 'effective_date'::text) collate "C")
limit 1;

-- name: completions_to_assess
-- Completion days of the wells of many leases.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, array_agg(distinct (w.properties ->> 'completion_date'::text)) as days
from keyed v
join oilgas."Lease" l
  on ag_catalog.agtype_access_operator(variadic array[l.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((l.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."HAS_WELL" e on e.start_id = l.id
 and ((e.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."Well" w on w.id = e.end_id
where (w.properties ->> 'completion_date'::text) is not null
group by v.entity_id;

-- name: reports_to_assess
-- Months for which a Form PR of many leases is on file.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, array_agg(distinct (r.properties ->> 'period_start'::text)) as days
from keyed v
join oilgas."Lease" l
  on ag_catalog.agtype_access_operator(variadic array[l.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((l.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."FILED_FOR" e on e.end_id = l.id
 and ((e.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."Filing" r on r.id = e.start_id
where (r.properties ->> 'form_number'::text) = 'PR'
  and (r.properties ->> 'status'::text) in ('SUBMITTED', 'ACCEPTED', 'AMENDED')
  and (r.properties ->> 'period_start'::text) is not null
group by v.entity_id;

-- name: wells_to_assess
-- Wells with their fields, as the assessment of spacing looks at them.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, coalesce((w.properties ->> 'well_name'::text), (w.properties ->> 'api_number'::text)) as name,
       (w.properties ->> 'district'::text) as district, (w.properties ->> 'status'::text) as status,
       ((w.properties ->> 'distance_to_lease_line_ft'::text)::float8) as lease_line_ft,
       ((w.properties ->> 'distance_to_nearest_well_ft'::text)::float8) as nearest_well_ft,
       (f.properties ->> 'name'::text) as field_name, (f.properties ->> 'rrc_field_id'::text) as field_number
from keyed v
join oilgas."Well" w
  on ag_catalog.agtype_access_operator(variadic array[w.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((w.properties ->> 'tenant_id'::text) collate "C") = $1
left join oilgas."Field" f
  on ag_catalog.agtype_access_operator(variadic array[f.properties, '"id"'::ag_catalog.agtype])
     = ag_catalog.agtype_access_operator(variadic array[w.properties, '"field_id"'::ag_catalog.agtype])
 and ((f.properties ->> 'tenant_id'::text) collate "C") = $1;

-- name: offsets_to_assess
-- Neighbours of many wells that are not plugged, whichever of the two names the other.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, (n.properties ->> 'api_number'::text) as api_number,
       ((e.properties ->> 'distance_ft'::text)::float8) as distance_ft,
       (e.properties ->> 'same_horizon'::text) as same_horizon
from keyed v
join oilgas."Well" w
  on ag_catalog.agtype_access_operator(variadic array[w.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((w.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."OFFSETS" e on e.start_id = w.id
 and ((e.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."Well" n on n.id = e.end_id
where coalesce((n.properties ->> 'status'::text), '') <> 'PLUGGED'
union all
select v.entity_id, (n.properties ->> 'api_number'::text) as api_number,
       ((e.properties ->> 'distance_ft'::text)::float8) as distance_ft,
       (e.properties ->> 'same_horizon'::text) as same_horizon
from keyed v
join oilgas."Well" w
  on ag_catalog.agtype_access_operator(variadic array[w.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((w.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."OFFSETS" e on e.end_id = w.id
 and ((e.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."Well" n on n.id = e.start_id
where coalesce((n.properties ->> 'status'::text), '') <> 'PLUGGED';

-- name: exceptions_to_assess
-- Permits of many wells that are, or ask for, an exception to spacing.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, (m.properties ->> 'permit_number'::text) as permit_number,
       (m.properties ->> 'status'::text) as status,
       ((m.properties ->> 'rule_37_requested_lease_line_ft'::text)::float8) as lease_line_ft,
       ((m.properties ->> 'rule_37_requested_between_wells_ft'::text)::float8) as between_wells_ft,
       (m.properties ->> 'protest_deadline'::text) as protest_deadline
from keyed v
join oilgas."Well" w
  on ag_catalog.agtype_access_operator(variadic array[w.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((w.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."PERMITS" e on e.end_id = w.id
 and ((e.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."Permit" m on m.id = e.start_id
where (m.properties ->> 'is_rule_37_exception'::text) = 'true'
order by ((m.properties ->> 'permit_number'::text) collate "C"), ((m.properties ->> 'amendment_sequence'::text)::float8);

-- name: flaring_exceptions_to_assess
-- Flaring exceptions with their flare points and the field of the lease they name.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, (a.properties ->> 'authorization_number'::text) as number,
       (a.properties ->> 'status'::text) as status,
       ((a.properties ->> 'max_volume_mcf_per_day'::text)::float8) as rate_mcf_per_day,
       (a.properties ->> 'effective_date'::text) as effective_date,
       (a.properties ->> 'expiration_date'::text) as expiration_date,
       (a.properties ->> 'final_order_number'::text) as final_order_number,
       (a.properties ->> 'district'::text) as district,
       (f.properties ->> 'name'::text) as field_name, (f.properties ->> 'rrc_field_id'::text) as field_number,
       (select coalesce(array_agg(distinct (p.properties ->> 'id'::text)), array[]::text[])
        from oilgas."AUTHORIZES" o join oilgas."Facility" p on p.id = o.end_id
        where o.start_id = a.id
          and ((o.properties ->> 'tenant_id'::text) collate "C") = $1) as flare_points
from keyed v
join oilgas."FlaringAuthorization" a
  on ag_catalog.agtype_access_operator(variadic array[a.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((a.properties ->> 'tenant_id'::text) collate "C") = $1
left join oilgas."Lease" l
  on ag_catalog.agtype_access_operator(variadic array[l.properties, '"id"'::ag_catalog.agtype])
     = ag_catalog.agtype_access_operator(variadic array[a.properties, '"lease_id"'::ag_catalog.agtype])
 and ((l.properties ->> 'tenant_id'::text) collate "C") = $1
left join oilgas."Field" f
  on ag_catalog.agtype_access_operator(variadic array[f.properties, '"id"'::ag_catalog.agtype])
     = ag_catalog.agtype_access_operator(variadic array[l.properties, '"field_id"'::ag_catalog.agtype])
 and ((f.properties ->> 'tenant_id'::text) collate "C") = $1;

-- name: exceptions_at_flare_points
-- Every flaring exception at any of many flare points: one row for each of the two.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id as flare_point, (a.properties ->> 'id'::text) as authorization_id, (a.properties ->> 'authorization_number'::text) as number,
       (a.properties ->> 'status'::text) as status,
       ((a.properties ->> 'max_volume_mcf_per_day'::text)::float8) as rate_mcf_per_day,
       (a.properties ->> 'effective_date'::text) as effective_date,
       (a.properties ->> 'expiration_date'::text) as expiration_date,
       (a.properties ->> 'final_order_number'::text) as final_order_number
from keyed v
join oilgas."Facility" p
  on ag_catalog.agtype_access_operator(variadic array[p.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((p.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."AUTHORIZES" o on o.end_id = p.id
 and ((o.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."FlaringAuthorization" a on a.id = o.start_id;

-- name: facilities_to_assess
-- Facilities with what decides which subpart of 40 CFR 60 applies.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, (p.properties ->> 'name'::text) as name, (p.properties ->> 'district'::text) as district,
       (p.properties ->> 'constructed_on'::text) as constructed_on,
       (p.properties ->> 'modified_on'::text) as modified_on,
       (p.properties ->> 'epa_subpart'::text) as epa_subpart
from keyed v
join oilgas."Facility" p
  on ag_catalog.agtype_access_operator(variadic array[p.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((p.properties ->> 'tenant_id'::text) collate "C") = $1;

-- name: equipment_to_assess
-- Tanks and vapour controls installed at many facilities.
with keyed as materialized (
    select k as entity_id, ('"' || k || '"')::ag_catalog.agtype as id
    from unnest($2::text[]) k)
select v.entity_id, (q.properties ->> 'name'::text) as name,
       (q.properties ->> 'equipment_type'::text) as equipment_type,
       ((q.properties ->> 'voc_tons_per_year'::text)::float8) as voc_tons_per_year,
       ((q.properties ->> 'methane_tons_per_year'::text)::float8) as methane_tons_per_year
from keyed v
join oilgas."Facility" p
  on ag_catalog.agtype_access_operator(variadic array[p.properties, '"id"'::ag_catalog.agtype])
     = v.id
 and ((p.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."INSTALLED_AT" e on e.end_id = p.id
 and ((e.properties ->> 'tenant_id'::text) collate "C") = $1
join oilgas."Equipment" q on q.id = e.start_id
where (q.properties ->> 'equipment_type'::text) in ('STORAGE_TANK', 'VAPOR_RECOVERY_UNIT', 'COMBUSTOR', 'FLARE_STACK')
  and (e.properties ->> 'valid_to'::text) is null
order by ((q.properties ->> 'name'::text) collate "C"), ((q.properties ->> 'id'::text) collate "C");

-- name: take_compliance_domain
-- Takes a domain of a tenant for writing, so that what is there before a write is known.
select pg_advisory_xact_lock(hashtextextended('compliance ' || $1::text || ' ' || $2::text, 0))
    is null as taken;

-- name: lock_compliance_statuses
-- Takes the records of many entities in a domain for writing, in one order.
select s.* from public.compliance_status s
where s.tenant_id = $1 and s.entity_id = any($2::text[]) and s.compliance_domain = $3
order by s.entity_id collate "C"
for update;

-- name: write_compliance_statuses
-- Writes the records of many entities in a domain, over those that are there.
insert into public.compliance_status as s (tenant_id, entity_id, entity_type, entity_name,
    entity_field, entity_district, compliance_domain, status, deadline, details, explanation,
    rule_version_id, decided_by, actor, reason, last_assessed_at, created_at, updated_at)
select $1, n.entity_id, n.entity_type, n.entity_name, n.entity_field, n.entity_district, $2,
       n.status, n.deadline, n.details::jsonb, n.explanation, n.rule_version_id::uuid, $3, $4, $5,
       $6::timestamptz, $6::timestamptz, $6::timestamptz
from unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
            $13::timestamptz[], $14::text[], $15::text[], $16::text[])
    n (entity_id, entity_type, entity_name, entity_field, entity_district, status, deadline,
       details, explanation, rule_version_id)
on conflict (tenant_id, entity_id, compliance_domain) do update
set entity_type = excluded.entity_type, entity_name = excluded.entity_name,
    entity_field = excluded.entity_field, entity_district = excluded.entity_district,
    status = excluded.status, deadline = excluded.deadline, details = excluded.details,
    explanation = excluded.explanation, rule_version_id = excluded.rule_version_id,
    decided_by = excluded.decided_by, actor = excluded.actor, reason = excluded.reason,
    last_assessed_at = excluded.last_assessed_at, updated_at = excluded.updated_at
returning s.*;

-- name: touch_compliance_statuses
-- Notes that records were assessed again and stand as they stood.
update public.compliance_status set last_assessed_at = $4::timestamptz
where tenant_id = $1 and compliance_domain = $3 and entity_id = any($2::text[])
returning id;

-- name: compliance_of_entities
-- The records of many entities, in all domains or some.
select s.* from public.compliance_status s
where s.tenant_id = $1 and s.entity_id = any($2::text[])
  and ($3::text[] is null or s.compliance_domain = any($3::text[]))
order by s.entity_id, s.compliance_domain;

-- name: compliance_of_ids
-- Records by their own ids.
select s.* from public.compliance_status s
where s.tenant_id = $1 and s.id = any($2::text[]::uuid[]);

-- name: compliance_as_of
-- The record of an entity in a domain as it stood at a moment.
select s.id, s.tenant_id, s.entity_id, s.entity_type, s.entity_name, s.entity_field,
       s.entity_district, s.compliance_domain, h.status, h.deadline, h.checklist_id, h.details,
       h.explanation, h.rule_version_id, h.decided_by, h.actor, h.reason,
       h.assessed_at as last_assessed_at, s.created_at, h.recorded_at as updated_at
from public.compliance_status_history h
join public.compliance_status s on s.id = h.compliance_status_id and s.tenant_id = h.tenant_id
where h.tenant_id = $1 and h.entity_id = $2 and h.compliance_domain = $3
  and h.recorded_at <= $4::timestamptz
order by h.recorded_at desc, h.id desc
limit 1;

-- name: compliance_histories
-- Every recorded state of many records, the latest first, a bounded number of each.
select v.id as status_id, h.*
from unnest($2::text[]) v (id)
cross join lateral (
    select r.recorded_at, r.assessed_at, r.status, r.deadline, r.details, r.explanation,
           r.rule_version_id, r.decided_by, r.actor, r.reason
    from public.compliance_status_history r
    join public.compliance_status s on s.tenant_id = r.tenant_id and s.entity_id = r.entity_id
     and s.compliance_domain = r.compliance_domain
    where s.id = v.id::uuid and s.tenant_id = $1
    order by r.recorded_at desc, r.id desc
    limit $3::int
) h;

-- name: compliance_page
-- A page of compliance records: its segments, one after the other, until it is full.
select s.* from ({segments}) s limit {limit};

-- name: compliance_segment
-- One range of a page of compliance records; part of compliance_page.
(select t.* from public.compliance_status t
where t.tenant_id = $1
  and ($2::text[] is null or t.compliance_domain = any($2::text[]))
  and ($3::text[] is null or t.status = any($3::text[]))
  and ($4::text[] is null or t.entity_type = any($4::text[]))
  and ($5::text[] is null or t.entity_id = any($5::text[]))
  and ($6::text[] is null or t.entity_district = any($6::text[]))
  and ($7::text[] is null or t.entity_field = any($7::text[]))
  and ($8::timestamptz is null or t.deadline >= $8::timestamptz)
  and ($9::timestamptz is null or t.deadline < $9::timestamptz)
  and ($10::text is null or strpos(lower(t.entity_name), lower($10::text)) > 0)
  and ($11::text[] is null or t.decided_by = any($11::text[]))
  and {predicate}
order by {order_by}
limit {limit});

-- name: count_compliance
-- How many compliance records match a filter, by status, and what is due or amiss.
select count(*) as total,
       count(*) filter (where t.status = 'compliant') as compliant,
       count(*) filter (where t.status = 'action_needed') as action_needed,
       count(*) filter (where t.status = 'overdue') as overdue,
       count(*) filter (where t.status = 'not_applicable') as not_applicable,
       count(*) filter (where t.status = 'in_review') as in_review,
       count(*) filter (where t.status <> 'overdue' and t.deadline >= $12::timestamptz
                          and t.deadline < $13::timestamptz) as due_soon,
       count(*) filter (where t.compliance_domain = 'flaring_monitor'
                          and t.status = 'action_needed') as anomalies
from public.compliance_status t
where t.tenant_id = $1
  and ($2::text[] is null or t.compliance_domain = any($2::text[]))
  and ($3::text[] is null or t.status = any($3::text[]))
  and ($4::text[] is null or t.entity_type = any($4::text[]))
  and ($5::text[] is null or t.entity_id = any($5::text[]))
  and ($6::text[] is null or t.entity_district = any($6::text[]))
  and ($7::text[] is null or t.entity_field = any($7::text[]))
  and ($8::timestamptz is null or t.deadline >= $8::timestamptz)
  and ($9::timestamptz is null or t.deadline < $9::timestamptz)
  and ($10::text is null or strpos(lower(t.entity_name), lower($10::text)) > 0)
  and ($11::text[] is null or t.decided_by = any($11::text[]));

-- name: compliance_matrix_page
-- A page of entities with what they stand at: its segments until it is full.
select s.* from ({segments}) s limit {limit};

-- name: compliance_matrix_segment
-- One range of a page of the matrix; part of compliance_matrix_page.
(select t.* from (
    select t.entity_id as id, t.entity_id, min(t.entity_type) as entity_type,
           coalesce(min(t.entity_name), '') as entity_name, min(t.entity_field) as entity_field,
           min(t.entity_district) as entity_district, min(t.deadline) as next_deadline,
           max(case t.status when 'overdue' then 4 when 'action_needed' then 3
                   when 'in_review' then 2 when 'compliant' then 1 else 0 end) as severity
    from public.compliance_status t
    where t.tenant_id = $1
      and ($2::text[] is null or t.compliance_domain = any($2::text[]))
      and ($3::text[] is null or t.status = any($3::text[]))
      and ($4::text[] is null or t.entity_type = any($4::text[]))
      and ($5::text[] is null or t.entity_id = any($5::text[]))
      and ($6::text[] is null or t.entity_district = any($6::text[]))
      and ($7::text[] is null or t.entity_field = any($7::text[]))
      and ($8::timestamptz is null or t.deadline >= $8::timestamptz)
      and ($9::timestamptz is null or t.deadline < $9::timestamptz)
      and ($10::text is null or strpos(lower(t.entity_name), lower($10::text)) > 0)
      and ($11::text[] is null or t.decided_by = any($11::text[]))
    group by t.entity_id
) t
where {predicate}
order by {order_by}
limit {limit});

-- name: count_compliance_entities
-- How many entities have a record that matches a filter.
select count(distinct t.entity_id) as total
from public.compliance_status t
where t.tenant_id = $1
  and ($2::text[] is null or t.compliance_domain = any($2::text[]))
  and ($3::text[] is null or t.status = any($3::text[]))
  and ($4::text[] is null or t.entity_type = any($4::text[]))
  and ($5::text[] is null or t.entity_id = any($5::text[]))
  and ($6::text[] is null or t.entity_district = any($6::text[]))
  and ($7::text[] is null or t.entity_field = any($7::text[]))
  and ($8::timestamptz is null or t.deadline >= $8::timestamptz)
  and ($9::timestamptz is null or t.deadline < $9::timestamptz)
  and ($10::text is null or strpos(lower(t.entity_name), lower($10::text)) > 0)
  and ($11::text[] is null or t.decided_by = any($11::text[]));

-- name: compliance_deadlines
-- Deadlines by month and domain, between two moments.
select date_trunc('month', t.deadline at time zone 'America/Chicago')::date as month,
       t.compliance_domain,
       count(*) filter (where t.status <> 'overdue') as open_count,
       count(*) filter (where t.status = 'overdue') as overdue_count
from public.compliance_status t
where t.tenant_id = $1 and t.deadline >= $2::timestamptz and t.deadline < $3::timestamptz
  and ($4::text[] is null or t.compliance_domain = any($4::text[]))
group by 1, 2
order by 1, 2;

-- name: compliance_trend
-- How many records stood where at each of many moments, as it was recorded then.
select b.at, r.compliance_domain,
       count(*) filter (where r.status = 'compliant') as compliant,
       count(*) filter (where r.status = 'action_needed') as action_needed,
       count(*) filter (where r.status = 'overdue') as overdue,
       count(*) filter (where r.status = 'not_applicable') as not_applicable,
       count(*) filter (where r.status = 'in_review') as in_review
from unnest($2::timestamptz[]) b (at)
join (
    select h.compliance_domain, h.status, h.recorded_at,
           lead(h.recorded_at) over (partition by h.entity_id, h.compliance_domain
                                     order by h.recorded_at, h.id) as replaced_at
    from public.compliance_status_history h
    where h.tenant_id = $1
      and ($3::text[] is null or h.compliance_domain = any($3::text[]))
) r on r.recorded_at <= b.at and (r.replaced_at is null or r.replaced_at > b.at)
group by b.at, r.compliance_domain
order by b.at, r.compliance_domain;

-- name: filing_statuses
-- How many filings of a tenant stand at each status.
select (t.properties ->> 'status'::text) as status, count(*) as total
from oilgas."Filing" t
where ((t.properties ->> 'tenant_id'::text) collate "C") = $1
  and ($2::text[] is null or (t.properties ->> 'filing_type'::text) = any($2::text[]))
group by 1
order by 2 desc, 1;

-- name: open_checklists_under_rule
-- Checklists not yet filed that rest on the version of a rule now in force.
select distinct c.id::text as checklist_id
from public.filing_rule_snapshots s
join public.filing_checklists c on c.tenant_id = s.tenant_id and c.id = s.checklist_id
where s.tenant_id = $1 and s.rule_identifier = $2 and s.is_current and c.status <> 'filed'
order by 1;

-- name: rules_to_assess_by
-- Every version of rules of some domains that has come into force, the shared ones and the tenant's own.
select v.id, v.tenant_id, v.rule_domain, v.rule_identifier, v.version, v.effective_date,
       v.superseded_date, v.rule_data
from public.rule_versions v
where v.tenant_id in ($1, '*') and v.rule_domain = any($2::text[])
  and v.status in ('active', 'superseded')
order by v.rule_identifier collate "C", v.tenant_id collate "C", v.effective_date;
