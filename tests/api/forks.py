"""Commands without the 0.4 s of imports: a process that has everything loaded forks one for each command.

    python -m tests.api.forks       reads {"arguments", "environment", "out", "err", "read"} a line, answers {"code"} a line

What runs in the fork is `ibidem.cli.main.main`, with arguments, environment, output and exit code of its own.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any


class Forks:
    """One at a time; may be called from many threads."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._one = threading.Lock()

    def run(
        self, arguments: list[str], environment: dict[str, str], out: Path, err: Path, *, read: Path = Path(os.devnull)
    ) -> int:
        """The exit code; what was said is in the two files, what is read from standard input in `read`."""
        files = {"out": str(out), "err": str(err), "read": str(read)}
        request = {"arguments": arguments, "environment": environment, **files}
        assert self._process.stdin and self._process.stdout
        with self._one:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        code: int = answer["code"]
        return code


LOADED = (
    "ibidem.api.server ibidem.app ibidem.models.quotes ibidem.cli.add ibidem.cli.ask ibidem.cli.engine ibidem.cli.evaluate"
    " ibidem.cli.index ibidem.cli.jobs ibidem.cli.search ibidem.cli.serve ibidem.cli.status rich.progress rich.panel httpx"
)


def main() -> None:
    for module in LOADED.split():
        importlib.import_module(module)
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _be_the_command(request)
        _, status_ = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status_)}), flush=True)


def _be_the_command(request: dict[str, Any]) -> None:
    from ibidem.cli.main import main

    for number, path in ((1, request["out"]), (2, request["err"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(request["read"], os.O_RDONLY), 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  the one there is belongs to the loop that forks
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["ibidem", *request["arguments"]]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # waits for threads and runs what was registered, as the interpreter's own end does;
    atexit._run_exitfuncs()  # what is left of that takes 0.3 s of taking a hundred modules apart
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
