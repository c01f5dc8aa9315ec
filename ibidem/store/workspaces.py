"""Workspaces, one's own and those shared with one, and the sources in them."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal, get_args

from ibidem.errors import BadInput, Conflict, NotEntitled, NotFound, UnknownWorkspace
from ibidem.store.database import Database, Row
from ibidem.store.slug import RESERVED, slugify

LOCAL_OWNER = 1
HOME = "home"
MAX_NAME_CHARS = 200

WorkspaceAccess = Literal["read", "write", "own"]  # each includes the ones before it


@dataclass(frozen=True, slots=True)
class Workspace:
    """`owner` is whose rows it holds; `slug` and `access` are those of the user who looked it up."""

    id: int
    owner: int
    slug: str
    name: str
    documents: int = 0
    access: WorkspaceAccess = "own"


@dataclass(frozen=True, slots=True)
class Source:
    """A folder or file that is kept in step. `root` is what the system opens, `path` what is shown."""

    id: str
    owner: int
    workspace: int
    path: str
    root: bytes
    watch: bool
    state: str
    reason: str
    ignored: int
    scanned_at: float | None

    @property
    def name(self) -> str:
        """The last part of the path: what its documents' paths begin with."""
        return self.path.rstrip("/").rpartition("/")[2] or self.path


def ensure_home(db: Database, owner: int, now: float) -> None:
    """Every user has the workspace `home`."""
    db.write(lambda tx: add_home(tx, owner, now))


def ensure_homes(db: Database, now: float) -> None:
    """Of every user: for the start."""
    for row in db.read("SELECT id FROM user"):
        ensure_home(db, row["id"], now)


def add_home(tx: sqlite3.Connection, owner: int, now: float) -> None:
    tx.execute(
        "INSERT INTO workspace (owner, slug, name, created_at) VALUES (?, ?, 'Home', ?) ON CONFLICT DO NOTHING",
        (owner, HOME, now),
    )


# What a user sees: his own workspaces, and others' under the slugs that he knows them by.
_SEEN = (
    "WITH seen AS (SELECT id, slug, 'own' AS access FROM workspace WHERE owner = :user"
    " UNION ALL SELECT workspace, slug, access FROM share WHERE user = :user)"
    " SELECT w.id, w.owner, seen.slug, w.name, (SELECT count(*) FROM document WHERE workspace = w.id) AS documents,"
    " seen.access FROM seen JOIN workspace AS w ON w.id = seen.id"
)


def get_workspace(db: Database, user: int, slug: str = HOME, *, need: WorkspaceAccess = "read") -> Workspace:
    """The user's own, or one shared with him. Raises UnknownWorkspace, naming the ones there are; NotEntitled."""
    row = db.read_one(f"{_SEEN} WHERE seen.slug = :slug", {"user": user, "slug": slug})
    if row is None:
        known = ", ".join(workspace.slug for workspace in list_workspaces(db, user))
        raise UnknownWorkspace(f"no workspace {slug!r}", hint=f"there are: {known}", field="workspace")
    return _entitled(Workspace(**row), need)


def workspace_by_id(db: Database, user: int, workspace: int) -> Workspace:
    """As the user may read it now: for work that was queued. Raises UnknownWorkspace."""
    row = db.read_one(f"{_SEEN} WHERE w.id = :id", {"user": user, "id": workspace})
    if row is None:
        raise UnknownWorkspace("the workspace has been deleted, or is no longer shared", hint="choose another one")
    return Workspace(**row)


def list_workspaces(db: Database, user: int) -> list[Workspace]:
    """His own first, then the shared ones."""
    rows = db.read(f"{_SEEN} ORDER BY seen.access <> 'own', w.id", {"user": user})
    return [Workspace(**row) for row in rows]


def _entitled(workspace: Workspace, need: WorkspaceAccess) -> Workspace:
    levels = get_args(WorkspaceAccess)
    if levels.index(workspace.access) < levels.index(need):
        may = "read" if need == "write" else "use"
        wanted = "ask its owner for the right to write" if need == "write" else "only its owner may do this"
        raise NotEntitled(f"you may {may} the workspace {workspace.slug!r}, not change it", hint=wanted)
    return workspace


