"""Before any route: Host and Origin are checked, bodies bounded, every answer gets its safety headers.

A page in the user's browser can reach a loopback port; DNS rebinding makes it look like ours. The Host list closes that,
the Origin rule closes cross-site requests, and neither knows of routes: static files, sockets and errors are covered too. Pages of other
origins that the settings name may use the API with a key: cookies are not for them, no answer allows credentials.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ibidem.api.errors import response
from ibidem.api.pace import paced
from ibidem.errors import BadInput, Forbidden, TooLarge

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
MAX_MEMORY_BYTES = 32 * 1024 * 1024  # of a body that is no form: it is read before anybody knows who sends it
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What OpenAI's client for pages sends beside the usual.
_STAINLESS = (
    "Arch",
    "Helper-Method",
    "Lang",
    "OS",
    "Package-Version",
    "Retry-Count",
    "Runtime",
    "Runtime-Version",
    "Timeout",
)
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": ", ".join(
        [
            "Authorization",
            "Content-Type",
            "Last-Event-ID",
            "OpenAI-Beta",
            *(f"X-Stainless-{name}" for name in _STAINLESS),
        ]
    ),
    "Access-Control-Max-Age": "600",
}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str], origins: Collection[str] = (), max_body_bytes: int
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins  # further ones, beside those of `hosts`
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(scope, headers)
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        safe_send = _with_headers(send, origin if origin in self._origins and not refusal else "")
        if refusal:  # of a socket too: an answer instead of the handshake
            await response(refusal, scope["path"])(scope, receive, safe_send)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and origin in self._origins:
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, safe_send)
        else:
            if scope["method"] == "HEAD":  # every GET route answers HEAD; the server drops the body
                scope = {**scope, "method": "GET"}
            await self._app(scope, _bounded(paced(receive), self._most(headers)), safe_send)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> Forbidden | TooLarge | None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self._hosts:
            return Forbidden(
                f"Host {host!r} is not served here",
                hint="use http://127.0.0.1 with the server's port, or name the host in serve.allowed_hosts",
            )
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if unsafe and not _origin_allowed(headers, self._hosts, self._origins):
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


def hosts_served(port: int, bound: str = "", allowed: str = "") -> frozenset[str]:
    """What `Host` may be: loopback, the address that is listened on, and the names of the settings.

    A name of the settings that has no port is taken with the server's and without: a proxy listens on its own.
    """
    own = [*LOOPBACK_NAMES, *([f"[{bound}]" if ":" in bound and not bound.startswith("[") else bound] if bound else [])]
    named = allowed.replace(",", " ").lower().split()
    bare = {*named, *(own if port == 80 else ())}
    return frozenset({*bare, *(f"{name}:{port}" for name in [*own, *named])})


def origins_allowed(allowed: str) -> frozenset[str]:
    """Raises BadInput for what is no origin."""
    origins = frozenset(origin.rstrip("/") for origin in allowed.replace(",", " ").lower().split())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}" or not parts.netloc:
            raise BadInput(f"{origin!r} in serve.allowed_origins is no origin", hint="write it as https://name:port")
    return origins


def _origin_allowed(headers: dict[bytes, bytes], hosts: Collection[str], origins: Collection[str]) -> bool:
    """Our own origin. Without one (a browser always sends it), or from one of the settings, no cookie counts."""
    without_cookie = b"cookie" not in headers or headers.get(b"authorization", b"").lower().startswith(b"bearer ")
    origin = headers.get(b"origin")
    if origin is None:
        return without_cookie
    text = origin.decode("latin-1").lower()
    if text in origins:
        return without_cookie
    try:
        parts = urlsplit(text)
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


def _with_headers(send: Send, origin: str = "") -> Send:
    """`origin` is that of a page elsewhere which may read the answer."""
    cors = [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"Retry-After"),
        (b"vary", b"Origin"),
    ]
    added = [*HEADERS, *(cors if origin else ())]

    async def safe(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            given = {name.lower() for name, _ in message.get("headers", [])}
            message = {
                **message,
                "headers": [*message.get("headers", []), *(header for header in added if header[0] not in given)],
            }
        await send(message)

    return safe
