"""The job queue in the store's own SQLite file."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from ibidem.errors import BadInput, Conflict, NotFound
from ibidem.jobs.queue import MAX_ATTEMPTS, EndState, Job, Lease
from ibidem.jobs.turns import Waiting, in_turn
from ibidem.store.database import Database, Row

UNLIMITED = 1 << 30  # jobs of one user at once, where nothing is said

_JOB = "id, owner, kind, payload, state, priority, attempts, retries, cancel_requested, progress, error, created_at, updated_at"

# A lease that ran out, by the clock and, where this process gave it, by the time that has passed: a machine that slept or
# whose clock was set has lost no worker.
_LOST = "(state = 'running' AND lease_until < :now AND lease_token NOT IN (SELECT value FROM json_each(:held)))"

# a job that waits, or whose lease ran out; those of one dedupe key run one after another; what was written later than now
# was written before the clock was set back, and waits no longer
_DUE = f"""
attempts < :max_attempts
AND ((state = 'queued' AND (run_at <= :now OR updated_at > :now)) OR {_LOST})
AND NOT (dedupe_key IS NOT NULL AND EXISTS (
    SELECT 1 FROM job AS other WHERE other.state = 'running'
    AND (other.lease_until >= :now OR other.lease_token IN (SELECT value FROM json_each(:held)))
    AND other.owner = job.owner AND other.kind = job.kind AND other.dedupe_key = job.dedupe_key))
"""

# what each user has of these kinds now: how many run, and the number of the claim that served him last
_SHARES = """
running AS MATERIALIZED (
    SELECT owner, count(*) AS running FROM job WHERE state = 'running' AND lease_until >= :now
    AND kind IN (SELECT value FROM json_each(:kinds)) GROUP BY owner),
last AS MATERIALIZED (
    SELECT owner, max(claim) AS claim FROM served WHERE kind IN (SELECT value FROM json_each(:kinds)) GROUP BY owner)
"""

# users take turns within a priority, by the rule of `jobs.turns`
_NEXT = f"""
WITH {_SHARES}
SELECT id FROM job LEFT JOIN running USING (owner) LEFT JOIN last USING (owner)
WHERE kind IN (SELECT value FROM json_each(:kinds)) AND coalesce(running, 0) < :per_owner AND {_DUE}
ORDER BY priority DESC, coalesce(running, 0), coalesce(claim, 0), id LIMIT 1
"""

# attempts are counted here, so that a killer job is seen
_CLAIM = f"""
UPDATE job SET state = 'running', lease_token = :token, lease_until = :now + :lease_s, attempts = attempts + 1, updated_at = :now
WHERE id = ({_NEXT})
RETURNING {_JOB}
"""

_SERVED = """
INSERT INTO served (owner, kind, claim) VALUES (:owner, :kind, (SELECT coalesce(max(claim), 0) + 1 FROM served))
ON CONFLICT (owner, kind) DO UPDATE SET claim = excluded.claim
"""

_WAITING = f"""
WITH {_SHARES}
SELECT id, owner, priority, coalesce(running, 0) AS running, coalesce(claim, 0) AS claim
FROM job LEFT JOIN running USING (owner) LEFT JOIN last USING (owner)
WHERE kind IN (SELECT value FROM json_each(:kinds)) AND state = 'queued'
"""

# of two jobs of one key that wait the later is enough to be found by it: one that is put back gives its key up
_KEY = """
dedupe_key = CASE WHEN EXISTS (SELECT 1 FROM job AS other WHERE other.state = 'queued' AND other.owner = job.owner
                               AND other.kind = job.kind AND other.dedupe_key = job.dedupe_key)
             THEN NULL ELSE dedupe_key END"""

# headway shows that the job does not kill its worker: lost claims before it no longer count
_RENEW = """
UPDATE job SET attempts = CASE WHEN :headway THEN 1 ELSE attempts END, lease_until = :now + :lease_s, progress = coalesce(:progress, progress), updated_at = :now
WHERE id = :id AND lease_token = :token AND state = 'running'
RETURNING cancel_requested
"""

_FINISH = """
UPDATE job SET state = :state, error = :error, lease_token = NULL, lease_until = NULL, updated_at = :now
WHERE id = :id AND lease_token = :token AND state = 'running'
"""

# the claim came back, so its attempt is given back
_REQUEUE = f"""
UPDATE job SET state = 'queued', run_at = :now + :delay_s, error = :error, attempts = attempts - 1, retries = retries + :retry,
       {_KEY}, lease_token = NULL, lease_until = NULL, updated_at = :now
