"""The well that an application of the drilling permit master is for."""

from collections.abc import Generator

from graph_api.entities.imports.daf420_application import SOURCE, Application
from graph_api.entities.imports.entity_drafts import Draft
from graph_api.entities.imports.official_texts import (
    compact_date,
    degrees,
    distance,
    hundredths,
    is_yes,
    plain_text,
    positive_distance,
    west,
)
from graph_api.entities.imports.records import EntityKey, Record
from graph_api.entities.imports.w1_codes import (
    PERMIT_TYPES,
    WELL_STATUSES,
    WELL_TYPES,
    profile_of,
)
from graph_api.entities.models import (
    Datum,
    PermitType,
    Well,
    WellProfile,
    WellStatus,
    WellType,
    county_of_code,
    district_of_tape_code,
    parse_api_number,
)


def well_records(application: Application) -> Generator[Record, None, EntityKey | None]:
    """The well, first with what a permit can only guess at, and only where no other source is.

    Status and type follow from the permit, so they hold for a new well and never change one
    that is known; the second record states what the permit file knows itself. Returns the key.
    """
    draft = _well(application)
    if draft.key is None:
        yield from draft.records()
        return None
    guess = Draft(Well, draft.origin, SOURCE)
    guess.values |= draft.values
    _status_and_type(guess, application)
    draft.attributes |= guess.attributes
    guess.attributes = draft.attributes
    draft.findings += guess.findings
    yield guess.record(only_if_absent=True)
    yield from draft.records()
    return draft.key


def _well(application: Application) -> Draft:
    permit = application.permit or {}
    draft = Draft(Well, application.permit_origin or application.origin, SOURCE)
    api_number = permit["api_number"].strip().strip("0") and permit["api_number"]
    draft.read("api_number", api_number, lambda text: parse_api_number(text)[0])
    name = f"{plain_text(permit['lease_name'])} {plain_text(permit['well_number'])}"
    draft.put("well_name", name.strip())
    draft.read("well_number", permit["well_number"])
    draft.read("district", permit["district"], district_of_tape_code)
    draft.read("county", permit["county_code"], county_of_code, "county_code")
    draft.put("profile", _profile(permit))
    draft.read("spud_date", permit["spud_date"], compact_date)
    if permit["well_status"].strip() in WELL_STATUSES:
        status = WELL_STATUSES[permit["well_status"].strip()]
        dated = "completion_date" if status is WellStatus.COMPLETED else "plugged_date"
        draft.read(dated, permit["well_status_date"], compact_date, "well_status_date")
        draft.in_order("spud_date", dated)
    draft.read(
        "distance_to_nearest_well_ft", permit["nearest_well"], positive_distance, "nearest_well"
    )
    draft.put("distance_to_lease_line_ft", nearest_lease_line_ft(draft, permit))
    if is_yes(permit["rule_36_flag"]):
        draft.put("is_h2s", value=True)
    placed(draft, application, "", "bottom_hole_")
    # The permit repeats these columns, and so does what was found in them.
    draft.findings = [found for found in draft.findings if found.field == "api_number"]
    return draft


def _profile(permit: dict[str, str]) -> WellProfile:
    return profile_of(
        horizontal=is_yes(permit["horizontal_well_flag"]),
        sidetrack=is_yes(permit["sidetrack_well_flag"]),
        directional=is_yes(permit["directional_well_flag"]),
    )


def nearest_lease_line_ft(draft: Draft, permit: dict[str, str]) -> float | None:
    """Distance to the nearest lease line: the column for it, or for a vertical well the location.

    Form W-1 asks for the surface location as distances from two lease lines. The smaller one
    counts, unless the bore leaves the vertical: then the surface says nothing of spacing.
    """
    text = permit["nearest_lease_line"].strip()
    try:
        if text:
            return distance(text)
        if _profile(permit) is not WellProfile.VERTICAL:
            return None
        return min(_surface_lease_lines_ft(permit), default=None)
    except ValueError as error:
        draft.reject("nearest_lease_line", text, str(error))
        return None


def _surface_lease_lines_ft(permit: dict[str, str]) -> list[float]:
    """Both surface distances, or nothing where one is missing."""
    sides = [hundredths(permit[f"surface_lease_feet_{side}"].strip() or "0") for side in "12"]
    known = [feet for feet in sides if feet is not None]
    return known if len(known) == len(sides) else []


def _status_and_type(draft: Draft, application: Application) -> None:
    permit = application.permit or {}
    purpose = PERMIT_TYPES.get(permit["type_application"].strip())
    status = WELL_STATUSES.get(permit["well_status"].strip())
    if status is None and purpose is PermitType.DRILL:
        status = WellStatus.DRILLING if "spud_date" in draft.values else WellStatus.PERMITTED
    draft.put("status", status)
    codes = []
    for each in application.fields:
        completed = each.columns["completion_well_code"].strip()
        codes.append(completed or each.columns["application_well_code"].strip())
    draft.attribute("well_codes", list(codes))
    for code in codes[:1]:
        draft.code("well_type", code, WELL_TYPES, "application_well_code", WellType.OTHER)


def placed(draft: Draft, application: Application, surface: str, bottom_hole: str) -> None:
    """Set the positions of records 14 and 15, in the datum of the file (NAD27)."""
    set_any = False
    for prefix, record in (
        (surface, application.surface_location),
        (bottom_hole, application.bottom_hole_location),
    ):
        if record is None:
            place = "surface (14)" if prefix == surface else "bottom-hole (15)"
            draft.remark(f"{prefix}latitude", "", f"the application has no {place} record")
            continue
        try:
            latitude = degrees(record["latitude"].strip() or "0")
            longitude = degrees(record["longitude"].strip() or "0")
        except ValueError as error:
            text = f"{record['longitude']} {record['latitude']}"
            draft.reject(f"{prefix}latitude", text, str(error))
            continue
        set_any |= draft.position(prefix, latitude, longitude and west(longitude))
    if set_any:
        draft.put("datum", Datum.NAD27)
