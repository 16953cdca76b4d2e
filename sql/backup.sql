-- name: backup_source
-- What a backup is taken from, and as whom.
select current_database()::text as database, current_user::text as role_name,
       pg_get_userbyid(d.datdba)::text as owner, split_part(current_setting('server_version'), ' ', 1) as version,
       current_setting('server_version_num')::int as version_number
from pg_catalog.pg_database d where d.datname = current_database();

-- name: export_snapshot
-- Names the snapshot of this transaction, so that a dump sees the same rows.
select pg_export_snapshot() as snapshot;

-- name: tables_to_back_up
-- Every table whose rows a dump holds: our own, and what extensions have marked as ours; whether
-- this role reads all of its rows, and the label whose table it is.
select format('%I.%I', n.nspname, c.relname) as name,
       has_table_privilege(c.oid, 'select') and not row_security_active(c.oid) as is_readable,
       case when n.nspname = 'oilgas' and c.relname not like '\_ag\_label\_%' then c.relname::text end as label
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relpersistence = 'p'
  and case when exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
           then exists (select from pg_catalog.pg_extension e where c.oid = any(e.extconfig))
           else n.nspname !~ '^pg_' and n.nspname <> 'information_schema' end
order by 1;

-- name: count_rows
-- How many rows a table has itself, without those of tables that inherit from it.
select count(*) as count from only {table};

-- name: named_roles
-- Roles that grants and policies of this database name, besides the owners of what they are for.
select distinct r.rolname::text as name, r.rolcanlogin as can_login
from pg_catalog.pg_shdepend s
join pg_catalog.pg_roles r on r.oid = s.refobjid
join pg_catalog.pg_database d on d.oid = s.dbid
where s.refclassid = 'pg_authid'::regclass and s.deptype in ('a', 'r')
  and d.datname = current_database()
order by 1;

-- name: default_privileges
-- What the owner's later objects are granted, by schema.
select n.nspname::text as schema_name, p.kind, pg_get_userbyid(a.grantee)::text as grantee,
       a.privilege_type as privilege, a.is_grantable
