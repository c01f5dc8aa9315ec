"""A small pool of child processes that run named functions and stream their results back.

A child that crashes, hangs or grows past its memory is ended and replaced; its caller learns which call it was.
Children start at their first call and end when they have been idle for a while: an idle server keeps none.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ibidem.errors import ChildFailed

PIPE_BYTES = 1 << 20  # a child may run so far ahead of its reader
MESSAGE_BYTES = 64 << 20  # a longer result line is a fault
IDLE_S = 30.0


# glibc: one arena, and freed memory goes back to the system; others ignore it
_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}


class _Child:
    def __init__(self, memory_bytes: int, niceness: int) -> None:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", **_MALLOC}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ibidem.ingest.child", str(memory_bytes), str(niceness)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            process_group=0,  # Ctrl-C is for the parent; a session of its own would void the niceness (autogroup)
        )
        assert self.process.stdin is not None  # noqa: S101 - a pipe, as asked for
        assert self.process.stdout is not None  # noqa: S101
        self.requests, self.results = self.process.stdin, self.process.stdout
        with suppress(OSError, AttributeError):
            fcntl.fcntl(self.results, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(self.results.fileno(), False)
        self.idle_since = time.monotonic()
        self._unread = b""

    def send(self, request: dict[str, Any]) -> None:
        self.requests.write(json.dumps(request, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        self.requests.flush()

    def receive(self, timeout_s: float) -> Any:
        """The next result. Raises ChildFailed when the child is silent for `timeout_s` or gone."""
        parts = [self._unread]
        size = len(self._unread)
        while b"\n" not in parts[-1]:
            ready, _, _ = select.select([self.results], [], [], timeout_s)
            if not ready:
                raise ChildFailed(f"no result within {timeout_s:g} s", lost=True)
            data = os.read(self.results.fileno(), PIPE_BYTES)
            size += len(data)
            if not data or size > MESSAGE_BYTES:
                raise ChildFailed("a result without end" if data else self._why_gone(), lost=True)
            parts.append(data)
        line, _, self._unread = b"".join(parts).partition(b"\n")
        return json.loads(line)

    def _why_gone(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        code = self.process.returncode
        if code is not None and code < 0:
            return f"ended by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def end(self) -> None:
        with suppress(OSError):
            self.requests.close()
        self.process.kill()
        self.process.wait()
        self.results.close()


class Children:
    """At most `count` children. `call` may be used from many threads; it waits for a free child."""

    def __init__(self, count: int, *, memory_bytes: int, timeout_s: float, niceness: int = 10) -> None:
        self._memory_bytes = memory_bytes
        self._niceness = niceness
        self._timeout_s = timeout_s
        self._slots = threading.Semaphore(count)
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._guard = threading.Lock()
        self._closed = False

    def call(self, function: str, payload: dict[str, Any]) -> Iterator[Any]:
        """Run `package.module:function` on `payload` in a child and yield what it yields.

        Raises ChildFailed. Closing the iterator early ends the child: its remaining results are not wanted.
        """
        with self._slots:
            child = self._take()
            finished = False
            try:
                child.send({"call": function, "payload": payload})
                while True:
                    value = child.receive(self._timeout_s)
                    if isinstance(value, dict) and ("end" in value or "error" in value):
                        finished = True
                        if "error" in value:
                            raise ChildFailed(value["error"], lost=False)
                        return
                    yield value
            except (BrokenPipeError, ValueError) as error:  # ValueError: a line that is no JSON
                raise ChildFailed(f"the child broke off: {error}", lost=True) from error
            finally:
                self._give_back(child, usable=finished)

    def _take(self) -> _Child:
        with self._guard:
            if self._closed:
                raise ChildFailed("the program stops", lost=True)
            while self._idle:
                child = self._idle.pop()
                if child.process.poll() is None:
                    return child
                self._all.discard(child)
                child.end()
            child = _Child(self._memory_bytes, self._niceness)
            self._all.add(child)
            return child

    def _give_back(self, child: _Child, *, usable: bool) -> None:
        with self._guard:
            if usable and not self._closed:
                child.idle_since = time.monotonic()
                self._idle.append(child)
                return
            self._all.discard(child)
        child.end()

    def end_idle(self, *, idle_s: float = IDLE_S) -> None:
        """End the children that have had nothing to do for `idle_s`."""
        with self._guard:
            old = [child for child in self._idle if time.monotonic() - child.idle_since >= idle_s]
            self._idle = [child for child in self._idle if child not in old]
            self._all.difference_update(old)
        for child in old:
            child.end()

    def refuse_new(self, *, after_s: float) -> None:
        """Calls under way may go on for `after_s`, then `close`; new ones fail at once."""
        with self._guard:
            self._closed = True
        timer = threading.Timer(after_s, self.close)
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """End every child; calls that are under way fail."""
        with self._guard:
            self._closed = True
            children, self._idle = list(self._all), []
            self._all.clear()
        for child in children:
            child.process.kill()
            child.process.wait()
