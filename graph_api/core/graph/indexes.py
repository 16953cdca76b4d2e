"""Which indexes the statements count on: what the migrations make and `doctor` looks for."""

from collections.abc import Iterator
from dataclasses import dataclass

from graph_api.core.graph.fields import FieldDeclaration
from graph_api.core.graph.registry import GraphRegistry

_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class ExpectedIndex:
    """An index of a label's table, by the name that `graph_admin.ensure_index` gives it."""

    label: str
    covers: str
    is_unique: bool
    repair: str
    """The call that makes it, should it be lost."""

    @property
    def name(self) -> str:
        """Its name in the database."""
        return f"{self.label}_{self.covers}"[:_LONGEST_NAME]

    @property
    def replacement(self) -> str:
        """The calls that make it anew, where one of its name is of no use."""
        return f'drop index oilgas."{self.name}"; {self.repair}'


def key_indexes(registry: GraphRegistry) -> list[ExpectedIndex]:
    """What keeps one vertex for each key, and one edge for each pair of ends and edge key."""
    vertices = [
        ExpectedIndex(label, covers, True, f"select graph_admin.ensure_vertex_label('{label}')")
        for label in registry.entities
        for covers in ("natural_key", "id", "graphid")
    ]
    edges = [
        ExpectedIndex(name, covers, True, f"select graph_admin.ensure_edge_label('{name}')")
        for name in registry.edge_types
        for covers in ("identity", "graphid")
    ]
    return vertices + edges


def reading_indexes(registry: GraphRegistry) -> list[ExpectedIndex]:
    """What lists are ordered by, lookups start from, references and edges are followed by."""
    vertices = [one for label in registry.entities for one in _of_label(registry, label)]
    edges = [
        ExpectedIndex(name, covers, False, f"select graph_admin.ensure_edge_label('{name}')")
        for name in registry.edge_types
        for covers in ("start", "end")
    ]
    return vertices + edges


def _of_label(registry: GraphRegistry, label: str) -> Iterator[ExpectedIndex]:
    fields = registry.fields(label)
    yield _expected(label, "order_id", "")
    for field in fields.values():
        if field.sortable:
            yield _expected(label, f"order_{field.name}", _order_argument(field))
    for name in dict.fromkeys(one.fields[0] for one in registry.entity(label).lookups):
        yield _expected(label, f"lookup_{name}", f", lookups => array['{name}']")
    for field in registry.references(label).values():
        argument = f", reference_fields => array['{field.name}']"
        yield _expected(label, f"reference_{field.name}", argument)


def _order_argument(field: FieldDeclaration) -> str:
    argument = "order_numbers" if field.kind.is_numeric else "order_texts"
    return f", {argument} => array['{field.name}']"


def _expected(label: str, covers: str, argument: str) -> ExpectedIndex:
    call = f"select graph_admin.ensure_vertex_label('{label}'{argument})"
    return ExpectedIndex(label, covers, False, call)
