"""What one pending W-1 application says: permit, operator, fields, and the well if it is known.

A new well has no API number before its permit is issued; an amendment has. Positions come from
the table of latitudes and longitudes, which is in NAD27 (its state plane neighbours, converted,
differ from it by just the shift between the datums), else from the wellbore as it was filed.
"""

from pydantic import JsonValue

from graph_api.entities.imports.delimited import Cells
from graph_api.entities.imports.entity_drafts import Draft
from graph_api.entities.imports.official_texts import (
    depth,
    distance,
    export_date,
    is_yes,
    number,
    plain_text,
    positive_distance,
)
from graph_api.entities.imports.w1_codes import (
    APPLICATION_STATUSES,
    PERMIT_TYPES,
    WELL_TYPES,
    amendment_of,
    profile_of,
)
from graph_api.entities.imports.w1_positions import place, wellbore_of
from graph_api.entities.imports.w1_tables import (
    FIELDS,
    PROFILES,
    RESOLUTIONS,
    RESTRICTIONS,
    PendingApplication,
)
from graph_api.entities.models import (
    Field,
    Operator,
    Permit,
    PermitStatus,
    PermitType,
    Well,
    WellType,
    county_of_code,
    district_name,
    parse_api_number,
)

SOURCE = "w1-pending"

_KEPT_OF_PERMIT = (
    "STATUS_SEQ_NO",
    "CURRENT_STATE_CODE",
    "SWR_LIST",
    "SWR_SUBSECT_CODE",
    "CASE_DOCKET_NO",
    "DKT_SUFFIX_CODE",
    "SURFACE_CASING_DT",
    "EFFECTIVE_DT",
    "RETURN_DT",
    "COMPLETION_CODE",
    "REAPPLIED_STATUS_NO",
)
_KEPT_OF_FIELD = (
    "FIELD_ID",
    "WELL_TYPE_CODE",
    "COMPLETION_DEPTH",
    "NEAREST_WELL_DISTANCE",
    "NEAREST_LEASE_DISTANCE",
    "NRST_LEASE_DIST_SURF_LOC",
    "TOTAL_ACRES",
    "POOLED_UNIT_FLAG",
    "OFF_LEASE_PNTRN_PT_FLAG",
    "OFF_LEASE_SURF_LOC_FLAG",
    "UNITIZED_DOCKET_NO",
    "ENTITY_DENSITY_DOCKET_NO",
)
_KEPT_OF_PROFILE = (
    "PROFILE_NAME",
    "PROFILE_CODE",
    "NRST_LEASE_DIST_BOTM_LOC",
    "NRST_LEASE_DIST_FST_LST_TK_PT",
    "NRST_LEASE_DIST_PRP_ANY_TK_PT",
)


def operator_draft(application: PendingApplication) -> Draft:
    """The operator that applies, with its business telephone."""
    row = application.permit
    draft = Draft(Operator, row.origin, SOURCE)
    draft.read("p5_number", row["OPERATOR_NUMBER"], column="OPERATOR_NUMBER")
    if "p5_number" in draft.values:
        draft.read("name", row["OPERATOR_NAME"], column="OPERATOR_NAME")
        draft.read("phone", row["OPERATOR_PHONE"], column="OPERATOR_PHONE")
    return draft


def field_draft(row: Cells) -> Draft:
    """A field in which completion is asked for, known by its number; 2001 is 00002001."""
    draft = Draft(Field, row.origin, SOURCE)
    number_text = draft.read(
        "rrc_field_id", row["FIELD_ID"], lambda text: text.zfill(8), "FIELD_ID"
    )
    if number_text is not None:
        draft.put("name", f"FIELD {number_text}")
    return draft


