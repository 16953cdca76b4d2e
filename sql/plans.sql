-- name: entity_by_key
-- A label's vertices by one indexed field, each with the entities that it names. It says itself for
-- whom it acts; whatever is read stands in a lateral part that depends on that, and is not moved.
select t.graph_id, t.properties{more_columns}
from (select set_config('app.tenant_id', $1::text, true) as tenant_id,
             set_config('app.reach', 'own', true) as reach offset 0) act
cross join lateral (
    select v.id::text as graph_id, v.properties
    from oilgas."{label}" v
    where ag_catalog.agtype_access_operator(variadic array[v.properties, '"{field}"'::ag_catalog.agtype])
          = $2::text::ag_catalog.agtype
      and ((v.properties ->> 'tenant_id'::text) collate "C") = {tenant}
    offset 0
) t
{with_named};

-- name: named_entity
-- An entity that another one names; stands in a lateral part of entity_by_key.
select v.id::text as graph_id, v.properties
from oilgas."{label}" v
where ag_catalog.agtype_access_operator(variadic array[v.properties, '"id"'::ag_catalog.agtype])
      = {named_by}
  and ((v.properties ->> 'tenant_id'::text) collate "C") = {tenant}
offset 0;
