-- name: lock_vertices
-- Takes the vertices of these natural keys for writing, in one order, so that writers queue up.
select t.id::text as graph_id, t.properties
from oilgas."{label}" t
where ((t.properties ->> 'tenant_id'::text) collate "C") = $1::text
  and ((t.properties ->> 'natural_key'::text) collate "C") = any($2::text[])
order by ((t.properties ->> 'natural_key'::text) collate "C")
-- not `for update`: linking holds vertices with `for key share`, and need not wait for this
for no key update;

-- name: insert_vertices
-- Adds vertices; a natural key that another writer has just added is left out of the answer.
insert into oilgas."{label}" as t (properties)
select v::ag_catalog.agtype from unnest($1::text[]) v
on conflict do nothing
returning t.id::text as graph_id, (t.properties ->> 'natural_key'::text) as natural_key;

-- name: update_vertices
-- Replaces the properties of vertices that the transaction has locked.
with wanted as materialized (
    select v.graph_id::ag_catalog.graphid as id, v.properties::ag_catalog.agtype as properties
    from unnest($1::text[], $2::text[]) v (graph_id, properties))
update oilgas."{label}" t set properties = v.properties from wanted v where t.id = v.id;

-- name: vertices_for_linking
-- The ends of edges by natural key, held so that they are not deleted meanwhile.
select t.id::text as graph_id, (t.properties ->> 'id'::text) as entity_id,
       (t.properties ->> 'natural_key'::text) as natural_key
from oilgas."{label}" t
where ((t.properties ->> 'tenant_id'::text) collate "C") = $1::text
  and ((t.properties ->> 'natural_key'::text) collate "C") = any($2::text[])
order by t.id
for key share;

-- name: vertices_for_linking_by_id
-- The ends of edges by entity id, held so that they are not deleted meanwhile.
with keyed as materialized (
    select ('"' || k || '"')::ag_catalog.agtype as id from unnest($2::text[]) k)
select t.id::text as graph_id, (t.properties ->> 'id'::text) as entity_id,
       (t.properties ->> 'natural_key'::text) as natural_key
from keyed v
join oilgas."{label}" t
  on ag_catalog.agtype_access_operator(variadic array[t.properties, '"id"'::ag_catalog.agtype])
     = v.id
where ((t.properties ->> 'tenant_id'::text) collate "C") = $1::text
order by t.id
for key share of t;

-- name: link_vertices
-- Adds edges, or merges what is said about those that are there; answers with what changed.
-- To a load ($5), an edge of which only another source is told is unchanged. A caller's edge that
-- is there takes only what was given ($6); a load, without $6, states all it knows.
with wanted as materialized (
    select v.start_id::ag_catalog.graphid as start_id, v.end_id::ag_catalog.graphid as end_id,
           v.properties::ag_catalog.agtype as properties, v.edge_key,
           v.given::ag_catalog.agtype as given
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $6::text[])
        v (start_id, end_id, properties, edge_key, given)
), earlier as materialized (
    select o.id, o.properties
    from wanted w join oilgas."{edge_type}" o
      on o.start_id = w.start_id and o.end_id = w.end_id
     and ((o.properties ->> 'edge_key'::text) collate "C") = w.edge_key
), written as (
insert into oilgas."{edge_type}" as e (start_id, end_id, properties)
select w.start_id, w.end_id, coalesce((
    select o.properties || w.given from oilgas."{edge_type}" o
    where w.given is not null and o.start_id = w.start_id and o.end_id = w.end_id
      and ((o.properties ->> 'edge_key'::text) collate "C") = w.edge_key
), w.properties)
from wanted w
on conflict (start_id, end_id, (properties ->> 'edge_key'::text) collate "C") do update
set properties = e.properties || excluded.properties
where case when $5::boolean
           then (e.properties || excluded.properties) - '"source"'::ag_catalog.agtype
                <> e.properties - '"source"'::ag_catalog.agtype
           else (e.properties || excluded.properties) <> e.properties end
returning e.id, e.start_id, e.end_id, e.properties, (xmax = 0) as created
)
select n.id::text as edge_id, n.start_id::text as start_id, n.end_id::text as end_id,
       (n.properties ->> 'edge_key'::text) as edge_key, n.created,
       o.properties as before, n.properties as after