def well_draft(application: PendingApplication) -> Draft | None:
    """The well, where a wellbore of the application has an API number."""
    wellbore = wellbore_of(application)
    if wellbore is None or not wellbore["API_SEQUENCE_NUMBER"]:
        return None
    row = application.permit
    draft = Draft(Well, wellbore.origin, SOURCE)
    number_text = wellbore["API_SEQUENCE_NUMBER"]
    draft.read(
        "api_number", number_text, lambda text: parse_api_number(text)[0], "API_SEQUENCE_NUMBER"
    )
    lease, well_number = row["DEFAULT_LEASE_NAME"], row["DEFAULT_WELL_NUMBER"]
    draft.put("well_name", plain_text(f"{lease} {well_number}"))
    draft.read("well_number", well_number)
    draft.read("district", row["DISTRICT"], district_name, "DISTRICT")
    draft.read("county", wellbore["COUNTY_CODE"], county_of_code, "COUNTY_CODE")
    draft.put("profile", profile_of(**_shape(row)))
    draft.read("spud_date", row["SPUD_DT"], export_date, "SPUD_DT")
    for each in _fields_primary_first(application)[:1]:
        draft.code(
            "well_type", each["WELL_TYPE_CODE"], WELL_TYPES, "WELL_TYPE_CODE", WellType.OTHER
        )
    place(draft, application, "", "bottom_hole_")
    return draft


def permit_draft(application: PendingApplication) -> Draft:
    """The permit applied for."""
    row = application.permit
    draft = Draft(Permit, row.origin, SOURCE)
    draft.read("amendment_sequence", row["STATUS_SEQ_NO"], amendment_of, "STATUS_SEQ_NO")
    if "amendment_sequence" in draft.values:
        draft.read("permit_number", row["STATUS_NUMBER"], column="STATUS_NUMBER")
    else:
        draft.reject("STATUS_SEQ_NO", row["STATUS_SEQ_NO"], "the permit needs a sequence number")
    draft.read("application_number", row["UNIVERSAL_DOC_NO"], column="UNIVERSAL_DOC_NO")
    draft.read("filing_purpose_code", row["FILING_PURPOSE_CODE"])
    draft.put("permit_type", PermitType.OTHER)
    purpose = row["FILING_PURPOSE_CODE"]
    draft.code("permit_type", purpose, PERMIT_TYPES, "FILING_PURPOSE_CODE", PermitType.OTHER)
    _status_and_dates(draft, row)
    draft.read("lease_name", row["DEFAULT_LEASE_NAME"], column="DEFAULT_LEASE_NAME")
    draft.read("well_number", row["DEFAULT_WELL_NUMBER"], column="DEFAULT_WELL_NUMBER")
    draft.read("district", row["DISTRICT"], district_name, "DISTRICT")
    draft.read("total_depth_ft", row["TOTAL_DEPTH"], depth, "TOTAL_DEPTH")
    for name, is_set in _shape(row).items():
        draft.put(f"is_{name}", is_set)
    wellbore = wellbore_of(application)
    if wellbore is not None:
        draft.read("county", wellbore["COUNTY_CODE"], county_of_code, "COUNTY_CODE")
    _rules(draft, application)
    _distances(draft, application)
    place(draft, application, "surface_", "bottom_hole_")
    _keep(draft, application)
    return draft


def _status_and_dates(draft: Draft, row: Cells) -> None:
    draft.put("status", PermitStatus.SUBMITTED)
    code = row["STATUS_CODE"]
    draft.code("status", code, APPLICATION_STATUSES, "STATUS_CODE", PermitStatus.SUBMITTED)
    if row["RETURN_DT"]:
        draft.put("status", PermitStatus.RETURNED)
    draft.read("submitted_on", row["SUBMIT_DATE"], export_date, "SUBMIT_DATE")
    draft.read("expires_on", row["EXPIRATION_DATE"], export_date, "EXPIRATION_DATE")
    draft.read("spud_on", row["SPUD_DT"], export_date, "SPUD_DT")
    draft.read("protest_deadline", row["FINAL_PROTEST_DT"], export_date, "FINAL_PROTEST_DT")
    draft.in_order("submitted_on", "protest_deadline")


