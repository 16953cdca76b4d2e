-- A row stays with its tenant. A policy looks at a row before a change and after it, each by itself:
-- one that may be locked because all tenants read it could be made one's own.

create function public.refuse_another_tenant() returns trigger language plpgsql as $$
begin
    raise exception 'a row of % stays with its tenant', tg_table_name
        using errcode = 'restrict_violation';
end
$$;

create function graph_admin.keep_tenant(relation text, tenant text) returns void language plpgsql as $$
declare
    -- of a label, a part of its properties
    kept constant text := case when tenant = 'tenant_id' then 'tenant_id' else 'properties' end;
begin
    execute format('drop trigger if exists keep_tenant on %s', relation);
    execute format(
        'create trigger keep_tenant before update on %s for each row when (%s is distinct from %s) '
        'execute function public.refuse_another_tenant()',
        relation, replace(tenant, kept, 'old.' || kept), replace(tenant, kept, 'new.' || kept));
end
$$;

alter function graph_admin.protect_rows(text, text, boolean) rename to add_policies;
create function graph_admin.protect_rows(relation text, tenant text, is_shared boolean)
returns void language plpgsql as $$
begin
    perform graph_admin.add_policies(relation, tenant, is_shared);
    perform graph_admin.keep_tenant(relation, tenant);
end
$$;

do $$
declare
    guarded record;
begin
    for guarded in
        select c.oid::regclass::text as relation,
               case when c.relnamespace = 'oilgas'::regnamespace
                    then graph_admin.text_of('tenant_id') else 'tenant_id' end as tenant
        from pg_catalog.pg_class c
        where exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)
    loop
        perform graph_admin.keep_tenant(guarded.relation, guarded.tenant);
    end loop;
end
$$;

-- the steps that rules and checklists may take are the migrations' to say
select graph_admin.grant_service(
    'revoke insert, update, delete on public.rule_status_transitions from %I');
select graph_admin.grant_service(
    'revoke insert, update, delete on public.checklist_status_transitions from %I');