from written n left join earlier o on o.id = n.id;

-- name: unlink_vertices
-- Removes the edges of a type between two vertices; with an edge key, only that one.
delete from oilgas."{edge_type}" e
where e.start_id = $1::text::ag_catalog.graphid and e.end_id = $2::text::ag_catalog.graphid
  and ((e.properties ->> 'tenant_id'::text) collate "C") = $3::text
  and ($4::text is null or ((e.properties ->> 'edge_key'::text) collate "C") = $4::text)
returning e.id::text as edge_id, e.properties as before;

-- name: lock_vertices_by_graph_id
-- Takes vertices for writing, so that what is read of their edges next is what others committed.
select t.id::text as graph_id
from oilgas."{label}" t
where t.id = any($1::text[]::ag_catalog.graphid[])
order by t.id
for no key update;

-- name: refresh_current_reference
-- Keeps a vertex's reference true to its edges: the stated one that still holds and began last.
with wanted as materialized (
    select k::ag_catalog.graphid as id from unnest($1::text[]) k)
update oilgas."{label}" t
set properties = t.properties || ag_catalog.agtype_build_map(
    '{reference}'::text, c.other_id, 'updated_at'::text, $2::text)
from oilgas."{label}" b
join wanted v on b.id = v.id
left join lateral (
    select (o.properties ->> 'id'::text) as other_id
    from oilgas."{edge_type}" e join oilgas."{other_label}" o on o.id = e.{far_end}
    where e.{near_end} = v.id
      and ((e.properties ->> 'tenant_id'::text) collate "C") = $3::text
    order by (e.properties ->> 'inferred'::text) nulls first,
             (e.properties ->> 'valid_to'::text) desc nulls first,
             (e.properties ->> 'valid_from'::text) desc nulls last,
             (e.properties ->> 'confidence'::text)::float8 desc nulls last,
             e.id desc
    limit 1
) c on true
where t.id = b.id
  and (t.properties ->> '{reference}'::text) is distinct from c.other_id
returning b.properties as before, t.properties as after;

-- name: delete_edges_of_vertex
-- Removes every edge of a type at a vertex, before the vertex itself.
delete from oilgas."{edge_type}" e
where e.start_id = $1::text::ag_catalog.graphid or e.end_id = $1::text::ag_catalog.graphid
returning e.id::text as edge_id, e.start_id::text as start_id, e.end_id::text as end_id,
          e.properties as before;

-- name: forget_reference
-- Takes a deleted entity's id out of the vertices that named it.
update oilgas."{label}" t
set properties = t.properties || ag_catalog.agtype_build_map('{reference}'::text, null::text)
from oilgas."{label}" b
where b.id = t.id and ((t.properties ->> '{reference}'::text) collate "C") = $1::text
  and ((t.properties ->> 'tenant_id'::text) collate "C") = $2::text
returning b.properties as before, t.properties as after;

-- name: delete_vertex
-- Removes a vertex whose edges are gone.
delete from oilgas."{label}" t where t.id = $1::text::ag_catalog.graphid
returning t.id::text as graph_id;

-- name: lock_vertex_by_id
-- Takes one vertex for writing, by entity id.
select t.id::text as graph_id, t.properties
from oilgas."{label}" t
where ((t.properties ->> 'tenant_id'::text) collate "C") = $1::text
  and ag_catalog.agtype_access_operator(variadic array[t.properties, '"id"'::ag_catalog.agtype])
      = ('"' || $2::text || '"')::ag_catalog.agtype
for update;

-- name: analyze_label
-- Tells the planner what a bulk load has made of a label.
analyze oilgas."{label}";
