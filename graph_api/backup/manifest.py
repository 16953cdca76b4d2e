"""What a backup says of itself."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1
"""The layout of the file and of its manifest that this version writes and reads."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AppliedMigration(_Part):
    """A migration that the database had, with the checksum of its text."""

    number: int
    checksum: str


class NamedRole(_Part):
    """A role that the backup's grants or policies name; its password is not in the backup."""

    name: str
    can_login: bool


class DefaultPrivilege(_Part):
    """What a role may do with objects of a schema that the owner makes later."""

    schema_name: str
    kind: str
    grantee: str
    privilege: str
    is_grantable: bool


class Manifest(_Part):
    """What is in a backup, and what it was taken from."""

    format: Literal[1] = 1
    created_at: datetime
    graph_api_version: str
    database: str
    owner: str
    server_version: str
    pg_dump_version: str
    extensions: dict[str, str]
    """Versions, by name."""
    migrations: list[AppliedMigration]
    roles: list[NamedRole]
    default_privileges: list[DefaultPrivilege]
    rows: dict[str, int]
    """Rows of every table, by its quoted name: `public.rule_versions`, `oilgas."Well"`."""
    labels: dict[str, int]
    """Vertices and edges, by label: the rows of the labels' own tables."""
    dump_bytes: int
    dump_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    @property
    def server_major(self) -> int:
        """The major version of the server."""
        return int(self.server_version.partition(".")[0])

    @property
    def vertices_and_edges(self) -> int:
        """How many vertices and edges there are."""
        return sum(self.labels.values())
