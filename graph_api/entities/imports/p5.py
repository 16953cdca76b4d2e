"""Reader of `p5`, the organisation file orf850 (manual ORA001, October 2014).

Records of 350 characters: tables of codes (1T) first, then for each organisation one `A ` record
and what belongs to it. Only `A ` and activity (`U `) and restriction (`R `) codes are taken. The
names, addresses and identity numbers of officers and agents (`K `) are not read, for the privacy
of those persons; nor are staff remarks (`P `) and addresses for single purposes (`F `, `H `,
`J `). The file holds no financial security. It gives the month by which a form must be filed
each year and no year, so the day the renewal is due is not known from it: the month is kept in
the attributes.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from graph_api.entities.imports.entity_drafts import Draft
from graph_api.entities.imports.fixed_width import Layout, fixed_width_text
from graph_api.entities.imports.official_texts import compact_date, plain_text
from graph_api.entities.imports.records import Origin, Progress, Record, Rejection
from graph_api.entities.imports.source_files import (
    announce,
    files_of,
    opening_lines,
    physical_lines,
)
from graph_api.entities.models import Operator, OrganizationType, P5Status

SOURCE = "p5"
EXPECTED = (
    "the organisation file orf850: lines that begin with a record id (1T, A, F, H, J, K, P, U or "
    "R) and, but for 1T, a 6-digit operator number"
)

ORGANISATION = Layout.of(
    "A organisation",
    ("operator_number", 3, 6),
    ("name", 9, 32),
    ("refiling_required_flag", 41, 1),
    ("p5_status", 42, 1),
    ("hold_mail_code", 43, 1),
    ("organization_code", 45, 1),
    ("other_organization_comment", 46, 20),
    ("gatherer_code", 66, 5),
    ("address_line_1", 71, 31),
    ("address_line_2", 102, 31),
    ("city", 133, 13),
    ("state", 146, 2),
    ("zip", 148, 5),
    ("zip_suffix", 153, 4),
    ("date_built", 243, 8),
    ("date_inactive", 251, 8),
    ("phone", 259, 10),
    ("refile_notice_month", 269, 2),
    ("refile_received_date", 287, 8),
    ("last_p5_received_date", 295, 8),
    ("other_organization_number", 303, 6),
    ("filing_problem_date", 309, 8),
    ("filing_problem_letter_code", 317, 3),
    ("oil_gatherer_status", 322, 1),
    ("gas_gatherer_status", 323, 1),
    length=350,
    needed=302,
)
"""Of the address only the mailing one is used; the emergency telephone is left out."""

ACTIVITY = Layout.of("activity", ("operator_number", 3, 6), ("code", 41, 6), length=350, needed=46)
"""Records U, what an organisation does, and R, what it may not do."""

_STATUSES = {
    "A": P5Status.ACTIVE,
    "I": P5Status.INACTIVE,
    "D": P5Status.DELINQUENT,
    "S": P5Status.SEE_REMARKS,
}
_ORGANIZATIONS = dict(zip("ABCDEFG", OrganizationType, strict=True))
_KEPT = (
    "refiling_required_flag",
    "other_organization_comment",
    "gatherer_code",
    "date_built",
    "date_inactive",
    "refile_notice_month",
    "other_organization_number",
    "filing_problem_date",
    "filing_problem_letter_code",
    "oil_gatherer_status",
    "gas_gatherer_status",
)
_LISTS = {"U ": "activities", "R ": "activity_restrictions"}
_PASSED_OVER = {"1T", "F ", "H ", "J ", "K ", "P "}
_KINDS = {"A ", *_LISTS, *_PASSED_OVER}
_SHOWN = 60


def read_p5(paths: list[Path], progress: Progress) -> Iterator[Record]:
    """Operators with their P-5 status, from organisation files; one organisation in memory.

    UnrecognisedFile if a path is not of the format; whatever is wrong inside a file is told by
    a rejection or a remark.
    """
    files = files_of(paths, _recognised, EXPECTED)
    announce(files, progress)
    for path, _ in files:
        yield from _file_records(path, progress)


def _recognised(path: Path) -> bool | None:
    first = opening_lines(path, 1)[0].decode("latin-1")
    kind = first[:2]
    if kind == "1T":
        return True if len(first) > len("1TPIPE-LSR") else None
    return True if kind in _KINDS and first[2:8].isdigit() and len(first) > 40 else None


def _file_records(path: Path, progress: Progress) -> Iterator[Record]:
    organisation: Draft | None = None
    for number, raw in physical_lines(path, progress):
        text = fixed_width_text(raw)
        kind = text[:2].ljust(2)
        origin = Origin(path.name, number)
        if not text.strip() or kind in _PASSED_OVER:
            continue
        if kind in _LISTS:
            yield from _add_activity(organisation, kind, text, origin)
            continue
        if kind == "A " and organisation is not None:
            yield from organisation.records()
            organisation = None
        reason = ORGANISATION.too_short(text) if kind == "A " else "no known record id"
        if reason is None:
            organisation = _organisation(ORGANISATION.split(text), origin)
        else:
            yield Rejection(origin, "", plain_text(text)[:_SHOWN], reason)
    if organisation is not None:
        yield from organisation.records()


def _organisation(columns: dict[str, str], origin: Origin) -> Draft:
    draft = Draft(Operator, origin, SOURCE)
    draft.read("p5_number", columns["operator_number"], column="operator_number")
    if "p5_number" not in draft.values:
        if not draft.findings:
            draft.reject("operator_number", "", "an organisation needs a 6-digit number")
        return draft
    draft.read("name", columns["name"])
    draft.code("p5_status", columns["p5_status"], _STATUSES, "p5_status")
    draft.code(
        "organization_type",
        columns["organization_code"],
        _ORGANIZATIONS,
        "organization_code",
        OrganizationType.OTHER,
    )
    draft.read(
        "p5_last_filed_on",
        columns["last_p5_received_date"],
        compact_date,
        "last_p5_received_date",
    )
    draft.read("phone", columns["phone"].strip("0 ") and columns["phone"])
    if columns["hold_mail_code"] == "H":
        draft.attribute("hold_mail_code", "H: mail to the addresses was returned")
    draft.read("mailing_address", _address(columns))
    for column in _KEPT:
        draft.attribute(column, columns[column].strip("0 ") and columns[column])
    return draft


def _address(columns: dict[str, str]) -> str:
    zip_code = columns["zip"].strip("0 ") and columns["zip"]
    suffix = columns["zip_suffix"].strip("0 ") and f"-{columns['zip_suffix']}"
    place = plain_text(f"{columns['state']} {zip_code}{suffix if zip_code else ''}")
    parts = [columns["address_line_1"], columns["address_line_2"], columns["city"], place]
    return ", ".join(part for part in map(plain_text, parts) if part)


def _add_activity(
    organisation: Draft | None, kind: str, text: str, origin: Origin
) -> Iterator[Rejection]:
    """Keep an activity or restriction code with its organisation."""
    columns = ACTIVITY.split(text)
    owner = organisation.values.get("p5_number") if organisation is not None else None
    if ACTIVITY.too_short(text) or organisation is None or owner != columns["operator_number"]:
        reason = ACTIVITY.too_short(text) or "no organisation record of this number stands before"
        yield Rejection(origin, "", plain_text(text)[:_SHOWN], reason)
        return
    listed = organisation.attributes.setdefault(_LISTS[kind], [])
    code: JsonValue = plain_text(columns["code"])
    if isinstance(listed, list) and code and code not in listed:
        listed.append(code)
