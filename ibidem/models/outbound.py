"""Every socket that this process connects -> counts by address; in offline mode none goes beyond this machine.

Both by an audit hook of Python, which sees what any library does, and cannot be taken away again.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_CONNECTING = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOKED_UP = "socket.getaddrinfo"
LOOKUP_S = 10.0  # a connection on the same port so soon after the look-up of a name is taken to be to that name


@dataclass(slots=True)
class Contact:
    """A host as it was asked for, by name where one was looked up. Times are seconds since 1970, UTC.

    `connections` are those that were tried, whether anybody answered or not; `refused` what offline mode forbade.
    """

    host: str
    port: int
    connections: int = 0
    refused: int = 0
    last_at: float = 0.0


class Outbound:
    """Of one process. Without `watch` it sees nothing."""

    def __init__(self, *, offline: bool = False, clock: Callable[[], float] = time.time) -> None:
        self.offline = offline
        self._clock = clock
        self._contacts: dict[tuple[str, int], Contact] = {}
        self._guard = threading.Lock()
        self._named: dict[int, tuple[str, float]] = {}  # by port: the name looked up last, and when
        self._own = threading.local()  # the same, of this thread

    def watch(self) -> None:
        """From now on, until the process ends."""
        if self.offline:
            os.environ["NO_PROXY"] = "*"  # a proxy on this machine would carry things out
        sys.addaudithook(self._see)

    def contacts(self) -> list[Contact]:
        """The last first."""
        with self._guard:
            return sorted(self._contacts.values(), key=lambda one: -one.last_at)

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == _LOOKED_UP:
            host = arguments[0]
            self._looked_up(host.decode("ascii", "replace") if isinstance(host, bytes) else host, arguments[1])
        elif event in _CONNECTING and isinstance(arguments[1], tuple):  # text is a socket of this machine
            self._connecting(*arguments[1][:2])

    def _looked_up(self, host: str | None, port: Any) -> None:
        if host is None or not isinstance(port, int):
            return
        if self.offline and not is_here(host):
            self._count(host, port, refused=True)
        self._named[port] = self._own.named = (host, self._clock())
        self._own.port = port

    def _connecting(self, host: str, port: int) -> None:
        """In the thread that looked the name up, or, for code on a loop, soon after another thread did."""
        own = getattr(self._own, "port", None) == port
        name, at = self._own.named if own else self._named.get(port, ("", 0.0))
        asked = name if self._clock() - at < LOOKUP_S else host
        self._count(asked, port, refused=self.offline and not is_here(host))

    def _count(self, host: str, port: int, *, refused: bool) -> None:
        """Raises PermissionError where offline mode forbids it."""
        with self._guard:
            contact = self._contacts.setdefault((host, port), Contact(host, port))
            contact.connections += not refused
            contact.refused += refused
            contact.last_at = self._clock()
        if refused:
            raise PermissionError(errno.EPERM, f"offline mode (`offline` under [models]) forbids {host}:{port}")


def is_here(host: str) -> bool:
    """Whether it is this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
