"""The organisations of the sample: all invented, with numbers that no organisation has."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Organisation:
    """An operator, gatherer or purchaser as Form P-5 registers it."""

    number: str
    name: str
    status: str
    """P-5 status code: A active, I inactive, D delinquent, S see remarks."""
    kind: str
    """Organisation code: A corporation, B limited partnership, D partnership, E trust, G other."""
    street: str
    city: str
    zip_code: str
    phone: str
    last_filed: date
    activities: tuple[str, ...]
    security_usd: int


def _organisation(
    number: str,
    name: str,
    codes: str,
    address: tuple[str, str, str],
    phone: str,
    last_filed: str,
    activities: str,
    security_usd: int,
) -> Organisation:
    status, kind = codes[0], codes[1]
    filed = date.fromisoformat(last_filed)
    does = tuple(activities.split())
    return Organisation(number, name, status, kind, *address, phone, filed, does, security_usd)


CALICHE = _organisation(
    "125716",
    "CALICHE RIDGE OPERATING LLC",
    "AG",
    ("400 W WINDLASS AVE STE 1100", "MIDLAND", "79701"),
    "4325550114",
    "2025-03-18",
    "OPER",
    250_000,
)
MESQUITE = _organisation(
    "561937",
    "MESQUITE DRAW ENERGY, LP",
    "AB",
    ("1208 DERRICK ST", "MIDLAND", "79705"),
    "4325550127",
    "2025-06-30",
    "OPER",
    250_000,
)
PALO_LLANO = _organisation(
    "637388",
    "PALO LLANO RESOURCES, LLC",
    "AG",
    ("77 STOCKYARD PLAZA FL 9", "FORT WORTH", "76102"),
    "8175550133",
    "2025-01-22",
    "OPER",
    250_000,
)
STAKED_BLUFF = _organisation(
    "806421",
    "STAKED BLUFF PETROLEUM CORP",
    "AA",
    ("PO BOX 5517", "ODESSA", "79764"),
    "4325550141",
    "2025-04-09",
    "OPER",
    50_000,
)
TWIN_WINDMILL = _organisation(
    "872655",
    "TWIN WINDMILL OIL & GAS, INC.",
    "AA",
    ("915 SCURRY LOOP", "BIG SPRING", "79720"),
    "4325550158",
    "2025-02-11",
    "OPER",
    50_000,
)
NORTH_DRAW = _organisation(
    "613377",
    "NORTH DRAW PRODUCTION CO.",
    "DD",
    ("RR 2 BOX 61", "LAMESA", "79331"),
    "8065550162",
    "2024-05-28",
    "OPER",
    25_000,
)
SANDHILL_CREST = _organisation(
    "747688",
    "SANDHILL CREST EXPLORATION LLC",
    "AG",
    ("2400 DUNE VIEW DR STE 300", "HOUSTON", "77056"),
    "7135550175",
    "2025-08-14",
    "OPER",
    250_000,
)
JUNIPER = _organisation(
    "448219",
    "JUNIPER SPRING OPERATING, LLC",
    "AG",
    ("31 CONCHO BLVD", "SAN ANGELO", "76903"),
    "3255550186",
    "2025-05-05",
    "OPER",
    50_000,
)
DRY_FORK = _organisation(
    "229613",
    "DRY FORK ROYALTY TRUST",
    "IE",
    ("PO BOX 88", "SEMINOLE", "79360"),
    "4325550190",
    "2022-09-02",
    "OPER",
    25_000,
)
LLANO_CREST = _organisation(
    "504699",
    "LLANO CREST GATHERING, LLC",
    "AG",
    ("600 MARIENWELD ST STE 210", "MIDLAND", "79701"),
    "4325550203",
    "2025-03-03",
    "GASGTH PIPELN",
    0,
)
HIGH_ROLLING = _organisation(
    "385613",
    "HIGH ROLLING MIDSTREAM LP",
    "AB",
    ("9 CAPITOL FLATS RD", "AUSTIN", "78701"),
    "5125550214",
    "2025-07-17",
    "GASGTH PIPELN",
    0,
)
PECOS_BEND = _organisation(
    "648903",
    "PECOS BEND GAS PROCESSING LLC",
    "AG",
    ("1500 CYPRESS BAYOU ST", "HOUSTON", "77002"),
    "7135550228",
    "2025-02-26",
    "GASPLT PURCHR",
    0,
)
BLUE_NORTHER = _organisation(
    "076218",
    "BLUE NORTHER CRUDE MARKETING LP",
    "AB",
    ("88 REFINERY ROW", "TYLER", "75702"),
    "9035550231",
    "2025-04-21",
    "OILGTH PURCHR",
    0,
)
SALT_DRAW = _organisation(
    "744180",
    "SALT DRAW WATER SOLUTIONS LLC",
    "SG",
    ("210 CAMINO REAL", "PECOS", "79772"),
    "4325550247",
    "2024-12-12",
    "OPER SWDISP",
    50_000,
)

ORGANISATIONS = (
    CALICHE,
    MESQUITE,
    PALO_LLANO,
    STAKED_BLUFF,
    TWIN_WINDMILL,
    NORTH_DRAW,
    SANDHILL_CREST,
    JUNIPER,
    DRY_FORK,
    LLANO_CREST,
    HIGH_ROLLING,
    PECOS_BEND,
    BLUE_NORTHER,
    SALT_DRAW,
)
