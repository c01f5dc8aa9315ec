"""Wrong passwords are counted by name and address, across restarts: each further one costs a longer wait.

A delay instead of a ban: a ban locks out the user himself, and behind one proxy everybody.
"""

from __future__ import annotations

import sqlite3

from ibidem.errors import Busy
from ibidem.store.database import Database
from ibidem.store.users import name_key

FREE_FAILURES = 5
FIRST_DELAY_S, LONGEST_DELAY_S = 1.0, 300.0
FORGOTTEN_S = 24 * 3600.0  # after the last failure
MAX_KEY_CHARS = 100


def begin_attempt(db: Database, name: str, address: str, now: float) -> None:
    """Count the attempt as failed until `succeed` is called, so that many at once gain nothing. Raises Busy."""
    key = _key(name)

    def count(tx: sqlite3.Connection) -> None:
        row = tx.execute(
            "SELECT failures, failed_at FROM login_failure WHERE name_key = ? AND address = ?", (key, address)
        ).fetchone()
        failures = row["failures"] if row else 0
        if failures >= FREE_FAILURES:
            left = min(delay_s(failures), row["failed_at"] + delay_s(failures) - now)
            if left > 0:
                raise Busy(
                    f"too many wrong passwords for {name[:MAX_KEY_CHARS]!r} from {address}",
                    retry_after_s=int(left) + 1,
                    hint="wait as long as Retry-After says; an admin can set a new password",
                )
        tx.execute(
            "INSERT INTO login_failure (name_key, address, failures, failed_at) VALUES (?1, ?2, 1, ?3)"
            " ON CONFLICT DO UPDATE SET failures = failures + 1, failed_at = ?3",
            (key, address, now),
        )

    db.write(count)


def succeed(db: Database, name: str, address: str) -> None:
    """The password was right: what was counted is forgotten."""
    db.write(
        lambda tx: tx.execute("DELETE FROM login_failure WHERE name_key = ? AND address = ?", (_key(name), address))
    )


def delay_s(failures: int) -> float:
    """How long the next attempt has to wait after so many failures."""
    if failures < FREE_FAILURES:
        return 0.0
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(failures - FREE_FAILURES, 20))


def forget_attempts(db: Database, now: float) -> None:
    if db.read_one("SELECT 1 FROM login_failure WHERE failed_at <= ? LIMIT 1", (now - FORGOTTEN_S,)):
        db.write(lambda tx: tx.execute("DELETE FROM login_failure WHERE failed_at <= ?", (now - FORGOTTEN_S,)))


def _key(name: str) -> str:
    return name_key(name)[:MAX_KEY_CHARS]
