"""Operators, fields, leases and wells of the Production Data Query dump."""

from collections.abc import Callable, Iterator

from graph_api.entities.imports.csv_conversions import oil_gas_code
from graph_api.entities.imports.delimited import Cells
from graph_api.entities.imports.entity_drafts import Draft, Mentions, link
from graph_api.entities.imports.official_texts import export_date, is_yes, plain_text
from graph_api.entities.imports.records import Record
from graph_api.entities.models import (
    Field,
    FieldClass,
    Lease,
    LeaseStatus,
    OperatesRole,
    Operator,
    P5Status,
    Well,
    county_name,
    county_of_code,
    district_name,
    district_of_tape_code,
    lease_number,
    parse_api_number,
)

SOURCE = "pdq"

_P5_STATUSES = {
    "A": P5Status.ACTIVE,
    "I": P5Status.INACTIVE,
    "D": P5Status.DELINQUENT,
    "S": P5Status.SEE_REMARKS,
}
_FIELD_CLASSES = {"O": FieldClass.OIL, "G": FieldClass.GAS, "B": FieldClass.BOTH}
_STATEWIDE_RULES = {"SW", ""}
"""Derived rule types: SW statewide; SP special, CR county rules and MC McCulloch County replace it."""
_KEPT_OF_OPERATOR = ("OPERATOR_TAX_CERT_FLAG", "OPERATOR_SB639_FLAG", "FA_OPTION_CODE")
_KEPT_OF_FIELD = (
    "FIELD_H2S_FLAG",
    "FIELD_MANUAL_REV_FLAG",
    "O_DERIVED_RULE_TYPE_CODE",
    "G_DERIVED_RULE_TYPE_CODE",
    "O_RESCIND_DT",
    "G_RESCIND_DT",
    "O_SALT_DOME_FLAG",
    "G_SALT_DOME_FLAG",
    "O_OFFSHORE_CODE",
    "G_OFFSHORE_CODE",
    "O_DONT_PERMIT",
    "G_DONT_PERMIT",
    "O_SCHED_REMARKS",
    "G_SCHED_REMARKS",
    "O_COMMENTS",
    "G_COMMENTS",
)
_KEPT_OF_COMPLETION = (
    "OIL_WELL_UNIT_NO",
    "WELL_ROOT_NO",
    "WELLBORE_SHUTIN_DT",
    "WELL_SHUTIN_DT",
    "WELL_14B2_STATUS_CODE",
    "WELL_SUBJECT_14B2_FLAG",
    "WELLBORE_LOCATION_CODE",
    "ONSHORE_ASSC_CNTY",
)


def operator_records(row: Cells, _: Mentions) -> Iterator[Record]:
    """An operator as the dump's dimension table has it."""
    draft = Draft(Operator, row.origin, SOURCE)
    _number(draft, "p5_number", row, "OPERATOR_NO")
    if "p5_number" in draft.values:
        draft.read("name", row["OPERATOR_NAME"], column="OPERATOR_NAME")
    draft.code("p5_status", row["P5_STATUS_CODE"], _P5_STATUSES, "P5_STATUS_CODE")
    draft.read("p5_last_filed_on", row["P5_LAST_FILED_DT"], export_date, "P5_LAST_FILED_DT")
    for column in _KEPT_OF_OPERATOR:
        draft.attribute(column, row[column])
    yield from draft.records()


def field_records(row: Cells, _: Mentions) -> Iterator[Record]:
    """A field as the dump's dimension table has it; the earlier of its two discoveries counts."""
    draft = Draft(Field, row.origin, SOURCE)
    _number(draft, "rrc_field_id", row, "FIELD_NO")
    draft.read("name", row["FIELD_NAME"], column="FIELD_NAME")
    _district(draft, row)
    draft.code("field_class", row["FIELD_CLASS"], _FIELD_CLASSES, "FIELD_CLASS")
    draft.put("is_wildcat", is_yes(row["WILDCAT_FLAG"]))
    rules = {row["O_DERIVED_RULE_TYPE_CODE"], row["G_DERIVED_RULE_TYPE_CODE"]}
    draft.put("has_special_rules", bool(rules - _STATEWIDE_RULES))
    dates = []
    for kind in ("O", "G"):
        column = f"{kind}_DISCOVERY_DT"
        dates.append(draft.read("discovery_date", row[column], export_date, column))
        if "county" not in draft.values:
            column = f"{kind}_COUNTY_NO"
            draft.read("county", row[column].strip("0") and row[column], county_of_code, column)
    draft.put("discovery_date", min((found for found in dates if found), default=None))
    for column in _KEPT_OF_FIELD:
        draft.attribute(column, row[column])
    yield from draft.records()


