-- name: server_facts
-- Which server answers, and as whom.
select current_setting('server_version') as version,
       current_setting('server_version_num')::int as version_number,
       current_user::text as role_name,
       (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as is_superuser;

-- name: extension_facts
-- Which versions of extensions the server has, and which the database uses.
select n.name, a.default_version as available, e.extversion as installed
from unnest($1::text[]) with ordinality n (name, place)
left join pg_catalog.pg_available_extensions a on a.name = n.name
left join pg_catalog.pg_extension e on e.extname = n.name
order by n.place;

-- name: probe_preloaded_age
-- Fails in a new session whose server has not loaded AGE's library beforehand.
select * from ag_catalog.cypher('oilgas', $cypher$ RETURN 1 $cypher$) as (one ag_catalog.agtype);

-- name: session_facts
-- The settings in force in this session, in their base units.
select s.name, s.setting as value from pg_catalog.pg_settings s where s.name = any($1::text[]);

-- name: label_facts
-- The labels of the graph, `v` for vertices and `e` for edges, by their tables: a plain role may
-- not read AGE's own catalog.
select c.relname::text as name,
       case i.inhparent when to_regclass('oilgas._ag_label_vertex') then 'v' else 'e' end as kind
from pg_catalog.pg_inherits i
join pg_catalog.pg_class c on c.oid = i.inhrelid
where i.inhparent in (to_regclass('oilgas._ag_label_vertex'), to_regclass('oilgas._ag_label_edge'));

-- name: index_facts
-- The indexes of the graph's tables: what each is defined as, and whether it can be relied on.
select c.relname::text as name, t.relname::text as label, i.indisunique as is_unique,
       i.indisvalid as is_valid, pg_catalog.pg_get_indexdef(i.indexrelid) as definition
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_class t on t.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
where n.nspname = 'oilgas';

-- name: row_security_facts
-- The tables of tenants' rows whose row-level security is not in force, and whether the role that
-- asks would pass it by.
select c.oid::regclass::text as relation,
       c.relrowsecurity and c.relforcerowsecurity and exists (
           select from pg_catalog.pg_policy p where p.polrelid = c.oid) as is_in_force,
       pg_catalog.row_security_active(c.oid) as holds_this_role
from pg_catalog.pg_class c
where c.relkind = 'r' and (c.relnamespace = 'oilgas'::regnamespace
    or c.relnamespace = 'public'::regnamespace and exists (
        select from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
order by c.oid::regclass::text;
