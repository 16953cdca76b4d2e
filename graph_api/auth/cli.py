"""The `graph-api user` commands: users are made by the operator, and by nobody else."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graph_api.auth.administering import (
    UserProblem,
    change_roles,
    disable_user,
    enable_user,
    provide_user,
    replace_password,
)
from graph_api.auth.passwords import is_password_hash, one_time_password
from graph_api.auth.store import users_of
from graph_api.core.database import Database
from graph_api.core.permissions import Role
from graph_api.core.server import running_database
from graph_api.settings import Settings

user_app = typer.Typer(help="Who may sign in.", no_args_is_help=True)
_console = Console(stderr=True, highlight=False, soft_wrap=True)
_WIDEST = 1000

_Email = Annotated[str, typer.Argument(help="The user's email address.")]
_FromInput = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="Read the password from standard input; left out, one for one use is printed.",
    ),
]


@user_app.callback()
def user() -> None:
    """Who may sign in."""


@user_app.command()
def add(
    email: _Email,
    role: Annotated[
        list[Role] | None, typer.Option(help="What the user is; may be given several times.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Whose user; GRAPH_API_DEV_TENANT when left out.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the user is called.")] = None,
    password_stdin: _FromInput = False,
    hash_stdin: Annotated[
        bool,
        typer.Option(
            "--hash-stdin",
            help="Read an argon2id or bcrypt hash from standard input instead of a password.",
        ),
    ] = False,
) -> None:
    """Add a user; without a password, one for one use is printed."""
    settings = Settings()
    owner = tenant or settings.dev_tenant
    if not owner:
        raise typer.BadParameter("give --tenant, or set GRAPH_API_DEV_TENANT")
    if password_stdin and hash_stdin:
        raise typer.BadParameter("give --password-stdin or --hash-stdin, not both")
    given = _first_line() if password_stdin or hash_stdin else None
    if hash_stdin and not is_password_hash(given or ""):
        raise typer.BadParameter("standard input has no argon2id or bcrypt hash")
    password = one_time_password() if given is None else given
    roles = role or [Role.OPERATOR]

    async def work(database: Database) -> None:
        await provide_user(
            database,
            settings,
            owner,
            email,
            roles,
            name,
            password,
            is_hash=hash_stdin,
            is_for_one_use=given is None,
        )

    _run(settings, work)
    _console.print(f"added {email} to {owner}: {', '.join(roles)}", markup=False)
    if given is None:
        _tell(password)


@user_app.command(name="list")
def list_users(
    tenant: Annotated[
        str | None, typer.Option(help="Whose users; everybody's, when left out.")
    ] = None,
) -> None:
    """List users."""
    settings = Settings()
    table = Table("email", "tenant", "roles", "name", "", box=None, pad_edge=False)

    async def work(database: Database) -> None:
        for one in await users_of(database, tenant):
            states = [] if one.is_active else ["disabled"]
            states += ["must change the password"] if one.must_change_password else []
            cells = (
                one.email,
                one.tenant_id,
                ", ".join(one.roles),
                one.display_name or "",
                ", ".join(states),
            )
            table.add_row(*map(escape, cells))

    _run(settings, work)
    # as wide as it is: a cell that was cut would be of no use
    Console(highlight=False, width=_WIDEST).print(table)


@user_app.command()
def disable(email: _Email) -> None:
    """Let a user sign in no more, and end the user's sessions and keys."""
    _run(Settings(), lambda database: disable_user(database, email))
    _console.print(f"disabled {email}", markup=False)


@user_app.command()
def enable(email: _Email) -> None:
    """Let a disabled or locked user sign in again."""
    _run(Settings(), lambda database: enable_user(database, email))
    _console.print(f"enabled {email}", markup=False)


@user_app.command()
def set_password(email: _Email, password_stdin: _FromInput = False) -> None:
    """Give a user another password, which ends the user's sessions."""
    settings = Settings()
    given = _first_line() if password_stdin else None
    password = one_time_password() if given is None else given

    async def work(database: Database) -> None:
        await replace_password(database, settings, email, password, is_for_one_use=given is None)

    _run(settings, work)
    _console.print(f"set the password of {email}", markup=False)
    if given is None:
        _tell(password)


@user_app.command()
def set_roles(
    email: _Email,
    role: Annotated[
        list[Role], typer.Option(help="What the user is from now on; may be given several times.")
    ],
) -> None:
    """Make a user something else; the user stays signed in, and is it at once."""
    before: list[Role] = []

    async def work(database: Database) -> None:
        before.extend((await change_roles(database, email, role)).user.roles)

    _run(Settings(), work)
    _console.print(f"{email} is {', '.join(role)}; was {', '.join(before)}", markup=False)


def _first_line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _tell(password: str) -> None:
    """Print a password for one use; on standard output, where a script can take it from."""
    _console.print("the password below is for one use: it must be changed at the first sign-in")
    print(password)


def _run(settings: Settings, work: Callable[[Database], Awaitable[None]]) -> None:
    async def run() -> None:
        async with _database(settings) as database:
            await work(database)

    try:
        asyncio.run(run())
    except UserProblem as error:
        _console.print(str(error), markup=False)
        raise typer.Exit(1) from None


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    async with running_database(settings) as dsn:
        database = await Database.connect(dsn, settings)
        try:
            yield database
        finally:
            await database.close()
