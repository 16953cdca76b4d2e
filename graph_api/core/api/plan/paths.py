"""Where the parts of a plan stand in the answer, named as errors name them, with dots between."""

from graph_api.core.api.plan.shapes import ConnectionPlan, ObjectPlan, OperationPlan, RowsPlan

Paths = tuple[str, ...]


class PlanPaths:
    """The paths of one plan's parts."""

    def __init__(self, plan: OperationPlan) -> None:
        self._found: dict[int, Paths] = {}
        left: list[str] = []
        for root in plan.roots:
            self._found[id(root)] = (root.name,)
            if isinstance(root.reads, dict):
                left.append(root.name)
            if root.connection is not None:
                self._pages(root.connection, root.name, left)
            for one in root.objects.values():
                self._object(one, root.name, left)
        self.left_to_resolvers: Paths = tuple(dict.fromkeys(left))
        """The fields that only their resolvers know how to read."""

    def of(self, part: object) -> Paths:
        """Where a root, a reference, a page, or what is left to resolvers below an entity stands.

        Raises KeyError for what is no part of the plan.
        """
        return self._found[id(part)]

    def _object(self, plan: ObjectPlan, path: str, left: list[str]) -> None:
        for reference in plan.references:
            named = f"{path}.{reference.name}"
            self._found[id(reference)] = (named,)
            self._object(reference.target, named, left)
        for connection in plan.connections:
            named = f"{path}.{connection.name}"
            self._found[id(connection)] = (named,)
            self._pages(connection, named, left)
        if plan.delegated:
            names = tuple(f"{path}.{name}" for name in plan.delegated)
            self._found[id(plan.delegated)] = names
            left.extend(names)

    def _pages(self, plan: ConnectionPlan, path: str, left: list[str]) -> None:
        for rows in plan.rows:
            for named, node in zip(_to_nodes(rows), rows.nodes, strict=True):
                self._object(node, f"{path}.{named}", left)


def _to_nodes(rows: RowsPlan) -> list[str]:
    """The ways from a page to a node of it: `nodes`, or `edges.node` under each of its names."""
    if rows.of_edge is None:
        return [rows.name]
    return [f"{rows.name}.{name}" for name, kind, _ in rows.of_edge if kind == "node"]
