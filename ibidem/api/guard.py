"""Before any route: Host and Origin are checked, bodies bounded, every answer gets its safety headers.

A page in the user's browser can reach a loopback port; DNS rebinding makes it look like ours. The Host list closes that,
the Origin rule closes cross-site requests, and neither knows of routes: static files and errors are covered too.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ibidem.api.errors import response
from ibidem.errors import Forbidden, TooLarge

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
MAX_MEMORY_BYTES = 32 * 1024 * 1024  # of a body that is no form: it is read before anybody knows who sends it
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        b"font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, port: int, max_body_bytes: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in LOOPBACK_NAMES) | (
            frozenset(LOOPBACK_NAMES) if port == 80 else frozenset()
        )
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            if refusal:
                await receive()
                await send({"type": "websocket.close", "code": 4403})
            else:
                await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # every GET route answers HEAD; the server drops the body
            scope = {**scope, "method": "GET"}
        safe_send = _with_headers(send)
        if refusal:
            await response(refusal, scope["path"])(scope, receive, safe_send)
        else:
            await self._app(scope, _bounded(receive, self._most(headers)), safe_send)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> Forbidden | TooLarge | None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self._hosts:
            return Forbidden(f"Host {host!r} is not served here", hint="use http://127.0.0.1 with the server's port")
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if unsafe and not _origin_allowed(headers, self._hosts):
            origin = headers.get(b"origin", b"").decode("latin-1")
            return Forbidden(f"Origin {origin!r} may not do this", hint="use the server's own page, or a Bearer key")
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._most(headers):
            return _too_large(self._most(headers))
        return None

    def _most(self, headers: dict[bytes, bytes]) -> int:
        """Bytes of a body: a form with a file is spooled to disk, any other body is held in memory."""
        form = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        return self._max_body_bytes if form else min(self._max_body_bytes, MAX_MEMORY_BYTES)


def _origin_allowed(headers: dict[bytes, bytes], hosts: Collection[str]) -> bool:
    """Our own origin; without one, only requests that carry a key and no cookie (a browser always sends Origin)."""
    origin = headers.get(b"origin")
    if origin is None:
        return b"cookie" not in headers or headers.get(b"authorization", b"").lower().startswith(b"bearer ")
    try:
        parts = urlsplit(origin.decode("latin-1").lower())
    except ValueError:  # half an IPv6 address
        return False
    return parts.scheme in ("http", "https") and parts.netloc in hosts


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"the request has more than {max_bytes:,} bytes",
        hint="send it as a file in a form, or raise serve.max_upload_bytes",
    )


def _bounded(receive: Receive, max_bytes: int) -> Receive:
    """Count what comes in: a chunked body tells no length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > max_bytes:
            raise _too_large(max_bytes)
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def safe(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", [])}
            message = {
                **message,
                "headers": [*message.get("headers", []), *(header for header in HEADERS if header[0] not in given)],
            }
        await send(message)

    return safe
