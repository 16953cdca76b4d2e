"""The only code that runs statements of filing checklists."""

from graph_api.filings.store.freezing import freeze_rules, mark_snapshots_stale
from graph_api.filings.store.reading import (
    AlertSelection,
    ChecklistSelection,
    alert_page,
    artifact_contents,
    artifacts_of_checklists,
    checklist_page,
    checklists_by_ids,
    checklists_of_entities,
    count_alerts,
    count_checklists,
    snapshots_of_checklists,
)
from graph_api.filings.store.steps import acknowledge, approve, file, reject, set_aside, submit
from graph_api.filings.store.templates import (
    create_template,
    seed_template,
    template_of_checklist,
    templates,
    templates_by_ids,
)
from graph_api.filings.store.writing import NewChecklist, attach, create, update_item

__all__ = [
    "AlertSelection",
    "ChecklistSelection",
    "NewChecklist",
    "acknowledge",
    "alert_page",
    "approve",
    "artifact_contents",
    "artifacts_of_checklists",
    "attach",
    "checklist_page",
    "checklists_by_ids",
    "checklists_of_entities",
    "count_alerts",
    "count_checklists",
    "create",
    "create_template",
    "file",
    "freeze_rules",
    "mark_snapshots_stale",
    "reject",
    "seed_template",
    "set_aside",
    "snapshots_of_checklists",
    "submit",
    "template_of_checklist",
    "templates",
    "templates_by_ids",
    "update_item",
]
