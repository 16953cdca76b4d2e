"""What a document comes to when its fragments are spread: fields, and pairs that must agree.

Fields of one response name must be mergeable, and validation compares each with each. Here they
are only counted, and the counting stops where it is over the limit.
"""

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from graph_api.core.errors import limit_exceeded
from graph_api.settings import Settings


def check_expansion(
    operations: Sequence[OperationDefinitionNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    settings: Settings,
) -> None:
    """Raise ApiError LIMIT_EXCEEDED for too many fields, root fields, or overlapping fields.

    Fragments must not spread themselves.
    """
    expansion = _Expansion(fragments, settings)
    for operation in operations:
        roots = expansion.expand([operation.selection_set])
        if roots > settings.document_max_root_fields:
            raise limit_exceeded("root fields", settings.document_max_root_fields, roots)
    # validation looks into fragments that no operation spreads as well
    for name, fragment in fragments.items():
        if name not in expansion.seen:
            expansion.expand([fragment.selection_set])


class _Expansion:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], settings: Settings) -> None:
        self._fragments = fragments
        self._settings = settings
        self._selections = 0
        self._overlaps = 0
        self.seen: set[str] = set()
        """The fragments that were spread."""

    def expand(self, selection_sets: Sequence[SelectionSetNode]) -> int:
        """Count what lies in selection sets that are merged; returns how many names they select."""
        top = 0
        waiting = [selection_sets]
        while waiting:
            by_name: dict[str, list[FieldNode]] = {}
            for one in self._fields(waiting.pop()):
                by_name.setdefault((one.alias or one.name).value, []).append(one)
            top = top or len(by_name)
            for same in by_name.values():
                self._add_overlaps(len(same))
                inner = [one.selection_set for one in same if one.selection_set is not None]
                if inner:
                    waiting.append(inner)
        return top

    def _fields(self, selection_sets: Sequence[SelectionSetNode]) -> Iterator[FieldNode]:
        spread: set[str] = set()
        waiting = list(selection_sets)
        while waiting:
            for one in waiting.pop().selections:
                self._add_selection()
                if isinstance(one, FieldNode):
                    yield one
                elif isinstance(one, InlineFragmentNode):
                    waiting.append(one.selection_set)
                elif isinstance(one, FragmentSpreadNode):
                    name = one.name.value
                    fragment = self._fragments.get(name)
                    if fragment is not None and name not in spread:
                        spread.add(name)
                        waiting.append(fragment.selection_set)
        self.seen |= spread

    def _add_selection(self) -> None:
        self._selections += 1
        if self._selections > self._settings.document_max_fields:
            raise limit_exceeded("fields", self._settings.document_max_fields)

    def _add_overlaps(self, fields: int) -> None:
        self._overlaps += fields * (fields - 1) // 2
        if self._overlaps > self._settings.document_max_overlaps:
            allowed = self._settings.document_max_overlaps
            raise limit_exceeded("overlaps of fields", allowed, self._overlaps)
