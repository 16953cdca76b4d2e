"""The `graph-api` command."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graph_api.audit.cli import audit_app
from graph_api.auth.cli import user_app
from graph_api.auth.first_admin import FirstAdmin, make_first_admin
from graph_api.backup.cli import backup_app
from graph_api.core.age import AgeUnavailableError, RowSecurityError
from graph_api.core.auth_keys import AuthSecretError
from graph_api.core.database import Database
from graph_api.core.doctor import HOW_TO_REACH, Finding, Verdict, examine, unreachable
from graph_api.core.embedded import EmbeddedPostgresError
from graph_api.core.failures import NOT_CONNECTED
from graph_api.core.feed import ChangeFeed
from graph_api.core.migrations import MigrationError, migrate, set_service_password
from graph_api.core.observing.tracing import TracingUnavailableError
from graph_api.core.server import owned_database, running_database
from graph_api.core.viewer import SHARED_TENANT, Viewer
from graph_api.demo import DEMO_TENANT, prepare_demo, serve_demo
from graph_api.documents.cli import documents_app
from graph_api.entities.graph import graph_registry
from graph_api.entities.imports.formats import FORMATS
from graph_api.entities.imports.loading import load_files
from graph_api.entities.imports.source_files import UnrecognisedFile
from graph_api.entities.reference_data import load_reference_data
from graph_api.filings.seeding import load_template_seeds
from graph_api.filings.store import mark_snapshots_stale
from graph_api.querying.cli import querying_app
from graph_api.rules.seeding import load_rule_seeds
from graph_api.schema import permissions_text, schema_text
from graph_api.serving import ListeningError
from graph_api.serving import serve as run_server
from graph_api.settings import Settings

app = typer.Typer(
    help="A GraphQL API over a knowledge graph of regulated oil and gas operations in Texas.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
feed_app = typer.Typer(help="The change feed.", no_args_is_help=True)
app.add_typer(feed_app, name="feed")
app.add_typer(audit_app, name="audit")
app.add_typer(documents_app, name="documents")
app.add_typer(user_app, name="user")
app.add_typer(backup_app)
app.add_typer(querying_app)
_console = Console(stderr=True, highlight=False)
_SCHEMA_FILE = Path(__file__).with_name("schema.graphql")
_PERMISSIONS_FILE = Path(__file__).parent.with_name("docs") / "permissions.md"
_KNOWN_FAILURES = (
    AgeUnavailableError,
    AuthSecretError,
    EmbeddedPostgresError,
    ListeningError,
    MigrationError,
    RowSecurityError,
    TracingUnavailableError,
    UnrecognisedFile,
    OSError,
)


def main() -> None:
    """Run the command; a failure that we know is told in a sentence, without a trace."""
    try:
        app()
    except ValidationError as error:
        for one in error.errors(include_url=False):
            name = "_".join(str(part) for part in one["loc"]).upper()
            where = f"GRAPH_API_{name}: " if name else ""
            told = f"{where}{one['msg'].removeprefix('Value error, ')}"
            _console.print(told, markup=False, soft_wrap=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        _console.print("interrupted; what was committed stays, and running it again goes on")
        raise SystemExit(130) from None
    except NOT_CONNECTED as error:
        reason = str(error) or type(error).__name__
        told = f"the database cannot be reached: {reason}; {HOW_TO_REACH}"
        _console.print(told, markup=False, soft_wrap=True)
        raise SystemExit(1) from None
    except _KNOWN_FAILURES as error:
        _console.print(str(error), markup=False, soft_wrap=True)
        raise SystemExit(1) from None


@app.command()
def serve() -> None:
    """Serve the API; the database must have been migrated."""
    run_server(Settings())


@app.command()
def demo() -> None:
    """Serve the sample that the project ships, from an embedded database."""
    settings = Settings(dev_tenant=DEMO_TENANT)
    asyncio.run(prepare_demo(settings))
    serve_demo(settings)


@app.command(name="migrate")
def migrate_command(
    admin_tenant: Annotated[
        str | None,
        typer.Option(
            help="Tenant of the first administrator, who is made where there is no user yet; "
            "GRAPH_API_DEV_TENANT when left out, or else what all tenants share."
        ),
    ] = None,
) -> None:
    """Bring the database to this version, and re-assert what AGE relies on.

    In a database without users it makes an administrator and prints a password for one use.
    """
    settings = Settings()
    tenant = admin_tenant or settings.dev_tenant or SHARED_TENANT
    asyncio.run(_migrate(settings, tenant))


async def _migrate(settings: Settings, admin_tenant: str) -> None:
    async with owned_database(settings) as dsn:
        applied, notices = await migrate(dsn)
        if settings.service_password is not None:
            await set_service_password(dsn, settings.service_password)
        database = await Database.connect(dsn, settings)
        try:
            reference = await load_reference_data(database)
            rules = await load_rule_seeds(database, mark_snapshots_stale)
            templates = await load_template_seeds(database)
            admin = await make_first_admin(database, admin_tenant)
        finally:
            await database.close()
    for migration in applied:
        _console.print(f"applied {migration.number:04} {migration.name}")
    if reference.changed:
        _console.print(f"wrote {reference.changed} regulations")
    if rules:
        _console.print(f"wrote {rules} rule versions")
    if templates:
        _console.print(f"wrote {templates} checklist templates")
    if not applied:
        _console.print("the database is up to date")
    for notice in notices:
        _console.print(f"warning: {notice.problem}; {notice.remedy}")
    if admin is not None:
        _tell_first_admin(admin)


def _tell_first_admin(admin: FirstAdmin) -> None:
    for line in (
        f"there was no user: made {admin.email}, who administers tenant {admin.tenant_id}",
        f"its password, for one use, told this once: {admin.password}",
        "sign in with it to change it, or add others with `graph-api user add`",
    ):
        _console.print(line, markup=False, soft_wrap=True)


@app.command()
def load(
    source: Annotated[
        str, typer.Argument(metavar="FORMAT", help=f"One of {', '.join(sorted(FORMATS))}.")
    ],
    paths: Annotated[list[Path], typer.Argument(help="Files, or directories of them.")],
    tenant: Annotated[
        str | None, typer.Option(help="Whose graph; GRAPH_API_DEV_TENANT when left out.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where to report rejected lines: a CSV file.")
    ] = None,
) -> None:
    """Load files of an official format; running it again changes nothing."""
    settings = Settings()
    if source not in FORMATS:
        raise typer.BadParameter(f"must be one of {', '.join(sorted(FORMATS))}")
    asyncio.run(load_files(settings, _owner(settings, tenant), source, paths, report))


@feed_app.command("prune")
def feed_prune(
    keep_days: Annotated[int, typer.Option(min=1, help="Changes older than this are removed.")],
    tenant: Annotated[
        str | None, typer.Option(help="Whose feed; GRAPH_API_DEV_TENANT when left out.")
    ] = None,
) -> None:
    """Remove old changes from a tenant's feed; who asks for them is told of the gap."""
    settings = Settings()
    removed = asyncio.run(_prune(settings, _owner(settings, tenant), keep_days))
    _console.print(f"removed {removed:,} changes older than {keep_days} days")


