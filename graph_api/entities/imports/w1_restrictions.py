"""Restrictions of drilling permits, put together from the lines they are cut into."""

from dataclasses import dataclass, field

from graph_api.entities.imports.official_texts import plain_text
from graph_api.entities.imports.w1_codes import restriction_text

_LINE_WIDTH = 70
_LONGEST_TEXT = 10_000


@dataclass(slots=True)
class Restriction:
    """A record 06 (standard) or 08 (one line of free text), with the fields it is about."""

    is_free: bool
    columns: dict[str, str]
    field_numbers: list[str] = field(default_factory=list)

    @property
    def heading(self) -> tuple[str, str, tuple[str, ...]]:
        """What lines of one text have in common: code, whether about a field, which fields."""
        columns = self.columns
        return columns["type"].strip(), columns["flag"], tuple(self.field_numbers)


def restrictions_of(records: list[Restriction]) -> list[dict[str, str]]:
    """The restrictions as the permit model has them; free lines that belong together are joined."""
    found = []
    open_lines: list[Restriction] = []
    for record in records:
        if open_lines and (not record.is_free or record.heading != open_lines[0].heading):
            found.append(_free(open_lines))
            open_lines = []
        if record.is_free:
            open_lines.append(record)
        else:
            found.append(_standard(record))
    if open_lines:
        found.append(_free(open_lines))
    return [restriction for restriction in found if restriction["text"]]


def _standard(record: Restriction) -> dict[str, str]:
    code, _, fields = record.heading
    words = restriction_text(code, plain_text(record.columns["remark"]))
    return _restriction(code, words, fields)


def _free(records: list[Restriction]) -> dict[str, str]:
    code, _, fields = records[0].heading
    return _restriction(code, _joined([record.columns["remark"] for record in records]), fields)


def _joined(lines: list[str]) -> str:
    """Lines as they were typed: one that is full runs on, even inside a word, into the next."""
    text = ""
    for line in lines:
        shown = line.replace("\x85", "\n").replace("\n\n", "\n").rstrip()
        text += shown
        if len(shown) >= _LINE_WIDTH:
            continue
        runs_on_after_a_blank = len(shown) == _LINE_WIDTH - 1 and len(line) >= _LINE_WIDTH
        text += " " if runs_on_after_a_blank else "\n"
    return "\n".join(plain_text(line) for line in text.split("\n") if line.strip())


def _restriction(code: str, text: str, fields: tuple[str, ...]) -> dict[str, str]:
    known = [number for number in fields if number.strip("0 ")]
    about = f"For field {', '.join(known)}: {text}" if known and text else text
    restriction = {"text": about[:_LONGEST_TEXT]}
    return {"code": code, **restriction} if code else restriction