def _shape(row: Cells) -> dict[str, bool]:
    """The bore as filed; the export spells one column DEFAULT_HORIZANTAL."""
    return {
        "horizontal": is_yes(row["DEFAULT_HORIZANTAL"] or row["DEFAULT_HORIZONTAL"]),
        "sidetrack": is_yes(row["DEFAULT_SIDETRACK"]),
        "directional": is_yes(row["DEFAULT_DIRECTIONAL"]),
    }


def _rules(draft: Draft, application: PendingApplication) -> None:
    """The statewide rules excepted from, case and docket numbers, restrictions."""
    row = application.permit
    rules = [rule.strip() for rule in row["SWR_LIST"].replace(";", ",").split(",") if rule.strip()]
    draft.values["statewide_rules"] = rules
    draft.put("is_rule_37_exception", "37" in rules)
    draft.put("is_rule_38_exception", "38" in rules)
    if row["SWR_36_FLAG"]:
        draft.put("is_rule_36_sour", is_yes(row["SWR_36_FLAG"]))
    docket = row["CASES_NO"] or row["CASE_DOCKET_NO"]
    for rule, name in (("37", "rule_37_case_number"), ("38", "rule_38_docket_number")):
        if rule in rules:
            draft.read(name, docket, column="CASE_DOCKET_NO")
    draft.values["restrictions"] = [
        {"code": each["RESTRICTION_CODE"], "text": text}
        if each["RESTRICTION_CODE"]
        else {"text": text}
        for each in application.of(RESTRICTIONS)
        if (text := plain_text(each["RESTRICTION_TEXT"])[:10_000])
    ]


def _distances(draft: Draft, application: PendingApplication) -> None:
    """Distances and acres of the primary field; of a bore, the smallest to any lease line."""
    for row in _fields_primary_first(application)[:1]:
        nearest = row["NEAREST_WELL_DISTANCE"]
        draft.read("nearest_well_ft", nearest, positive_distance, "NEAREST_WELL_DISTANCE")
        draft.read("acres", row["TOTAL_ACRES"], number, "TOTAL_ACRES")
        column = "NEAREST_LEASE_DISTANCE"
        if draft.read("nearest_lease_line_ft", row[column], distance, column) is not None:
            return
        of_bore = [
            feet
            for profile in application.of(PROFILES)
            if profile["PERMITTED_FIELD_ID"] == row["PERMITTED_FIELD_ID"]
            for column in _KEPT_OF_PROFILE[2:]
            if (feet := _feet(draft, column, profile[column])) is not None
        ]
        if of_bore:
            draft.put("nearest_lease_line_ft", min(of_bore))
        elif not any(_shape(application.permit).values()):
            column = "NRST_LEASE_DIST_SURF_LOC"
            draft.read("nearest_lease_line_ft", row[column], distance, column)


def _feet(draft: Draft, column: str, text: str) -> float | None:
    try:
        return distance(text) if text else None
    except ValueError as error:
        draft.reject(column, text, str(error))
        return None


def _fields_primary_first(application: PendingApplication) -> list[Cells]:
    return sorted(application.of(FIELDS), key=lambda row: not is_yes(row["PRIMARY_FIELD_FLAG"]))


def _keep(draft: Draft, application: PendingApplication) -> None:
    """Keep what no field holds, by the export's own column names."""
    for column in _KEPT_OF_PERMIT:
        draft.attribute(column, application.permit[column])
    draft.attribute("fields", [_kept(row, _KEPT_OF_FIELD) for row in application.of(FIELDS)])
    draft.attribute("profiles", [_kept(row, _KEPT_OF_PROFILE) for row in application.of(PROFILES)])
    codes = sorted({row["SWR_RESLTN_CODE"] for row in application.of(RESOLUTIONS)} - {""})
    draft.attribute("rule_resolutions", [*codes])


def _kept(row: Cells, columns: tuple[str, ...]) -> JsonValue:
    return {column: plain_text(row[column]) for column in columns if row[column]}
