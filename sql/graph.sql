-- name: list_vertices
-- A page of a label: its segments, one after the other, until the page is full.
select s.graph_id, {selected} from ({segments}) s limit {limit};

-- name: list_segment
-- One index range of a page of a label; part of list_vertices.
(select t.id::text as graph_id, t.properties
from oilgas."{label}" t
where {predicate}
order by {order_by}
limit {limit});

-- name: count_vertices
-- How many vertices of a label match a filter.
select count(*) as total
from oilgas."{label}" t
where {predicate};

-- name: vertices_by_natural_key
-- The vertices of a label by their natural keys.
select t.id::text as graph_id, t.properties
from oilgas."{label}" t
where ((t.properties ->> 'tenant_id'::text) collate "C") = $1::text
  and ((t.properties ->> 'natural_key'::text) collate "C") = any($2::text[]);

-- name: related_vertices
-- A page of a relationship for each of many parents at once.
select p.place, s.graph_id, {selected}
from unnest(string_to_array($1::text, ',')) with ordinality as p (id, place)
cross join lateral (
    select i.* from ({segments}) i limit {limit}
) s
order by p.place;

-- name: related_segment
-- One range of a page of a relationship of one parent; part of related_vertices.
(select t.id::text as graph_id, t.properties,
       {row_id} as row_id, {edge_properties} as edge_properties
from {joined}
where {predicate}
order by {order_by}
limit {limit});

-- name: related_vertices_and_total
--- The first page of an ordered relationship for each of many parents, and how many it holds in all:
--- who must look at all to find the first counts them on the way. What is sorted and counted are ids
--- and keys (which is why nothing may be pulled out of `offset 0`); only the page's rows are looked
--- into.
select p.place, s.graph_id, {selected}, r.total
from unnest(string_to_array($1::text, ',')) with ordinality as p (id, place)
cross join lateral (
    select r.*, count(*) over () as total
    from (select t.id as vertex_id, {edge_id} as edge_id, {keys}{tie} as tie
          from {joined}
          where {predicate} offset 0) r
    order by {order_by}
    limit {limit}
) r
join oilgas."{label}" t on t.id = r.vertex_id{with_edge}
cross join lateral (
    select t.id::text as graph_id, t.properties,
           {row_id} as row_id, {edge_properties} as edge_properties
) s
where {is_shown}
order by p.place, {order_by};

-- name: count_related_vertices
-- How many vertices match a filter in a relationship of each of many parents.
select p.place, r.total
from unnest(string_to_array($1::text, ',')) with ordinality as p (id, place)
cross join lateral (
    select count(*) as total
    from {joined}
    where {predicate}
) r
order by p.place;

-- name: run_cypher
-- What carries a named Cypher statement; its values travel in one parameter map.
select * from ag_catalog.cypher('oilgas', $cypher$ {cypher} $cypher$, $1) as ({columns});

-- name: edges_at_vertices
-- The edges of the given types at any of many vertices, in either direction: one hop.
select e.id::text as edge_id, c.relname::text as edge_type, e.start_id::text as start_id,
       e.end_id::text as end_id, e.properties
from (
    select o.tableoid, o.id, o.start_id, o.end_id, o.properties
    from oilgas._ag_label_edge o where o.start_id = any($1::text[]::ag_catalog.graphid[])
    union
    select i.tableoid, i.id, i.start_id, i.end_id, i.properties
    from oilgas._ag_label_edge i where i.end_id = any($1::text[]::ag_catalog.graphid[])
) e
join pg_catalog.pg_class c on c.oid = e.tableoid
where c.relname = any($2::text[])
  and ((e.properties ->> 'tenant_id'::text) collate "C") = $3::text
order by e.id
limit $4::int;

-- name: edges_among_vertices
-- The edges of the given types that join two of many vertices.
select e.id::text as edge_id, c.relname::text as edge_type, e.start_id::text as start_id,
       e.end_id::text as end_id, e.properties
from oilgas._ag_label_edge e
join pg_catalog.pg_class c on c.oid = e.tableoid
where e.start_id = any($1::text[]::ag_catalog.graphid[])
  and e.end_id = any($1::text[]::ag_catalog.graphid[])
  and c.relname = any($2::text[])
  and ((e.properties ->> 'tenant_id'::text) collate "C") = $3::text
order by e.id
limit $4::int;

-- name: vertices_by_graph_id
-- Vertices of any label by AGE's own ids.
select c.relname::text as label, v.id::text as graph_id, v.properties
from oilgas._ag_label_vertex v
join pg_catalog.pg_class c on c.oid = v.tableoid
where v.id = any($1::text[]::ag_catalog.graphid[])
  and ((v.properties ->> 'tenant_id'::text) collate "C") = any($2::text[]);

-- name: entity_ids_by_graph_id
-- The entity ids of vertices of any label.
select v.id::text as graph_id, (v.properties ->> 'id'::text) as entity_id
from oilgas._ag_label_vertex v
where v.id = any($1::text[]::ag_catalog.graphid[]);