def lease_records(row: Cells, mentions: Mentions) -> Iterator[Record]:
    """A lease with its operator of record and its field."""
    lease = _lease(row)
    lease.read("name", row["LEASE_NAME"], column="LEASE_NAME")
    severed = is_yes(row["LEASE_SEVERANCE_FLAG"])
    off_schedule = is_yes(row["LEASE_OFF_SCHED_FLAG"])
    lease.put("is_severed", severed)
    status = LeaseStatus.INACTIVE if off_schedule else LeaseStatus.ACTIVE
    lease.put("status", LeaseStatus.SEVERED if severed else status)
    for column in ("LEASE_OFF_SCHED_FLAG", "WELL_NO"):
        lease.attribute(column, row[column])
    operator = _mentioned(Operator, "p5_number", row, "OPERATOR")
    field = _mentioned(Field, "rrc_field_id", row, "FIELD")
    if "rrc_field_id" in field.values and "district" in lease.values:
        field.put("district", lease.values["district"])
    for draft in (operator, field):
        if draft.findings or (draft.key is not None and mentions.is_new(draft.key)):
            yield from draft.records(only_if_absent=True)
    yield from lease.records()
    role = OperatesRole.OPERATOR_OF_RECORD
    yield from link("OPERATES", operator.key, lease.key, row.origin, SOURCE, role=role)
    yield from link("IN_FIELD", lease.key, field.key, row.origin, SOURCE)


def completion_records(row: Cells, mentions: Mentions) -> Iterator[Record]:
    """A well and its place on a lease; the lease is only mentioned."""
    lease = _lease(row)
    if lease.findings or (lease.key is not None and mentions.is_new(lease.key)):
        yield from lease.records(only_if_absent=True)
    well = Draft(Well, row.origin, SOURCE)
    digits = f"{row['API_COUNTY_CODE'].zfill(3)}{row['API_UNIQUE_NO'].zfill(5)}"
    well.read("api_number", digits, lambda text: parse_api_number(text)[0], "API_UNIQUE_NO")
    number = plain_text(row["WELL_NO"])
    well.read("well_number", number, column="WELL_NO")
    _district(well, row)
    if row["COUNTY_NAME"]:
        well.read("county", row["COUNTY_NAME"], county_name, "COUNTY_NAME")
    else:
        well.read("county", row["API_COUNTY_CODE"], county_of_code, "API_COUNTY_CODE")
    for column in _KEPT_OF_COMPLETION:
        well.attribute(column, row[column].strip("0") and row[column])
    well.tell_once({(found.field, found.value) for found in lease.findings})
    yield from well.records()
    code = lease.values.get("oil_gas_code")
    yield from link(
        "HAS_WELL",
        lease.key,
        well.key,
        row.origin,
        SOURCE,
        well_number=number or None,
        oil_gas_code=code,
    )


def _lease(row: Cells) -> Draft:
    draft = Draft(Lease, row.origin, SOURCE)
    code = draft.read("oil_gas_code", row["OIL_GAS_CODE"], oil_gas_code, "OIL_GAS_CODE")
    _district(draft, row)
    if code is not None:
        draft.read("rrc_lease_id", row["LEASE_NO"], _number_of_lease(code), "LEASE_NO")
    return draft


def _number_of_lease(code: str) -> Callable[[str], str]:
    return lambda text: lease_number(code, text)


def _district(draft: Draft, row: Cells) -> None:
    """The district by its tape code, else by its name."""
    if row["DISTRICT_NO"]:
        draft.read("district", row["DISTRICT_NO"], district_of_tape_code, "DISTRICT_NO")
    else:
        draft.read("district", row["DISTRICT_NAME"], district_name, "DISTRICT_NAME")


def _number(draft: Draft, field: str, row: Cells, column: str) -> None:
    """A key that must be there."""
    if draft.read(field, row[column], column=column) is None and not row[column]:
        draft.reject(column, "", "the number is blank")


def _mentioned(model: type[Operator] | type[Field], key: str, row: Cells, kind: str) -> Draft:
    """An operator or field that a lease names by number and name."""
    draft = Draft(model, row.origin, SOURCE)
    number = row[f"{kind}_NO"]
    if draft.read(key, number.strip("0") and number, column=f"{kind}_NO") is not None:
        draft.read("name", row[f"{kind}_NAME"] or f"{kind} {number}", column=f"{kind}_NAME")
    return draft
