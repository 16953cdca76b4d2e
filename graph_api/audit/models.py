"""The audit's models: an entry as it is shown, and what a verification finds."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue

from graph_api.core.model import AegisBase, Hidden, UtcDatetime
from graph_api.entities.models.described import DescribedEnum


class AuditEntry(AegisBase):
    """One entry of a tenant's audit: who did what, signed and chained to the entry before."""

    id: UUID = Field(description="The entry's UUID, given once.")
    tenant_id: Annotated[str, Hidden("the viewer's tenant, the same on every row it sees")] = Field(
        description="The tenant that owns the entry."
    )
    chain_number: int = Field(
        description="Place of the entry in the tenant's chain: 1 is the first, without gaps."
    )
    event_type: str = Field(description="What was done: the name of the mutation, or of the load.")
    actor_id: str | None = Field(default=None, description="Who did it.")
    actor_type: str = Field(description="What kind of actor: `user`, `agent` or `system`.")
    entity_ids: list[str] = Field(
        default_factory=list,
        description="Ids of the records and entities concerned; the first 1,000 changes name them.",
    )
    created_at: UtcDatetime = Field(description="When it was written.")
    event_data: dict[str, JsonValue] = Field(
        description="The signed payload: who, what, when, and each record before and after; above "
        "1,000 changes, a digest of their rows in the change feed stands for them."
    )
    previous_signature: str = Field(
        description="Signature of the entry before; empty for the first entry."
    )
    signature: str = Field(
        description="HMAC-SHA256, in hexadecimal, over the entry's place, the signature before "
        "and the payload in canonical JSON (RFC 8785)."
    )
    key_id: str = Field(description="Which of the listed keys signed the entry.")


class AuditProblemKind(DescribedEnum):
    """What is wrong where an audit chain breaks."""

    ALTERED = "ALTERED", "The entry is not what was signed at this place: changed, or moved here."
    MISSING = "MISSING", "The entry has been removed."
    INSERTED = "INSERTED", "The entry was put in from outside: the journal does not know it."
    UNKNOWN_KEY = (
        "UNKNOWN_KEY",
        "The entry names a key that is not listed, so nobody can verify it.",
    )
    JOURNAL = "JOURNAL", "The tenant's journal is gone, or does not end where the chain ends."
    FEED = "FEED", "Rows of the change feed are not those that the entry vouches for."


class AuditProblem(AegisBase):
    """The first thing that is wrong with a tenant's audit."""

    chain_number: int = Field(description="Place in the chain of the first entry that is wrong.")
    entry_id: UUID | None = Field(
        default=None, description="UUID of that entry; null where it is missing."
    )
    kind: AuditProblemKind = Field(description="What is wrong.")
    message: str = Field(description="What was found and what was expected, for a person.")


class AuditVerification(AegisBase):
    """What a walk along a tenant's audit chain came to."""

    is_intact: bool = Field(description="Whether everything that was checked is as it was written.")
    is_complete: bool = Field(
        description="Whether the walk reached the end of the chain, which is then checked too."
    )
    entry_count: int = Field(description="Entries found to be right, before any problem.")
    change_count: int = Field(
        description="Rows of the change feed found to be right; what retention has cut is not there "
        "to be checked."
    )
    last_chain_number: int = Field(
        description="Place of the last entry found to be right: give it as `after` to go on."
    )
    last_signature: str = Field(
        description="Its signature. Kept elsewhere, it proves later that no entry up to it was cut "
        "off or rewritten, even by somebody who holds the database and the keys."
    )
    key_ids: list[str] = Field(description="Keys that signed the entries found to be right.")
    problem: AuditProblem | None = Field(
        default=None, description="The first thing that is wrong; null where nothing is."
    )
    verified_at: UtcDatetime = Field(description="When the walk began.")
