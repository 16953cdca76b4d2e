"""What is attached to an item of a checklist: text, JSON, or a reference to a file."""

import hashlib
import re
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints, field_validator, model_validator

from graph_api.core.model import AegisBase, AegisEntity, Hidden, field_error
from graph_api.filings.models.vocabulary import STORED, ArtifactType, GeneratedBy, stored

LARGEST_CONTENT_BYTES = 1_048_576
LARGEST_FILE_BYTES = 104_857_600

CONTENT_TYPES = (
    *("text/plain", "text/markdown", "text/csv", "application/json", "application/pdf"),
    *("image/png", "image/jpeg", "image/tiff", "application/xml", "application/zip"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
"""The content types that an artifact may have."""

_PATH = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?[^\s/\\\x00-\x1f][^\\\x00-\x1f]*")
ArtifactName = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Sha256 = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{64}$")]


class FileReference(AegisBase):
    """A file that is kept elsewhere, and what proves that it is the same one."""

    file_path: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = Field(
        description="Where the file is kept: a relative path, or an address such as s3://…"
    )
    size_bytes: int = Field(
        ge=1, le=LARGEST_FILE_BYTES, description="Size of the file in bytes, at most 100 MiB."
    )
    sha256: Sha256 = Field(description="SHA-256 of the file, in hexadecimal.")

    @field_validator("file_path")
    @classmethod
    def _stays_where_it_is(cls, value: str) -> str:
        if not _PATH.fullmatch(value) or ".." in value.split("/"):
            raise ValueError("must be a relative path or an address, without .. and backslashes")
        return value


class NewArtifact(AegisBase):
    """An artifact to attach: exactly one of text, JSON and file."""

    item_index: int = Field(ge=0, description="Place of the item, counted from 0.")
    artifact_type: ArtifactType = Field(description="What the artifact is.")
    name: ArtifactName = Field(description="Name of the artifact.")
    content_type: str | None = Field(
        default=None, description="Media type; of text and JSON the usual one, when left out."
    )
    text: str | None = Field(default=None, description="Text content, at most 1 MiB.")
    data: JsonValue | None = Field(default=None, description="JSON content, at most 1 MiB.")
    file: FileReference | None = Field(default=None, description="A file kept elsewhere.")
    metadata: dict[str, JsonValue] = Field(default_factory=dict, description="Its source.")

    @model_validator(mode="after")
    def _holds_one_thing(self) -> Self:
        given = [name for name in ("text", "data", "file") if getattr(self, name) is not None]
        if len(given) != 1:
            raise field_error("text", "give exactly one of text, data and file", given)
        if self.content_type is None:
            if self.file is not None:
                raise field_error("content_type", "a file needs its content type")
            self.content_type = "text/plain" if self.text is not None else "application/json"
        if self.content_type not in CONTENT_TYPES:
            message = f"must be one of {', '.join(CONTENT_TYPES)}"
            raise field_error("content_type", message, self.content_type)
        if self.data is not None and self.content_type != "application/json":
            raise field_error("content_type", "JSON is application/json", self.content_type)
        return self


class ChecklistArtifact(AegisEntity):
    """Something attached to an item of a checklist; it is never changed, only followed by others."""

    tenant_id: Annotated[str, Hidden("the viewer's own")] = Field(
        description="The tenant that owns the record."
    )
    checklist_id: UUID = Field(description="UUID of the checklist.")
    item_index: int = Field(description="Place of the item it belongs to, counted from 0.")
    artifact_type: Annotated[ArtifactType, STORED] = Field(description="What it is.")
    name: str = Field(description="Its name.")
    content_type: str = Field(description="Its media type, for example application/pdf.")
    content: Annotated[str | None, Hidden("read when it is asked for")] = Field(
        default=None, description="Its text, or its JSON as text; null for a file kept elsewhere."
    )
    file_path: str | None = Field(
        default=None, description="Where the file is kept; null for text and JSON."
    )
    size_bytes: int = Field(description="Its size in bytes.")
    sha256: str = Field(description="SHA-256 of its bytes, in hexadecimal.")
    metadata: dict[str, JsonValue] = Field(
        default_factory=dict, description="Where it comes from, its version, how sure it is."
    )
    generated_by: Annotated[GeneratedBy, STORED] = Field(description="Who made it.")
    created_by: str = Field(description="Who attached it.")

    def document(self) -> dict[str, Any]:
        """The artifact as the change feed and the audit tell of it: its digest, not its content."""
        left_out = {"tenant_id", "content", "updated_at"}
        shown: dict[str, Any] = stored(self.model_dump(exclude_none=True, exclude=left_out))
        return shown


def digest(content: str) -> tuple[int, str]:
    """The size in bytes and the SHA-256 of text.

    Raises pydantic.ValidationError, for `text`, where it is too large.
    """
    encoded = content.encode()
    if len(encoded) > LARGEST_CONTENT_BYTES:
        message = (
            f"has {len(encoded)} bytes; at most {LARGEST_CONTENT_BYTES} are kept, refer to a file"
        )
        raise field_error("text", message)
    return len(encoded), hashlib.sha256(encoded).hexdigest()
