"""Browser sign-ins: a one-time token from the command line becomes a cookie; only hashes are stored."""

from __future__ import annotations

import hashlib
import secrets

from ibidem.store.database import Database

LIFETIME_S = 90 * 24 * 3600.0


def create_login(db: Database, owner: int, now: float) -> str:
    """A new sign-in; returns the cookie's value, which is stored nowhere."""
    cookie = secrets.token_urlsafe(32)
    db.write(
        lambda tx: tx.execute("INSERT INTO login VALUES (?, ?, ?, ?)", (_hash(cookie), owner, now, now + LIFETIME_S))
    )
    return cookie


def login_owner(db: Database, cookie: str, now: float) -> int | None:
    """Whose sign-in the cookie is, or None."""
    row = db.read_one("SELECT owner FROM login WHERE token_hash = ? AND expires_at > ?", (_hash(cookie), now))
    return row["owner"] if row else None


def delete_login(db: Database, cookie: str) -> None:
    db.write(lambda tx: tx.execute("DELETE FROM login WHERE token_hash = ?", (_hash(cookie),)))


def forget_logins(db: Database, now: float) -> None:
    if db.read_one("SELECT 1 FROM login WHERE expires_at <= ? LIMIT 1", (now,)):
        db.write(lambda tx: tx.execute("DELETE FROM login WHERE expires_at <= ?", (now,)))


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
