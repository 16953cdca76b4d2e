"""P-5 numbers of operators that a file knows only by name.

Names are compared by their letters A-Z and digits. The list is a CSV file with the columns
`operator_no` and `operator_name`; only operators that some record names become entities.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graph_api.entities.imports.csv_conversions import CONVERSIONS, Options, operator_name
from graph_api.entities.imports.csv_rows import CsvFile
from graph_api.entities.imports.records import Origin, Progress, Rejection, Remark
from graph_api.entities.models import normalized_operator_name

OPERATOR_LIST_COLUMNS = ("operator_no", "operator_name")
"""The header columns by which an operator list is told."""


class OperatorNumbers:
    """Finds the P-5 number of an operator by name; without a list it finds none."""

    def __init__(self) -> None:
        self._listed: dict[str, dict[str, str]] = {}
        self._remarked: set[str] = set()

    def read(self, file: CsvFile, progress: Progress) -> Iterator[Rejection | Remark]:
        """Take in an operator list; yields what is wrong with its rows."""
        header = file.header()
        number_at, name_at = (header.index(column) for column in OPERATOR_LIST_COLUMNS)
        p5_number = CONVERSIONS["p5_number"].build(Options())
        for item in file.rows(progress):
            if not isinstance(item, tuple):
                yield item
                continue
            line, fields = item
            name = fields[name_at].strip()
            try:
                number = p5_number(fields[number_at].strip())
            except ValueError:
                reason = "must be a P-5 operator number of up to 6 digits"
                yield Rejection(Origin(file.name, line), "operator_no", fields[number_at], reason)
                continue
            try:
                self.add(number, operator_name(name))
            except ValueError as error:
                yield Rejection(Origin(file.name, line), "operator_name", name, str(error))

    def add(self, number: str, name: str) -> None:
        """List an operator's number under its name."""
        self._listed.setdefault(normalized_operator_name(name), {})[number] = name

    def __bool__(self) -> bool:
        return bool(self._listed)

    def complete(self, values: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
        """The operator's number and listed name, where its name is listed.

        Of several numbers under one name, those spelt exactly alike come first and then the
        lowest number: a choice that is always the same, and remarked on once for each name. A
        name that the list does not have is remarked on once too, and stays the operator's key.
        """
        name = values["name"]
        normalized = normalized_operator_name(name)
        numbers = self._listed.get(normalized)
        if numbers is None:
            doubt = "no P-5 number is listed for this name: the operator is keyed by the name"
            return values, self._once(normalized, doubt if self._listed else None)
        number = min(numbers, key=lambda one: (numbers[one] != name, one))
        found = {**values, "p5_number": number, "name": numbers[number]}
        if len(numbers) == 1:
            return found, None
        doubt = f"the name has several P-5 numbers, {', '.join(sorted(numbers))}: {number} is taken"
        return found, self._once(normalized, doubt)

    def _once(self, normalized: str, doubt: str | None) -> str | None:
        if doubt is None or normalized in self._remarked:
            return None
        self._remarked.add(normalized)
        return doubt
