"""Runs: a question, its answer, and the journal of events between them."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ibidem.errors import NotFound
from ibidem.store.database import Database, Row
from ibidem.store.messages import Message, answer_by_key, answer_of_run, get_message
from ibidem.types import Event

EventNumber = tuple[int, int]  # (attempt, seq), compared in that order
TERMINAL_STATES = ("finished", "failed", "stopped", "interrupted")


@dataclass(frozen=True, slots=True)
class Run:
    """Times are seconds since 1970, UTC. `message` is the answer as its terminal event carries it."""

    id: str
    owner: int
    workspace: int
    job: str
    question: str
    model: str
    mode: str
    state: str
    attempt: int
    message: dict[str, Any] | None
    error: dict[str, str] | None
    created_at: float
    ended_at: float | None
    session: str | None = None
    parent: str | None = None  # the message in the session that holds the question

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL_STATES


_RUN = "id, owner, workspace, job, question, model, mode, state, attempt, message, error, created_at, ended_at, session, parent"


def new_run_id() -> str:
    return secrets.token_hex(8)


def insert_run(tx: sqlite3.Connection, run: Run, *, idempotency_key: str | None) -> None:
    tx.execute(
        "INSERT INTO run (id, owner, workspace, job, question, model, mode, idempotency_key, state, created_at, session, parent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
        (
            run.id,
            run.owner,
            run.workspace,
            int(run.job),
            run.question,
            run.model,
            run.mode,
            idempotency_key,
            run.created_at,
            run.session,
            run.parent,
        ),
    )


def get_run(db: Database, owner: int, run_id: str) -> Run:
    """Also one that is known by its message alone: see `forget_runs`. Raises NotFound."""
    row = db.read_one(f"SELECT {_RUN} FROM run WHERE id = ? AND owner = ?", (run_id, owner))
    if row:
        return _run(row)
    if answer := answer_of_run(db, owner, run_id):
        return _run_of(db, answer)
    raise no_run(run_id)


def no_run(run_id: str) -> NotFound:
    return NotFound(f"no run {run_id!r}", hint="start one with POST /api/runs/")


def run_by_key(db: Database, owner: int, idempotency_key: str) -> Run | None:
    row = db.read_one(f"SELECT {_RUN} FROM run WHERE owner = ? AND idempotency_key = ?", (owner, idempotency_key))
    if row:
        return _run(row)
    answer = answer_by_key(db, owner, idempotency_key)
    return _run_of(db, answer) if answer else None


def _run_of(db: Database, answer: Message) -> Run:
    """The run that an answer of a session comes from, when only the answer is left."""
    details = answer.details
    return Run(
        id=answer.id,
        owner=answer.owner,
        workspace=0,
        job="",
        question=get_message(db, answer.owner, answer.session, answer.parent or "").content,
        model=details.get("model") or "",
        mode=details.get("mode") or "",
        state=answer.status,
        attempt=details.get("attempt") or 0,
        message=answer.shown(),
        error=details.get("error"),
        created_at=answer.created_at,
        ended_at=answer.created_at,
        session=answer.session,
        parent=answer.parent,
    )


def runs_under_way(db: Database, owner: int, session: str) -> list[Run]:
    """The session's runs that have not ended, oldest first."""
    rows = db.read(
        f"SELECT {_RUN} FROM run WHERE session = ? AND owner = ? AND state IN ('queued', 'running') ORDER BY job",
        (session, owner),
    )
    return [_run(row) for row in rows]


def answers_need(db: Database, model: str) -> bool:
    """Whether anybody's answer is being written by this model, or waits for it."""
    sql = (
        "SELECT 1 FROM job AS j JOIN run AS r ON r.job = j.id"
        " WHERE j.state IN ('queued', 'running') AND j.kind = 'answer' AND r.model = ? LIMIT 1"
    )
    return db.read_one(sql, (model,)) is not None


def open_runs(db: Database, owner: int) -> list[Run]:
    """The owner's runs that have not ended."""
    rows = db.read(f"SELECT {_RUN} FROM run WHERE owner = ? AND state IN ('queued', 'running')", (owner,))
    return [_run(row) for row in rows]


def cut_runs(db: Database) -> list[Run]:
    """Every owner's runs that have not ended although their job has: for the start."""
    columns = ", ".join(f"r.{name}" for name in _RUN.split(", "))
    rows = db.read(
        f"SELECT {columns} FROM run AS r JOIN job AS j ON j.id = r.job"
        " WHERE r.state IN ('queued', 'running') AND j.state NOT IN ('queued', 'running')"
    )
    return [_run(row) for row in rows]


