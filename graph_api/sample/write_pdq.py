"""Writes the sample's leases and their months as tables of the Production Data Query dump."""

from calendar import monthrange
from collections.abc import Iterable, Mapping

from graph_api.entities.models import county_code_of, tape_code_of_district
from graph_api.sample.flaring import MONTHS, PRODUCTION, MonthOfLease
from graph_api.sample.organisations import NORTH_DRAW, ORGANISATIONS
from graph_api.sample.pdq_columns import (
    COMPLETION_COLUMNS,
    CYCLE_COLUMNS,
    DISPOSITION_COLUMNS,
    FIELD_COLUMNS,
    LEASE_COLUMNS,
    OPERATOR_COLUMNS,
)
from graph_api.sample.properties import FIELDS, LEASES_ON_FILE, WELLS, LeaseOfSample


def pdq_files() -> dict[str, str]:
    """The six tables that are loaded, by file name."""
    return {
        "OG_OPERATOR_DW_DATA_TABLE.dsv": _table(OPERATOR_COLUMNS, _operators()),
        "OG_FIELD_DW_DATA_TABLE.dsv": _table(FIELD_COLUMNS, _fields()),
        "OG_REGULATORY_LEASE_DW_DATA_TABLE.dsv": _table(
            LEASE_COLUMNS, map(_lease_row, LEASES_ON_FILE)
        ),
        "OG_WELL_COMPLETION_DATA_TABLE.dsv": _table(COMPLETION_COLUMNS, _completions()),
        "OG_LEASE_CYCLE_DATA_TABLE.dsv": _table(CYCLE_COLUMNS, map(_cycle, PRODUCTION)),
        "OG_LEASE_CYCLE_DISP_DATA_TABLE.dsv": _table(
            DISPOSITION_COLUMNS, (_disposition(one) for one in PRODUCTION if _is_filed(one))
        ),
    }


def _table(columns: list[str], rows: Iterable[Mapping[str, object]]) -> str:
    lines = ["}".join(columns)]
    for row in rows:
        if strange := row.keys() - set(columns):
            raise ValueError(f"no column {', '.join(sorted(strange))}")
        lines.append("}".join(str(row.get(column, "")) for column in columns))
    return "".join(f"{line}\n" for line in lines)


def _operators() -> Iterable[Mapping[str, object]]:
    for one in sorted(ORGANISATIONS, key=lambda organisation: organisation.number):
        yield {
            "OPERATOR_NO": one.number,
            "OPERATOR_NAME": one.name,
            "P5_STATUS_CODE": one.status,
            "P5_LAST_FILED_DT": f"{one.last_filed:%Y%m%d}",
            "OPERATOR_TAX_CERT_FLAG": "N",
            "OPERATOR_SB639_FLAG": "N",
            "RECORD_STATUS_CODE": "A",
        }


def _fields() -> Iterable[Mapping[str, object]]:
    for one in FIELDS:
        county = county_code_of(one.county)
        gas = one.field_class == "B"
        yield {
            "FIELD_NO": one.number,
            "FIELD_NAME": one.name,
            "DISTRICT_NO": tape_code_of_district(one.district),
            "DISTRICT_NAME": one.district,
            "FIELD_CLASS": one.field_class,
            "FIELD_H2S_FLAG": "Y" if one.district == "8A" else "N",
            "FIELD_MANUAL_REV_FLAG": "N",
            "WILDCAT_FLAG": "N",
            "O_DERIVED_RULE_TYPE_CODE": one.rule_type,
            "G_DERIVED_RULE_TYPE_CODE": one.rule_type if gas else "",
            "O_COUNTY_NO": county,
            "G_COUNTY_NO": county if gas else "",
            "O_SALT_DOME_FLAG": "N",
            "O_DONT_PERMIT": "N",
        }


def _key(one: LeaseOfSample) -> dict[str, object]:
    return {
        "OIL_GAS_CODE": one.code,
        "DISTRICT_NO": tape_code_of_district(one.district),
        "LEASE_NO": one.number,
        "DISTRICT_NAME": one.district,
    }


def _names(one: LeaseOfSample) -> dict[str, object]:
    return {
        "LEASE_NAME": one.name,
        "OPERATOR_NO": one.operator.number,
        "OPERATOR_NAME": one.operator.name,
        "FIELD_NO": one.field.number,
        "FIELD_NAME": one.field.name,
    }


