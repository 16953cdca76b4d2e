"""Codes of Form W-1 files, in the drilling permit master and in the pending applications.

The meanings are those of the Commission's drilling permit manual (OGA049); where codes changed
in 1995, the later meaning counts. Standard restrictions are summarised, not quoted.
"""

from collections.abc import Mapping

from graph_api.entities.models import PermitStatus, PermitType, WellProfile, WellStatus, WellType

ORIGINAL_SEQUENCE = 99
"""The sequence number of an original permit; the first amendment has 98, the next 97."""

PERMIT_TYPES: Mapping[str, PermitType] = {
    "01": PermitType.DRILL,
    "02": PermitType.DEEPEN,
    "03": PermitType.DEEPEN,
    "04": PermitType.PLUG_BACK,
    "05": PermitType.OTHER,
    "06": PermitType.DRILL,
    "07": PermitType.REENTER,
    "08": PermitType.SIDETRACK,
    "09": PermitType.FIELD_TRANSFER,
    "10": PermitType.OTHER,
    "11": PermitType.SIDETRACK,
    "12": PermitType.DRILL,
    "13": PermitType.SIDETRACK,
    "14": PermitType.RECOMPLETE,
    "15": PermitType.OTHER,
}
"""Purpose of filing; 05 is another one, 10 an amendment before 1977, 15 a reclassification."""

APPLICATION_STATUSES: Mapping[str, PermitStatus] = {
    "P": PermitStatus.PENDING,
    "A": PermitStatus.APPROVED,
    "W": PermitStatus.CANCELLED,
    "D": PermitStatus.CANCELLED,
    "E": PermitStatus.DENIED,
    "C": PermitStatus.CANCELLED,
    "X": PermitStatus.CANCELLED,
    "Z": PermitStatus.CANCELLED,
}
"""Withdrawn (W), dismissed (D), closed (C), deleted (X) and cancelled (Z) are all CANCELLED."""

WELL_STATUSES: Mapping[str, WellStatus] = {
    "W": WellStatus.COMPLETED,
    "Y": WellStatus.COMPLETED,
    "Z": WellStatus.COMPLETED,
    "1": WellStatus.COMPLETED,
} | dict.fromkeys("DHKMOPQRSTVX", WellStatus.PLUGGED)
"""What the well status code says of the well; other codes report work in the hole."""

WELL_TYPES: Mapping[str, WellType] = (
    {
        "O": WellType.OIL,
        "G": WellType.GAS,
        "B": WellType.UNKNOWN,
        "D": WellType.DISPOSAL,
        "H": WellType.OBSERVATION,
        "5": WellType.GAS,
        "7": WellType.OBSERVATION,
        "S": WellType.SERVICE,
        "V": WellType.WATER_SUPPLY,
        "4": WellType.WATER_SUPPLY,
    }
    | dict.fromkeys("FIKQWX", WellType.INJECTION)
    | dict.fromkeys("ACEJLMNPRTUYZ12368", WellType.OTHER)
)
"""What a well is proposed or completed as. B, oil or gas, leaves the type open."""

STANDARD_RESTRICTIONS: Mapping[str, str] = {
    "01": "Complete and produce in line with the field's or the statewide spacing and density rules.",
    "02": "Hydrogen sulfide field: drill as 16 TAC §3.36 (Statewide Rule 36) demands.",
    "03": "No injection, disposal or hydrocarbon storage without separate approval.",
    "04": "Piercement salt dome field: neither spacing nor density is restricted.",
    "05": "For an exploratory test only.",
    "06": "Permitted for oil only.",
    "07": "Permitted for gas only.",
    "08": "After completion in a reservoir whose acreage another well holds, file proration plats "
    "and Form P-15 without assigning an acre twice.",
    "09": "Corrected to show the right survey.",
    "10": "Revised proration plats are due if completed below a stated depth in a stated field.",
    "11": "Revised proration plats are due if completed below stated depths in two stated fields.",
    "12": "No downhole commingling until an exception to Statewide Rule 10 is granted.",
    "13": "A source of injection water only.",
    "14": "For cathodic protection only.",
    "15": "Issued for administrative purposes only.",
    "16": "Duplicate of another permit.",
    "17": "Approved under entity for density by docket.",
    "18": "Administrative exception to Statewide Rule 39.",
    "19": "An exception to Rule 37 or 38 may be needed if completed below a stated depth.",
    "20": "Penetration point and surface location are the same.",
    "21": "No directional well: deviated without intent.",
    "22": "Granted while approval under Statewide Rule 86 is pending.",
    "23": "Exception to Statewide Rule 86 granted by docket.",
    "24": "No permit to drill: issued to plug the well again.",
    "25": "Not to be produced at the same time as stated wells of the same reservoir.",
    "26": "Distance to the nearest lease line.",
    "27": "Distance to the nearest wells.",
}
"""The numbered standard restrictions; 28 and up are free text, letters are from before 1995."""


def amendment_of(sequence: str) -> int:
    """Which amendment a sequence number stands for: 99 is 0, the original; 98 is 1."""
    if not sequence.isdigit() or len(sequence) > 2:
        raise ValueError("must be a sequence number from 00 to 99: 99 for the original permit")
    return ORIGINAL_SEQUENCE - int(sequence)


def restriction_text(code: str, remark: str) -> str:
    """A standard restriction in words, with what the record adds to it."""
    words = STANDARD_RESTRICTIONS.get(code, f"Standard restriction {code} of Form W-1.")
    return f"{words} {remark}".strip()


def profile_of(*, horizontal: bool, sidetrack: bool, directional: bool) -> WellProfile:
    """The shape of a permitted bore; a horizontal sidetrack counts as horizontal."""
    if horizontal:
        return WellProfile.HORIZONTAL
    if sidetrack:
        return WellProfile.SIDETRACK
    return WellProfile.DIRECTIONAL if directional else WellProfile.VERTICAL
