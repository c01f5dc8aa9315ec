"""API keys: 256 random bits for a program, shown once; only their SHA-256 is stored."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from ibidem.errors import BadInput, Conflict, NotFound
from ibidem.store.database import Database, Row
from ibidem.store.logins import TOUCH_S, Credential, token_hash

PREFIX = "ibd_"  # so that a key that leaked is recognised
MAX_KEYS = 100  # of one user
MAX_NAME_CHARS = 100

Scope = Literal["chat", "read", "ingest"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as lists show it. Times are seconds since 1970, UTC; `expires_at` None: never."""

    id: str
    owner: int
    name: str
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    used_at: float | None


_KEY = "id, owner, name, scopes, created_at, expires_at, used_at"


def create_key(
    db: Database, owner: int, name: str, scopes: Collection[Scope], now: float, *, expires_at: float | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, which is stored nowhere. Raises BadInput, Conflict when there are too many."""
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise BadInput(f"a key's name has 1 to {MAX_NAME_CHARS} printable characters", hint="name it", field="name")
    if not scopes:
        raise BadInput("a key without scopes opens nothing", hint=f"some of {', '.join(SCOPES)}", field="scopes")
    if expires_at is not None and expires_at <= now:
        raise BadInput("the key would have expired already", hint="give a time to come", field="expires_at")
    text = PREFIX + secrets.token_urlsafe(32)
    kept = " ".join(scope for scope in SCOPES if scope in scopes)
    row = db.write(
        lambda tx: tx.execute(
            "INSERT INTO api_key (id, owner, key_hash, name, scopes, created_at, expires_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
            f" WHERE (SELECT count(*) FROM api_key WHERE owner = ?2) < ?8 RETURNING {_KEY}",
            (secrets.token_hex(8), owner, token_hash(text), name, kept, now, expires_at, MAX_KEYS),
        ).fetchone()
    )
    if row is None:
        raise Conflict(f"there are {MAX_KEYS} keys already", hint="delete the ones that nothing uses")
    return _key(row), text


def find_key(db: Database, text: str, now: float) -> Credential | None:
    """The key of that text, or None: unknown, expired, or its user disabled."""
    row = db.read_one(
        "SELECT k.id, k.owner, u.role, k.used_at, k.scopes FROM api_key AS k JOIN user AS u ON u.id = k.owner"
        " WHERE k.key_hash = ? AND (k.expires_at IS NULL OR k.expires_at > ?) AND NOT u.disabled",
        (token_hash(text), now),
    )
    return Credential(**row) if row else None


def touch_key(db: Database, key: Credential, now: float) -> None:
    """It is used. Returns at once: nobody waits for this."""
    if key.used_at is None or now - key.used_at > TOUCH_S:
        db.submit(
            lambda tx: tx.execute("UPDATE api_key SET used_at = ? WHERE id = ? AND owner = ?", (now, key.id, key.owner))
        )


def key_counts(db: Database, key_id: str, owner: int, now: float) -> bool:
    """Whether the key is still there, has not expired, and its user is not disabled."""
    found = db.read_one(
        "SELECT 1 FROM api_key AS k JOIN user AS u ON u.id = k.owner WHERE k.id = ? AND k.owner = ?"
        " AND (k.expires_at IS NULL OR k.expires_at > ?) AND NOT u.disabled",
        (key_id, owner, now),
    )
    return found is not None


def list_keys(db: Database, owner: int) -> list[ApiKey]:
    rows = db.read(f"SELECT {_KEY} FROM api_key WHERE owner = ? ORDER BY created_at, id", (owner,))
    return [_key(row) for row in rows]


def delete_key(db: Database, key_id: str, *, owner: int | None) -> int:
    """One's own key; `owner` None: anybody's, for admins. Returns whose it was. Raises NotFound."""
    row = db.write(
        lambda tx: tx.execute(
            "DELETE FROM api_key WHERE id = ?1 AND (owner = ?2 OR ?2 IS NULL) RETURNING owner", (key_id, owner)
        ).fetchone()
    )
    if row is None:
        raise NotFound(f"no key {key_id!r}", hint="list them with GET /api/keys/")
    return int(row["owner"])


def _key(row: Row) -> ApiKey:
    return ApiKey(**{**dict(row), "scopes": tuple(row["scopes"].split())})
