"""Whose a client is: keyless on this machine, as such clients are; with `dialects.key = "required"` by its key."""

from __future__ import annotations

from fastapi import Request

from ibidem.api.access import Access, engine
from ibidem.store.workspaces import LOCAL_OWNER


def client_owner(request: Request) -> int:
    """Raises NoCredentials. SDKs always send some key; where none is needed it is not looked at."""
    access: Access = request.app.state.access
    if engine(request).settings.dialects.key == "required":
        return access.owner(request)
    return LOCAL_OWNER