def create_workspace(db: Database, owner: int, name: str, now: float) -> Workspace:
    """Raises BadInput for an empty or endless name, Conflict when the slug is taken or reserved."""
    name = unicodedata.normalize("NFC", name).strip()
    if not name or len(name) > MAX_NAME_CHARS:
        raise BadInput(
            f"a workspace's name has 1 to {MAX_NAME_CHARS} characters", hint="give a shorter name", field="name"
        )
    slug = slugify(name)
    if slug in RESERVED or re.fullmatch(r"ws-\d+", slug):  # the latter for names that give no slug
        raise Conflict(f"the name {name!r} is reserved", hint="choose another name", field="name")

    taken = Conflict(f"there is a workspace {slug!r} already", hint="choose another name", field="name")

    def insert(tx: sqlite3.Connection) -> Workspace:
        if tx.execute("SELECT 1 FROM share WHERE user = ? AND slug = ?", (owner, slug)).fetchone():
            raise taken
        row = tx.execute(
            "INSERT INTO workspace (owner, slug, name, created_at) VALUES (?, ?, ?, ?) RETURNING id, slug",
            (owner, slug or f"new-{secrets.token_hex(8)}", name, now),
        ).fetchone()
        if not slug:
            row = tx.execute(
                "UPDATE workspace SET slug = 'ws-' || id WHERE id = ? AND owner = ? RETURNING id, slug",
                (row["id"], owner),
            ).fetchone()
        return Workspace(row["id"], owner, row["slug"], name)

    try:
        return db.write(insert)
    except sqlite3.IntegrityError:
        raise taken from None


def rename_workspace(db: Database, workspace: Workspace, name: str) -> Workspace:
    """The name changes; the slug, which clients know, stays."""
    name = unicodedata.normalize("NFC", name).strip()
    if not name or len(name) > MAX_NAME_CHARS:
        raise BadInput(
            f"a workspace's name has 1 to {MAX_NAME_CHARS} characters", hint="give a shorter name", field="name"
        )
    db.write(
        lambda tx: tx.execute(
            "UPDATE workspace SET name = ? WHERE id = ? AND owner = ?", (name, workspace.id, workspace.owner)
        )
    )
    return replace(workspace, name=name)


# --- sources -------------------------------------------------------------------------------------------------------

_SOURCE = "id, owner, workspace, path, raw_path AS root, watch, state, reason, ignored, scanned_at"


def add_source(tx: sqlite3.Connection, workspace: Workspace, root: bytes, *, watch: bool, now: float) -> Source:
    """The source for `root` in the workspace: a new one, or the one that is there, told to watch or not."""
    row = tx.execute(
        "INSERT INTO source (id, owner, workspace, path, raw_path, watch, state, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)"
        f" ON CONFLICT DO UPDATE SET watch = excluded.watch RETURNING {_SOURCE}",
        (secrets.token_hex(8), workspace.owner, workspace.id, shown_path(root), root, int(watch), now),
    ).fetchone()
    return _source(row)


def get_source(db: Database, owner: int, source_id: str) -> Source:
    row = db.read_one(f"SELECT {_SOURCE} FROM source WHERE id = ? AND owner = ?", (source_id, owner))
    if row is None:
        raise NotFound(f"no source {source_id!r}", hint="list them with `ibidem status`")
    return _source(row)


def list_sources(db: Database, workspace: Workspace) -> list[Source]:
    rows = db.read(
        f"SELECT {_SOURCE} FROM source WHERE workspace = ? AND owner = ? ORDER BY rowid",
        (workspace.id, workspace.owner),
    )
    return [_source(row) for row in rows]


def all_sources(db: Database) -> list[Source]:
    """Every owner's sources: for the watcher alone."""
    return [_source(row) for row in db.read(f"SELECT {_SOURCE} FROM source ORDER BY rowid")]


def set_source_state(tx: sqlite3.Connection, source: Source, state: str, *, reason: str = "") -> None:
    tx.execute(
        "UPDATE source SET state = ?, reason = ? WHERE id = ? AND owner = ?", (state, reason, source.id, source.owner)
    )


def set_source_scanned(tx: sqlite3.Connection, source: Source, *, ignored: int, now: float) -> None:
    tx.execute(
        "UPDATE source SET state = 'ready', reason = '', ignored = ?, scanned_at = ? WHERE id = ? AND owner = ?",
        (ignored, now, source.id, source.owner),
    )


def shown_path(raw: bytes) -> str:
    """A file name as people read it: NFC, with undecodable bytes and control characters escaped."""
    text = os.fsdecode(raw)
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
        for char in text
    )


def _source(row: Row) -> Source:
    return Source(**{**dict(row), "watch": bool(row["watch"])})
