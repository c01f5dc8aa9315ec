"""/api/auth/: the one-time link, signing out, who am I."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from ibidem.api.access import Access, Engine, Owner
from ibidem.errors import NoCredentials
from ibidem.store.logins import LIFETIME_S, create_login, delete_login
from ibidem.store.workspaces import LOCAL_OWNER

router = APIRouter(prefix="/api/auth", tags=["sign-in"])


class Exchange(BaseModel):
    token: str = Field(max_length=200)


def user(owner: int) -> dict[str, Any]:
    return {"user": {"id": str(owner), "username": "local", "role": "admin"}}


@router.post("/exchange/")
def exchange(body: Exchange, request: Request, response: Response, app: Engine) -> dict[str, Any]:
    """The one-time token of `ibidem open` for a cookie."""
    access: Access = request.app.state.access
    if not access.take_link_token(body.token):
        raise NoCredentials("the link has been used or is too old", hint="`ibidem open` gives a fresh one")
    cookie = create_login(app.db, LOCAL_OWNER, time.time())
    response.set_cookie(access.cookie_name, cookie, max_age=int(LIFETIME_S), httponly=True, samesite="strict", path="/")
    return user(LOCAL_OWNER)


@router.post("/link/")
def link(request: Request, owner: Owner) -> dict[str, str]:
    """A fresh one-time link; for the command line, which holds the secret."""
    access: Access = request.app.state.access
    return {"url": f"{request.base_url}#t={access.new_link_token()}"}


@router.post("/logout/", status_code=204)
def logout(request: Request, response: Response, app: Engine) -> None:
    access: Access = request.app.state.access
    if cookie := request.cookies.get(access.cookie_name):
        delete_login(app.db, cookie)
    response.delete_cookie(access.cookie_name, path="/", httponly=True, samesite="strict")


@router.get("/user/")
def me(owner: Owner) -> dict[str, Any]:
    return user(owner)