def begin_attempt(db: Database, run: Run) -> int:
    """Count a new attempt and return its number."""
    row = db.write(
        lambda tx: tx.execute(
            "UPDATE run SET state = 'running', attempt = attempt + 1 WHERE id = ? AND owner = ? RETURNING attempt",
            (run.id, run.owner),
        ).fetchone()
    )
    return int(row["attempt"])


def end_run(
    tx: sqlite3.Connection,
    run: Run,
    state: str,
    *,
    attempt: int,
    message: dict[str, Any] | None,
    error: dict[str, str] | None,
    now: float,
) -> bool:
    """The one terminal state. False when the run had ended before: then nothing changes."""
    return bool(
        tx.execute(
            "UPDATE run SET state = ?, attempt = ?, message = ?, error = ?, ended_at = ?"
            " WHERE id = ? AND owner = ? AND state IN ('queued', 'running')",
            (state, attempt, _json(message), _json(error), now, run.id, run.owner),
        ).rowcount
    )


# --- journal -------------------------------------------------------------------------------------------------------


def write_events(
    tx: sqlite3.Connection, run: Run, attempt: int, first_seq: int, events: Sequence[Event], now: float
) -> None:
    """One journal row for the events first_seq, first_seq + 1, ..."""
    tx.execute(
        "INSERT INTO run_event (owner, run, attempt, first_seq, last_seq, events, written_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (run.owner, run.id, attempt, first_seq, first_seq + len(events) - 1)
        + (json.dumps([[event.name, event.data] for event in events], ensure_ascii=False), now),
    )


def read_events(
    db: Database, owner: int, run_id: str, *, after: EventNumber = (0, 0)
) -> list[tuple[EventNumber, Event]]:
    """The journal behind `after`, in order."""
    rows = db.read(
        "SELECT attempt, first_seq, events FROM run_event WHERE owner = ? AND run = ?"
        " AND (attempt > ?3 OR (attempt = ?3 AND last_seq > ?4)) ORDER BY attempt, first_seq",
        (owner, run_id, *after),
    )
    numbered = [
        ((row["attempt"], row["first_seq"] + offset), Event(name, data))
        for row in rows
        for offset, (name, data) in enumerate(json.loads(row["events"]))
    ]
    return [(number, event) for number, event in numbered if number > after]


def forget_events(db: Database, *, written_before: float) -> int:
    """Drop the journal of runs that ended long ago; their messages stay. Returns rows dropped, at most 500."""
    return db.write(
        lambda tx: (
            tx.execute(
                "DELETE FROM run_event WHERE (run, attempt, first_seq) IN (SELECT e.run, e.attempt, e.first_seq FROM run_event AS e"
                " JOIN run AS r ON r.id = e.run WHERE e.written_at < ?1 AND r.ended_at < ?1 LIMIT 500)",
                (written_before,),
            ).rowcount
        )
    )


def forget_runs(db: Database, *, in_sessions_before: float, others_before: float, deleted_before: float) -> int:
    """Drop runs that ended before these times, and their jobs: in a session the message holds what is to be kept.

    Their journal has to have gone before. Runs of deleted sessions go with their journal. Returns how many, at most
    200.
    """

    def forget(tx: sqlite3.Connection) -> int:
        rows = tx.execute(
            "SELECT r.id, r.job FROM run AS r WHERE r.ended_at IS NOT NULL AND r.session IS NOT NULL"
            " AND (r.ended_at < ? AND NOT EXISTS (SELECT 1 FROM run_event AS e WHERE e.run = r.id)"
            "      OR r.ended_at < ? AND NOT EXISTS (SELECT 1 FROM session AS s WHERE s.id = r.session))"
            " UNION ALL SELECT r.id, r.job FROM run AS r WHERE r.ended_at < ? AND r.session IS NULL LIMIT 200",
            (in_sessions_before, deleted_before, others_before),
        ).fetchall()
        delete_runs(tx, [(row["id"], row["job"]) for row in rows])
        return len(rows)

    return db.write(forget)


def delete_runs(tx: sqlite3.Connection, runs: Iterable[tuple[str, int]]) -> None:
    """Ended runs, as (run, job): journal, run and job."""
    for run_id, job in runs:
        tx.execute("DELETE FROM run_event WHERE run = ?", (run_id,))
        tx.execute("DELETE FROM run WHERE id = ?", (run_id,))
        tx.execute("DELETE FROM job WHERE id = ?", (job,))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _run(row: Row) -> Run:
    values = dict(row)
    values["job"] = str(values["job"])
    for name in ("message", "error"):
        values[name] = json.loads(values[name]) if values[name] else None
    return Run(**values)
