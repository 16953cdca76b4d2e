"""Regulations: the rules that permits, filings and authorizations answer to."""

from typing import Annotated, ClassVar

from pydantic import Field

from graph_api.core.model import GraphEntity, Hidden, Lookup, Sortable
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.identifiers import FormNumber, RuleId
from graph_api.entities.models.quantities import Name, ShortText, Text

SHARED_TENANT = "*"
"""The tenant of records that all tenants read."""


class Jurisdiction(DescribedEnum):
    """The authority that makes and enforces a regulation."""

    RRC = "RRC", "Railroad Commission of Texas."
    EPA = "EPA", "United States Environmental Protection Agency."
    TCEQ = "TCEQ", "Texas Commission on Environmental Quality."
    COMPTROLLER = "COMPTROLLER", "Texas Comptroller of Public Accounts."


class Regulation(GraphEntity):
    """A rule in force, the same for all tenants."""

    plural: ClassVar[str] = "regulations"
    natural_key_fields: ClassVar[tuple[str, ...]] = ("rule_id",)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup(("rule_id",)),)
    searched_fields: ClassVar[tuple[str, ...]] = ("title", "rule_id", "citation")
    shared: ClassVar[bool] = True

    tenant_id: Annotated[str, Hidden("the same on every regulation: all tenants share them")] = (
        Field(default=SHARED_TENANT, description="`*`: regulations belong to all tenants.")
    )
    rule_id: Annotated[RuleId, Sortable()] = Field(
        description="Short id of the rule: SWR_37, 40_CFR_60_OOOOb."
    )
    title: Annotated[Name, Sortable()] = Field(description="Title of the rule.")
    citation: Annotated[ShortText, Sortable()] = Field(
        description="Legal citation: 16 TAC §3.37, 40 CFR Part 60 Subpart OOOOb."
    )
    summary: Text = Field(description="What the rule demands, in a few sentences.")
    requirements: list[Text] = Field(
        default_factory=list, description="Single requirements, one per entry."
    )
    related_forms: list[FormNumber] = Field(
        default_factory=list, description="Forms by which the rule is complied with."
    )
    jurisdiction: Annotated[Jurisdiction, Sortable()] = Field(
        description="Authority that makes and enforces the rule."
    )
    url: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^https?://\S+$")] | None = (
        Field(default=None, description="Where the text can be read.")
    )
