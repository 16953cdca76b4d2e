"""What one application of the drilling permit master says: permit, well, operator and fields."""

from collections.abc import Iterator
from datetime import date

from graph_api.entities.imports.daf420_application import SOURCE, Application, FieldRecords, Fields
from graph_api.entities.imports.daf420_well import nearest_lease_line_ft, placed, well_records
from graph_api.entities.imports.entity_drafts import Draft, Mentions, link
from graph_api.entities.imports.official_texts import (
    compact_date,
    depth,
    hundredths,
    is_yes,
    plain_text,
    positive_distance,
)
from graph_api.entities.imports.records import EntityKey, Record, Rejection
from graph_api.entities.imports.w1_codes import (
    APPLICATION_STATUSES,
    PERMIT_TYPES,
    WELL_STATUSES,
    amendment_of,
)
from graph_api.entities.imports.w1_restrictions import restrictions_of
from graph_api.entities.models import (
    Field,
    OperatesRole,
    Operator,
    Permit,
    PermitStatus,
    PermitType,
    county_of_code,
    district_of_tape_code,
)

_NO_PERMIT: Fields = {}


def application_records(application: Application, mentions: Mentions) -> Iterator[Record]:
    """The entities of one application, then their links."""
    operator = _operator(application)
    yield from _mention(operator, mentions)
    fields = [_field(application, records) for records in application.fields]
    for draft in fields:
        yield from _mention(draft, mentions)
    if application.permit is None and application.is_approved:
        number = application.root["status_number"]
        reason = "an approved application without a usable record 02; the permit was not loaded"
        yield Rejection(application.origin, "permit_number", number, reason)
        return
    well_key = None
    if application.permit is not None:
        well_key = yield from well_records(application)
    permit = _permit(application, well_key, operator.key)
    yield from permit.records()
    field_keys = [draft.key for draft in fields]
    yield from _links(application, permit, well_key, operator.key, field_keys)


def _mention(draft: Draft, mentions: Mentions) -> Iterator[Record]:
    """An entity that the application only mentions: it never changes one that is there."""
    if draft.findings or draft.key is None or mentions.is_new(draft.key):
        yield from draft.records(only_if_absent=True)


def _operator(application: Application) -> Draft:
    draft = Draft(Operator, application.origin, SOURCE)
    draft.read("p5_number", application.root["operator_number"], column="operator_number")
    if "p5_number" in draft.values:
        draft.read("name", application.root["operator_name"], column="operator_name")
    return draft


def _field(application: Application, records: FieldRecords) -> Draft:
    """A field known by its number; the permit's district is that of its only field."""
    draft = Draft(Field, records.origin, SOURCE)
    number = draft.read("rrc_field_id", records.columns["field_number"], column="field_number")
    if number is None:
        return draft
    draft.put("name", f"FIELD {number}")
    if records.specific is not None:
        draft.read("district", records.specific["district"], district_of_tape_code)
    elif len(application.fields) == 1 and application.permit is not None:
        draft.read("district", application.permit["district"], district_of_tape_code)
    return draft


def _permit(application: Application, well: EntityKey | None, operator: EntityKey | None) -> Draft:
    root, permit = application.root, application.permit or _NO_PERMIT
    draft = Draft(Permit, application.permit_origin or application.origin, SOURCE)
    both = {**root, **permit}
    number = permit.get("permit_number") or root["status_number"]
    draft.read("permit_number", number, column="permit_number")
    sequence = permit.get("sequence_number") or root["status_sequence_number"]
    draft.read("amendment_sequence", sequence, amendment_of, "sequence_number")
    if "amendment_sequence" not in draft.values:
        draft.values.pop("permit_number", None)  # without its amendment it would be another permit
    draft.attribute("sequence_number", sequence)
    draft.read("lease_name", both["lease_name"])
    draft.read("well_number", both["well_number"])
    draft.read("district", both["district"], district_of_tape_code)
    draft.read("county", both["county_code"], county_of_code, "county_code")
    _dates_and_status(draft, root, permit)
    if permit:
        _terms(draft, permit)
        placed(draft, application, "surface_", "bottom_hole_")
    else:
        draft.put("permit_type", PermitType.OTHER)
        draft.attribute("permit_type", "not stated: the application has no permit record")
    _rules(draft, application)
    _kept_texts(draft, application)
    draft.references |= {"well_id": well} if well else {}
    draft.references |= {"operator_id": operator} if operator else {}
    return draft


