"""`ibidem user`: who may sign in. By the running server, or alone under the data directory's lock."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ibidem.cli.client import Client, find
from ibidem.cli.engine import build_alone
from ibidem.cli.main import DataDirOption, JsonOption, app, settings
from ibidem.errors import BadInput, NotFound
from ibidem.settings import Settings

if TYPE_CHECKING:
    from ibidem.store.database import Database

users = typer.Typer(no_args_is_help=True, help="Who may sign in: add, list, disable and enable users, set passwords.")
app.add_typer(users, name="user")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The user's name; case does not count.")]


@users.command("add")
def add(
    name: NameArgument,
    role: Annotated[
        Literal["admin", "member"] | None, typer.Option(help="By default admin for the first with a password.")
    ] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Add a user with a password, which is asked for, or read from standard input."""
    loaded = settings(data_dir)
    new = _new_password()
    if client := find(loaded.data_dir):
        role = role or _default_role(client.call("GET", "/api/users/")["items"])
        made = client.call("POST", "/api/users/", {"username": name, "role": role, "password": new})
    else:
        import time

        from ibidem.store.passwords import hash_password
        from ibidem.store.users import create_user, list_users

        with _store(loaded) as db:
            role = role or _default_role([user.shown() for user in list_users(db)])
            password_hash = hash_password(new)
            made = create_user(db, name, time.time(), role=role, password_hash=password_hash).shown()
    print(f"added {made['username']} ({made['role']})")


@users.command("list")
def list_(as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """Everybody, with role and state."""
    found = _listed(settings(data_dir))
    if as_json:
        print(json.dumps({"items": found, "next": None}, ensure_ascii=False))
        return
    for user in found:
        notes = [*(["disabled"] if user["disabled"] else []), *([] if user["has_password"] else ["no password"])]
        print(f"{user['role']:<8}{user['username']}{'  (' + ', '.join(notes) + ')' if notes else ''}")


@users.command()
def disable(name: NameArgument, data_dir: DataDirOption = None) -> None:
    """Let a user in no more, at once; what is theirs stays."""
    _change(settings(data_dir), name, disabled=True)
    print(f"disabled {name}")


@users.command()
def enable(name: NameArgument, data_dir: DataDirOption = None) -> None:
    """Let a disabled user in again."""
    _change(settings(data_dir), name, disabled=False)
    print(f"enabled {name}")


@users.command()
def password(name: NameArgument, data_dir: DataDirOption = None) -> None:
    """Set a user's password, which is asked for, or read from standard input; ends their sign-ins."""
    _change(settings(data_dir), name, password=_new_password())
    print(f"{name} has a new password")


def _default_role(known: Iterable[dict[str, Any]]) -> Literal["admin", "member"]:
    return "member" if any(user["has_password"] and not user["disabled"] for user in known) else "admin"


def _listed(loaded: Settings) -> list[dict[str, Any]]:
    if client := find(loaded.data_dir):
        items: list[dict[str, Any]] = client.call("GET", "/api/users/")["items"]
        return items
    from ibidem.store.users import list_users

    with _store(loaded) as db:
        return [user.shown() for user in list_users(db)]


def _change(loaded: Settings, name: str, *, disabled: bool | None = None, password: str | None = None) -> None:
    if client := find(loaded.data_dir):
        _change_by(client, name, {"disabled": disabled, "password": password})
        return
    from ibidem.store.logins import end_logins
    from ibidem.store.passwords import hash_password
    from ibidem.store.users import change_user, user_named

    with _store(loaded) as db:
        user = user_named(db, name)
        password_hash = None if password is None else hash_password(password)
        change_user(db, user, disabled=disabled, password_hash=password_hash)
        if password_hash is not None:
            end_logins(db, user.id)


def _change_by(client: Client, name: str, change: dict[str, Any]) -> None:
    user = _named(client.call("GET", "/api/users/")["items"], name)
    client.call("PUT", f"/api/users/{user['id']}/", change)


def _named(known: list[dict[str, Any]], name: str) -> dict[str, Any]:
    from ibidem.store.users import name_key

    for user in known:
        if name_key(user["username"]) == name_key(name):
            return user
    raise NotFound(f"no user {name!r}", hint="list them with `ibidem user list`")


@contextmanager
def _store(loaded: Settings) -> Iterator[Database]:
    """The store, held by this process alone."""
    engine = build_alone(loaded)
    try:
        yield engine.db
    finally:
        engine.close()


def _new_password() -> str:
    """Typed twice, or a line of standard input. Raises BadInput."""
    if sys.stdin.isatty():
        import getpass

        typed = getpass.getpass("password: ")
        if getpass.getpass("the same again: ") != typed:
            raise BadInput("the two passwords differ", hint="run the command again")
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
        if not typed:
            raise BadInput("standard input holds no password", hint="run it in a terminal, or write one line to it")
    from ibidem.store.passwords import check_password

    check_password(typed)
    return typed
