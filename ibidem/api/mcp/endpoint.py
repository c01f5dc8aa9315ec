"""POST /mcp, Streamable HTTP: the SDK's server behind our guard, loaded by the first request that wants it.

Every request stands alone, in both eras of the protocol: there is no session to keep, and nothing to push, so that GET,
which would wait for pushes, is refused as the protocol allows.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from ibidem.api.dialects.access import client_owner
from ibidem.api.errors import response
from ibidem.app import App
from ibidem.errors import NoCredentials, NotAllowed

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager  # 0.5 s and 56 MB

PATH = "/mcp"
REQUEST: ContextVar[Request] = ContextVar("mcp_request")  # that a tool is called by


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body, as if it came now, and what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


class Endpoint:
    """An ASGI application. Its server lives in a task of its own from the first request until `close`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._starting: asyncio.Task[StreamableHTTPSessionManager] | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def route(self) -> Route:
        return Route(PATH, self, methods=["POST"], include_in_schema=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            await client_owner(request)
        except NotAllowed as error:
            refused = response(error)
            if isinstance(error, NoCredentials):
                refused.headers["WWW-Authenticate"] = "Bearer"
            await refused(scope, receive, send)
            return
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        manager = await asyncio.shield(self._starting)
        REQUEST.set(request)
        # read here: one that breaks off is told as everywhere, and not by the library's traceback
        await manager.handle_request(scope, _replayed(await request.body(), receive), send)

    async def close(self) -> None:
        """End what is being answered."""
        for task in (self._starting, self._running):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _start(self) -> StreamableHTTPSessionManager:
        server = await asyncio.to_thread(self._load)
        ready = asyncio.Event()

        async def run() -> None:
            async with server.run():
                ready.set()
                await asyncio.Event().wait()

        self._running = asyncio.create_task(run())
        await ready.wait()
        return server

    def _load(self) -> StreamableHTTPSessionManager:
        from mcp.server.transport_security import TransportSecuritySettings

        from ibidem.api.mcp.tools import server

        built = server(self._app)
        built.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            json_response=True,
            # Host and Origin are the guard's, which knows by what names this server is reached
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        return built.session_manager
