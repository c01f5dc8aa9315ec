"""Runs: a question, its answer, and the journal of events between them."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ibidem.errors import NotFound
from ibidem.store.database import Database, Row
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
    row = db.read_one(f"SELECT {_RUN} FROM run WHERE id = ? AND owner = ?", (run_id, owner))
    if row is None:
        raise NotFound(f"no run {run_id!r}", hint="start one with POST /api/runs/")
    return _run(row)


def run_by_key(db: Database, owner: int, idempotency_key: str) -> Run | None:
    row = db.read_one(f"SELECT {_RUN} FROM run WHERE owner = ? AND idempotency_key = ?", (owner, idempotency_key))
    return _run(row) if row else None


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


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _run(row: Row) -> Run:
    values = dict(row)
    values["job"] = str(values["job"])
    for name in ("message", "error"):
        values[name] = json.loads(values[name]) if values[name] else None
    return Run(**values)