async def _prune(settings: Settings, tenant: str, keep_days: int) -> int:
    async with running_database(settings) as dsn:
        database = await Database.connect(dsn, settings)
        try:
            moment = datetime.now(UTC) - timedelta(days=keep_days)
            viewer = Viewer(
                tenant, subject="retention", actor_type="system", administers_shared=True
            )
            return await ChangeFeed(dsn, database).cut_before(viewer, moment)
        finally:
            await database.close()


def _owner(settings: Settings, tenant: str | None) -> str:
    owner = tenant or settings.dev_tenant
    if owner is None:
        raise typer.BadParameter("give --tenant, or set GRAPH_API_DEV_TENANT")
    return owner


@app.command()
def export_schema(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the committed SDL is up to date.")
    ] = False,
) -> None:
    """Write the SDL to graph_api/schema.graphql, and who may use it to docs/permissions.md."""
    for file, text in ((_SCHEMA_FILE, schema_text()), (_PERMISSIONS_FILE, permissions_text())):
        if not file.parent.is_dir():
            continue  # an installed service has no docs
        if not check:
            file.write_text(text, "utf-8")
            _console.print(f"wrote {file}")
        elif not file.exists() or file.read_text("utf-8") != text:
            _console.print(f"{file} differs from the code; run `graph-api export-schema`")
            raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Check the database and what AGE relies on, and say what to do about each failure."""
    findings = asyncio.run(_examine(Settings()))
    table = Table("", "check", "found", box=None, pad_edge=False)
    for one in findings:
        table.add_row(f"[{_COLOURS[one.verdict]}]{one.verdict}", one.check, escape(one.found))
    output = Console(highlight=False)
    output.print(table)
    for one in findings:
        for remedy in one.remedies:
            output.print(f"{one.check}: {remedy}", markup=False, soft_wrap=True)
    if any(one.verdict is Verdict.FAIL for one in findings):
        raise typer.Exit(1)


_COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


async def _examine(settings: Settings) -> list[Finding]:
    try:
        async with running_database(settings) as dsn:
            return await examine(dsn, settings, graph_registry())
    except EmbeddedPostgresError as error:
        return [unreachable(str(error))]
