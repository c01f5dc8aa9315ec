"""/api/shares/: what one shares and what is shared with one; either side may end it, and so may an admin."""

from __future__ import annotations

from fastapi import APIRouter

from ibidem.api.access import Access, Engine, Gate, Signed
from ibidem.api.shapes import ShareList, ShownShare
from ibidem.app import App
from ibidem.errors import Forbidden
from ibidem.store.sharing import Share, all_shares, end_share, list_shares

router = APIRouter(prefix="/api/shares", tags=["sharing"])


def shown(share: Share, user: int) -> ShownShare:
    return ShownShare(
        id=share.id,
        owner=share.owner_name,
        username=share.user_name,
        workspace=share.workspace_name,
        slug=share.slug,
        access=share.access,
        mine=share.owner == user,
    )


@router.get("/", response_model=ShareList)
def shares(app: Engine, who: Signed, everybody: bool = False) -> ShareList:
    """With `everybody`, for admins, all there are."""
    if everybody and not who.is_admin:
        raise Forbidden("only an admin sees everybody's shares", hint="leave out `everybody`", field="everybody")
    found = all_shares(app.db) if everybody else list_shares(app.db, who.user)
    return ShareList(items=[shown(share, who.user) for share in found], next=None)


@router.delete("/{share_id}/", status_code=204)
def end(share_id: str, app: Engine, access: Gate, who: Signed) -> None:
    cut(app, access, end_share(app.db, share_id, user=None if who.is_admin else who.user))


def cut(app: App, access: Access, share: Share) -> None:
    """The share has ended: answers that are being written from it stop, and what its user has open closes."""
    app.jobs.end_answers(share.user, workspace=share.workspace)
    access.close(user=share.user)
