"""Who waits, and what each user has already -> the order in which the queue will take them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple


class Waiting(NamedTuple):
    """A waiting job. Of its owner: how many jobs run, and the number of the claim that served him last (0: none)."""

    id: int
    owner: int
    priority: int
    running: int
    served: int


def in_turn(waiting: Iterable[Waiting]) -> Iterator[int]:
    """The ids in the order of the claims to come, as if no job ended meanwhile. Pure.

    The rule is `Queue.claim`'s: within a priority whoever has the fewest running, then whoever was served longest ago; of
    his jobs the oldest.
    """
    queues: dict[int, deque[Waiting]] = {}
    for job in sorted(waiting, key=lambda job: (-job.priority, job.id)):
        queues.setdefault(job.owner, deque()).append(job)
    has = {owner: (jobs[0].running, jobs[0].served) for owner, jobs in queues.items()}
    claims = count(max((served for _, served in has.values()), default=0) + 1)
    while queues:
        owner = min(queues, key=lambda owner: (-queues[owner][0].priority, *has[owner], queues[owner][0].id))
        yield queues[owner].popleft().id
        has[owner] = (has[owner][0] + 1, next(claims))
        if not queues[owner]:
            del queues[owner]
