"""Workspaces shared with named users, and what that lets them reach.

A share's slug is chosen when the workspace is shared and stays: what a user knows under a name never becomes something
else. Rows belong to the workspace's owner, whoever brought them in.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ibidem.errors import NotEntitled, NotFound
from ibidem.store.database import Database, Row
from ibidem.store.slug import MAX_CHARS, slugify
from ibidem.store.workspaces import Workspace

ShareAccess = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Share:
    """`slug` is what `user` calls the workspace; names are those of people and workspaces as they are shown."""

    id: str
    owner: int
    owner_name: str
    workspace: int
    workspace_name: str
    user: int
    user_name: str
    access: ShareAccess
    slug: str


_SHARE = (
    "SELECT s.id, s.owner, o.name AS owner_name, s.workspace, w.name AS workspace_name, s.user, u.name AS user_name,"
    " s.access, s.slug FROM share AS s JOIN workspace AS w ON w.id = s.workspace"
    " JOIN user AS o ON o.id = s.owner JOIN user AS u ON u.id = s.user"
)


def shares_of(db: Database, workspace: Workspace) -> list[Share]:
    rows = db.read(f"{_SHARE} WHERE s.workspace = ? AND s.owner = ? ORDER BY s.rowid", (workspace.id, workspace.owner))
    return [Share(**row) for row in rows]


def list_shares(db: Database, user: int) -> list[Share]:
    """What the user has shared, and what is shared with him."""
    rows = db.read(f"{_SHARE} WHERE s.owner = :user OR s.user = :user ORDER BY s.rowid", {"user": user})
    return [Share(**row) for row in rows]


def all_shares(db: Database) -> list[Share]:
    """Everybody's: for admins alone."""
    return [Share(**row) for row in db.read(f"{_SHARE} ORDER BY s.rowid")]


def set_shares(db: Database, workspace: Workspace, wanted: Mapping[int, ShareAccess], now: float) -> list[Share]:
    """Share the workspace with exactly these users; returns the shares that ended. Slugs of shares that stay, stay."""
    ended = [share for share in shares_of(db, workspace) if share.user not in wanted]

    def change(tx: sqlite3.Connection) -> None:
        for share in ended:
            tx.execute("DELETE FROM share WHERE id = ? AND owner = ?", (share.id, workspace.owner))
        for user, access in wanted.items():
            known = tx.execute(
                "UPDATE share SET access = ? WHERE workspace = ? AND user = ? AND owner = ?",
                (access, workspace.id, user, workspace.owner),
            ).rowcount
            if not known:
                tx.execute(
                    "INSERT INTO share (id, owner, workspace, user, access, slug, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (secrets.token_hex(8), workspace.owner, workspace.id, user, access)
                    + (_free_slug(tx, workspace, user), now),
                )

    db.write(change)
    return ended


def end_share(db: Database, share_id: str, *, user: int | None) -> Share:
    """By its owner or the one it is for; `user` None: by an admin. Returns what has ended. Raises NotFound."""
    known = all_shares(db) if user is None else list_shares(db, user)
    share = next((one for one in known if one.id == share_id), None)
    if share is None:
        raise NotFound(f"no share {share_id!r}", hint="list them with GET /api/shares/")
    db.write(lambda tx: tx.execute("DELETE FROM share WHERE id = ? AND owner = ?", (share.id, share.owner)))
    return share


def document_owner(db: Database, user: int, document_id: str, *, need: ShareAccess = "read") -> int:
    """Whose the document's rows are: the user's own, or those of who shares its workspace with him.

    Raises NotFound for a document that the user may not read, NotEntitled for one that he may read only.
    """
    row = db.read_one(
        "SELECT d.owner, s.access FROM document AS d LEFT JOIN share AS s ON s.workspace = d.workspace AND s.user = :user"
        " WHERE d.id = :id AND (d.owner = :user OR s.user = :user)",
        {"user": user, "id": document_id},
    )
    if row is None:
        raise NotFound(f"no document {document_id!r}", hint="list them with GET /api/rag/documents/")
    if row["owner"] != user and need == "write" and row["access"] == "read":
        raise NotEntitled(
            f"the document {document_id!r} is shared with you to be read, not to be changed",
            hint="ask its owner for the right to write",
        )
    return int(row["owner"])


def _free_slug(tx: sqlite3.Connection, workspace: Workspace, user: int) -> str:
    """The owner's slug for it if the user has none like it, else one that begins with the owner's name."""
    row: Row = tx.execute("SELECT name FROM user WHERE id = ?", (workspace.owner,)).fetchone()
    longer = f"{slugify(row['name']) or f'user-{workspace.owner}'}-{workspace.slug}"
    number = 1
    slug = workspace.slug
    while tx.execute(
        "SELECT 1 FROM workspace WHERE owner = ?1 AND slug = ?2 UNION SELECT 1 FROM share WHERE user = ?1 AND slug = ?2",
        (user, slug),
    ).fetchone():
        tail = "" if number == 1 else f"-{number}"
        slug = longer[: MAX_CHARS - len(tail)].rstrip("-") + tail
        number += 1
    return slug
