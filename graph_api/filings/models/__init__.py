"""The models of filing checklists."""

from graph_api.filings.models.artifacts import (
    CONTENT_TYPES,
    LARGEST_CONTENT_BYTES,
    LARGEST_FILE_BYTES,
    ChecklistArtifact,
    FileReference,
    NewArtifact,
    digest,
)
from graph_api.filings.models.checklists import (
    LARGEST_ITEM_DATA_BYTES,
    MOST_ITEMS,
    ChecklistItemDefinition,
    ChecklistItemState,
    ChecklistTemplate,
    FilingChecklist,
    Reason,
    new_items,
)
from graph_api.filings.models.snapshots import FilingRuleSnapshot, RuleChangeAlert
from graph_api.filings.models.vocabulary import (
    ArtifactType,
    ChecklistItemStatus,
    ChecklistItemType,
    ChecklistStatus,
    CompletionMethod,
    GeneratedBy,
    stored,
)

__all__ = [
    "CONTENT_TYPES",
    "LARGEST_CONTENT_BYTES",
    "LARGEST_FILE_BYTES",
    "LARGEST_ITEM_DATA_BYTES",
    "MOST_ITEMS",
    "ArtifactType",
    "ChecklistArtifact",
    "ChecklistItemDefinition",
    "ChecklistItemState",
    "ChecklistItemStatus",
    "ChecklistItemType",
    "ChecklistStatus",
    "ChecklistTemplate",
    "CompletionMethod",
    "FileReference",
    "FilingChecklist",
    "FilingRuleSnapshot",
    "GeneratedBy",
    "NewArtifact",
    "Reason",
    "RuleChangeAlert",
    "digest",
    "new_items",
    "stored",
]
