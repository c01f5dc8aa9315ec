"""/api/outbound/: whom the server may speak to, what for, and whom it has spoken to since it was started."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from pydantic import BaseModel

from ibidem.api.access import Concerned, Engine
from ibidem.models.outbound import Contact, Outbound, is_here
from ibidem.tasks.outbound import Target, Use, contact_with, targets
from ibidem.types import rfc3339

router = APIRouter(prefix="/api/outbound", tags=["settings"])


class Seen(BaseModel):
    """Connections that were tried since the start, and those that offline mode forbade."""

    connections: int
    refused: int
    last_at: str | None


class Allowed(BaseModel):
    """A server that the settings name, or where models are fetched from. `here`: on this machine."""

    address: str
    provider: str
    uses: list[Use]
    here: bool
    allowed: bool
    seen: Seen


class Other(BaseModel):
    """Anything else that was connected to: engines of ours on this machine, and what a download was redirected to."""

    host: str
    port: int
    here: bool
    seen: Seen


class OutboundList(BaseModel):
    """`offline`: whatever is not on this machine is refused. `others`: what no target explains."""

    items: list[Allowed]
    next: None = None
    others: list[Other]
    offline: bool


@router.get("/")
def outbound(app: Engine, request: Request, who: Concerned) -> OutboundList:
    """In password mode for admins."""
    seen: Outbound = request.app.state.outbound
    contacts, named = seen.contacts(), targets(app.settings.models)
    places = {target.place for target in named}
    return OutboundList(
        items=[_allowed(target, contacts, offline=seen.offline) for target in named],
        others=[
            Other(host=one.host, port=one.port, here=is_here(one.host), seen=_seen(one))
            for one in contacts
            if (one.host, one.port) not in places
        ],
        offline=seen.offline,
    )


def _allowed(target: Target, contacts: Sequence[Contact], *, offline: bool) -> Allowed:
    return Allowed(
        address=target.address,
        provider=target.provider,
        uses=[*target.uses],
        here=target.here,
        allowed=target.here or not offline,
        seen=_seen(contact_with(target, contacts)),
    )


def _seen(contact: Contact | None) -> Seen:
    if contact is None:
        return Seen(connections=0, refused=0, last_at=None)
    return Seen(connections=contact.connections, refused=contact.refused, last_at=rfc3339(contact.last_at))
