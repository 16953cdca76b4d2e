-- The edges of a vertex in the order in which a relationship lists them, which is that of their ids:
-- a page of a vertex with very many edges is then a range of an index, and no longer a sort of all.

create or replace function graph_admin.make_edge_label(label text)
returns void language plpgsql as $$
declare
    covered regclass;
begin
    if to_regclass(format('oilgas.%I', label)) is null then
        execute format('select ag_catalog.create_elabel(%L, %L)', 'oilgas', label);
    end if;
    perform graph_admin.ensure_index(
        label, 'identity', 'start_id, end_id, ' || graph_admin.text_of('edge_key'), true);
    perform graph_admin.ensure_index(label, 'start', 'start_id, id');
    perform graph_admin.ensure_index(label, 'end', 'end_id, id');
    perform graph_admin.ensure_index(label, 'graphid', 'id', true);
    -- later versions of AGE index each end by itself, which each write would pay for again
    for covered in
        select x.indexrelid
        from pg_catalog.pg_index x
        join pg_catalog.pg_attribute a
          on a.attrelid = x.indrelid and a.attnum = x.indkey[0] and a.attname in ('start_id', 'end_id')
        where x.indrelid = format('oilgas.%I', label)::regclass
          and x.indnatts = 1 and x.indpred is null and not x.indisunique
    loop
        execute format('drop index %s', covered);
    end loop;
    -- how many tenants there are: not knowing it, the planner expects to find next to no edge, and
    -- sorts them all where the index gives the first few
    execute format(
        'create statistics if not exists oilgas.%I on %s from oilgas.%I',
        left(label || '_tenant', 63), graph_admin.text_of('tenant_id'), label);
end
$$;

do $$
declare
    name text;
begin
    for name in
        select c.relname
        from pg_catalog.pg_class c
        join pg_catalog.pg_inherits h on h.inhrelid = c.oid
        where h.inhparent = 'oilgas._ag_label_edge'::regclass
    loop
        -- it was of both ends
        execute format('drop index if exists oilgas.%I', left(name || '_end', 63));
        perform graph_admin.make_edge_label(name);
        execute format('analyze oilgas.%I', name);
    end loop;
end
$$;
