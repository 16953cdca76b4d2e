-- name: list_vertices
-- A page of a label: its segments, one after the other, until the page is full.
select s.graph_id, s.properties from ({segments}) s limit {limit};

-- name: list_segment
-- One index range of a page of a label; part of list_vertices.
(select t.id::text as graph_id, t.properties::text as properties
from oilgas."{label}" t
where {predicate}
order by {order_by}
limit {limit});

-- name: count_vertices
-- How many vertices of a label match a filter.
select count(*) as total
from oilgas."{label}" t
where {predicate};

-- name: related_vertices
-- A page of a relationship for each of many parents at once.
select p.place, r.graph_id, r.properties, r.row_id, r.edge_properties
from unnest($1::text[], $2::text[]) with ordinality as p (graph_id, entity_id, place)
cross join lateral (
    select s.* from ({segments}) s limit {limit}
) r
order by p.place;

-- name: related_segment
-- One range of a page of a relationship of one parent; part of related_vertices.
(select t.id::text as graph_id, t.properties::text as properties,
       {row_id} as row_id, {edge_properties} as edge_properties
from {joined}
where {predicate}
order by {order_by}
limit {limit});

-- name: count_related_vertices
-- How many vertices match a filter in a relationship of each of many parents.
select p.place, r.total
from unnest($1::text[], $2::text[]) with ordinality as p (graph_id, entity_id, place)
cross join lateral (
    select count(*) as total
    from {joined}
    where {predicate}
) r
order by p.place;

-- name: run_cypher
-- What carries a named Cypher statement; its values travel in one parameter map.
select * from ag_catalog.cypher('oilgas', $cypher$ {cypher} $cypher$, $1) as ({columns});
