"""What a job queue is: claim with a lease, renew, finish with the token that the claim gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ibidem.types import rfc3339

JobState = Literal["queued", "running", "done", "failed", "dead", "cancelled"]
EndState = Literal["done", "failed", "cancelled"]

MAX_ATTEMPTS = 3  # claims that never came back: the job kills its worker and is `dead`
MAX_RETRIES = 5  # tries of a job whose error may pass

Transaction = Any  # the backend's own: rows that belong to a job are written in the job's transaction


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is shown. Times are seconds since 1970, UTC.

    `attempts` are the claims that did not come back, and the present one; `retries` those put back for an error that
    may pass.
    """

    id: str
    owner: int
    kind: str
    payload: dict[str, Any]
    state: JobState
    priority: int
    attempts: int
    retries: int
    cancel_requested: bool
    progress: dict[str, Any] = field(default_factory=dict)
    error: dict[str, str] | None = None
    created_at: float = 0.0
    updated_at: float = 0.0

    def shown(self) -> dict[str, Any]:
        """As the API and the command line show it: without its payload."""
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "priority": self.priority,
            "attempts": self.attempts,
            "retries": self.retries,
            "progress": self.progress,
            "error": self.error,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        }


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed job. Only this token can renew or finish it."""

    job: Job
    token: str


class Queue(Protocol):
    """All methods are plain functions that return once their effect is durable."""

    def put(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        owner: int,
        priority: int = 0,
        dedupe_key: str | None = None,
        also: Callable[[Transaction, str], None] | None = None,
    ) -> str:
        """Queue a job and return its id. A job of the same owner, kind and key that still waits is returned instead;
        while one runs, the next one waits for its end.

        `also(transaction, job_id)` writes rows that commit together with the job.
        """
        ...

    def add(
        self, transaction: Transaction, kind: str, payload: dict[str, Any], *, owner: int, priority: int = 0
    ) -> str:
        """Queue a job in a transaction of the store that is under way, and return its id."""
        ...

    def claim(self, kinds: Sequence[str], *, lease_s: float, per_owner: int | None = None) -> Lease | None:
        """Lease the next due job of one of the kinds; its attempts count at once.

        The highest priority comes first. Within one, users take turns: whoever has the fewest running, then whoever was
        served longest ago; of his jobs the oldest. Who has `per_owner` of these kinds running waits.
        """
        ...

    def renew(
        self, lease: Lease, *, lease_s: float, progress: dict[str, Any] | None = None, headway: bool = False
    ) -> Literal["go on", "cancel", "lost"]:
        """Keep the lease; hear whether the job is to be cancelled, or is no longer ours.

        `headway` says that lasting work was done: claims lost before it no longer count against the job.
        """
        ...

    def finish(
        self,
        lease: Lease,
        state: EndState,
        *,
        error: dict[str, str] | None = None,
        also: Callable[[Transaction], None] | None = None,
    ) -> bool:
        """End the job, together with `also`'s rows. False, and nothing written, when the token is no longer its own."""
        ...

    def retry_later(self, lease: Lease, *, delay_s: float, error: dict[str, str] | None = None) -> bool:
        """Put the job back, due in `delay_s`."""
        ...

    def release(self, lease: Lease, *, delay_s: float = 0.0) -> bool:
        """Put the job back as if it had not been claimed: the worker stops in order, or others come first."""
        ...

    def cancel(self, job_id: str, owner: int) -> Job:
        """A waiting job ends now; a running one is told at its next renewal. Raises NotFound."""
        ...

    def retry(self, job_id: str, owner: int) -> Job:
        """Run a failed, dead or cancelled job again. Raises NotFound, Conflict."""
        ...

    def get(self, job_id: str, owner: int) -> Job: ...

    def jobs(
        self,
        owner: int,
        *,
        state: str | None = None,
        kind: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> list[Job]:
        """Newest first."""
        ...

    def waiting_before(self, job_id: str) -> int:
        """How many queued jobs of its kind will be claimed before this one, by the order of `claim`, as it is now."""
        ...

    def count_queued(self, owner: int, kind: str) -> int: ...

    def expire_leases(self) -> int:
        """At start, by the process that holds the data directory: what was running waits again, at once."""
        ...

    def bury(self) -> list[Job]:
        """Mark as dead the due jobs that were claimed MAX_ATTEMPTS times and never ended; return them."""
        ...

    def forget(self, *, ended_before: float, but: Sequence[str]) -> int:
        """Drop jobs that are done or cancelled since then, but not of these kinds. Returns how many, at most 200."""
        ...
