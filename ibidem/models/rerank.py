"""A question and passages -> how well each answers it: what every reranker is, and a scripted one for tests."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol


class Reranker(Protocol):
    """A model that scores passages for a question."""

    name: str  # `provider:name` as the user writes it

    def rerank(self, question: str, passages: Sequence[str]) -> list[float]:
        """A score for each passage, the higher the better; any scale. Plain and blocking. Raises ModelError."""
        ...

    def close(self) -> None:
        """Give back connections. May be called twice."""
        ...


# Seconds to wait first, scores to give, or an error to raise.
Step = float | Sequence[float] | Exception


class ScriptedReranker:
    """Plays queued steps, a reply ending with its scores; without one, it counts the question's words in each passage."""

    def __init__(
        self, name: str = "words", steps: Iterable[Step] = (), *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = f"scripted:{name}"
        self.asked: list[tuple[str, Sequence[str]]] = []
        self._steps = deque(steps)
        self._sleep = sleep

    def rerank(self, question: str, passages: Sequence[str]) -> list[float]:
        self.asked.append((question, passages))
        while self._steps:
            match self._steps.popleft():
                case Exception() as error:
                    raise error
                case int() | float() as pause_s:
                    self._sleep(pause_s)
                case scores:
                    return list(scores)
        words = question.lower().split()
        return [float(sum(word in passage.lower() for word in words)) for passage in passages]

    def close(self) -> None:
        """Nothing is held."""
