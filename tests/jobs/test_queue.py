"""What every job queue does: claim with a lease, renew, finish with the token that the claim gave."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from ibidem.errors import BadInput, Conflict, NotFound
from ibidem.jobs.queue import MAX_ATTEMPTS, Job, Lease, Queue
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.store.database import Database
from tests.conftest import Clock
from tests.jobs.conftest import Effects, in_threads

KINDS = ["answer"]


def put(queue: Queue, kind: str = "answer", **more: Any) -> str:
    return queue.put(kind, more.pop("payload", {}), owner=more.pop("owner", 1), **more)


def claim(queue: Queue, *kinds: str) -> Lease:
    lease = queue.claim(kinds or KINDS, lease_s=30)
    assert lease is not None
    return lease


def claimed(queue: Queue, *kinds: str) -> list[str]:
    """Claim until nothing is due."""
    ids = []
    while lease := queue.claim(kinds or KINDS, lease_s=30):
        ids.append(lease.job.id)
    return ids


def lose(queue: Queue, clock: Clock) -> Lease:
    """Claim, and let the worker die."""
    lease = claim(queue)
    clock.advance(31)
    return lease


# --- claiming --------------------------------------------------------------------------------------------------------


def test_an_empty_queue_gives_nothing(queue: Queue) -> None:
    assert queue.claim(KINDS, lease_s=30) is None
    assert queue.claim([], lease_s=30) is None


def test_a_claimed_job_carries_what_was_put(queue: Queue, clock: Clock) -> None:
    job_id = put(queue, payload={"question": "왜?", "path": "a\udcff"}, priority=3)
    job = claim(queue).job
    assert job == queue.get(job_id, 1)
    assert (job.id, job.kind, job.state, job.priority, job.attempts, job.retries) == (
        job_id,
        "answer",
        "running",
        3,
        1,
        0,
    )
    assert job.payload == {"question": "왜?", "path": "a\udcff"}
    assert job.created_at == job.updated_at == clock()
    assert "payload" not in job.shown()


def test_the_highest_priority_comes_first_then_the_oldest(queue: Queue) -> None:
    low, first, second, high = (put(queue, priority=priority) for priority in (-1, 0, 0, 5))
    assert claimed(queue) == [high, first, second, low]


def test_only_the_kinds_asked_for_are_claimed(queue: Queue) -> None:
    answer, sync, upload = put(queue, "answer"), put(queue, "sync"), put(queue, "upload")
    assert claimed(queue, "sync", "upload") == [sync, upload]
    assert claimed(queue, "answer") == [answer]


def test_a_claimed_job_is_not_claimed_again_while_its_lease_lasts(queue: Queue, clock: Clock) -> None:
    put(queue)
    claim(queue)
    clock.advance(30)
    assert queue.claim(KINDS, lease_s=30) is None


def test_a_job_whose_worker_died_is_taken_again_and_counted(queue: Queue, clock: Clock) -> None:
    job_id = put(queue)
    lost = lose(queue, clock)
    again = claim(queue)
    assert (again.job.id, again.job.attempts) == (job_id, 2)
    assert again.token != lost.token


def test_a_lease_that_is_renewed_does_not_run_out(queue: Queue, clock: Clock) -> None:
    put(queue)
    lease = claim(queue)
    for _ in range(5):
        clock.advance(20)
        assert queue.renew(lease, lease_s=30) == "go on"
    assert queue.claim(KINDS, lease_s=30) is None


# --- taking turns ----------------------------------------------------------------------------------------------------


def test_a_thousand_jobs_of_one_user_do_not_hold_up_another(queue: Queue, stranger: int) -> None:
    first, second = [put(queue) for _ in range(1000)][:2]
    assert claim(queue).job.id == first
    theirs, later = put(queue, owner=stranger), put(queue, owner=stranger)
    assert [queue.waiting_before(job) for job in (theirs, second, later)] == [0, 1, 2]
    assert [claim(queue).job.id for _ in range(3)] == [theirs, second, later]


def test_whoever_has_the_fewest_running_comes_first(queue: Queue, stranger: int) -> None:
    mine = [put(queue) for _ in range(5)]
    running = [claim(queue) for _ in range(3)]
    theirs = [put(queue, owner=stranger) for _ in range(3)]
    queue.finish(running[0], "done")
    assert claimed(queue) == [*theirs[:2], mine[3], theirs[2], mine[4]]


def test_of_those_with_as_many_running_the_one_served_longest_ago_comes_first(
    queue: Queue, stranger: int, third: int
) -> None:
    for owner in (stranger, 1, third):
        put(queue, owner=owner)
        queue.finish(claim(queue), "done")
    third_job, my_job, their_job = (put(queue, owner=owner) for owner in (third, 1, stranger))
    assert claimed(queue) == [their_job, my_job, third_job]


def test_a_clock_set_back_does_not_change_whose_turn_it_is(queue: Queue, clock: Clock, stranger: int) -> None:
    put(queue)
    queue.finish(claim(queue), "done")
    clock.advance(-3600)
    put(queue, owner=stranger)
    queue.finish(claim(queue), "done")
    put(queue, owner=stranger)
    mine = put(queue)
    assert claim(queue).job.id == mine


def test_priority_goes_before_turns(queue: Queue, stranger: int) -> None:
    urgent = [put(queue, priority=5) for _ in range(3)]
    theirs = put(queue, owner=stranger)
    assert claimed(queue) == [*urgent, theirs]


def test_turns_are_taken_within_the_kinds_that_are_asked_for(queue: Queue, stranger: int) -> None:
    for _ in range(3):
        put(queue, "sync")
        claim(queue, "sync")
    mine, theirs = put(queue), put(queue, owner=stranger)
    assert claimed(queue) == [mine, theirs]


def test_a_user_who_has_as_many_running_as_he_may_waits_for_an_end(queue: Queue, clock: Clock, stranger: int) -> None:
    mine = [put(queue) for _ in range(4)]
    two = [queue.claim(KINDS, lease_s=30, per_owner=2) for _ in range(2)]
    assert [lease and lease.job.id for lease in two] == mine[:2]
    assert queue.claim(KINDS, lease_s=30, per_owner=2) is None
    theirs = put(queue, owner=stranger)
    other = queue.claim(KINDS, lease_s=30, per_owner=2)
    assert other and other.job.id == theirs
    assert two[0] and queue.finish(two[0], "done")
    third = queue.claim(KINDS, lease_s=30, per_owner=2)
    assert third and third.job.id == mine[2]
    clock.advance(31)  # all of their workers have died: what is not held does not count
    again = queue.claim(KINDS, lease_s=30, per_owner=2)
    assert again is not None


def test_the_places_shown_are_the_order_of_the_claims(queue: Queue, stranger: int, third: int) -> None:
    dice = random.Random(7)
    users = (1, stranger, third)
    for _ in range(4):
        put(queue, owner=dice.choice(users))
        claim(queue)
    jobs = [put(queue, owner=dice.choice(users), priority=dice.choice((0, 0, 0, 3))) for _ in range(40)]
    shown = sorted(jobs, key=queue.waiting_before)
    assert sorted(map(queue.waiting_before, jobs)) == list(range(40))
    assert claimed(queue) == shown


# --- the token -------------------------------------------------------------------------------------------------------


def test_a_worker_that_wakes_too_late_changes_nothing(queue: Queue, clock: Clock, effects: Effects) -> None:
    job_id = put(queue)
    late = lose(queue, clock)
    present = claim(queue)
    before = queue.get(job_id, 1)
    also = {"also": lambda tx: effects.write(tx, "late")}
    assert queue.renew(late, lease_s=30, progress={"late": 1}) == "lost"
    assert not queue.finish(late, "done", **also)  # type: ignore[arg-type]
    assert not queue.finish(late, "failed", error={"code": "late"})
    assert not queue.retry_later(late, delay_s=0)
    assert not queue.release(late)
    assert queue.get(job_id, 1) == before
    assert queue.finish(present, "done")
    assert effects.read() == []


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_job_ends_once(queue: Queue, effects: Effects, state: Any) -> None:
    job_id = put(queue)
    lease = claim(queue)
    error = {"code": "model_failed", "message": "끝", "hint": ""} if state == "failed" else None
    assert queue.finish(lease, state, error=error, also=lambda tx: effects.write(tx, "first"))
    assert not queue.finish(lease, "done", also=lambda tx: effects.write(tx, "second"))
    assert queue.renew(lease, lease_s=30) == "lost"
    job = queue.get(job_id, 1)
    assert (job.state, job.error) == (state, error)
    assert effects.read() == ["first"]
    assert queue.claim(KINDS, lease_s=30) is None


def test_a_lease_that_ran_out_still_counts_while_nobody_else_has_the_job(queue: Queue, clock: Clock) -> None:
    job_id = put(queue)
    slow = lose(queue, clock)
    assert queue.finish(slow, "done")
    assert queue.get(job_id, 1).state == "done"


# --- renewing --------------------------------------------------------------------------------------------------------


def test_a_renewal_tells_of_a_cancel_and_keeps_the_lease(queue: Queue) -> None:
    job_id = put(queue)
    lease = claim(queue)
    assert queue.cancel(job_id, 1).state == "running"
    assert queue.renew(lease, lease_s=30) == "cancel"
    assert queue.finish(lease, "cancelled")


def test_a_renewal_writes_progress_and_keeps_what_it_is_not_told(queue: Queue) -> None:
    job_id = put(queue)
    lease = claim(queue)
    queue.renew(lease, lease_s=30, progress={"done": 3, "total": 9})
    assert queue.get(job_id, 1).progress == {"done": 3, "total": 9}
    queue.renew(lease, lease_s=30)
    assert queue.get(job_id, 1).progress == {"done": 3, "total": 9}


def test_headway_forgets_the_claims_that_were_lost_before(queue: Queue, clock: Clock) -> None:
    put(queue)
    for _ in range(MAX_ATTEMPTS + 2):
        lease = claim(queue)
        assert queue.renew(lease, lease_s=30, headway=True) == "go on"
        clock.advance(31)
        assert queue.bury() == []
    assert claim(queue).job.attempts == 2


# --- one of a key ----------------------------------------------------------------------------------------------------


def test_a_twin_that_waits_is_returned_instead(queue: Queue, effects: Effects) -> None:
    first = put(queue, dedupe_key="a", payload={"n": 1})
    again = put(queue, dedupe_key="a", payload={"n": 2}, also=lambda tx, _: effects.write(tx, "again"))
    assert again == first
    assert effects.read() == []
    assert queue.get(first, 1).payload == {"n": 1}


def test_only_the_same_owner_kind_and_key_make_a_twin(queue: Queue, stranger: int) -> None:
    jobs = {
        put(queue, dedupe_key="a"),
        put(queue, dedupe_key="b"),
        put(queue, "sync", dedupe_key="a"),
        put(queue, dedupe_key="a", owner=stranger),
        put(queue),
        put(queue),
    }
    assert len(jobs) == 6


def test_while_a_twin_runs_the_next_one_waits_for_its_end(queue: Queue) -> None:
    put(queue, dedupe_key="a")
    running = claim(queue)
    follower = put(queue, dedupe_key="a", priority=9)
    other = put(queue, dedupe_key="b")
    assert follower != running.job.id
    assert put(queue, dedupe_key="a") == follower
    assert claimed(queue) == [other]
    queue.finish(running, "done")
    assert claimed(queue) == [follower]


def test_a_follower_does_not_wait_for_a_twin_whose_worker_died(queue: Queue, clock: Clock) -> None:
    first = put(queue, dedupe_key="a")
    lose(queue, clock)
    follower = put(queue, dedupe_key="a", priority=9)
    lease = claim(queue)
    assert lease.job.id == follower
    assert queue.claim(KINDS, lease_s=30) is None
    queue.finish(lease, "done")
    assert claimed(queue) == [first]


@pytest.mark.parametrize("put_back", ["retry_later", "release", "expire_leases"])
def test_a_job_put_back_beside_its_follower_gives_up_its_key(queue: Queue, clock: Clock, put_back: str) -> None:
    first = put(queue, dedupe_key="a")
    lease = claim(queue)
    follower = put(queue, dedupe_key="a")
    if put_back == "retry_later":
        assert queue.retry_later(lease, delay_s=0)
    elif put_back == "release":
        assert queue.release(lease)
    else:
        assert queue.expire_leases() == 1
    assert {queue.get(first, 1).state, queue.get(follower, 1).state} == {"queued"}
    assert put(queue, dedupe_key="a") == follower
    assert sorted(claimed(queue)) == sorted([first, follower])


def test_a_job_put_back_alone_keeps_its_key(queue: Queue) -> None:
    first = put(queue, dedupe_key="a")
    queue.release(claim(queue))
    assert put(queue, dedupe_key="a") == first


def test_two_lost_twins_can_both_be_expired(queue: Queue, clock: Clock) -> None:
    put(queue, dedupe_key="a")
    lose(queue, clock)
    put(queue, dedupe_key="a", priority=9)
    claim(queue)
    assert queue.expire_leases() == 2
    assert len(queue.jobs(1, state="queued")) == 2


def test_an_ended_job_has_no_twin(queue: Queue) -> None:
    first = put(queue, dedupe_key="a")
    queue.finish(claim(queue), "done")
    assert put(queue, dedupe_key="a") != first


# --- putting back ----------------------------------------------------------------------------------------------------


def test_a_job_that_is_tried_later_is_due_after_the_delay_and_not_before(queue: Queue, clock: Clock) -> None:
    job_id = put(queue)
    error = {"code": "model_unreachable", "message": "no answer", "hint": "start it"}
    assert queue.retry_later(claim(queue), delay_s=10, error=error)
    job = queue.get(job_id, 1)
    assert (job.state, job.attempts, job.retries, job.error) == ("queued", 0, 1, error)
    clock.advance(9.9)
    assert queue.claim(KINDS, lease_s=30) is None
    clock.advance(0.2)
    assert (claim(queue).job.attempts, queue.get(job_id, 1).retries) == (1, 1)


def test_a_job_that_is_released_is_as_if_it_had_not_been_claimed(queue: Queue) -> None:
    job_id = put(queue)
    assert queue.release(claim(queue))
    job = queue.get(job_id, 1)
    assert (job.state, job.attempts, job.retries) == ("queued", 0, 0)
    assert claim(queue).job.id == job_id


def test_a_start_takes_up_what_was_running_at_once(queue: Queue, clock: Clock) -> None:
    job_id, waiting = put(queue), put(queue)
    claim(queue)
    assert queue.expire_leases() == 1
    assert (queue.get(job_id, 1).state, queue.get(job_id, 1).attempts) == ("queued", 1)
    assert claimed(queue) == [job_id, waiting]
    assert queue.get(job_id, 1).attempts == 2


def test_a_clock_set_back_does_not_delay_what_was_running(queue: Queue, clock: Clock) -> None:
    put(queue)
    claim(queue)
    clock.advance(-3600)
    queue.expire_leases()
    assert claim(queue)


def test_a_clock_set_back_does_not_delay_what_waits(queue: Queue, clock: Clock) -> None:
    put(queue)
    retried = put(queue)
    assert claim(queue).job.id != retried
    queue.retry_later(claim(queue), delay_s=5)
    waiting = put(queue)
    clock.advance(-3600)
    assert claimed(queue) == [retried, waiting]


def test_a_clock_set_forward_takes_no_job_from_its_worker(db: Database) -> None:
    clock, steady = Clock(), Clock()
    queue = SqliteQueue(db, clock=clock, steady=steady)
    put(queue, dedupe_key="a")
    lease = claim(queue)
    put(queue, dedupe_key="a")
    for _ in range(2 * MAX_ATTEMPTS):
        clock.advance(3600)  # as after a machine's sleep: the heartbeat comes a moment later
        assert queue.claim(KINDS, lease_s=30) is None
        assert queue.bury() == []
    assert queue.renew(lease, lease_s=30) == "go on"
    clock.advance(3600)
    steady.advance(31)
    assert claim(queue).job.attempts == 2, "a worker that hangs still loses it"
    assert not queue.finish(lease, "done")


# --- cancelling and running again ------------------------------------------------------------------------------------


def test_a_waiting_job_is_cancelled_at_once(queue: Queue) -> None:
    job_id = put(queue)
    assert queue.cancel(job_id, 1).state == "cancelled"
    assert queue.claim(KINDS, lease_s=30) is None


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_cancelling_an_ended_job_leaves_its_state(queue: Queue, state: Any) -> None:
    job_id = put(queue)
    queue.finish(claim(queue), state)
    assert queue.cancel(job_id, 1).state == state


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_an_ended_job_can_be_run_again_as_new(queue: Queue, state: Any) -> None:
    job_id = put(queue, dedupe_key="a")
    queue.finish(claim(queue), state, error={"code": "x", "message": "", "hint": ""})
    twin = put(queue, dedupe_key="a")
    job = queue.retry(job_id, 1)
    assert (job.id, job.state, job.attempts, job.retries, job.error) == (job_id, "queued", 0, 0, None)
    assert sorted(claimed(queue)) == sorted([job_id, twin])


def test_a_job_that_was_cancelled_is_not_cancelled_when_it_runs_again(queue: Queue) -> None:
    job_id = put(queue)
    queue.cancel(job_id, 1)
    queue.retry(job_id, 1)
    assert queue.renew(claim(queue), lease_s=30) == "go on"


def test_only_an_ended_job_can_be_run_again(queue: Queue) -> None:
    job_id = put(queue)
    with pytest.raises(Conflict, match="queued"):
        queue.retry(job_id, 1)
    lease = claim(queue)
    with pytest.raises(Conflict, match="running"):
        queue.retry(job_id, 1)
    queue.finish(lease, "done")
    with pytest.raises(Conflict, match="done"):
        queue.retry(job_id, 1)


@pytest.mark.parametrize("job_id", ["999999", "", "x", "-1", "1.0", "٣", "9" * 30, "1; DROP TABLE job"])
def test_a_job_that_is_not_there_is_not_found(queue: Queue, job_id: str) -> None:
    for look in (queue.get, queue.cancel, queue.retry):
        with pytest.raises(NotFound):
            look(job_id, 1)
    assert queue.waiting_before(job_id) == 0


def test_another_owners_job_is_not_found_and_not_touched(queue: Queue, stranger: int) -> None:
    job_id = put(queue)
    for look in (queue.get, queue.cancel, queue.retry):
        with pytest.raises(NotFound):
            look(job_id, stranger)
    assert queue.jobs(stranger) == []
    assert queue.count_queued(stranger, "answer") == 0
    assert queue.get(job_id, 1).state == "queued"


# --- killers ---------------------------------------------------------------------------------------------------------


def test_a_job_that_lost_three_workers_is_dead_and_can_be_run_again(queue: Queue, clock: Clock) -> None:
    job_id, other = put(queue), put(queue)
    for _ in range(MAX_ATTEMPTS):
        assert queue.bury() == []
        assert lose(queue, clock).job.id == job_id
    assert claim(queue).job.id == other
    (dead,) = queue.bury()
    assert (dead.id, dead.state) == (job_id, "dead")
    assert dead.error is not None and dead.error["code"] == "job_dead" and job_id in dead.error["hint"]
    assert queue.bury() == []
    assert queue.get(job_id, 1) == dead
    assert queue.retry(job_id, 1).attempts == 0
    assert claim(queue).job.id == job_id


def test_a_job_whose_process_ended_three_times_is_dead(queue: Queue) -> None:
    put(queue)
    for _ in range(MAX_ATTEMPTS):
        claim(queue)
        queue.expire_leases()
    assert queue.claim(KINDS, lease_s=30) is None
    assert [job.state for job in queue.bury()] == ["dead"]


def test_the_third_attempt_is_not_buried_while_it_runs(queue: Queue, clock: Clock) -> None:
    put(queue)
    for _ in range(MAX_ATTEMPTS - 1):
        lose(queue, clock)
    last = claim(queue)
    assert queue.bury() == []
    assert queue.finish(last, "done")


def test_orderly_stops_never_make_a_job_dead(queue: Queue) -> None:
    put(queue)
    for _ in range(MAX_ATTEMPTS * 3):
        queue.release(claim(queue))
    assert queue.bury() == []


# --- rows that belong to a job ---------------------------------------------------------------------------------------


def test_a_job_and_its_rows_are_put_together_or_not_at_all(queue: Queue, effects: Effects) -> None:
    job_id = put(queue, also=lambda tx, job: effects.write(tx, f"for {job}"))
    assert effects.read() == [f"for {job_id}"]

    def breaks(tx: Any, _: str) -> None:
        effects.write(tx, "half")
        raise KeyError("no")

    with pytest.raises(KeyError):
        put(queue, also=breaks)
    assert effects.read() == [f"for {job_id}"]
    assert [job.id for job in queue.jobs(1)] == [job_id]


def test_a_job_and_its_rows_end_together_or_not_at_all(queue: Queue, effects: Effects) -> None:
    job_id = put(queue)
    lease = claim(queue)

    def breaks(tx: Any) -> None:
        effects.write(tx, "half")
        raise KeyError("no")

    with pytest.raises(KeyError):
        queue.finish(lease, "done", also=breaks)
    assert (queue.get(job_id, 1).state, effects.read()) == ("running", [])
    assert queue.finish(lease, "done", also=lambda tx: effects.write(tx, "whole"))
    assert (queue.get(job_id, 1).state, effects.read()) == ("done", ["whole"])


def test_many_jobs_and_two_workers_do_each_exactly_once(queue: Queue, effects: Effects) -> None:
    total = 500
    ids: list[str] = []
    in_threads(5, lambda: ids.extend(put(queue) for _ in range(total // 5)))

    def work() -> None:
        while lease := queue.claim(KINDS, lease_s=30):
            job_id = lease.job.id
            assert queue.finish(lease, "done", also=lambda tx, job_id=job_id: effects.write(tx, job_id))  # type: ignore[misc]

    in_threads(2, work)
    assert Counter(effects.read()) == Counter(ids)
    assert len(ids) == total and queue.count_queued(1, "answer") == 0


# --- looking ---------------------------------------------------------------------------------------------------------


def test_jobs_are_listed_newest_first_page_by_page(queue: Queue) -> None:
    ids = [put(queue) for _ in range(7)]
    pages: list[list[Job]] = [queue.jobs(1, limit=3)]
    while len(pages[-1]) == 3:
        pages.append(queue.jobs(1, after=pages[-1][-1].id, limit=3))
    assert [job.id for page in pages for job in page] == ids[::-1]
    queue.cancel(ids[2], 1)
    assert [job.id for job in queue.jobs(1, state="cancelled")] == [ids[2]]
    assert queue.jobs(1, state="no such state") == []


def test_a_cursor_that_was_never_given_is_refused(queue: Queue) -> None:
    with pytest.raises(BadInput) as error:
        queue.jobs(1, after="later")
    assert error.value.field == "cursor"


def test_the_place_in_the_queue_counts_those_that_come_before(queue: Queue) -> None:
    first, second, urgent = put(queue), put(queue), put(queue, priority=5)
    put(queue, "sync", priority=9)
    assert [queue.waiting_before(job) for job in (urgent, first, second)] == [0, 1, 2]
    assert queue.count_queued(1, "answer") == 3
    claim(queue)
    assert [queue.waiting_before(job) for job in (urgent, first, second)] == [0, 0, 1]


def test_jobs_that_ended_well_long_ago_are_forgotten(queue: Queue, clock: Clock) -> None:
    kept = queue.put("answer", {}, owner=1)
    done, failed, waiting = (queue.put("sync", {}, owner=1) for _ in range(3))
    for job, state in ((kept, "done"), (done, "done"), (failed, "failed")):
        lease = queue.claim(["answer"] if job == kept else ["sync"], lease_s=30)
        assert lease is not None and lease.job.id == job
        queue.finish(lease, state)  # type: ignore[arg-type]
    clock.advance(100)
    assert queue.forget(ended_before=clock() - 200, but=["answer"]) == 0
    assert queue.forget(ended_before=clock(), but=["answer"]) == 1
    assert [job.id for job in queue.jobs(1)] == [waiting, failed, kept]
