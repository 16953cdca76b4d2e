"""Versions of rules, their life, and what follows from them without asking the database."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from graph_api.core.model import AegisBase, AegisEntity, Hidden, UtcDatetime, field_error
from graph_api.core.viewer import SHARED_TENANT
from graph_api.entities.models.described import DescribedEnum
from graph_api.entities.models.identifiers import FieldNumber, RuleId
from graph_api.entities.models.quantities import Text
from graph_api.rules.models.parameters import (
    DensityRule,
    EnvironmentalRule,
    FlaringRule,
    ReportingRule,
    RuleParameters,
    SpacingRule,
)


class RuleType(DescribedEnum):
    """How far a rule reaches."""

    STATEWIDE = "STATEWIDE", "Holds wherever no field rule says otherwise."
    FIELD_SPECIFIC = "FIELD_SPECIFIC", "Holds for one field, before the statewide rule."
    NOTICE = "NOTICE", "A notice of the regulator that sets the parameters of its domain."


class RuleDomain(DescribedEnum):
    """What a rule is about, and so which parameters it has."""

    SPACING = "SPACING", "Distances between wells and to lease lines."
    DENSITY = "DENSITY", "Acres for each well."
    FLARING = "FLARING", "Flaring and venting of gas."
    REPORTING = "REPORTING", "Periodic reports and their deadlines."
    ENVIRONMENTAL = "ENVIRONMENTAL", "Emissions, as 40 CFR 60 governs them."


class RuleStatus(DescribedEnum):
    """Where a version of a rule stands in its life."""

    DRAFT = "DRAFT", "Being written; in force nowhere."
    PENDING_REVIEW = "PENDING_REVIEW", "Submitted, and waiting to be activated or rejected."
    ACTIVE = "ACTIVE", "In force from its effective date, with no end known."
    SUPERSEDED = "SUPERSEDED", "In force up to, and not on, its superseded date."


class RuleSource(DescribedEnum):
    """How a version of a rule came to be known."""

    RRC_INGESTION = "RRC_INGESTION", "Read from documents of the regulator."
    RULE_MONITOR_AGENT = "RULE_MONITOR_AGENT", "Found by an agent that watches for changes."
    MANUAL = "MANUAL", "Entered by a person."
    DOCKET_HEARING = "DOCKET_HEARING", "Decided in a docketed hearing."


PARAMETERS: Mapping[RuleDomain, type[RuleParameters]] = {
    RuleDomain.SPACING: SpacingRule,
    RuleDomain.DENSITY: DensityRule,
    RuleDomain.FLARING: FlaringRule,
    RuleDomain.REPORTING: ReportingRule,
    RuleDomain.ENVIRONMENTAL: EnvironmentalRule,
}
"""The schema of `rule_data` for each domain."""

ShortReference = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class _RuleContent(AegisBase):
    rule_type: RuleType = Field(description="How far the rule reaches.")
    rule_domain: RuleDomain = Field(description="What the rule is about.")
    rule_identifier: RuleId = Field(
        description="Key of the rule, the same in all its versions: SWR_37. A field rule adds the "
        "field after a dot: SWR_37.85280300."
    )
    effective_date: date = Field(description="First day on which the version is in force.")
    source: RuleSource = Field(description="How the version came to be known.")
    source_reference: ShortReference | None = Field(
        default=None, description="Citation, docket number or address."
    )
    rule_data: dict[str, JsonValue] = Field(
        description="Parameters of the rule, by the schema of its domain."
    )
    graph_node_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        default=None,
        description="Rule id of the regulation in the graph, where it is not what the identifier "
        "begins with: SWR_58 for FORM_PR.",
    )
    change_summary: Text | None = Field(
        default=None, description="What this version changes, in words."
    )

    @model_validator(mode="after")
    def _parameters_fit(self) -> Self:
        try:
            parameters = PARAMETERS[self.rule_domain].model_validate(self.rule_data)
        except ValidationError as error:
            raise _inside("rule_data", error) from None
        field_number = getattr(parameters, "field_number", None)
        if self.rule_type is RuleType.FIELD_SPECIFIC and field_number is None:
            raise field_error("rule_data", "a field rule needs field_number", self.rule_data)
        if self.rule_type is RuleType.STATEWIDE and field_number is not None:
            raise field_error("rule_data", "a statewide rule has no field_number", self.rule_data)
        self.rule_data = parameters.model_dump(mode="json", exclude_none=True)
        return self

    @property
    def field_number(self) -> str | None:
        """The field that the version is for; None where it is for none in particular."""
        number = self.rule_data.get("field_number")
        return None if number is None else str(number)


class NewRuleVersion(_RuleContent):
    """What a version is created from; number, moments and status are the store's to give."""

    detected_by: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Who or what found the change; the caller, when left out."
    )


