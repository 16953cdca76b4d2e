"""How values stand in a document: as literals, by variables, by defaults, or not at all."""

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)

from tests.plans.vocabulary import Choices, Vocabulary

_UNSAID = object()


@dataclass
class Spelling:
    """Spells the values of one operation, and declares the variables that it takes for that."""

    choose: Choices
    known: Vocabulary
    declared: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    by_type: dict[str, list[str]] = field(default_factory=dict)
    """Variables by their types."""

    def given(self, kind: Any, value: Any, *, keeps: bool) -> str:
        """A value in its place: as it is, or by a variable; with `keeps` it is that value."""
        roll = self.choose.below(100)
        nullable = not isinstance(kind, GraphQLNonNull)
        if roll < 55:
            return self.literal(kind, value)
        if roll < 80 or keeps:
            required = f"{kind}!" if nullable and self.choose.chance(30) else str(kind)
            return self.variable(required, value)
        if roll < 88:
            return self.variable(str(kind), _UNSAID, self.literal(kind, value, constant=True))
        if roll < 92:
            default = self.known.value(self.choose, "", kind) if str(kind) == "Int" else value
            return self.variable(str(kind), value, self.literal(kind, default, constant=True))
        same = self.by_type.get("Int", ())
        if same and str(kind) == "Int":
            return f"${self.choose.one(same)}"
        return self.nothing(kind) if nullable else self.literal(kind, value)

    def nothing(self, kind: Any) -> str:
        """No value: null, or a variable that has none."""
        match self.choose.below(4):
            case 0:
                return "null"
            case 1:
                return self.variable(str(kind), _UNSAID)
            case 2:
                return self.variable(str(kind), None)
            case _:
                return self.variable(str(kind), _UNSAID, "null")

    def variable(self, kind: str, value: Any, default: str | None = None) -> str:
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {kind}" + ("" if default is None else f" = {default}"))
        if value is not _UNSAID:
            self.values[name] = value
        self.by_type.setdefault(kind, []).append(name)
        return f"${name}"

    def literal(self, kind: Any, value: Any, *, constant: bool = False) -> str:
        """A value as a document spells it, with variables in it unless it is to be constant."""
        bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if value is None:
            return "null"
        if isinstance(bare, GraphQLList) and isinstance(value, list):
            parts = [self.inner(bare.of_type, one, constant=constant) for one in value]
            return f"[{', '.join(parts)}]"
        if isinstance(bare, GraphQLEnumType):
            return str(value)
        if isinstance(bare, GraphQLInputObjectType):
            fields = [
                f"{key}: {self.inner(bare.fields[key].type, one, constant=constant)}"
                for key, one in value.items()
            ]
            return f"{{{', '.join(fields)}}}"
        return _json(value)

    def inner(self, kind: Any, value: Any, *, constant: bool) -> str:
        if not constant and self.choose.chance(8):
            return self.variable(str(kind), value)
        return self.literal(kind, value, constant=constant)

    def condition(self) -> str:
        """Perhaps a directive that leaves something out, or does not."""
        if not self.choose.chance(8):
            return ""
        name = self.choose.one(("include", "skip"))
        drops = self.choose.chance(30)
        shown = drops is (name == "skip")
        same = self.by_type.get("Boolean!", ())
        if same and self.choose.chance(40):
            return f" @{name}(if: ${self.choose.one(same)})"
        match self.choose.below(6):
            case 0 | 1:
                return f" @{name}(if: {_json(shown)})"
            case 2 | 3:
                return f" @{name}(if: {self.variable('Boolean!', shown)})"
            case 4:
                return f" @{name}(if: {self.variable('Boolean', _UNSAID, _json(shown))})"
            case _:
                given = None if self.choose.chance(20) else shown
                return f" @{name}(if: {self.variable('Boolean', given, 'true')})"


def _json(value: Any) -> str:
    if isinstance(value, dict):
        parts = [f"{key}: {_json(one)}" for key, one in value.items()]
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_json(one) for one in value)}]"
    return json.dumps(value)
