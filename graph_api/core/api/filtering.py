"""The inputs that filter and order lists, made from the graph's declarations."""

from enum import Enum

from graph_api.core.api.building import (
    InputValue,
    add_input_field,
    definition_of,
    input_type,
    list_of,
    name_enum,
)
from graph_api.core.api.scalars import FieldTypes
from graph_api.core.graph.fields import fields_of
from graph_api.core.graph.registry import EdgeType, GraphRegistry, Relationship
from graph_api.core.pages import OrderDirection


class FilterTypes:
    """Every filter and order input that the registry implies."""

    def __init__(self, registry: GraphRegistry, fields: FieldTypes) -> None:
        self._registry = registry
        self._fields = fields
        self._edges: dict[str, type[InputValue]] = {}
        self._relations: dict[str, type[InputValue]] = {}
        self._entities = {
            label: input_type(f"{label}Filter", f"Conditions on {model.plural.replace('_', ' ')}.")
            for label, model in registry.entities.items()
        }
        self._orders = {label: self._order_type(label) for label in registry.entities}
        for label in registry.entities:
            self._fill(label)

    def entity(self, label: str) -> type[InputValue]:
        """The filter of a label."""
        return self._entities[label]

    def order(self, label: str) -> type[InputValue]:
        """The order input of a label."""
        return self._orders[label]

    def edge(self, edge: EdgeType) -> type[InputValue]:
        """The filter of an edge type's own properties."""
        if edge.name not in self._edges:
            name = edge.properties.__name__
            made = input_type(f"{name}EdgeFilter", f"Conditions on the data of {edge.name}.")
            for field in fields_of(edge.properties).values():
                add_input_field(made, field.name, self._fields.filter(field), field.description)
            _add_combinators(made)
            self._edges[edge.name] = made
        return self._edges[edge.name]

    def _fill(self, label: str) -> None:
        made = self._entities[label]
        for field in self._registry.fields(label).values():
            if field.filterable and field.hidden is None:
                add_input_field(made, field.name, self._fields.filter(field), field.description)
                if field.name == "id":
                    _rename_last(made, "entityId")
        for name, reference in self._registry.references(label).items():
            if reference.references is not None:
                target = self._entities[reference.references.label]
                add_input_field(made, name, target, f"That has one: {reference.description}")
        for relationship in self._registry.relationships(label).values():
            add_input_field(
                made,
                relationship.field,
                self._relation(relationship),
                relationship.description,
            )
        _add_combinators(made)

    def _relation(self, relationship: Relationship) -> type[InputValue]:
        edge = relationship.edge
        name = f"{edge.properties.__name__ if edge else ''}{relationship.target}RelationFilter"
        if name not in self._relations:
            made = input_type(name, "Conditions on the entities of a relationship.")
            target = self._entities[relationship.target]
            add_input_field(made, "some", target, "At least one of them is like this.")
            add_input_field(made, "none", target, "None of them is like this.")
            add_input_field(made, "every", target, "Each of them is like this, or there is none.")
            if edge is not None:
                add_input_field(
                    made, "edge", self.edge(edge), "Only those whose relationship is like this."
                )
            self._relations[name] = made
        return self._relations[name]

    def _order_type(self, label: str) -> type[InputValue]:
        fields = {
            field.name.upper(): (field.name, field.description)
            for field in self._registry.fields(label).values()
            if field.sortable
        }
        keys: type[Enum] = name_enum(
            f"{label}OrderField", f"What {label} lists may be ordered by.", fields
        )
        made = input_type(f"{label}Order", "One key of an order.")
        add_input_field(made, "field", keys, "What to order by.", required=True)
        add_input_field(made, "direction", OrderDirection, "Which way; ASC when left out.")
        return made


def _add_combinators(made: type[InputValue]) -> None:
    many = list_of(made)
    add_input_field(made, "and", many, "All of these hold.")
    add_input_field(made, "or", many, "At least one of these holds.")
    add_input_field(made, "not", made, "This does not hold.")


def _rename_last(made: type[InputValue], graphql_name: str) -> None:
    definition_of(made).fields[-1].graphql_name = graphql_name