from pg_catalog.pg_default_acl d
join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
join (values ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types')) p (code, kind)
    on p.code = d.defaclobjtype
cross join lateral aclexplode(d.defaclacl) a
where a.grantee <> 0 and a.grantee <> d.defaclrole
order by 1, 2, 3, 4;

-- name: restore_target
-- Where a backup is to be restored, and what this role may do there.
select current_database()::text as database, r.rolname::text as role_name, r.rolsuper as is_superuser,
       r.rolcreaterole as may_create_roles, pg_get_userbyid(d.datdba)::text as owner,
       r.rolsuper or r.rolbypassrls as sees_all_rows,
       current_setting('server_version_num')::int as version_number
from pg_catalog.pg_database d
join pg_catalog.pg_roles r on r.rolname = current_user
where d.datname = current_database();

-- name: objects_in_database
-- What is in a database besides its extensions; nothing, in a new one.
select format('%s.%s', n.nspname, c.relname) as name
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind not in ('i', 'I', 't') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
union all
select n.nspname from pg_catalog.pg_namespace n
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public', 'ag_catalog')
union all
select format('%s.%s()', n.nspname, p.proname)
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
order by 1
limit 10;

-- name: roles_present
-- Which of these roles the server has.
select r.rolname::text as name from pg_catalog.pg_roles r where r.rolname = any($1::text[]);

-- name: role_command
-- What makes a role that the server lacks, without a password.
select format('create role %I %s', $1::text, case when $2::boolean then 'login' else 'nologin' end) as command;

-- name: default_privilege_command
-- What grants a role a privilege on later objects of an owner in a schema.
select format('alter default privileges for role %I in schema %I grant %s on %s to %I%s', $1::text,
              $2::text, $4::text, $3::text, $5::text,
              case when $6::boolean then ' with grant option' else '' end) as command
where $3::text in ('tables', 'sequences', 'functions', 'types') and $4::text ~ '^[A-Z]+$';

-- name: create_age
-- The extension whose graph is restored into it.
create extension if not exists age;

-- name: create_vector
-- The extension of embeddings, in the schema where the migrations put it.
create extension if not exists vector schema public;

-- name: graph_catalog_privileges
-- Whether this role may write AGE's own catalog, where extensions are there already.
select has_table_privilege(to_regclass('ag_catalog.ag_graph'), 'select, insert, update')
   and has_table_privilege(to_regclass('ag_catalog.ag_label'), 'select, insert, update') as is_granted;

-- name: repair_graph_ids
-- Tells AGE the number that the graph has in this database: by its schema, and its labels' tables.
-- In one statement, for labels refer to the number of their graph.
with graphs as (
    update ag_catalog.ag_graph g set graphid = g.namespace::oid
    returning g.graphid
), labels as (
    update ag_catalog.ag_label l set graph = c.relnamespace
    from pg_catalog.pg_class c where c.oid = l.relation::oid
    returning l.graph
)
select (select count(*) from graphs) as graph_count, (select count(*) from labels) as label_count;

-- name: label_numbers
-- Where each label's numbering stands: its own number, and the last one it gave.
select l.name::text as label, format('%I.%I', n.nspname, c.relname) as label_table, l.id as label_number, l.graph = g.graphid and g.graphid = g.namespace::oid as is_right,
       coalesce(pg_sequence_last_value(format('%I.%I', n.nspname, l.seq_name)::regclass), 0) as last_given,
       coalesce(pg_sequence_last_value(format('%I._label_id_seq', n.nspname)::regclass), 0) as last_label
from ag_catalog.ag_label l
join pg_catalog.pg_class c on c.oid = l.relation::oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join ag_catalog.ag_graph g on g.namespace::oid = n.oid
where n.nspname = 'oilgas';

-- name: highest_number
-- The highest number that a vertex or an edge of a label has, and the number of its label.
select (t.id::text::bigint & 281474976710655) as number, (t.id::text::bigint >> 48) as label_number
from only {table} t order by t.id desc limit 1;

-- name: prefer_indexes
-- For this transaction, a table is read from end to end only where there is no other way.
set local enable_seqscan = off;

-- name: explain
-- What PostgreSQL plans to do for a statement, as JSON.
explain (format json) {statement};

-- name: analyze_database
-- Tells the planner what a restore has brought.
analyze;

-- name: scratch_database_command
-- What makes an empty database beside this one, with its owner, encoding and collation.
select format('create database %I template template0 owner %I encoding %L locale_provider %s %s',
              $1::text, pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding),
              case d.datlocprovider when 'b' then 'builtin' when 'i' then 'icu' else 'libc' end,
              format('lc_collate %L lc_ctype %L', d.datcollate, d.datctype)
              || case d.datlocprovider
                     when 'b' then format(' builtin_locale %L', d.datlocale)
                     when 'i' then format(' icu_locale %L', d.datlocale)
                     else '' end) as command
from pg_catalog.pg_database d where d.datname = current_database();

-- name: database_grant_commands
-- What gives another database the grants of this one, and what settings only this one has.
select c.command, c.setting
from (select d.oid, coalesce(d.datacl, acldefault('d', d.datdba)) as acl, d.datdba
      from pg_catalog.pg_database d where d.datname = current_database()) d
cross join lateral (
    select 0 as place, format('revoke all on database %I from public', $1::text) as command, null::text as setting
    union all
    select 1, format('grant %s on database %I to %s', a.privilege_type, $1::text,
                     case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end), null
    from aclexplode(d.acl) a where a.grantee <> d.datdba
    union all
    select 2, null, unnest(s.setconfig) from pg_catalog.pg_db_role_setting s where s.setdatabase = d.oid
) c
order by c.place;

-- name: swap_commands
-- What closes a database to new sessions, opens it again, gives another its place, and removes it.
select format('alter database %I with allow_connections false', $1::text) as close_command,
       format('alter database %I with allow_connections true', $1::text) as open_command,
       format('alter database %I rename to %I', $1::text, $2::text) as away_command,
       format('alter database %I rename to %I', $3::text, $1::text) as into_place_command,
       format('drop database if exists %I with (force)', $2::text) as remove_command,
       format('drop database if exists %I with (force)', $3::text) as discard_command;

-- name: end_sessions
-- Ends the sessions of databases, all but this one; returns those that were still there.
select s.pid, pg_terminate_backend(s.pid) as is_told
from pg_catalog.pg_stat_activity s
where s.datname = any($1::text[]) and s.pid <> pg_backend_pid();

-- name: grant_age_command
-- What lets the owner of the database use the types and functions of AGE.
select format('grant usage on schema ag_catalog to %I', $1::text) as command;
