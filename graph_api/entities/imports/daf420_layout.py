"""Columns of the drilling permit master and trailer (daf420), as far as the reader uses them.

Checked against daily files of November 2025. Those leave out the filler that pads a record to
510 characters on tape, so each kind of record has a length of its own. Record 11 has no key in
front of the address.
"""

from graph_api.entities.imports.fixed_width import Layout

ROOT = Layout.of(
    "01 root",
    ("status_number", 3, 7),
    ("status_sequence_number", 10, 2),
    ("county_code", 12, 3),
    ("lease_name", 15, 32),
    ("district", 47, 2),
    ("operator_number", 49, 6),
    ("date_app_received", 59, 8),
    ("operator_name", 67, 32),
    ("status_of_app_flag", 101, 1),
    ("issue_date", 120, 8),
    ("withdrawn_date", 128, 8),
    ("well_number", 157, 6),
    ("application_returned_flag", 182, 1),
    ("ecap_filing_flag", 183, 1),
    length=212,
    needed=101,
)

PERMIT = Layout.of(
    "02 permit",
    ("permit_number", 3, 7),
    ("sequence_number", 10, 2),
    ("county_code", 12, 3),
    ("lease_name", 15, 32),
    ("district", 47, 2),
    ("well_number", 49, 6),
    ("total_depth", 55, 5),
    ("operator_number", 60, 6),
    ("type_application", 66, 2),
    ("other_explanation", 68, 30),
    ("onshore_county", 119, 3),
    ("received_date", 122, 8),
    ("issued_date", 130, 8),
    ("amended_date", 138, 8),
    ("extended_date", 146, 8),
    ("spud_date", 154, 8),
    ("surface_casing_date", 162, 8),
    ("well_status", 170, 1),
    ("well_status_date", 171, 8),
    ("expired_date", 179, 8),
    ("cancelled_date", 187, 8),
    ("cancellation_reason", 195, 30),
    ("p12_filed_flag", 225, 1),
    ("substandard_acreage_flag", 226, 1),
    ("rule_36_flag", 227, 1),
    ("h9_flag", 228, 1),
    ("rule_37_case_number", 229, 7),
    ("rule_38_docket_number", 236, 7),
    ("location_format_flag", 243, 1),
    ("surface_section", 244, 8),
    ("surface_block", 252, 10),
    ("surface_survey", 262, 55),
    ("surface_abstract", 317, 6),
    ("surface_acres", 326, 8),
    ("surface_miles_from_city", 334, 6),
    ("surface_direction_from_city", 340, 6),
    ("surface_nearest_city", 346, 13),
    ("surface_lease_feet_1", 359, 8),
    ("surface_lease_direction_1", 367, 13),
    ("surface_lease_feet_2", 380, 8),
    ("surface_lease_direction_2", 388, 13),
    ("nearest_well", 443, 28),
    ("nearest_well_format_flag", 471, 1),
    ("cancelled_flag", 480, 1),
    ("spud_in_flag", 481, 1),
    ("directional_well_flag", 482, 1),
    ("sidetrack_well_flag", 483, 1),
    ("rule_37_granted_code", 493, 1),
    ("horizontal_well_flag", 494, 1),
    ("nearest_lease_line", 496, 7),
    ("api_number", 503, 8),
    length=510,
)

FIELD = Layout.of(
    "03 field",
    ("field_number", 3, 8),
    ("application_well_code", 11, 1),
    ("completion_well_code", 12, 1),
    ("validation_date", 15, 8),
    ("completion_date", 23, 8),
    ("rule37_flag", 31, 1),
    ("rule38_flag", 32, 1),
    length=50,
    needed=32,
)

FIELD_SPECIFIC = Layout.of(
    "04 field-specific data",
    ("district", 3, 2),
    ("lease_name", 5, 32),
    ("total_depth", 37, 5),
    ("well_number", 42, 6),
    ("acres", 48, 8),
    length=72,
    needed=4,
)

BOTTOM_HOLE = Layout.of(
    "05 bottom hole",
    ("section", 3, 8),
    ("block", 11, 10),
    ("abstract", 21, 6),
    ("survey", 27, 55),
    ("acres", 82, 8),
    ("nearest_well", 90, 28),
    ("lease_feet_1", 118, 8),
    ("lease_direction_1", 126, 13),
    ("lease_feet_2", 139, 8),
    ("lease_direction_2", 147, 13),
    ("county", 202, 13),
    ("penetration_feet_1", 215, 8),
    ("penetration_direction_1", 223, 13),
    ("penetration_feet_2", 236, 8),
    ("penetration_direction_2", 244, 13),
    length=262,
    needed=3,
)

CANNED_RESTRICTION = Layout.of(
    "06 standard restriction",
    ("key", 3, 2),
    ("type", 5, 2),
    ("remark", 7, 35),
    ("flag", 42, 1),
    length=52,
    needed=6,
)

FREE_RESTRICTION = Layout.of(
    "08 free restriction",
    ("key", 3, 2),
    ("type", 5, 2),
    ("remark", 7, 70),
    ("flag", 77, 1),
    length=87,
    needed=6,
)

RESTRICTED_FIELD = Layout.of("restricted field", ("field_number", 3, 8), length=15, needed=10)

ADDRESS = Layout.of("11 alternate address", ("address", 3, 45), length=47, needed=2)

REMARK = Layout.of(
    "12 remark", ("sequence", 3, 3), ("date", 6, 8), ("text", 14, 70), length=83, needed=13
)

CHECK_REGISTER = Layout.of(
    "13 check register", ("date", 3, 8), ("number", 11, 8), length=18, needed=2
)

LOCATION = Layout.of("location", ("longitude", 3, 12), ("latitude", 15, 12), length=26, needed=22)

LAYOUTS = {
    "01": ROOT,
    "02": PERMIT,
    "03": FIELD,
    "04": FIELD_SPECIFIC,
    "05": BOTTOM_HOLE,
    "06": CANNED_RESTRICTION,
    "07": RESTRICTED_FIELD,
    "08": FREE_RESTRICTION,
    "09": RESTRICTED_FIELD,
    "10": BOTTOM_HOLE,
    "11": ADDRESS,
    "12": REMARK,
    "13": CHECK_REGISTER,
    "14": LOCATION,
    "15": LOCATION,
}
"""The layout of each kind of record; 05 and 10 share one, for a field and for the permit."""
