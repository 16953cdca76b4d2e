"""Operators: organisations that file Form P-5 before they may do anything at all."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from graph_api.core.model import Derived, GraphEntity, Lookup, Sortable, field_error, key_text
from graph_api.entities.models.chronology import refuse_reversed
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.identifiers import P5Number, p5_number
from graph_api.entities.models.quantities import Name, NotNegative, ShortText, Text


class P5Status(DescribedEnum):
    """The standing of an organisation report, Form P-5 (RRC manual ORA001)."""

    ACTIVE = "ACTIVE", "The report is on file and current (code A)."
    INACTIVE = "INACTIVE", "The organisation no longer reports (code I)."
    DELINQUENT = "DELINQUENT", "The yearly renewal is overdue (code D)."
    SEE_REMARKS = "SEE_REMARKS", "The Commission's remarks qualify the status (code S)."


class OrganizationType(DescribedEnum):
    """The legal form an organisation states on Form P-5."""

    CORPORATION = "CORPORATION", "A corporation (code A)."
    LIMITED_PARTNERSHIP = "LIMITED_PARTNERSHIP", "A limited partnership (code B)."
    SOLE_PROPRIETOR = "SOLE_PROPRIETOR", "One person in business (code C)."
    PARTNERSHIP = "PARTNERSHIP", "A general partnership (code D)."
    TRUST = "TRUST", "A trust (code E)."
    JOINT_VENTURE = "JOINT_VENTURE", "A joint venture (code F)."
    OTHER = "OTHER", "Another form (code G)."


def normalized_operator_name(name: str) -> str:
    """The letters A-Z and digits of a name, in upper case without accents: how names match."""
    plain = name if name.isascii() else unicodedata.normalize("NFKD", name)
    return re.sub(r"[^A-Z0-9]", "", plain.upper())


def _name_to_match(name: str) -> str:
    normalized = normalized_operator_name(name)
    if not normalized:
        raise field_error("name", "name must contain a letter or a digit", name)
    return normalized


def _the_same(number: str | None) -> str | None:
    return number


class Operator(GraphEntity):
    """An organisation that operates, gathers, purchases or nominates, as Form P-5 registers it.

    Its number outlives its name. An operator known only by name, as in flaring exceptions, is
    kept under that name until a number is found.
    """

    plural: ClassVar[str] = "operators"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("p5_number", "normalized_name")
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("p5_number",)), Lookup(("name",)))
    searched_fields: ClassVar[tuple[str, ...]] = ("name", "p5_number")

    name: Annotated[Name, Sortable()] = Field(
        description="Name of the organisation; Form P-5 holds at most 32 characters."
    )
    p5_number: Annotated[P5Number | None, Sortable()] = Field(
        default=None, description="Operator number from Form P-5: 6 digits with leading zeros."
    )
    rrc_operator_id: Annotated[P5Number | None, Derived(("p5_number",), _the_same)] = Field(
        default=None,
        description="The Commission's number of the operator, which is the P-5 number.",
    )
    p5_status: Annotated[P5Status | None, Sortable()] = Field(
        default=None, description="Standing of the organisation report, Form P-5."
    )
    organization_type: OrganizationType | None = Field(
        default=None, description="Legal form, as stated on Form P-5."
    )
    p5_last_filed_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day the last Form P-5 was filed."
    )
    p5_renewal_due_on: Annotated[date | None, Sortable()] = Field(
        default=None, description="Day by which the yearly renewal of Form P-5 is due."
    )
    financial_security_type: ShortText | None = Field(
        default=None,
        description="Kind of financial security filed with Form P-5: bond, letter of credit, cash.",
    )
    financial_security_usd: NotNegative | None = Field(
        default=None,
        description="Amount of financial security in US dollars; blanket security is 25,000 "
        "for 1-10 wells, 50,000 for 11-99 and 250,000 for 100 or more.",
    )
    phone: ShortText | None = Field(default=None, description="Business telephone on Form P-5.")
    mailing_address: Text | None = Field(default=None, description="Mailing address on Form P-5.")
    normalized_name: Annotated[str, Derived(("name",), _name_to_match)] = Field(
        default="",
        description="Letters and digits of the name in upper case, by which names are matched.",
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        refuse_reversed(self, "p5_last_filed_on", "p5_renewal_due_on")
        return self

    @classmethod
    def key(cls, number: str) -> str:
        """The natural key of the operator with this P-5 number; ValueError if malformed."""
        return key_text("P5", p5_number(number))

    @classmethod
    def key_of_name(cls, name: str) -> str:
        """The natural key of an operator that is known only by name."""
        return key_text("NAME", normalized_operator_name(name))

    @classmethod
    def natural_key_of(cls, values: Mapping[str, Any]) -> str:
        """`P5|036587`, or `NAME|` and the normalised name where no number is known."""
        if number := values.get("p5_number"):
            return key_text("P5", number)
        return cls.key_of_name(values["name"])
