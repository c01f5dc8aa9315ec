"""/api/keys/: keys of one's programs, each shown once. A key is made by a sign-in or the secret, never by a key."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from ibidem.api.access import Engine, Gate, Signed, UserId
from ibidem.errors import Forbidden
from ibidem.store.keys import SCOPES, ApiKey, Scope, create_key, delete_key, list_keys
from ibidem.types import rfc3339

router = APIRouter(prefix="/api/keys", tags=["keys"])


class ShownKey(BaseModel):
    id: str
    name: str
    scopes: list[Scope]
    created_at: str
    expires_at: str | None
    used_at: str | None


class MadeKey(ShownKey):
    key: str = Field(description="what a program sends as Bearer; shown here and nowhere else")


class KeyList(BaseModel):
    items: list[ShownKey]
    next: None = None


class NewKey(BaseModel):
    name: str = Field(max_length=200)
    scopes: Annotated[list[Scope], Field(max_length=len(SCOPES))] = ["chat", "read"]
    expires_at: AwareDatetime | None = None


def shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "created_at": rfc3339(key.created_at),
        "expires_at": None if key.expires_at is None else rfc3339(key.expires_at),
        "used_at": None if key.used_at is None else rfc3339(key.used_at),
    }


@router.get("/", response_model=KeyList)
def keys(app: Engine, who: Signed, of: UserId | None = None) -> dict[str, Any]:
    """One's own keys; an admin may ask for those `of` another user."""
    if of not in (None, who.user) and not who.is_admin:
        raise Forbidden("only an admin sees others' keys", hint="leave out `of`", field="of")
    found = list_keys(app.db, who.user if of is None else of)
    return {"items": [shown(key) for key in found], "next": None}


@router.post("/", status_code=201, response_model=MadeKey)
def add(body: NewKey, app: Engine, who: Signed) -> dict[str, Any]:
    """`key` is in this answer and nowhere else."""
    expires_at = None if body.expires_at is None else body.expires_at.timestamp()
    key, text = create_key(app.db, who.user, body.name, body.scopes, time.time(), expires_at=expires_at)
    return {**shown(key), "key": text}


@router.delete("/{key_id}/", status_code=204)
def delete(key_id: str, app: Engine, access: Gate, who: Signed) -> None:
    delete_key(app.db, key_id, owner=None if who.is_admin else who.user)
    access.close(credential=key_id)
