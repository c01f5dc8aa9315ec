"""Users: their names, roles and password hashes. Nobody is ever deleted, only disabled."""

from __future__ import annotations

import sqlite3
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

from ibidem.errors import BadInput, Conflict, NotFound
from ibidem.store.database import Database, Row
from ibidem.store.workspaces import LOCAL_OWNER, add_home
from ibidem.types import rfc3339

MAX_NAME_CHARS = 60

UserRole = Literal["admin", "member"]


@dataclass(frozen=True, slots=True)
class User:
    """Times in seconds since 1970, UTC. `seen_at`: when a sign-in or key of theirs was used last, as far as one is left."""

    id: int
    name: str
    role: UserRole
    disabled: bool
    has_password: bool
    created_at: float
    seen_at: float | None = None

    def shown(self) -> dict[str, Any]:
        """As GET /api/users/ shows it."""
        return {
            "id": str(self.id),
            "username": self.name,
            "role": self.role,
            "disabled": self.disabled,
            "has_password": self.has_password,
            "created_at": rfc3339(self.created_at),
            "seen_at": None if self.seen_at is None else rfc3339(self.seen_at),
        }


_USER = """
SELECT id, name, role, disabled, password_hash IS NOT NULL AS has_password, created_at, nullif(max(
    coalesce((SELECT max(used_at) FROM login WHERE login.owner = user.id), 0),
    coalesce((SELECT max(used_at) FROM api_key WHERE api_key.owner = user.id), 0)), 0) AS seen_at
FROM user"""


def clean_name(name: str) -> str:
    """A user's name as it is shown: NFC. Raises BadInput for one that is empty, endless or not printable."""
    name = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable() or not name_key(name).strip():
        raise BadInput(
            f"a user's name has 1 to {MAX_NAME_CHARS} printable characters, unlike {name[:80]!r}",
            hint="choose another name",
            field="username",
        )
    return name


def name_key(name: str) -> str:
    """What makes two names one: compatibility forms and case do not count (Unicode's NFKC_Casefold, but for its
    invisible characters, which no name may have)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def create_user(
    db: Database, name: str, now: float, *, role: UserRole = "member", password_hash: str | None = None
) -> User:
    """A new user with a `home`. Raises BadInput, Conflict."""
    name = clean_name(name)

    def insert(tx: sqlite3.Connection) -> int:
        row = tx.execute(
            "INSERT INTO user (name, name_key, role, password_hash, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (name, name_key(name), role, password_hash, now),
        ).fetchone()
        add_home(tx, row["id"], now)
        return int(row["id"])

    try:
        user_id = db.write(insert)
    except sqlite3.IntegrityError:
        raise Conflict(f"there is a user {name!r} already", hint="choose another name", field="username") from None
    return get_user(db, user_id)


def get_user(db: Database, user_id: int) -> User:
    """Raises NotFound."""
    row = db.read_one(f"{_USER} WHERE id = ?", (user_id,))
    if row is None:
        raise NotFound(f"no user {user_id}", hint="list them with `ibidem user list`")
    return _user(row)


def find_user(db: Database, name: str) -> User | None:
    """By name, however it is written."""
    row = db.read_one(f"{_USER} WHERE name_key = ?", (name_key(name),))
    return _user(row) if row else None


def user_named(db: Database, name: str) -> User:
    """Raises NotFound."""
    user = find_user(db, name)
    if user is None:
        raise NotFound(f"no user {name!r}", hint="list them with `ibidem user list`", field="username")
    return user


def list_users(db: Database) -> list[User]:
    return [_user(row) for row in db.read(f"{_USER} ORDER BY id")]


def any_password(db: Database) -> bool:
    """Whether somebody can sign in with a password."""
    found = db.read_one("SELECT 1 FROM user WHERE password_hash IS NOT NULL AND NOT disabled")
    return found is not None


def password_hash_of(db: Database, user_id: int) -> str | None:
    row = db.read_one("SELECT password_hash FROM user WHERE id = ? AND NOT disabled", (user_id,))
    return row["password_hash"] if row else None


def change_user(
    db: Database,
    user: User,
    *,
    role: UserRole | None = None,
    disabled: bool | None = None,
    password_hash: str | None = None,
) -> User:
    """Change what is given. Raises Conflict for the local owner, who stays an admin: the command line acts as him."""
    if user.id == LOCAL_OWNER and (role == "member" or disabled):
        raise Conflict(
            f"the user {user.name!r} is the machine's owner and stays an admin",
            hint="the command line acts as this user; make others for everybody else",
        )
    db.write(
        lambda tx: tx.execute(
            "UPDATE user SET role = coalesce(?, role), disabled = coalesce(?, disabled),"
            " password_hash = coalesce(?, password_hash) WHERE id = ?",
            (role, None if disabled is None else int(disabled), password_hash, user.id),
        )
    )
    return get_user(db, user.id)


def _user(row: Row) -> User:
    return User(**{**dict(row), "disabled": bool(row["disabled"]), "has_password": bool(row["has_password"])})
