"""Builds Strawberry types from declarations instead of class bodies.

Types are made empty and given fields afterwards, so that they may refer to one another.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from keyword import iskeyword
from typing import Annotated, Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from graph_api.core.api.pricing import FieldCost, costs
from graph_api.core.api.reads import Reads, reading
from graph_api.core.permissions import Permission

GraphQLClass = type[Any]

_PERMISSION = "permission"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a field: its type, and what it means."""

    name: str
    annotation: Any
    description: str
    required: bool = False


def list_of(item: Any) -> Any:
    """The annotation of a list of a type that is only known at run time."""
    return list[item]


def definition_of(cls: GraphQLClass) -> StrawberryObjectDefinition:
    """The GraphQL definition of a class made here."""
    definition: StrawberryObjectDefinition = cls.__strawberry_definition__
    return definition


def object_type(name: str, description: str) -> GraphQLClass:
    """An object type without fields."""
    cls = type(name, (), {"__annotations__": {}, "__module__": __name__})
    return strawberry.type(cls, description=description)


class InputValue:
    """An input object as the caller gave it: only the fields that were there, by Python name."""

    def __init__(self, **given: Any) -> None:
        self.given = given

    def plain(self) -> dict[str, Any]:
        """The given fields, with inputs inside them as mappings too."""
        return {name: _plain(value) for name, value in self.given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, InputValue):
        return value.plain()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def input_type(name: str, description: str) -> type[InputValue]:
    """An input type without fields, whose values are `InputValue`s."""
    cls = type(name, (InputValue,), {"__annotations__": {}, "__module__": __name__})
    made: type[InputValue] = strawberry.input(cls, description=description)
    made.__init__ = InputValue.__init__  # type: ignore[method-assign]
    return made


def add_input_field(
    cls: type[InputValue], name: str, annotation: Any, description: str, *, required: bool = False
) -> None:
    """Give an input type a field; one that is not required may be left out."""
    field = StrawberryField(
        python_name=name,
        graphql_name=to_camel_case(name),
        type_annotation=StrawberryAnnotation(annotation if required else annotation | None),
        description=description,
        **({} if required else {"default": strawberry.UNSET}),
    )
    field.origin = cls
    definition_of(cls).fields.append(field)


def add_field(
    cls: GraphQLClass,
    name: str,
    annotation: Any,
    resolver: Callable[..., Any],
    description: str,
    arguments: Sequence[Argument] = (),
    *,
    permission: Permission | None = None,
    cost: FieldCost | None = None,
    reads: Reads | None = None,
) -> None:
    """Give an object type a field.

    The resolver is called with the object, the Strawberry info and the arguments by name; those
    that were left out are None. `permission` is what the field asks of its viewer beyond what led
    there; every root field must name one. `cost` is what its type does not tell of what it costs.
    `reads` says what the resolver reads, for plans that read it for many parents at once.
    """
    field = strawberry.field(
        resolver=_with_signature(name, resolver, arguments),
        name=to_camel_case(name),
        description=description,
        graphql_type=annotation,
        metadata=asks(permission) | costs(cost) | reading(reads),
    )
    field.python_name = name
    field.origin = cls
    definition_of(cls).fields.append(field)


def asks(permission: Permission | None) -> dict[str, Any]:
    """The metadata of a field that asks a permission of its viewer."""
    return {} if permission is None else {_PERMISSION: permission}


def permission_of(field: StrawberryField) -> Permission | None:
    """The permission that a field asks of its viewer; None for what led there."""
    metadata: Mapping[Any, Any] = field.metadata
    permission: Permission | None = metadata.get(_PERMISSION)
    return permission


def merge_fields(target: GraphQLClass, written: GraphQLClass) -> None:
    """Give an object type the fields of a Strawberry class that is written by hand."""
    definition_of(target).fields.extend(definition_of(written).fields)


def _with_signature(
    name: str, resolver: Callable[..., Any], arguments: Sequence[Argument]
) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(resolver):

        async def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
            return await resolver(root, info, **_named(arguments, given))
    else:

        def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:  # type: ignore[misc]
            return resolver(root, info, **_named(arguments, given))

    parameters = [
        inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter(
            "info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info
        ),
    ]
    for one in arguments:
        annotation = one.annotation if one.required else one.annotation | None
        parameters.append(
            inspect.Parameter(
                _parameter_name(one),
                inspect.Parameter.KEYWORD_ONLY,
                annotation=Annotated[
                    annotation,
                    strawberry.argument(name=to_camel_case(one.name), description=one.description),
                ],
                default=inspect.Parameter.empty if one.required else strawberry.UNSET,
            )
        )
    resolve.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    resolve.__name__ = name
    resolve.__annotations__ = {one.name: one.annotation for one in parameters}
    return resolve


def _named(arguments: Sequence[Argument], given: dict[str, Any]) -> dict[str, Any]:
    """Every argument by its own name, with None for one that was left out."""
    return {one.name: given.get(_parameter_name(one)) for one in arguments}


def _parameter_name(argument: Argument) -> str:
    return f"{argument.name}_" if iskeyword(argument.name) else argument.name


def enum_type(
    enum: type[Enum], describe: Callable[[Enum], str | None], name: str | None = None
) -> type[Enum]:
    """An enum as a GraphQL type, each value with its meaning."""
    if "__strawberry_definition__" in vars(enum):
        return enum
    made = strawberry.enum(enum, name=name, description=inspect.getdoc(enum))
    definition: StrawberryEnumDefinition = made.__strawberry_definition__  # type: ignore[attr-defined]
    for value, member in zip(definition.values, enum, strict=True):
        value.description = describe(member)
    return made


def name_enum(name: str, description: str, members: Mapping[str, tuple[str, str]]) -> type[Enum]:
    """An enum of declared names: by GraphQL name, the value in Python and the description."""
    made: type[Enum] = Enum(name, {shown: value for shown, (value, _) in members.items()})  # type: ignore[misc]
    strawberry.enum(made, description=description)
    definition: StrawberryEnumDefinition = made.__strawberry_definition__  # type: ignore[attr-defined]
    for value, (_, meaning) in zip(definition.values, members.values(), strict=True):
        value.description = meaning
    return made


def snake_case(label: str) -> str:
    """A label such as FlaringAuthorization as flaring_authorization."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in label).lstrip("_")
