"""The child process in which hostile files are read: requests come on standard input, results go to standard output.

A request is one JSON line `{"call": "package.module:function", "payload": {...}}`; the function yields JSON values, each
sent as a line, and the last line is `{"end": true}` or `{"error": "..."}`. When its standard input closes, it ends.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from contextlib import suppress
from typing import Any


def main() -> None:
    requests, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nothing that prints by mistake may be taken for a result
    for line in requests:
        request = json.loads(line)
        try:
            module, _, name = request["call"].partition(":")
            for value in getattr(importlib.import_module(module), name)(request["payload"]):
                _send(results, value)
            _send(results, {"end": True})
        except BrokenPipeError:
            return
        except MemoryError:
            _send(results, {"error": "out of memory"})
        except Exception as error:  # noqa: BLE001 - carried to the parent, which decides
            _send(results, {"error": f"{type(error).__name__}: {error}"[:500]})


def _send(results: Any, value: Any) -> None:
    data = memoryview(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    while data:
        data = data[results.write(data) :]


def limit(memory_bytes: int, niceness: int) -> None:
    """Bound this process: address space, priority, no core files."""
    import resource

    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        os.nice(niceness)


def without_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: whatever a hostile file talks a parser into, it connects to nothing."""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg"):
        raise PermissionError(f"{event}: a child that reads files connects to nothing")


if __name__ == "__main__":
    sys.addaudithook(without_network)
    limit(memory_bytes=int(sys.argv[1]), niceness=int(sys.argv[2]))
    main()
