"""Positions of a pending W-1 application, and their datum."""

from graph_api.entities.imports.delimited import Cells
from graph_api.entities.imports.entity_drafts import Draft
from graph_api.entities.imports.official_texts import number, sexagesimal, west
from graph_api.entities.imports.w1_tables import WELLBORES, PendingApplication
from graph_api.entities.models import Datum

_DATUMS = {"1": Datum.NAD27, "2": Datum.NAD83, "3": Datum.WGS84}
"""LATLONG_TYPE_CODE; 1 and 2 are proved by the state plane values beside them, 3 is the third."""


def place(draft: Draft, application: PendingApplication, surface: str, bottom: str) -> None:
    """Set the positions and their datum."""
    placed = False
    for row in application.positions:
        prefix = {"SURFACE": surface, "BOTTOM": bottom}.get(row["LOCATION_TYPE"].upper())
        if prefix is None:
            draft.remark("LOCATION_TYPE", row["LOCATION_TYPE"], "neither SURFACE nor BOTTOM")
            continue
        latitude = _degrees(draft, "LATITUDE", row["LATITUDE"])
        longitude = _degrees(draft, "LONGITUDE", row["LONGITUDE"])
        placed |= draft.position(prefix, latitude, longitude and west(longitude))
    if placed:
        draft.put("datum", Datum.NAD27)
        return
    wellbore = wellbore_of(application)
    if wellbore is not None:
        latitude = _degrees_of(draft, wellbore, "LAT")
        longitude = _degrees_of(draft, wellbore, "LONG")
        if draft.position(surface, latitude, longitude and west(longitude)):
            draft.code("datum", wellbore["LATLONG_TYPE_CODE"], _DATUMS, "LATLONG_TYPE_CODE")


def _degrees(draft: Draft, column: str, text: str) -> float | None:
    try:
        return number(text) or None if text else None
    except ValueError as error:
        draft.reject(column, text, str(error))
        return None


def _degrees_of(draft: Draft, wellbore: Cells, axis: str) -> float | None:
    """Degrees from the three columns of an axis, or from their twins that end in _S."""
    for suffix in ("", "_S"):
        parts = [wellbore[f"{axis}_{part}{suffix}"] for part in ("DEGREES", "MINUTES", "SECONDS")]
        if parts[0]:
            try:
                return sexagesimal(*parts)
            except ValueError as error:
                draft.reject(f"{axis}_DEGREES{suffix}", " ".join(parts), str(error))
                return None
    return None


def wellbore_of(application: PendingApplication) -> Cells | None:
    """The wellbore of an application, the first if it has several."""
    return next(iter(application.of(WELLBORES)), None)
