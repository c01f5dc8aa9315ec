"""Who asks: the secret of the data directory as Bearer, or the cookie that a one-time link gave."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from ibidem.app import App
from ibidem.errors import NoCredentials
from ibidem.store.logins import login_owner
from ibidem.store.workspaces import LOCAL_OWNER

LINK_LIFETIME_S = 60.0  # of a one-time token


class Access:
    """The secret, and the one-time tokens that wait to be exchanged."""

    def __init__(self, app: App, port: int) -> None:
        self._app = app
        self._secret = app.data.secret()
        self._links: dict[str, float] = {}
        self._guard = threading.Lock()
        self.cookie_name = f"ibidem_{port}"  # cookies ignore ports

    def new_link_token(self) -> str:
        """A token that can be exchanged once within a minute."""
        now = time.monotonic()
        token = secrets.token_urlsafe(32)
        with self._guard:
            self._links = {old: until for old, until in self._links.items() if until > now}
            self._links[token] = now + LINK_LIFETIME_S
        return token

    def take_link_token(self, token: str) -> bool:
        with self._guard:
            until = self._links.pop(token, 0.0)
        return until > time.monotonic()

    def owner(self, request: HTTPConnection) -> int:
        """Raises NoCredentials."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secrets.compare_digest(key.strip().encode(), self._secret.encode()):
            return LOCAL_OWNER
        cookie = request.cookies.get(self.cookie_name)
        owner = login_owner(self._app.db, cookie, time.time()) if cookie else None
        if owner is None:
            raise NoCredentials(
                "neither a valid key nor a sign-in",
                hint="`ibidem open` gives a link for the browser; scripts send the data directory's secret as Bearer",
            )
        return owner


def engine(request: Request) -> App:
    app: App = request.app.state.engine
    return app


def owner(request: Request) -> int:
    access: Access = request.app.state.access
    return access.owner(request)


Engine = Annotated[App, Depends(engine)]
Owner = Annotated[int, Depends(owner)]
