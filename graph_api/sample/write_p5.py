"""Writes the sample's organisations in the layout of orf850 (manual ORA001)."""

from graph_api.entities.imports.p5 import ACTIVITY, ORGANISATION
from graph_api.sample.fixed import record
from graph_api.sample.organisations import ORGANISATIONS, Organisation

_ACTIVITY_NAMES = {
    "OPER": "OPERATOR OF OIL AND GAS WELLS",
    "GASGTH": "GAS GATHERER",
    "PIPELN": "PIPELINE OPERATOR",
    "GASPLT": "GAS PLANT OPERATOR",
    "PURCHR": "FIRST PURCHASER",
    "OILGTH": "OIL GATHERER",
    "SWDISP": "DISPOSER OF SALT WATER",
}


def p5_file() -> str:
    """The organisation file: the table of activity codes, then organisations by number."""
    lines = [f"1T{code:<6}AI{name:<40}".ljust(350) for code, name in _ACTIVITY_NAMES.items()]
    for organisation in sorted(ORGANISATIONS, key=lambda one: one.number):
        lines += _records(organisation)
    return "".join(f"{line}\n" for line in lines)


def _records(organisation: Organisation) -> list[str]:
    filed = f"{organisation.last_filed:%Y%m%d}"
    texts = {
        "operator_number": organisation.number,
        "name": organisation.name,
        "refiling_required_flag": "Y",
        "p5_status": organisation.status,
        "organization_code": organisation.kind,
        "address_line_1": organisation.street,
        "city": organisation.city,
        "state": "TX",
        "zip": organisation.zip_code,
        "zip_suffix": "0000",
        "date_built": f"{organisation.last_filed.year - 9}0401",
        "date_inactive": "20230901" if organisation.status == "I" else "00000000",
        "phone": organisation.phone,
        "refile_notice_month": filed[4:6],
        "refile_received_date": filed,
        "last_p5_received_date": filed,
        "other_organization_number": "000000",
        "filing_problem_date": "00000000",
    }
    if organisation.kind == "G":
        texts["other_organization_comment"] = "LTD LIABILITY CO"
    lines = [record(ORGANISATION, texts, {1: "A "})]
    for code in organisation.activities:
        lines.append(
            record(ACTIVITY, {"operator_number": organisation.number, "code": code}, {1: "U "})
        )
    return lines