class RuleVersion(_RuleContent, AegisEntity):
    """One version of a regulatory rule; what it says never changes, only its status and end do."""

    tenant_id: Annotated[str, Hidden("the viewer's own, or the one that all tenants share")] = (
        Field(description="Whose version it is; `*` where all tenants share it.")
    )
    version: int = Field(
        ge=1, description="Number of the version, counted by rule identifier without gaps from 1."
    )
    superseded_date: date | None = Field(
        default=None,
        description="First day on which a later version is in force instead; null where none is.",
    )
    superseded_by_id: UUID | None = Field(
        default=None, description="The version in force from the superseded date on."
    )
    detected_at: UtcDatetime = Field(description="When the version was recorded here.")
    detected_by: str | None = Field(default=None, description="Who or what found the change.")
    status: RuleStatus = Field(description="Where the version stands in its life.")

    @property
    def is_shared(self) -> bool:
        """Whether all tenants read this version."""
        return self.tenant_id == SHARED_TENANT

    @property
    def regulation_rule_id(self) -> str:
        """Rule id of the regulation, in the graph, that the version is of."""
        return self.graph_node_id or self.rule_identifier.partition(".")[0]

    def is_in_force(self, day: date) -> bool:
        """Whether the version, by what is known of it, is in force on a day."""
        return (
            self.status in (RuleStatus.ACTIVE, RuleStatus.SUPERSEDED)
            and self.effective_date <= day
            and (self.superseded_date is None or day < self.superseded_date)
        )

    def document(self) -> dict[str, Any]:
        """The version as the change feed and the audit tell of it."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"tenant_id"})


class FieldChange(AegisBase):
    """One field in which two versions of a rule differ."""

    path: str = Field(description="Where: `effectiveDate`, `ruleData.acres_per_well`.")
    before: JsonValue | None = Field(
        description="Its value in the first version; null where it has none."
    )
    after: JsonValue | None = Field(
        description="Its value in the second version; null where it has none."
    )


def rule_parameters(version: RuleVersion | NewRuleVersion) -> RuleParameters:
    """The parameters of a version, by the schema of its domain."""
    return PARAMETERS[version.rule_domain].model_validate(version.rule_data)


def governing_rule(
    versions: Iterable[RuleVersion], domain: RuleDomain, field_number: FieldNumber | None = None
) -> RuleVersion | None:
    """Which of the versions in force governs: the field's own rule before the statewide one.

    Where several would, the one of the latest effective date. None where there is none.
    """
    of_domain = [one for one in versions if one.rule_domain is domain]
    of_field = [
        one for one in of_domain if field_number is not None and one.field_number == field_number
    ]
    candidates = of_field or [one for one in of_domain if one.field_number is None]
    return max(candidates, key=lambda one: (one.effective_date, one.rule_identifier), default=None)


_COMPARED = {
    "rule_type": "ruleType",
    "rule_domain": "ruleDomain",
    "effective_date": "effectiveDate",
    "source": "source",
    "source_reference": "sourceReference",
    "graph_node_id": "graphNodeId",
    "change_summary": "changeSummary",
}


def rule_changes(before: RuleVersion, after: RuleVersion) -> list[FieldChange]:
    """The fields in which one version differs from another; lists are compared as a whole.

    Number, status and moments of recording are not part of what a version says.
    """
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    named = {shown: (old[name], new[name]) for name, shown in _COMPARED.items()}
    return [
        *(
            FieldChange(path=path, before=one, after=other)
            for path, (one, other) in named.items()
            if one != other
        ),
        *_data_changes("ruleData", before.rule_data, after.rule_data),
    ]


def _data_changes(
    path: str, before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]
) -> list[FieldChange]:
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new, where = before.get(name), after.get(name), f"{path}.{name}"
        if isinstance(old, dict) and isinstance(new, dict):
            found += _data_changes(where, old, new)
        elif old != new:
            found.append(FieldChange(path=where, before=old, after=new))
    return found


def _inside(field: str, error: ValidationError) -> ValidationError:
    """The errors of a nested model, under the field that holds it."""
    return ValidationError.from_exception_data(
        error.title,
        [
            InitErrorDetails(
                type=PydanticCustomError(
                    "value_error",
                    "{reason}",
                    {"reason": one["msg"].removeprefix("Value error, ")},
                ),
                loc=(field, *one["loc"]),
                input=one["input"],
            )
            for one in error.errors(include_url=False)
        ],
    )
