"""The watcher of one engine: it ends the engine when its own standard input closes, however the server came to its end.

    python -m ibidem.models.watch NICENESS COMMAND...

A parent-death signal would follow the *thread* that started the engine, and a server starts engines from short-lived
threads; a pipe follows the process. Here one thread lives as long as the process, so the signal is a second belt.
Ends with the engine's exit status, 128 + its number for a signal.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def watch(command: list[str], niceness: int) -> None:
    """Run the command until it ends or standard input does."""
    os.nice(niceness)
    engine = subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0, preexec_fn=_die_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: _end(engine))
    threading.Thread(target=_end_with_engine, args=(engine,), daemon=True).start()
    while os.read(0, 4096):
        pass
    _end(engine)


def _end(engine: subprocess.Popen[bytes]) -> None:
    """The engine and what it has started. It holds nothing that would have to be saved."""
    with suppress(ProcessLookupError):
        os.killpg(engine.pid, signal.SIGKILL)
    os._exit(0)


def _end_with_engine(engine: subprocess.Popen[bytes]) -> None:
    status = engine.wait()
    os._exit(status if status >= 0 else 128 - status)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    watch(sys.argv[2:], int(sys.argv[1]))