def _dates_and_status(draft: Draft, root: Fields, permit: Fields) -> None:
    received = permit.get("received_date") or root["date_app_received"]
    draft.read("submitted_on", received, compact_date, "received_date")
    issued = _date(draft, "issued_date", permit)
    amended = _date(draft, "amended_date", permit)
    if amended is not None and issued is not None:
        draft.attribute("original_issued_date", issued.isoformat())
    draft.put("approved_on", amended or issued)
    draft.read("expires_on", permit.get("expired_date", ""), compact_date, "expired_date")
    draft.read("spud_on", permit.get("spud_date", ""), compact_date, "spud_date")
    draft.in_order("submitted_on", "approved_on")
    _term(draft, is_amended=amended is not None)
    flag = root["status_of_app_flag"]
    draft.code("status", flag, APPLICATION_STATUSES, "status_of_app_flag", PermitStatus.SUBMITTED)
    if is_yes(root["application_returned_flag"]):
        draft.put("status", PermitStatus.RETURNED)
    if draft.values.get("status") is PermitStatus.APPROVED:
        draft.put("status", _status_of_issued(draft, permit, issued))


def _term(draft: Draft, *, is_amended: bool) -> None:
    """An amendment can come after the original term ended, as the well was drilled within it."""
    approved, ended = draft.values.get("approved_on"), draft.values.get("expires_on")
    if is_amended and approved is not None and ended is not None and ended < approved:
        del draft.values["expires_on"]
        draft.attribute("expired_date", ended.isoformat())
        reason = "the permit was amended after its term had ended; the end is in the attributes"
        draft.remark("expired_date", ended.isoformat(), reason)
    draft.in_order("approved_on", "expires_on")


def _status_of_issued(draft: Draft, permit: Fields, issued: date | None) -> PermitStatus:
    """CANCELLED where the permit record says so, DRILLED where it was used after its issue.

    A recompletion permit repeats when the well was once spudded and completed; only what came
    after the permit was issued shows that the permit itself was used.
    """
    if permit["cancelled_flag"].strip() or _date(draft, "cancelled_date", permit):
        return PermitStatus.CANCELLED
    spud = draft.values.get("spud_on")
    finished = None
    if permit["well_status"].strip() in WELL_STATUSES:
        finished = _date(draft, "well_status_date", permit)
    if any(day is not None and (issued is None or day >= issued) for day in (spud, finished)):
        return PermitStatus.DRILLED
    return PermitStatus.APPROVED


def _date(draft: Draft, column: str, record: Fields) -> date | None:
    text = record.get(column, "").strip()
    try:
        return compact_date(text) if text else None
    except ValueError as error:
        draft.reject(column, text, str(error))
        return None


def _terms(draft: Draft, permit: Fields) -> None:
    """What is permitted: type, depth, shape, distances, acres."""
    code = permit["type_application"]
    draft.read("filing_purpose_code", code, column="type_application")
    draft.code("permit_type", code, PERMIT_TYPES, "type_application", PermitType.OTHER)
    if not code.strip():
        draft.put("permit_type", PermitType.OTHER)
    draft.read("total_depth_ft", permit["total_depth"], depth, "total_depth")
    draft.put("is_horizontal", is_yes(permit["horizontal_well_flag"]))
    draft.put("is_directional", is_yes(permit["directional_well_flag"]))
    draft.put("is_sidetrack", is_yes(permit["sidetrack_well_flag"]))
    draft.read("acres", permit["surface_acres"], hundredths, "surface_acres")
    draft.read("nearest_well_ft", permit["nearest_well"], positive_distance, "nearest_well")
    draft.put("nearest_lease_line_ft", nearest_lease_line_ft(draft, permit))
    draft.attribute("nearest_well", permit["nearest_well"])
    for column in _KEPT_COLUMNS:
        draft.attribute(column, permit[column].strip().strip("0") and permit[column])
    for side in ("1", "2"):
        feet, direction = permit[f"surface_lease_feet_{side}"], f"surface_lease_direction_{side}"
        if feet.strip("0 "):
            shown = f"{int(feet) / 100:g}" if feet.isdecimal() else feet
            draft.attribute(f"surface_lease_line_{side}", f"{shown} ft {permit[direction]}")


