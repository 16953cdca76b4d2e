"""Settings of operations: what a document may hold, what it may cost and how long it may take."""

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator


class OperationSettings(BaseModel):
    """What one operation may ask, and a viewer within a short time."""

    document_max_characters: int = Field(
        default=200_000, ge=1000, description="Longest GraphQL document accepted, in characters."
    )
    document_max_tokens: int = Field(
        default=20_000, ge=100, description="Most lexical tokens a GraphQL document may have."
    )
    document_max_nesting: int = Field(
        default=100,
        ge=10,
        le=150,
        description="Deepest nesting of brackets of any kind in a GraphQL document.",
    )
    document_max_depth: int = Field(
        default=20,
        ge=1,
        description="Deepest nesting of fields in a GraphQL document; what clients ask about the "
        "schema may always be 16 deep.",
    )
    document_max_fields: int = Field(
        default=10_000,
        ge=10,
        description="Most fields a GraphQL document may select, with its fragments spread.",
    )
    document_max_root_fields: int = Field(
        default=100, ge=1, description="Most fields an operation may select at its root."
    )
    document_max_overlaps: int = Field(
        default=5000,
        ge=0,
        description="Most pairs of fields of one name in one place in a GraphQL document: each "
        "pair is compared.",
    )
    document_max_aliases: int = Field(
        default=200, ge=0, description="Most aliased fields a GraphQL document may have."
    )
    document_max_directives: int = Field(
        default=200, ge=0, description="Most directives a GraphQL document may have."
    )
    document_max_fragments: int = Field(
        default=200,
        ge=0,
        le=400,
        description="Most fragments a GraphQL document may define.",
    )
    document_max_spreads: int = Field(
        default=1000, ge=0, description="Most times a GraphQL document may spread a fragment."
    )
    document_max_operations: int = Field(
        default=20, ge=1, description="Most operations a GraphQL document may hold."
    )
    document_max_variables: int = Field(
        default=200, ge=0, description="Most variables a GraphQL document may declare."
    )
    value_max_depth: int = Field(
        default=32,
        ge=1,
        le=100,
        description="Deepest nesting of lists and objects in an argument or a variable.",
    )
    introspection: bool = Field(
        default=True,
        description="Let those with the permission `schema:read` ask what the schema offers.",
    )
    operation_max_cost: int = Field(
        default=100_000,
        ge=1,
        description="Highest cost of an operation: the objects it may return at most, and what "
        "its expensive fields add.",
    )
    cost_budget: int = Field(
        default=1_000_000,
        ge=0,
        description="Cost that a viewer may run up at once; 0: no budget.",
    )
    cost_budget_refill_per_second: float = Field(
        default=20_000, gt=0, description="Cost that a viewer's budget regains in a second."
    )
    cost_budget_store: Literal["memory", "postgres"] = Field(
        default="memory",
        description="Where budgets are kept: `memory`, one for each process, or `postgres`, one "
        "for all of them.",
    )
    operation_timeout_seconds: float = Field(
        default=30.0, gt=0, description="How long a query or a mutation may take, in seconds."
    )
    operations_max_concurrent: int = Field(
        default=100, ge=1, description="Most queries and mutations under way in a process."
    )
    operations_max_waiting: int = Field(
        default=200,
        ge=0,
        description="Most queries and mutations that wait for their turn; more are told to come "
        "back.",
    )
    page_default_size: int = Field(
        default=50, ge=1, le=500, description="Nodes in a page when `first` is not given."
    )
    page_max_size: int = Field(
        default=500, ge=1, le=500, description="Largest `first` or `last` accepted."
    )
    plans: bool = Field(
        default=True,
        description="Answer queries by compiled plans where they cover them; off: by the standard "
        "executor alone, to compare.",
    )
    trusted_documents_only: bool = Field(
        default=False,
        description="Accept only documents that `graph-api documents` has registered.",
    )

    @model_validator(mode="after")
    def _limits_agree(self) -> Self:
        if self.page_default_size > self.page_max_size:
            raise ValueError("GRAPH_API_PAGE_DEFAULT_SIZE must not exceed GRAPH_API_PAGE_MAX_SIZE")
        if 0 < self.cost_budget < self.operation_max_cost:
            raise ValueError(
                "GRAPH_API_OPERATION_MAX_COST must not exceed GRAPH_API_COST_BUDGET: such an "
                "operation could never run"
            )
        return self
