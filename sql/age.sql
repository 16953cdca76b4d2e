-- name: load_age
-- Loads AGE's library into the session: a call of any of its functions does, whoever makes it.
select '1'::ag_catalog.agtype as loaded;

-- name: age_function_facts
-- What the planner has been told about functions of AGE: rows they return, leakproof or not.
select f.signature, p.oid is not null as is_present, p.prorows as rows_estimated,
       p.proleakproof as is_leakproof
from unnest($1::text[]) with ordinality f (signature, place)
left join pg_catalog.pg_proc p on p.oid = to_regprocedure(f.signature)
order by f.place;

-- name: estimate_age_unnest
-- Tells the planner that a list of keys is short; at 1000 rows it scans whole tables instead.
alter function ag_catalog.age_unnest(ag_catalog.agtype) rows 10;

-- name: mark_leakproof
-- Lets row-level security use the indexes that call this function.
alter function {function} leakproof;

-- name: serving_role
-- Whether this role is the one that row-level security is made for or may act as it, and whether it
-- would pass row-level security by in a database that has it.
select r.rolname = 'graph_api_service' as is_serving,
       coalesce(pg_catalog.pg_has_role(s.oid, 'set'), false) as may_serve,
       r.rolsuper or r.rolbypassrls as bypasses,
       exists (select from pg_catalog.pg_policy p where p.polname = 'tenant_reads') as is_protected,
       inet_client_addr() is null as is_local
from pg_catalog.pg_roles r
left join pg_catalog.pg_roles s on s.rolname = 'graph_api_service'
where r.rolname = current_user;