WHERE id = :id AND lease_token = :token AND state = 'running'
"""

_KILLERS = f"""
attempts >= :max_attempts AND (state = 'queued' OR {_LOST})
"""

_BURY = f"""
UPDATE job SET state = 'dead', lease_token = NULL, lease_until = NULL, updated_at = :now,
       error = json_object('code', 'job_dead', 'message', 'the program ended ' || attempts || ' times during this work',
                           'hint', 'run it again with `ibidem jobs retry ' || id || '`')
WHERE {_KILLERS}
RETURNING {_JOB}
"""


class SqliteQueue:
    """`Queue` on SQLite. `clock` gives seconds since 1970; `steady` seconds that nobody sets, as a rule those of `clock`."""

    def __init__(
        self, db: Database, *, clock: Callable[[], float] = time.time, steady: Callable[[], float] | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._steady = steady or clock
        self._held: dict[str, float] = {}  # leases given here, by their tokens, and when they run out by `steady`

    def put(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        owner: int,
        priority: int = 0,
        dedupe_key: str | None = None,
        also: Callable[[sqlite3.Connection, str], None] | None = None,
    ) -> str:
        def insert(tx: sqlite3.Connection) -> str:
            waiting = tx.execute(
                "SELECT id FROM job WHERE owner = ? AND kind = ? AND dedupe_key = ? AND state = 'queued'",
                (owner, kind, dedupe_key),
            ).fetchone()
            if waiting:
                return str(waiting["id"])
            job_id = self.add(tx, kind, payload, owner=owner, priority=priority, dedupe_key=dedupe_key)
            if also:
                also(tx, job_id)
            return job_id

        return self._db.write(insert)

    def add(
        self,
        transaction: sqlite3.Connection,
        kind: str,
        payload: dict[str, Any],
        *,
        owner: int,
        priority: int = 0,
        dedupe_key: str | None = None,
    ) -> str:
        row = transaction.execute(
            "INSERT INTO job (owner, kind, payload, state, priority, run_at, dedupe_key, created_at, updated_at)"
            " VALUES (?1, ?2, ?3, 'queued', ?4, ?5, ?6, ?5, ?5) RETURNING id",
            (owner, kind, json.dumps(payload), priority, self._clock(), dedupe_key),
        ).fetchone()
        return str(row["id"])

    def claim(self, kinds: Sequence[str], *, lease_s: float, per_owner: int | None = None) -> Lease | None:
        token = secrets.token_hex(8)
        values = {
            "kinds": json.dumps(list(kinds)),
            "per_owner": UNLIMITED if per_owner is None else per_owner,
            "token": token,
            "lease_s": lease_s,
            "max_attempts": MAX_ATTEMPTS,
            "held": self._holding(),
        }
        if not self._db.read_one(_NEXT, {**values, "now": self._clock()}):
            return None  # looking costs nothing durable: an idle worker writes nothing

        def take(tx: sqlite3.Connection) -> Row | None:
            row: Row | None = tx.execute(_CLAIM, {**values, "now": self._clock()}).fetchone()
            if row:
                tx.execute(_SERVED, {"owner": row["owner"], "kind": row["kind"]})
            return row

        row = self._db.write(take)
        if row is None:
            return None
        self._held[token] = self._steady() + lease_s
        return Lease(_job(row), token)

    def _holding(self) -> str:
        """Tokens of the leases given here that have not run out, as JSON."""
        now = self._steady()
        return json.dumps([token for token, until in list(self._held.items()) if until >= now])

    def renew(
        self, lease: Lease, *, lease_s: float, progress: dict[str, Any] | None = None, headway: bool = False
    ) -> Literal["go on", "cancel", "lost"]:
        values = {
            **_place(lease),
            "now": self._clock(),
            "lease_s": lease_s,
            "headway": headway,
            "progress": None if progress is None else json.dumps(progress),
        }
        row = self._db.write(lambda tx: tx.execute(_RENEW, values).fetchone())
        if row is None:
            self._held.pop(lease.token, None)
            return "lost"
        self._held[lease.token] = self._steady() + lease_s
        return "cancel" if row["cancel_requested"] else "go on"

    def finish(
        self,
        lease: Lease,
        state: EndState,
        *,
        error: dict[str, str] | None = None,
        also: Callable[[sqlite3.Connection], None] | None = None,
    ) -> bool:
        values = {**_place(lease), "state": state, "error": _error_json(error), "now": self._clock()}

        def end(tx: sqlite3.Connection) -> bool:
            if not tx.execute(_FINISH, values).rowcount:
                return False
            if also:
                also(tx)
            return True

        ended = self._db.write(end)
        self._held.pop(lease.token, None)
        return ended

    def retry_later(self, lease: Lease, *, delay_s: float, error: dict[str, str] | None = None) -> bool:
        return self._requeue(lease, delay_s=delay_s, error=error, retry=1)

    def release(self, lease: Lease, *, delay_s: float = 0.0) -> bool:
        return self._requeue(lease, delay_s=delay_s, error=None, retry=0)

    def _requeue(self, lease: Lease, *, delay_s: float, error: dict[str, str] | None, retry: int) -> bool:
        values = {
            **_place(lease),
            "now": self._clock(),
            "delay_s": delay_s,
            "error": _error_json(error),
            "retry": retry,
        }
        put_back = bool(self._db.write(lambda tx: tx.execute(_REQUEUE, values).rowcount))
        self._held.pop(lease.token, None)
        return put_back

    def cancel(self, job_id: str, owner: int) -> Job:
        row = self._db.write(
            lambda tx: tx.execute(
                "UPDATE job SET cancel_requested = 1, state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END,"
                f" updated_at = ? WHERE id = ? AND owner = ? RETURNING {_JOB}",
                (self._clock(), _number(job_id), owner),
            ).fetchone()
        )
        return _found(row, job_id)

    def retry(self, job_id: str, owner: int) -> Job:
        row = self._db.write(
            lambda tx: tx.execute(
                "UPDATE job SET state = 'queued', attempts = 0, retries = 0, dedupe_key = NULL, cancel_requested = 0, error = NULL, run_at = ?1, updated_at = ?1"
                f" WHERE id = ?2 AND owner = ?3 AND state IN ('failed', 'dead', 'cancelled') RETURNING {_JOB}",
                (self._clock(), _number(job_id), owner),
            ).fetchone()
        )
        if row is None:
            state = self.get(job_id, owner).state
            raise Conflict(f"job {job_id} is {state}", hint="only failed, dead and cancelled jobs can be run again")
        return _job(row)

    def get(self, job_id: str, owner: int) -> Job:
        row = self._db.read_one(f"SELECT {_JOB} FROM job WHERE id = ? AND owner = ?", (_number(job_id), owner))
        return _found(row, job_id)

    def jobs(
        self,
        owner: int,
        *,
        state: str | None = None,
        kind: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> list[Job]:
        rows = self._db.read(
            f"SELECT {_JOB} FROM job WHERE owner = ? AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR id < ?3)"
            " AND (?5 IS NULL OR kind = ?5) ORDER BY id DESC LIMIT ?4",
            (owner, state, _cursor(after), limit, kind),
        )
        return [_job(row) for row in rows]

    def waiting_before(self, job_id: str) -> int:
        job = self._db.read_one("SELECT kind FROM job WHERE id = ? AND state = 'queued'", (_number(job_id),))
        if job is None:
            return 0
        values = {"kinds": json.dumps([job["kind"]]), "now": self._clock()}
        order = in_turn(Waiting(*row) for row in self._db.read(_WAITING, values))
        return next((before for before, number in enumerate(order) if number == _number(job_id)), 0)

    def any_running(self, kind: str) -> bool:
        """Whether a job of that kind is being done; background work makes room for it."""
        return self._db.read_one("SELECT 1 FROM job WHERE state = 'running' AND kind = ? LIMIT 1", (kind,)) is not None

    def any_open(self, kind: str) -> bool:
        """Whether a job of that kind waits or is being done."""
        sql = "SELECT 1 FROM job WHERE state IN ('queued', 'running') AND kind = ? LIMIT 1"
        return self._db.read_one(sql, (kind,)) is not None

    def count_queued(self, owner: int, kind: str) -> int:
        row = self._db.read_one(
            "SELECT count(*) AS n FROM job WHERE owner = ? AND kind = ? AND state = 'queued'", (owner, kind)
        )
        return row["n"] if row else 0

    def expire_leases(self) -> int:
        now = self._clock()
        return self._db.write(
            lambda tx: (
                tx.execute(
                    f"UPDATE job SET state = 'queued', {_KEY}, lease_token = NULL, lease_until = NULL, run_at = min(run_at, ?1), updated_at = ?1"
                    " WHERE state = 'running'",
                    (now,),
                ).rowcount
            )
        )

    def forget(self, *, ended_before: float, but: Sequence[str]) -> int:
        return self._db.write(
            lambda tx: (
                tx.execute(
                    "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state IN ('done', 'cancelled') AND updated_at < ?"
                    " AND kind NOT IN (SELECT value FROM json_each(?)) LIMIT 200)",
                    (ended_before, json.dumps(list(but))),
                ).rowcount
            )
        )

    def bury(self) -> list[Job]:
        values = {"max_attempts": MAX_ATTEMPTS, "now": self._clock(), "held": self._holding()}
        if not self._db.read_one(f"SELECT 1 FROM job WHERE {_KILLERS} LIMIT 1", values):
            return []
        return [_job(row) for row in self._db.write(lambda tx: tx.execute(_BURY, values).fetchall())]


def _place(lease: Lease) -> dict[str, Any]:
    return {"id": _number(lease.job.id), "token": lease.token}


def _number(job_id: str) -> int:
    """Job ids are opaque to users; one that is no number of ours finds nothing."""
    return int(job_id) if job_id.isascii() and job_id.isdigit() and len(job_id) < 19 else -1


def _cursor(after: str | None) -> int | None:
    if after is None:
        return None
    if (number := _number(after)) < 0:
        raise BadInput(f"unknown cursor {after!r}", hint="use the `next` of the page before", field="cursor")
    return number


def _error_json(error: dict[str, str] | None) -> str | None:
    return None if error is None else json.dumps(error, ensure_ascii=False)


def _found(row: Row | None, job_id: str) -> Job:
    if row is None:
        raise NotFound(f"no job {job_id!r}", hint="list them with `ibidem jobs`")
    return _job(row)


def _job(row: Row) -> Job:
    return Job(
        id=str(row["id"]),
        owner=row["owner"],
        kind=row["kind"],
        payload=json.loads(row["payload"]),
        state=row["state"],
        priority=row["priority"],
        attempts=row["attempts"],
        retries=row["retries"],
        cancel_requested=bool(row["cancel_requested"]),
        progress=json.loads(row["progress"]),
        error=json.loads(row["error"]) if row["error"] else None,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
