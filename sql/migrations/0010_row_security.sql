-- Every tenant's rows are its own: row-level security, forced, under a role that owns nothing.
--
-- `app.tenant_id` says for whom a transaction acts; without it nothing is visible. `app.reach` says
-- whose rows it may write besides: `shared` for what all tenants read, `all` for any tenant's.

do $$
begin
    create role graph_api_service login;
exception
    -- roles belong to the server, and another database of it may have been migrated before
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        raise notice 'this role may not create graph_api_service: a superuser must';
end
$$;

-- What follows is for a role that may be missing, where only a superuser could make it.
create function graph_admin.grant_service(grants text) returns void language plpgsql as $$
begin
    execute format(grants, 'graph_api_service');
exception
    when undefined_object then null;
    when insufficient_privilege then raise notice '% was not granted: %', grants, sqlerrm;
end
$$;

do $$
declare
    -- ANALYZE by a role that is no owner, after a load
    maintain text := case when current_setting('server_version_num')::int >= 170000
                          then ', maintain' else '' end;
    place text;
begin
    foreach place in array array['ag_catalog', 'oilgas', 'public'] loop
        perform graph_admin.grant_service('grant usage on schema ' || place || ' to %I');
    end loop;
    foreach place in array array['oilgas', 'public'] loop
        perform graph_admin.grant_service(
            'grant select, insert, update, delete' || maintain || ' on all tables in schema '
            || place || ' to %I');
        perform graph_admin.grant_service(
            'grant usage, select on all sequences in schema ' || place || ' to %I');
        perform graph_admin.grant_service(
            'alter default privileges in schema ' || place
            || ' grant select, insert, update, delete' || maintain || ' on tables to %I');
        perform graph_admin.grant_service(
            'alter default privileges in schema ' || place
            || ' grant usage, select on sequences to %I');
    end loop;
    -- what is append-only, the service cannot change even where a trigger were missing
    perform graph_admin.grant_service('revoke update, delete on public.audit_logs from %I');
    perform graph_admin.grant_service('revoke update on public.change_log from %I');
    perform graph_admin.grant_service(
        'revoke insert, update, delete on public.schema_migrations from %I');
end
$$;

-- The policies of a table; `tenant` is the expression of the tenant that a row belongs to. With
-- `is_shared`, every tenant reads the rows of the tenant `*`.
create function graph_admin.protect_rows(relation text, tenant text, is_shared boolean)
returns void language plpgsql as $$
declare
    -- selected, so that it is asked once for a statement, and is no constant to the planner: a plan
    -- that is made before a tenant is set would else expect no rows, and scan for them
    acts_for constant text := '(select current_setting(''app.tenant_id'', true))';
    reach constant text := '(select current_setting(''app.reach'', true))';
    own text := format('(%s = %s and %s <> '''')', tenant, acts_for, acts_for);
    readable text := format('(%s or (%s <> '''' and (%s = ''all''%s)))', own, acts_for, reach,
        case when is_shared then format(' or %s = ''*''', tenant) else '' end);
    writable text := format('(%s or %s = ''all''%s)', own, reach,
        case when is_shared
             then format(' or (%s = ''shared'' and %s = ''*'')', reach, tenant) else '' end);
begin
    execute format('alter table %s enable row level security', relation);
    execute format('alter table %s force row level security', relation);
    execute format('drop policy if exists tenant_reads on %s', relation);
    execute format('drop policy if exists tenant_adds on %s', relation);
    execute format('drop policy if exists tenant_changes on %s', relation);
    execute format('drop policy if exists tenant_removes on %s', relation);
    execute format('create policy tenant_reads on %s for select using %s', relation, readable);
    execute format('create policy tenant_adds on %s for insert with check %s', relation, writable);
    -- what is only readable may be locked, so that it stays while something is linked to it
    execute format('create policy tenant_changes on %s for update using %s with check %s',
        relation, readable, writable);
    execute format('create policy tenant_removes on %s for delete using %s', relation, writable);
end
$$;

create function graph_admin.protect_tenant_table(relation text, is_shared boolean default false)
returns void language plpgsql as $$
begin
    perform graph_admin.protect_rows(relation, 'tenant_id', is_shared);
end
$$;

create function graph_admin.protect_label(label text) returns void language plpgsql as $$
begin
    perform graph_admin.protect_rows(
        format('oilgas.%I', label), graph_admin.text_of('tenant_id'), true);
end
$$;

-- Declaring a label protects it.
alter function graph_admin.ensure_vertex_label(text, text[], text[], text[], text[])
    rename to make_vertex_label;
create function graph_admin.ensure_vertex_label(
    label text,
    order_texts text[] default '{}',
    order_numbers text[] default '{}',
    lookups text[] default '{}',
    reference_fields text[] default '{}')
returns void language plpgsql as $$
begin
    perform graph_admin.make_vertex_label(label, order_texts, order_numbers, lookups, reference_fields);
    perform graph_admin.protect_label(label);
end
$$;

alter function graph_admin.ensure_edge_label(text) rename to make_edge_label;
create function graph_admin.ensure_edge_label(label text) returns void language plpgsql as $$
begin
    perform graph_admin.make_edge_label(label);
    perform graph_admin.protect_label(label);
end
$$;

do $$
declare
    name text;
begin
    -- the parents as well: what names no label reads through them, past their children's policies
    for name in
        select c.relname from pg_catalog.pg_class c
        where c.relnamespace = 'oilgas'::regnamespace and c.relkind in ('r', 'p')
    loop
        perform graph_admin.protect_label(name);
    end loop;
    for name in
        select c.relname from pg_catalog.pg_class c
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not a.attisdropped
    loop
        perform graph_admin.protect_tenant_table(format('public.%I', name), name = any(array[
            'entity_search', 'rule_versions', 'rule_status_changes', 'rule_supersessions',
            'checklist_templates']));
    end loop;
end
$$;

-- A record may rest on its own tenant's rules and templates, or on shared ones, and on no others;
-- a foreign key cannot say so, and does not ask row-level security. Arguments: column, table, ...
create function public.check_referenced_tenant() returns trigger language plpgsql as $$
declare
    referenced uuid;
    is_allowed boolean;
    place int;
begin
    for place in 0 .. tg_nargs / 2 - 1 loop
        referenced := to_jsonb(new) ->> tg_argv[2 * place];
        continue when referenced is null;
        execute format(
            'select exists (select from public.%I where id = $1 and tenant_id in ($2, ''*''))',
            tg_argv[2 * place + 1])
            into is_allowed using referenced, new.tenant_id;
        if not is_allowed then
            raise exception 'a record must rest on what its tenant may read'
                using errcode = 'foreign_key_violation';
        end if;
    end loop;
    return new;
end
$$;

create trigger check_referenced_tenant
    before insert or update of rule_version_id on public.compliance_status
    for each row execute function public.check_referenced_tenant('rule_version_id', 'rule_versions');
create trigger check_referenced_tenant before insert on public.filing_checklists
    for each row execute function public.check_referenced_tenant('template_id', 'checklist_templates');
create trigger check_referenced_tenant
    before insert or update of superseded_by on public.filing_rule_snapshots
    for each row execute function public.check_referenced_tenant(
        'rule_version_id', 'rule_versions', 'superseded_by', 'rule_versions');
create trigger check_referenced_tenant before insert on public.rule_change_alerts
    for each row execute function public.check_referenced_tenant(
        'old_version_id', 'rule_versions', 'new_version_id', 'rule_versions');
