"""Whose a client is: keyless on this machine, as such clients are; in password mode, or where keys are required, by its key."""

from __future__ import annotations

import asyncio

from fastapi import Request

from ibidem.api.access import Access, Principal
from ibidem.errors import Forbidden, NoCredentials
from ibidem.settings import DialectSettings
from ibidem.store.workspaces import LOCAL_OWNER


async def client_owner(request: Request) -> int:
    """Raises NoCredentials, Forbidden."""
    who = await client_principal(request)
    return who.user if who else LOCAL_OWNER


async def client_principal(request: Request) -> Principal | None:
    """None: whoever needs no key. A key decides where it is one; a dummy, which SDKs always send, is nothing.

    Raises NoCredentials, Forbidden.
    """
    access: Access = request.app.state.access
    keyless = _keyless(request, access)
    if keyless and "authorization" not in request.headers and "cookie" not in request.headers:
        return None  # without a look at the store
    try:
        return await asyncio.to_thread(access.principal, request)
    except NoCredentials:
        if not keyless:
            raise
        return None


def check_admin(request: Request) -> None:
    """Raises NoCredentials, Forbidden: models are everybody's, so not everybody changes them."""
    access: Access = request.app.state.access
    if not _keyless(request, access) and not access.principal(request).is_admin:
        raise Forbidden("only an admin may change models", hint="ask one; `ibidem user list` names them")


def _keyless(request: Request, access: Access) -> bool:
    settings: DialectSettings = request.app.state.engine.settings.dialects
    return access.local and settings.key == "optional"
