"""`ibidem mcp`: an assistant on standard input and output, served by the running server, or by one that is started for it.

Messages go on to the server's /mcp as they are, so that this process stays small and starts at once.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ibidem.cli.main import DataDirOption, app, settings
from ibidem.errors import StoreError
from ibidem.settings import Settings
from ibidem.store.datadir import DataDir, ServerInfo

if TYPE_CHECKING:
    import httpx  # 130 ms

START_WAIT_S = 60.0
STOP_WAIT_S = 15.0
LAST_ANSWERS_S = 30.0  # for what was asked before standard input ended
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"  # in a message of the protocol's era without handshake
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}  # what `Mcp-Name` repeats
PARSE_ERROR, INVALID_REQUEST, INTERNAL_ERROR = -32700, -32600, -32603  # JSON-RPC's own
_PRINTABLE = re.compile(r"(?! )[\x20-\x7e]*(?<! )")

Message = dict[str, Any]


@app.command()
def mcp(data_dir: DataDirOption = None) -> None:
    """Serve an assistant over standard input and output (MCP); starts a server when none runs."""
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(Bridge(settings(data_dir)).run())


class Bridge:
    """Standard input to the server and back. A server that was started for it ends with it."""

    def __init__(self, loaded: Settings) -> None:
        self._settings = loaded
        self._data = DataDir(loaded.data_dir)
        self._own: subprocess.Popen[bytes] | None = None
        self._finding = asyncio.Lock()
        self._version = ""  # of the protocol, once a handshake has settled it
        self._asked: dict[Any, asyncio.Task[None]] = {}  # by the id of the request

    async def run(self) -> None:
        """Until standard input ends."""
        import httpx

        me = asyncio.current_task()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: me and me.cancel())
        incoming = lines_of_stdin()
        try:
            async with httpx.AsyncClient(timeout=None, trust_env=False) as http, asyncio.TaskGroup() as tasks:  # noqa: S113 - an answer takes its time
                while (line := await incoming.get()) is not None:
                    if line.strip():
                        self._take(line, http, tasks)
                if self._asked:
                    await asyncio.wait(self._asked.values(), timeout=LAST_ANSWERS_S)
                for task in self._asked.values():
                    task.cancel()
        finally:
            self._stop_own()

    def _take(self, line: bytes, http: httpx.AsyncClient, tasks: asyncio.TaskGroup) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            write(failure(None, PARSE_ERROR, "that is no JSON"))
            return
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            write(failure(None, INVALID_REQUEST, "that is neither a request nor a notification"))
            return
        if message["method"] == "notifications/cancelled":
            asked = self._asked.get((message.get("params") or {}).get("requestId"))
            if asked:
                asked.cancel()  # who leaves stops the answer
            return
        task = tasks.create_task(self._pass_on(message, http))
        if (number := message.get("id")) is not None:
            self._asked[number] = task
            task.add_done_callback(lambda _: self._asked.pop(number, None))

    async def _pass_on(self, message: Message, http: httpx.AsyncClient) -> None:
        import httpx

        number = message.get("id")
        try:
            try:
                answer = await self._send(message, http)
            except httpx.ConnectError:  # it has ended meanwhile, with another assistant's program perhaps
                answer = await self._send(message, http)
        except (httpx.HTTPError, StoreError) as error:
            told = error.message if isinstance(error, StoreError) else f"the server broke off: {error}"
            answer = failure(number, INTERNAL_ERROR, told)
        if number is None or answer is None:
            return
        if message["method"] == "initialize":
            self._version = (answer.get("result") or {}).get("protocolVersion", "")
        write(answer)

    async def _send(self, message: Message, http: httpx.AsyncClient) -> Message | None:
        """The server's answer; None for a notification, which has none."""
        async with self._finding:  # one of many requests starts the server
            server = await self._server()
        headers = {**headers_of(message, self._version), "Authorization": f"Bearer {self._data.secret()}"}
        response = await http.post(f"{server.address}/mcp", content=json.dumps(message).encode(), headers=headers)
        if response.status_code == 202:
            return None
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if isinstance(answer, dict) and "jsonrpc" in answer:
            return answer
        told = answer.get("error", {}).get("message") if isinstance(answer, dict) else None
        return failure(message.get("id"), INTERNAL_ERROR, told or f"the server answered {response.status_code}")

    async def _server(self) -> ServerInfo:
        """The running one, or a new one. Raises StoreError."""
        until = time.monotonic() + START_WAIT_S
        while (server := self._data.server()) is None:
            if self._own is None or self._own.poll() is not None:
                if self._own is not None and not self._data_is_held():
                    raise StoreError("the server ended while it started; `ibidem serve` says why")
                self._own = self._start()
            if time.monotonic() > until:
                raise StoreError(f"no server within {START_WAIT_S:g} s; `ibidem serve` says why")
            await asyncio.sleep(0.05)
        return server

    def _data_is_held(self) -> bool:
        """Whether another process was quicker to take the data directory: it may be about to serve."""
        try:
            self._data.must_be_free()
        except StoreError:
            return True
        return False

    def _start(self) -> subprocess.Popen[bytes]:
        run = [sys.executable, "-m", "ibidem", "serve", "--port", str(free_port(self._settings))]
        return subprocess.Popen(
            [*run, "--data-dir", str(self._settings.data_dir)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for this process, which ends it in order
        )

    def _stop_own(self) -> None:
        if self._own is not None and self._own.poll() is None:
            self._own.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._own.wait(STOP_WAIT_S)


def lines_of_stdin() -> asyncio.Queue[bytes | None]:
    """Lines as they come, then None. By a thread: a loop cannot wait for files and devices."""
    loop, incoming = asyncio.get_running_loop(), asyncio.Queue[bytes | None]()

    def read() -> None:
        pending = b""
        with suppress(RuntimeError):  # the loop has ended meanwhile
            while part := os.read(0, 1 << 16):
                *whole, pending = (pending + part).split(b"\n")
                for line in whole:
                    loop.call_soon_threadsafe(incoming.put_nowait, line)
            for last in (pending, None):
                loop.call_soon_threadsafe(incoming.put_nowait, last)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    return incoming


def headers_of(message: Message, version: str) -> dict[str, str]:
    """The protocol's headers: a message of the era without handshake repeats its version, method and name there."""
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    params = message.get("params") if isinstance(message.get("params"), dict) else {}
    told = (params.get("_meta") or {}).get(VERSION_KEY) if params else None
    if not told:
        return headers | ({"MCP-Protocol-Version": version} if version else {})
    method = message["method"]
    headers |= {"MCP-Protocol-Version": str(told), "Mcp-Method": method}
    if params and isinstance(name := params.get(NAMED_BY.get(method, "")), str):
        headers["Mcp-Name"] = header_value(name)
    return headers


def header_value(text: str) -> str:
    """As it is where a header can hold it, else as the protocol encodes it."""
    if _PRINTABLE.fullmatch(text) and not text.startswith("=?base64?"):
        return text
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def failure(number: Any, code: int, message: str) -> Message:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


def write(message: Message) -> None:
    """One line; there is nothing else on standard output."""
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(json.dumps(message, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()


def free_port(loaded: Settings) -> int:
    """The one of the settings, or another if that is taken."""
    import socket

    for port in (loaded.serve.port, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((loaded.serve.host, port))
            return int(probe.getsockname()[1])
    return loaded.serve.port
