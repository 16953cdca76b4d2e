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
