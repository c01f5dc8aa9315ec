"""Browser sign-ins: a proof (one-time link, profile, password) becomes a cookie; only hashes are stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal

from ibidem.errors import NotFound
from ibidem.store.database import Database
from ibidem.store.users import UserRole

IDLE_S = 14 * 24 * 3600.0  # unused for so long, it ends
LIFETIME_S = 90 * 24 * 3600.0  # however much it is used
TOUCH_S = 60.0  # that it is used is written down so often at most
MAX_AGENT_CHARS = 200

Proof = Literal["link", "name", "password"]  # what was shown for it; `name` alone counts in local mode only


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in as lists show it. Times are seconds since 1970, UTC."""

    id: str
    owner: int
    proof: Proof
    created_at: float
    used_at: float
    expires_at: float
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A sign-in or key that counts now, and whose it is."""

    id: str
    owner: int
    role: UserRole
    used_at: float | None
    scopes: str = ""  # of a key


def create_login(
    db: Database, owner: int, now: float, *, proof: Proof = "link", address: str = "", agent: str = ""
) -> str:
    """A new sign-in; returns the cookie's value, which is stored nowhere."""
    cookie = secrets.token_urlsafe(32)
    row = (token_hash(cookie), owner, now, now + LIFETIME_S, secrets.token_hex(8), proof, now, address)
    db.write(
        lambda tx: tx.execute(
            "INSERT INTO login (token_hash, owner, created_at, expires_at, id, proof, used_at, address, agent)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, agent[:MAX_AGENT_CHARS]),
        )
    )
    return cookie


def find_login(db: Database, cookie: str, now: float, *, by_name: bool) -> Credential | None:
    """The sign-in that the cookie is, or None: unknown, run out, or its user disabled. `by_name`: profiles count."""
    row = db.read_one(
        "SELECT l.id, l.owner, u.role, l.used_at FROM login AS l JOIN user AS u ON u.id = l.owner WHERE l.token_hash = ?"
        " AND l.expires_at > ? AND l.used_at > ? AND NOT u.disabled AND (l.proof <> 'name' OR ?)",
        (token_hash(cookie), now, now - IDLE_S, by_name),
    )
    return Credential(**row) if row else None


def touch_login(db: Database, login: Credential, now: float) -> None:
    """It is used. Returns at once: nobody waits for this."""
    if login.used_at is None or now - login.used_at > TOUCH_S:
        db.submit(
            lambda tx: tx.execute(
                "UPDATE login SET used_at = ? WHERE id = ? AND owner = ?", (now, login.id, login.owner)
            )
        )


def login_counts(db: Database, login_id: str, owner: int) -> bool:
    """Whether the sign-in is still there and its user not disabled."""
    found = db.read_one(
        "SELECT 1 FROM login AS l JOIN user AS u ON u.id = l.owner WHERE l.id = ? AND l.owner = ? AND NOT u.disabled",
        (login_id, owner),
    )
    return found is not None


def list_logins(db: Database, owner: int, now: float) -> list[Login]:
    """The user's sign-ins that count, the one used last first."""
    rows = db.read(
        "SELECT id, owner, proof, created_at, used_at, expires_at, address, agent FROM login"
        " WHERE owner = ? AND expires_at > ? AND used_at > ? ORDER BY used_at DESC, id",
        (owner, now, now - IDLE_S),
    )
    return [Login(**row) for row in rows]


def end_login(db: Database, login_id: str, *, owner: int | None) -> int:
    """End one's own sign-in; `owner` None: anybody's, for admins. Returns whose it was. Raises NotFound."""
    row = db.write(
        lambda tx: tx.execute(
            "DELETE FROM login WHERE id = ?1 AND (owner = ?2 OR ?2 IS NULL) RETURNING owner", (login_id, owner)
        ).fetchone()
    )
    if row is None:
        raise NotFound(f"no sign-in {login_id!r}", hint="list them with GET /api/auth/logins/")
    return int(row["owner"])


def end_logins(db: Database, owner: int, *, but: str = "") -> list[str]:
    """End all sign-ins of the user but one; returns their ids."""
    rows = db.write(
        lambda tx: tx.execute("DELETE FROM login WHERE owner = ? AND id <> ? RETURNING id", (owner, but)).fetchall()
    )
    return [row["id"] for row in rows]


def delete_login(db: Database, cookie: str) -> str | None:
    """Returns the id of the sign-in that has ended, if there was one."""
    row = db.write(
        lambda tx: tx.execute("DELETE FROM login WHERE token_hash = ? RETURNING id", (token_hash(cookie),)).fetchone()
    )
    return row["id"] if row else None


def forget_logins(db: Database, now: float) -> None:
    if db.read_one("SELECT 1 FROM login WHERE expires_at <= ? OR used_at <= ? LIMIT 1", (now, now - IDLE_S)):
        db.write(lambda tx: tx.execute("DELETE FROM login WHERE expires_at <= ? OR used_at <= ?", (now, now - IDLE_S)))


def token_hash(token: str) -> str:
    """What is stored of a cookie or key."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
