"""Who asks, and whether that still holds: the data directory's secret or an API key as Bearer, or a sign-in's cookie.

Rights are read from the store at every request. What stays open longer, a stream or a socket, is registered with
`Access.open` and told when its right ends.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from fastapi import Depends
from pydantic import Field
from starlette.requests import HTTPConnection

from ibidem.api.passwords import Passwords
from ibidem.api.scopes import OF_ANY_KEY, needed_scope
from ibidem.app import App
from ibidem.errors import Forbidden, NoCredentials
from ibidem.store.keys import find_key, key_counts, touch_key
from ibidem.store.logins import find_login, login_counts, touch_login
from ibidem.store.users import UserRole
from ibidem.store.workspaces import LOCAL_OWNER

LINK_LIFETIME_S = 60.0  # of a one-time token

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a user, by a credential. `scopes` are a key's; the secret and a sign-in have all."""

    user: int
    role: UserRole
    kind: Literal["secret", "login", "key"]
    credential: str = ""  # id of the sign-in or key
    scopes: frozenset[str] = frozenset()

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


class Access:
    """Checks credentials, holds the one-time tokens that wait to be exchanged, and knows what is open."""

    def __init__(self, app: App, port: int) -> None:
        self._app = app
        self._secret = app.data.secret()
        self._links: dict[str, float] = {}
        self._open: set[_Open] = set()
        self._guard = threading.Lock()
        self.passwords = Passwords(app.db)
        self.local = app.settings.serve.sign_in == "local"
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

    # --- who asks ----------------------------------------------------------------------------------------------------

    def principal(self, request: HTTPConnection) -> Principal:
        """A Bearer decides alone; without one, the cookie. Raises NoCredentials, Forbidden for a key's scopes."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = (
            self._bearer(request, token.strip())
            if scheme.lower() == "bearer"
            else self._cookie(request.cookies.get(self.cookie_name))
        )
        if found is None:
            raise NoCredentials("neither a valid key nor a sign-in", hint=self._how_to_sign_in())
        if found.kind == "key":
            _check_scope(found, request)
        return found

    def _bearer(self, request: HTTPConnection, token: str) -> Principal | None:
        if secrets.compare_digest(token.encode("utf-8", "replace"), self._secret.encode()):
            return Principal(LOCAL_OWNER, "admin", "secret") if from_this_machine(request) else None
        now = time.time()
        key = find_key(self._app.db, token, now)
        if key is None:
            return None
        touch_key(self._app.db, key, now)
        return Principal(key.owner, key.role, "key", key.id, frozenset(key.scopes.split()))

    def _cookie(self, cookie: str | None) -> Principal | None:
        now = time.time()
        login = find_login(self._app.db, cookie, now, by_name=self.local) if cookie else None
        if login is None:
            return None
        touch_login(self._app.db, login, now)
        return Principal(login.owner, login.role, "login", login.id)

    def _how_to_sign_in(self) -> str:
        if self.local:
            return "`ibidem open` gives a link for the browser; scripts send the data directory's secret as Bearer"
        return "sign in with POST /api/auth/login/; programs send an API key as Bearer"

    # --- what stays open ---------------------------------------------------------------------------------------------

    def holds(self, principal: Principal) -> bool:
        """Whether its credential still counts: for every message of a connection that stays open."""
        if principal.kind == "secret":
            return True
        if principal.kind == "key":
            return key_counts(self._app.db, principal.credential, principal.user, time.time())
        return login_counts(self._app.db, principal.credential, principal.user)

    @asynccontextmanager
    async def open(self, principal: Principal) -> AsyncIterator[asyncio.Event]:
        """Keep something open; the event is set as soon as the right to it ends."""
        async with self._registered(principal) as entry:
            yield entry.ended

    async def while_open(self, principal: Principal, items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
        """The items, up to the moment at which the right to them ends."""
        async with self._registered(principal) as entry, aclosing(items):
            while not entry.ended.is_set():
                try:
                    async with asyncio.timeout(None) as entry.waiting:  # no task an item: there are many
                        item = await anext(items)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    if entry.ended.is_set():
                        return
                    raise
                finally:
                    entry.waiting = None
                yield item

    @asynccontextmanager
    async def _registered(self, principal: Principal) -> AsyncIterator[_Open]:
        entry = _Open(principal)
        with self._guard:
            self._open.add(entry)
        try:
            if not await asyncio.to_thread(self.holds, principal):  # it ended just before it was registered
                entry.end()
            yield entry
        finally:
            with self._guard:
                self._open.discard(entry)

    def close(self, *, user: int | None = None, credential: str | None = None) -> None:
        """End what this user, or this sign-in or key, has open. From any thread."""
        with self._guard:
            gone = [one for one in self._open if one.principal.user == user or one.principal.credential == credential]
        for entry in gone:
            entry.loop.call_soon_threadsafe(entry.end)


class _Open:
    """A connection that stays open, and what it waits on just now."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.ended = asyncio.Event()
        self.waiting: asyncio.Timeout | None = None
        self.loop = asyncio.get_running_loop()

    def end(self) -> None:
        if self.ended.is_set():
            return
        self.ended.set()
        if self.waiting is not None:
            self.waiting.reschedule(self.loop.time())


def from_this_machine(request: HTTPConnection) -> bool:
    """Over loopback, or from an address of this machine to itself; what a trusted proxy passes on comes from elsewhere."""
    client, server = request.scope.get("client"), request.scope.get("server")
    if not client:
        return False
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback) or bool(server and client[0] == server[0])


def address_of(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def _check_scope(principal: Principal, request: HTTPConnection) -> None:
    path = request.scope["path"]
    if path == OF_ANY_KEY:
        return
    scope = needed_scope(request.scope.get("method", "GET"), path)
    if scope is None:
        raise Forbidden(f"no API key is taken for {path}", hint="sign in instead")
    if scope not in principal.scopes:
        raise Forbidden(f"the key has not the scope {scope!r}", hint="make a key with it")


# --- dependencies of routes --------------------------------------------------------------------------------------------


def engine(request: HTTPConnection) -> App:
    app: App = request.app.state.engine
    return app


def access(request: HTTPConnection) -> Access:
    found: Access = request.app.state.access
    return found


def principal(request: HTTPConnection) -> Principal:
    return access(request).principal(request)


UserId = Annotated[int, Field(ge=1, le=1 << 53)]
Engine = Annotated[App, Depends(engine)]
Gate = Annotated[Access, Depends(access)]
Signed = Annotated[Principal, Depends(principal)]


def owner(found: Signed) -> int:
    return found.user


def admin(found: Signed) -> Principal:
    """Raises Forbidden for everybody else."""
    if not found.is_admin:
        raise Forbidden("only an admin may do this", hint="ask one; `ibidem user list` names them")
    return found


def concerned(found: Signed, gate: Gate) -> Principal:
    """Who may look at the server as a whole: in local mode whoever may enter, else admins. Raises Forbidden."""
    return found if gate.local else admin(found)


Owner = Annotated[int, Depends(owner)]
Admin = Annotated[Principal, Depends(admin)]
Concerned = Annotated[Principal, Depends(concerned)]
