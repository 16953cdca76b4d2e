-- The graph: extensions, the graph itself, and what declares a label with its indexes.

create extension if not exists age;
create extension if not exists vector schema public;

do $$
begin
    -- by the schema, as AGE's own catalog is closed to roles that are not superusers
    if to_regnamespace('oilgas') is null then
        perform ag_catalog.create_graph('oilgas');
    end if;
end
$$;

create schema graph_admin;
comment on schema graph_admin is 'Functions that migrations use to declare labels; the service never calls them.';

-- An index is named after its label and what it covers, so that declaring twice changes nothing.
create function graph_admin.ensure_index(label text, covers text, definition text, is_unique boolean default false)
returns void language plpgsql as $$
begin
    execute format(
        'create %s index if not exists %I on oilgas.%I (%s)',
        case when is_unique then 'unique' else '' end,
        left(label || '_' || covers, 63), label, definition);
end
$$;

create function graph_admin.text_of(field text)
returns text language sql immutable as $$
    select format('((properties ->> %L::text) collate "C")', field)
$$;

create function graph_admin.number_of(field text)
returns text language sql immutable as $$
    select format('((properties ->> %L::text)::float8)', field)
$$;

create function graph_admin.agtype_of(field text)
returns text language sql immutable as $$
    select format('ag_catalog.agtype_access_operator(variadic array[properties, %L::ag_catalog.agtype])',
                  '"' || field || '"')
$$;

-- Lists are ordered by (tenant, key, id): one index for each field that lists may be ordered by.
create function graph_admin.ensure_order(label text, field text, key text)
returns void language plpgsql as $$
begin
    perform graph_admin.ensure_index(
        label, 'order_' || field,
        concat_ws(', ', graph_admin.text_of('tenant_id'), key, graph_admin.text_of('id')));
end
$$;

create function graph_admin.ensure_vertex_label(
    label text,
    order_texts text[] default '{}',
    order_numbers text[] default '{}',
    lookups text[] default '{}',
    reference_fields text[] default '{}')
returns void language plpgsql as $$
declare
    field text;
begin
    if to_regclass(format('oilgas.%I', label)) is null then
        -- untyped literals: AGE 1.5 takes names, later versions take cstrings
        execute format('select ag_catalog.create_vlabel(%L, %L)', 'oilgas', label);
    end if;
    -- AGE 1.5 makes no indexes of its own
    perform graph_admin.ensure_index(label, 'graphid', 'id', true);
    perform graph_admin.ensure_index(label, 'id', graph_admin.agtype_of('id'), true);
    perform graph_admin.ensure_index(
        label, 'natural_key',
        concat_ws(', ', graph_admin.text_of('tenant_id'), graph_admin.text_of('natural_key')), true);
    foreach field in array order_texts || array['created_at', 'updated_at'] loop
        perform graph_admin.ensure_order(label, field, graph_admin.text_of(field));
    end loop;
    -- the order of a list that names none
    perform graph_admin.ensure_index(
        label, 'order_id', concat_ws(', ', graph_admin.text_of('tenant_id'), graph_admin.text_of('id')));
    foreach field in array order_numbers loop
        perform graph_admin.ensure_order(label, field, graph_admin.number_of(field));
    end loop;
    foreach field in array lookups loop
        perform graph_admin.ensure_index(label, 'lookup_' || field, graph_admin.agtype_of(field));
    end loop;
    foreach field in array reference_fields loop
        perform graph_admin.ensure_index(label, 'reference_' || field, graph_admin.text_of(field));
    end loop;
end
$$;

create function graph_admin.ensure_edge_label(label text)
returns void language plpgsql as $$
begin
    if to_regclass(format('oilgas.%I', label)) is null then
        execute format('select ag_catalog.create_elabel(%L, %L)', 'oilgas', label);
    end if;
    perform graph_admin.ensure_index(
        label, 'identity', 'start_id, end_id, ' || graph_admin.text_of('edge_key'), true);
    perform graph_admin.ensure_index(label, 'end', 'end_id, start_id');
    perform graph_admin.ensure_index(label, 'graphid', 'id', true);
end
$$;