def _lease_row(one: LeaseOfSample) -> Mapping[str, object]:
    return {
        **_key(one),
        **_names(one),
        "WELL_NO": "1H" if one.code == "G" else "",
        "LEASE_OFF_SCHED_FLAG": "Y" if one.status == "INACTIVE" else "N",
        "LEASE_SEVERANCE_FLAG": "Y" if one.status == "SEVERED" else "N",
    }


def _completions() -> Iterable[Mapping[str, object]]:
    for one in LEASES_ON_FILE:
        idle = one.status != "ACTIVE"
        for well in WELLS[one.key]:
            yield {
                **_key(one),
                "WELL_NO": well.number,
                "API_COUNTY_CODE": well.api8[:3],
                "API_UNIQUE_NO": well.api8[3:],
                "ONSHORE_ASSC_CNTY": "000",
                "COUNTY_NAME": one.county,
                "WELL_ROOT_NO": well.api8,
                "WELLBORE_SHUTIN_DT": "202111" if idle else "",
                "WELL_SHUTIN_DT": "202111" if idle else "",
                "WELL_14B2_STATUS_CODE": "A" if idle else "",
                "WELL_SUBJECT_14B2_FLAG": "Y" if idle else "N",
                "WELLBORE_LOCATION_CODE": "L",
            }


def _is_filed(one: MonthOfLease) -> bool:
    """Whether the month's Form PR is on file: the delinquent operator's last one is not."""
    return not (one.lease.operator is NORTH_DRAW and one.month == MONTHS[-1])


def _cycle_key(one: MonthOfLease) -> dict[str, object]:
    return {
        **_key(one.lease),
        **_names(one.lease),
        "CYCLE_YEAR": one.month.year,
        "CYCLE_MONTH": f"{one.month:%m}",
        "CYCLE_YEAR_MONTH": f"{one.month:%Y%m}",
    }


def _cycle(one: MonthOfLease) -> Mapping[str, object]:
    is_oil, filed = one.lease.code == "O", _is_filed(one)
    days = monthrange(one.month.year, one.month.month)[1]
    liquid, gas = (one.liquid_bbl, one.gas_mcf) if filed else (0, 0)
    volumes = {
        "LEASE_OIL_PROD_VOL": liquid if is_oil else 0,
        "LEASE_OIL_TOT_DISP": liquid if is_oil else 0,
        "LEASE_COND_PROD_VOL": 0 if is_oil else liquid,
        "LEASE_COND_TOT_DISP": 0 if is_oil else liquid,
        "LEASE_CSGD_PROD_VOL": gas if is_oil else 0,
        "LEASE_CSGD_TOT_DISP": gas if is_oil else 0,
        "LEASE_GAS_PROD_VOL": 0 if is_oil else gas,
        "LEASE_GAS_TOT_DISP": 0 if is_oil else gas,
        "LEASE_OIL_ALLOW": 2_900 * days if is_oil else 0,
    }
    tape = tape_code_of_district(one.lease.district)
    return {
        **_cycle_key(one),
        **volumes,
        "LEASE_NO_DISTRICT_NO": int(f"{int(one.lease.number)}{tape}"),
        "GAS_WELL_NO": "" if is_oil else "1H",
        "PROD_REPORT_FILED_FLAG": "Y" if filed else "N",
    }


def _disposition(one: MonthOfLease) -> Mapping[str, object]:
    is_oil = one.lease.code == "O"
    gas, liquid = ("CSGD_DISPCDE", "OIL") if is_oil else ("GAS_DISPCD", "COND")
    fuel = (one.gas_mcf - one.flared_mcf - one.vented_mcf) * 2 // 100
    sold = one.gas_mcf - one.flared_mcf - one.vented_mcf - fuel
    volumes = {
        f"LEASE_{liquid}_DISPCD00_VOL": one.liquid_bbl,
        f"LEASE_{gas}01_VOL": fuel,
        f"LEASE_{gas}02_VOL": sold,
        f"LEASE_{gas}10_VOL": one.flared_mcf,
        f"LEASE_{gas}11_VOL": one.vented_mcf,
    }
    return {**_cycle_key(one), **volumes}