_KEPT_COLUMNS = (
    "other_explanation",
    "onshore_county",
    "extended_date",
    "surface_casing_date",
    "well_status",
    "well_status_date",
    "cancelled_date",
    "cancellation_reason",
    "surface_section",
    "surface_block",
    "surface_survey",
    "surface_abstract",
    "surface_nearest_city",
    "surface_direction_from_city",
    "rule_37_granted_code",
)


def _rules(draft: Draft, application: Application) -> None:
    """Rules 36, 37 and 38: flags of the permit and of its fields, case and docket numbers."""
    permit = application.permit or _NO_PERMIT
    cases = {}
    for rule, column in (("37", "rule_37_case_number"), ("38", "rule_38_docket_number")):
        number = permit.get(column, "").strip()
        name = f"rule_{rule}_{'case' if rule == '37' else 'docket'}_number"
        cases[rule] = bool(number.strip("0")) and draft.put(name, number, number) is not None
    exceptions = [
        rule
        for rule in ("37", "38")
        if cases[rule]
        or any(is_yes(each.columns[f"rule{rule}_flag"]) for each in application.fields)
    ]
    draft.put("is_rule_37_exception", "37" in exceptions)
    draft.put("is_rule_38_exception", "38" in exceptions)
    if permit:
        draft.put("is_rule_36_sour", is_yes(permit["rule_36_flag"]))
        for column in ("p12_filed_flag", "substandard_acreage_flag", "h9_flag"):
            draft.attribute(column, "Y" if is_yes(permit[column]) else "")
    draft.values["statewide_rules"] = exceptions
    draft.values["restrictions"] = restrictions_of(application.restrictions)


def _kept_texts(draft: Draft, application: Application) -> None:
    """What no field of a permit holds: field numbers, remarks, the address it was sent to."""
    root = application.root
    if application.permit is not None and root["district"] != application.permit["district"]:
        draft.attribute("application_district", root["district"])
    draft.attribute("ecap_filing_flag", root["ecap_filing_flag"])
    numbers = [each.columns["field_number"] for each in application.fields]
    draft.attribute("field_numbers", list(numbers))
    draft.reference_lists["field_ids"] = tuple(
        EntityKey("Field", number) for number in dict.fromkeys(numbers)
    )
    draft.attribute("remarks", " ".join(map(plain_text, application.remarks)))
    draft.attribute("alternate_address", ", ".join(map(plain_text, application.address)))


def _links(
    application: Application,
    permit: Draft,
    well: EntityKey | None,
    operator: EntityKey | None,
    fields: list[EntityKey | None],
) -> Iterator[Record]:
    origin = permit.origin
    yield from link("PERMITS", permit.key, well, origin, SOURCE)
    role = OperatesRole.OPERATOR_OF_RECORD
    yield from link("OPERATES", operator, well, origin, SOURCE, role=role)
    for records, key in zip(application.fields, fields, strict=True):
        yield from link("IN_FIELD", well, key, records.origin, SOURCE)
    governing = list(permit.values.get("statewide_rules", []))
    if permit.values.get("is_rule_36_sour"):
        governing.insert(0, "36")
    for rule in governing:
        regulation = EntityKey("Regulation", f"SWR_{rule}")
        yield from link("GOVERNED_BY", permit.key, regulation, origin, SOURCE)
