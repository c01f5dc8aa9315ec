"""A Korean question -> its morphemes, from a child that holds Kiwi; None while there is no such child."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from ibidem.errors import ChildFailed
from ibidem.index.analyze import is_hangul
from ibidem.ingest.children import Children

log = logging.getLogger(__name__)

WAIT_S = 0.05  # a search waits so long for a child that is there (it takes 1 ms), and never for its start
PAUSE_S = 300.0  # after a failure to load
REMEMBERED = 256  # questions
LONGEST = 4000  # characters of a question that are looked at: 25 ms


class KoreanQuestions:
    """Starts the child at the first Korean question and asks it. All methods may be called from any thread."""

    def __init__(self, child: Children) -> None:
        self.wait_s = WAIT_S
        self._child = child
        self._asker = ThreadPoolExecutor(1, "korean")  # one question after another: the child is one
        self._known: OrderedDict[str, list[str]] = OrderedDict()
        self._guard = threading.Lock()
        self._starting: Future[None] | None = None
        self._paused_until = 0.0

    def morphemes(self, question: str) -> list[str] | None:
        """Empty for a question without Hangul; None where bigrams must do. Waits `wait_s` at most."""
        if not is_hangul(question):
            return []
        question = question[:LONGEST]
        with self._guard:
            if question in self._known:
                self._known.move_to_end(question)
                return self._known[question]
        if not self._child.ready:
            self.start()
            return None
        try:
            return self._asker.submit(self._ask, question).result(self.wait_s)
        except (TimeoutError, ChildFailed, RuntimeError):  # RuntimeError: the program stops
            return None

    def start(self, *, wait: bool = False) -> bool:
        """Load Kiwi in the background, unless that failed a while ago; with `wait`, return when it is there, or not."""
        with self._guard:
            if time.monotonic() < self._paused_until:
                return False
            if self._starting is None or self._starting.done():
                try:
                    self._starting = self._asker.submit(self._load)
                except RuntimeError:  # the program stops
                    return False
            starting = self._starting
        if wait:
            starting.result()
        return self._child.ready

    def _load(self) -> None:
        try:
            self._ask("한국어")
        except ChildFailed as error:
            log.warning("Korean questions are searched by bigrams: %s", error)
            self._paused_until = time.monotonic() + PAUSE_S

    def _ask(self, question: str) -> list[str]:
        found: list[str] = []
        for found in self._child.call("ibidem.index.korean:query", {"question": question}):  # noqa: B007 - there is one
            pass
        with self._guard:
            self._known[question] = found
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found

    def close(self) -> None:
        self._asker.shutdown(wait=False, cancel_futures=True)
