"""/api/auth/: the one-time link, signing in and out, who am I, my sign-ins and my password."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from ibidem.api.access import Access, Engine, Gate, Signed, UserId, address_of, from_this_machine
from ibidem.app import App
from ibidem.errors import BadInput, Forbidden, NoCredentials
from ibidem.store.logins import (
    LIFETIME_S,
    Login,
    Proof,
    create_login,
    delete_login,
    end_login,
    end_logins,
    list_logins,
)
from ibidem.store.passwords import check_password
from ibidem.store.users import User, UserRole, change_user, create_user, find_user, get_user
from ibidem.store.workspaces import LOCAL_OWNER
from ibidem.types import rfc3339

router = APIRouter(prefix="/api/auth", tags=["sign-in"])


class SignedUser(BaseModel):
    id: str
    username: str
    role: UserRole
    has_password: bool


class SignedIn(BaseModel):
    user: SignedUser


class OneTimeLink(BaseModel):
    url: str


class ShownLogin(BaseModel):
    """A sign-in of a browser; `proof` is what it came in by, `current` the one that asks."""

    id: str
    proof: Proof
    address: str
    agent: str
    created_at: str
    used_at: str
    expires_at: str
    current: bool


class LoginList(BaseModel):
    items: list[ShownLogin]
    next: None = None


class Exchange(BaseModel):
    token: str = Field(max_length=200)


class SignIn(BaseModel):
    username: str = Field(max_length=200)
    password: str | None = None


class NewPassword(BaseModel):
    password: str
    new_password: str


def user(found: User) -> dict[str, Any]:
    shown = {"id": str(found.id), "username": found.name, "role": found.role, "has_password": found.has_password}
    return {"user": shown}


@router.post("/exchange/", response_model=SignedIn)
def exchange(body: Exchange, request: Request, response: Response, app: Engine, access: Gate) -> dict[str, Any]:
    """The one-time token of `ibidem open` for a cookie; on this machine alone, as its owner."""
    if not from_this_machine(request) or not access.take_link_token(body.token):
        raise NoCredentials("the link has been used or is too old", hint="`ibidem open` gives a fresh one")
    _sign_in(app, access, request, response, LOCAL_OWNER, "link")
    return user(get_user(app.db, LOCAL_OWNER))


@router.post("/link/", response_model=OneTimeLink)
def link(request: Request, access: Gate, who: Signed) -> dict[str, str]:
    """A fresh one-time link; for the command line, which holds the secret."""
    if who.kind != "secret":
        raise Forbidden("a link is given for the data directory's secret alone", hint="run `ibidem open`")
    return {"url": f"{request.base_url}#t={access.new_link_token()}"}


@router.post("/login/", response_model=SignedIn)
async def login(body: SignIn, request: Request, response: Response, app: Engine, access: Gate) -> dict[str, Any]:
    """Password mode: name and password for a cookie. Local mode: whoever may enter picks a profile, or makes one."""
    found = await (_profile(body, request, app, access) if access.local else _known(body, request, access))
    proof: Proof = "password" if found.has_password else "name"
    await asyncio.to_thread(_sign_in, app, access, request, response, found.id, proof)
    return user(found)


@router.post("/logout/", status_code=204)
def logout(request: Request, response: Response, app: Engine, access: Gate) -> None:
    if cookie := request.cookies.get(access.cookie_name):
        access.close(credential=delete_login(app.db, cookie))
    response.delete_cookie(access.cookie_name, path="/", httponly=True, samesite="strict")


@router.get("/user/", response_model=SignedIn)
def me(app: Engine, who: Signed) -> dict[str, Any]:
    return user(get_user(app.db, who.user))


@router.post("/password/", status_code=204)
async def change_password(body: NewPassword, request: Request, app: Engine, access: Gate, who: Signed) -> None:
    """A new password for the old one; every other sign-in of the user ends."""
    check_password(body.new_password)  # before the old one is tried: tries are counted
    mine = await asyncio.to_thread(get_user, app.db, who.user)
    if not mine.has_password:
        raise BadInput("you have no password to change", hint="`ibidem user password NAME` sets one", field="password")
    await access.passwords.user(mine.name, body.password, address_of(request))
    new = await access.passwords.hash(body.new_password)
    await asyncio.to_thread(change_user, app.db, mine, password_hash=new)
    kept = who.credential if who.kind == "login" else ""
    for ended in await asyncio.to_thread(end_logins, app.db, who.user, but=kept):
        access.close(credential=ended)


# --- sign-ins --------------------------------------------------------------------------------------------------------


@router.get("/logins/", response_model=LoginList)
def logins(app: Engine, who: Signed, of: UserId | None = None) -> dict[str, Any]:
    """One's own sign-ins; an admin may ask for those `of` another user."""
    if of not in (None, who.user) and not who.is_admin:
        raise Forbidden("only an admin sees others' sign-ins", hint="leave out `of`", field="of")
    found = list_logins(app.db, who.user if of is None else of, time.time())
    return {"items": [_shown(one, current=one.id == who.credential) for one in found], "next": None}


@router.delete("/logins/{login_id}/", status_code=204)
def revoke(login_id: str, app: Engine, access: Gate, who: Signed) -> None:
    end_login(app.db, login_id, owner=None if who.is_admin else who.user)
    access.close(credential=login_id)


def _shown(login: Login, *, current: bool) -> dict[str, Any]:
    return {
        "id": login.id,
        "proof": login.proof,
        "address": login.address,
        "agent": login.agent,
        "created_at": rfc3339(login.created_at),
        "used_at": rfc3339(login.used_at),
        "expires_at": rfc3339(login.expires_at),
        "current": current,
    }


# --- signing in ------------------------------------------------------------------------------------------------------


async def _known(body: SignIn, request: Request, access: Access) -> User:
    if body.password is None:
        raise BadInput("the password is missing", hint="send `username` and `password`", field="password")
    return await access.passwords.user(body.username, body.password, address_of(request))


async def _profile(body: SignIn, request: Request, app: App, access: Access) -> User:
    """A profile keeps work apart; one with a password asks for it here too."""
    who = await asyncio.to_thread(access.principal, request)
    if who.kind == "key":
        raise Forbidden("no API key picks a profile", hint="sign in with `ibidem open`")
    found = await asyncio.to_thread(find_user, app.db, body.username)
    if found is None:
        return await asyncio.to_thread(create_user, app.db, body.username, time.time())
    if found.has_password:
        return await access.passwords.user(body.username, body.password or "", address_of(request))
    if found.disabled:
        raise NoCredentials(f"the user {found.name!r} is disabled", hint="`ibidem user enable` lets them in again")
    return found


def _sign_in(app: App, access: Access, request: Request, response: Response, owner: int, proof: Proof) -> None:
    """A new cookie; the sign-in of the one that came with the request ends."""
    if old := request.cookies.get(access.cookie_name):
        access.close(credential=delete_login(app.db, old))
    agent = request.headers.get("user-agent", "")
    cookie = create_login(app.db, owner, time.time(), proof=proof, address=address_of(request), agent=agent)
    response.set_cookie(
        access.cookie_name,
        cookie,
        max_age=int(LIFETIME_S),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
