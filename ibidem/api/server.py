"""All routes in one application, and the process that serves it."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from ibidem import __version__
from ibidem.api import (
    answers,
    auth,
    context,
    documents,
    errors,
    fit,
    health,
    jobs,
    keys,
    models,
    outbound,
    page,
    pages,
    readings,
    runs,
    search,
    session_files,
    sessions,
    settings,
    shares,
    status,
    symbols,
    templates,
    users,
    websocket,
    workspaces,
)
from ibidem.api.access import Access
from ibidem.api.dialects import ollama, ollama_discovery, ollama_store, openai, responses, vectors
from ibidem.api.frames import MAX_FRAME_BYTES
from ibidem.api.guard import LOOPBACK_NAMES, Guard, hosts_served, origins_allowed
from ibidem.api.mcp.endpoint import Endpoint
from ibidem.api.pace import PacedProtocol
from ibidem.app import App
from ibidem.errors import BadInput, PortTaken
from ibidem.models.outbound import Outbound
from ibidem.tasks.options import Options, startable

MAX_MESSAGE_BYTES = 2 * MAX_FRAME_BYTES  # over a WebSocket; a longer one ends the connection (1009)
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  all addresses: the loopback one among them
STOP_S = 5  # open streams get so long to end

log = logging.getLogger(__name__)


def create(
    engine: App,
    *,
    port: int,
    host: str = "",
    outbound: Outbound | None = None,
    lifespan: Callable[[FastAPI], object] | None = None,
) -> tuple[ASGIApp, Access]:
    """The guarded application over an engine, and who may use it. `host` is the address that is listened on, `outbound`
    what watches this process.

    Raises BadInput for an origin in the settings that is none.
    """
    serving = engine.settings.serve
    app = application(engine, port, lifespan)
    app.state.outbound = outbound or Outbound()
    guard = Guard(
        app,
        hosts=hosts_served(port, "" if host in WILDCARDS else host, serving.allowed_hosts),
        origins=origins_allowed(serving.allowed_origins),
        max_body_bytes=serving.max_upload_bytes,
    )
    return guard, app.state.access


def application(engine: App, port: int, lifespan: Callable[[FastAPI], object] | None = None) -> FastAPI:
    """Every route over an engine; never served without the guard."""
    app = routes(lifespan)
    check = partial(startable, engines=engine.engines, models_dir=engine.data.models)
    app.state.engine = engine
    app.state.access = Access(engine, port)
    app.state.started_at = time.time()
    app.state.options = Options(lambda: engine.settings, check, engine.adopt_models)
    app.state.mcp = Endpoint(engine)
    app.router.routes.append(app.state.mcp.route)
    return app


def routes(lifespan: Callable[[FastAPI], object] | None = None) -> FastAPI:
    """Every route, over nothing yet: what the schema is made from."""
    app = FastAPI(
        title="Ibidem",
        version=__version__,
        description="Cited answers over your own documents and code. Send the data directory's secret as Bearer.",
        lifespan=lifespan,  # type: ignore[arg-type]
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        strict_content_type=False,
    )
    errors.install(app)
    # The dialects first: their requests come often, and each is compared with the routes in order.
    for dialect in (openai, ollama, ollama_discovery, responses, vectors, ollama_store):
        app.include_router(dialect.router)
    for part in (
        auth,
        users,
        keys,
        shares,
        workspaces,
        documents,
        pages,
        readings,
        search,
        symbols,
        runs,
        session_files,
        sessions,
        templates,
        websocket,
        jobs,
        settings,
        outbound,
        status,
        models,
        fit,
        answers,
        context,
        health,
        page,
    ):
        app.include_router(part.router, responses=errors.ANSWERS)
    return app


def is_loopback(host: str) -> bool:
    return host in LOOPBACK_NAMES or host == "::1"


def bind(host: str, port: int, *, sign_in: str = "local", has_password: bool = False) -> socket.socket:
    """The listening socket, taken before anything else is started. Raises BadInput, PortTaken.

    Beyond loopback it wants passwords: the mode (`sign_in`), and somebody who has one.
    """
    if not is_loopback(host) and not (sign_in == "password" and has_password):
        steps = [
            *(['set `sign_in = "password"` under [serve] in ibidem.toml'] if sign_in != "password" else []),
            *(["make a user with `ibidem user add NAME`"] if not has_password else []),
        ]
        raise BadInput(
            f"listening on {host!r} would open your documents to the network",
            hint=f"use 127.0.0.1; or {', and '.join(steps)}",
            field="host",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # named, because asyncio sends small answers at once (TCP_NODELAY) only on sockets that say that they are TCP
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"port {port} on {host} is taken", hint="stop the other program, or choose another --port"
            ) from None
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}", hint="choose another --port") from error
    return listener


async def serve(
    engine: App, listener: socket.socket, *, outbound: Outbound, ready: Callable[[str, Access], None]
) -> bool:
    """Serve until a signal, or until an admin has it started again: then True. `ready(address, access)` is called once
    requests are answered."""
    host, port = listener.getsockname()[:2]
    near = WILDCARDS.get(host, host)  # where this machine's own programs find it
    address = f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with engine.running():
            engine.data.announce(address)
            app.state.restart = server.restart
            ready(address, access)  # the socket listens already: requests wait for the moment that is left
            try:
                yield
            finally:
                engine.data.retire()
                await app.state.mcp.close()

    app, access = create(engine, port=port, host=host, outbound=outbound, lifespan=lifespan)
    config = uvicorn.Config(
        app,
        http=PacedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=STOP_S,
        timeout_keep_alive=30,
        proxy_headers=bool(engine.settings.serve.trusted_proxies),
        forwarded_allow_ips=engine.settings.serve.trusted_proxies.replace(",", " ").split(),
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # costs more than it saves where most clients are on this machine
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_denial)
    server = _Server(config, asyncio.get_running_loop(), engine.begin_stop)
    await server.serve(sockets=[listener])
    return server.again


def _is_no_denial(record: logging.LogRecord) -> bool:
    """A handshake that is answered with a status, as ours are, is no error; uvicorn takes it for one."""
    return record.getMessage() != "ASGI callable returned without completing handshake."


class _Server(uvicorn.Server):
    """Tells the engine of a signal at once: open streams would otherwise hold the server until their timeout."""

    def __init__(self, config: uvicorn.Config, loop: asyncio.AbstractEventLoop, begin_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._loop = loop
        self._begin_stop = begin_stop
        self.again = False

    def restart(self) -> None:
        """End in order, to be started again. On the loop."""
        self.again = self.should_exit = True
        self._begin_stop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._begin_stop)
        super().handle_exit(sig, frame)
