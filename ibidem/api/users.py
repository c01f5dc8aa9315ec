"""/api/users/: who there is; admins add users, set roles and passwords, disable and enable."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictBool

from ibidem.api.access import Access, Admin, Engine, Gate, Principal, Signed, UserId
from ibidem.app import App
from ibidem.errors import Forbidden
from ibidem.store.logins import end_logins
from ibidem.store.users import UserRole, any_password, change_user, create_user, get_user, list_users

router = APIRouter(prefix="/api/users", tags=["users"])


class ShownUser(BaseModel):
    """`seen_at`: when a sign-in or key of theirs was used last, as far as one is left."""

    id: str
    username: str
    role: UserRole
    disabled: bool
    has_password: bool
    created_at: str
    seen_at: str | None


class UserList(BaseModel):
    items: list[ShownUser]
    next: None = None


class NewUser(BaseModel):
    username: str = Field(max_length=200)
    role: UserRole = "member"
    password: str | None = None


class Change(BaseModel):
    role: UserRole | None = None
    password: str | None = None
    disabled: StrictBool | None = None


@router.get("/", response_model=UserList)
def users(app: Engine, access: Gate, who: Signed) -> dict[str, Any]:
    """Everybody, for admins; in local mode for whoever picks a profile."""
    if not access.local and not who.is_admin:
        raise Forbidden("only an admin sees who there is", hint="ask one")
    return {"items": [user.shown() for user in list_users(app.db)], "next": None}


@router.post("/", status_code=201, response_model=ShownUser)
async def add(body: NewUser, app: Engine, access: Gate, who: Admin) -> dict[str, Any]:
    """A new user, with a `home`; without a password only local mode lets them in."""
    password_hash = await _hashed(body.password, app, access, who)
    user = await asyncio.to_thread(
        create_user, app.db, body.username, time.time(), role=body.role, password_hash=password_hash
    )
    return user.shown()


@router.put("/{user_id}/", response_model=ShownUser)
async def change(user_id: UserId, body: Change, app: Engine, access: Gate, who: Admin) -> dict[str, Any]:
    """A new role, password or state holds at once, for what is open too. A new password ends the user's sign-ins."""
    user = await asyncio.to_thread(get_user, app.db, user_id)
    password_hash = await _hashed(body.password, app, access, who)
    changed = await asyncio.to_thread(
        change_user, app.db, user, role=body.role, disabled=body.disabled, password_hash=password_hash
    )
    if password_hash is not None:
        await asyncio.to_thread(end_logins, app.db, user.id, but=who.credential)
    if changed.disabled:
        await asyncio.to_thread(app.jobs.end_answers, user.id)
    if (changed.role, changed.disabled) != (user.role, user.disabled) or password_hash is not None:
        access.close(user=user.id)
    return changed.shown()


async def _hashed(password: str | None, app: App, access: Access, who: Principal) -> str | None:
    """The first password is set on the command line: nobody wins a race for it over the network."""
    if password is None:
        return None
    if who.kind != "secret" and not await asyncio.to_thread(any_password, app.db):
        raise Forbidden("the first password is set on the command line", hint="run `ibidem user add NAME`")
    return await access.passwords.hash(password)
