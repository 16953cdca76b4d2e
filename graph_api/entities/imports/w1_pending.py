"""Reader of `w1-pending`, Form W-1 applications that wait for approval.

The Commission exports them twice a day as eleven tables with `}` between quoted fields. The
tables of one export are joined in memory; give all of them together.

STATUS_SEQ_NO is 99 for an original application and counts down by one with each amendment, so
`amendment_sequence` is 99 less that number. DISTRICT is the district as people write it.
"""

from collections.abc import Iterator
from pathlib import Path

from graph_api.entities.imports.entity_drafts import Draft, Mentions, link
from graph_api.entities.imports.records import EntityKey, Progress, Record
from graph_api.entities.imports.source_files import announce, files_of
from graph_api.entities.imports.w1_application import (
    SOURCE,
    field_draft,
    operator_draft,
    permit_draft,
    well_draft,
)
from graph_api.entities.imports.w1_tables import (
    FIELDS,
    PendingApplication,
    PendingTables,
    table_of,
)
from graph_api.entities.models import OperatesRole

EXPECTED = (
    "a table of the W-1 applications pending approval: a header of names with } between them, "
    "such as UNIVERSAL_DOC_NO}STATUS_NUMBER or API_SEQUENCE_NUMBER}LATITUDE"
)


def read_w1_pending(paths: list[Path], progress: Progress) -> Iterator[Record]:
    """Permits applied for, with operators, fields, known wells and links, in memory per export.

    UnrecognisedFile if a path is not of the format; whatever is wrong inside a file is told by
    a rejection or a remark.
    """
    files = files_of(paths, table_of, EXPECTED)
    announce(files, progress)
    tables = PendingTables()
    for path, table in files:
        yield from tables.read(path, table, progress)
    yield from tables.join()
    mentions = Mentions()
    for application in tables.applications.values():
        yield from _application_records(application, mentions)


def _application_records(application: PendingApplication, mentions: Mentions) -> Iterator[Record]:
    operator = operator_draft(application)
    yield from _mention(operator, mentions)
    fields = [field_draft(row) for row in application.of(FIELDS)]
    for draft in fields:
        yield from _mention(draft, mentions)
    well = well_draft(application)
    well_key = None
    permit = permit_draft(application)
    if well is not None:
        well_key = well.key
        repeated = {(found.field, found.value) for found in permit.findings}
        well.findings = [each for each in well.findings if (each.field, each.value) not in repeated]
        yield from well.records(only_if_absent=True)
    permit.references |= {"well_id": well_key} if well_key else {}
    permit.references |= {"operator_id": operator.key} if operator.key else {}
    permit.reference_lists["field_ids"] = tuple(draft.key for draft in fields if draft.key)
    yield from permit.records()
    origin = permit.origin
    yield from link("PERMITS", permit.key, well_key, origin, SOURCE)
    role = OperatesRole.OPERATOR_OF_RECORD
    yield from link("OPERATES", operator.key, well_key, origin, SOURCE, role=role)
    for draft in fields:
        yield from link("IN_FIELD", well_key, draft.key, draft.origin, SOURCE)
    for rule in _governing_rules(permit):
        regulation = EntityKey("Regulation", f"SWR_{rule}")
        yield from link("GOVERNED_BY", permit.key, regulation, origin, SOURCE)


def _mention(draft: Draft, mentions: Mentions) -> Iterator[Record]:
    """An entity that the application only mentions: it never changes one that is there."""
    if draft.findings or draft.key is None or mentions.is_new(draft.key):
        yield from draft.records(only_if_absent=True)


def _governing_rules(permit: Draft) -> list[str]:
    """The statewide rules excepted from, and Rule 36 where the well may be sour."""
    rules: list[str] = permit.values["statewide_rules"]
    numbered = [rule for rule in rules if rule.isdigit()]
    return ["36", *numbered] if permit.values.get("is_rule_36_sour") else numbered
