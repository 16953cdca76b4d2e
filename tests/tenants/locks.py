"""Two locks on every row, and ways to leave each of them open.

The first lock is row-level security, which asks what tenant the transaction acts for. The second is
the tenant that every statement names. A probe runs with both, with either alone, and with neither:
only with neither may it find anything of the other tenant, and there it must, or it proves nothing.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import pytest

from graph_api.core import database as database_module
from graph_api.core.api.execution import run_operation
from graph_api.core.api.plan import statements as plan_statements
from graph_api.core.api.schema import GraphSchema
from graph_api.core.context import Services
from graph_api.core.statements import Statement, named_statements
from graph_api.core.viewer import Viewer


class Locks(Enum):
    """Which locks are shut."""

    BOTH = (True, True)
    ROW_SECURITY = (True, False)
    STATEMENTS = (False, True)
    NEITHER = (False, False)

    @property
    def row_security(self) -> bool:
        """Whether the database holds the rows back."""
        return self.value[0]

    @property
    def statements(self) -> bool:
        """Whether the statements name the tenant of whoever asks."""
        return self.value[1]


SHUT = [one for one in Locks if one is not Locks.NEITHER]


_ACTS = re.compile(r"set_config\('app\.tenant_id', (.+), true\) as")


@contextmanager
def sessions_act_for(tenant_id: str) -> Iterator[None]:
    """Meanwhile every transaction acts for one tenant, whoever its statements name."""
    says = f"select set_config('app.tenant_id', '{tenant_id}', true)"
    with pytest.MonkeyPatch.context() as patch:
        for name, rest in (
            ("_ACT_FOR", ", set_config('app.reach', $2::text, true), $1::text"),
            ("_ACT_FOR_LITERALLY", ", set_config('app.reach', '{reach}', true)"),
        ):
            patch.setattr(database_module, name, Statement("acting", says + rest, "", "sql"))
        for name, one in named_statements().items():
            # those that act and read at once: what they name stays as it is
            text = _ACTS.sub(rf"set_config('app.tenant_id', '{tenant_id}', true), \1 as", one.text)
            if text != one.text and name not in ("act_for_tenant", "act_for_tenant_literally"):
                patch.setitem(named_statements()._statements, name, replace(one, text=text))
        patch.setattr(plan_statements, "_TEXTS", {})
        yield


@dataclass(frozen=True)
class Intruder:
    """Somebody of one tenant who asks for what another has."""

    guarded: Services
    unguarded: Services
    """The same rows in a database without row-level security."""
    schema: GraphSchema
    own: Viewer
    theirs: Viewer

    async def ask(self, locks: Locks, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer to a document, with the locks given."""
        services = self.guarded if locks.row_security else self.unguarded
        viewer = self.own if locks.statements else self.theirs
        with sessions_act_for(self.own.tenant_id):
            result = await run_operation(
                self.schema.schema, services.operation(viewer), document, variables
            )
        return {key: value for key, value in result.body.items() if key != "extensions"}
