// name: vertices_by_field
// The vertices of a label by the values of one indexed field: ids, numbers, natural keys.
UNWIND $values AS k
MATCH (n:{label}) WHERE n.{field} = k AND n.tenant_id = $tenant
RETURN k AS key, id(n) AS graph_id, properties(n) AS properties
