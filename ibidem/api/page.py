"""The page at `/`: files that `web/` was built into. The page itself is never kept by a browser, what it loads always."""

from __future__ import annotations

import secrets
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from ibidem.api.guard import CONTENT_SECURITY_POLICY
from ibidem.errors import NotFound

router = APIRouter(include_in_schema=False)

NONCE = "__NONCE__"  # in index.html: what makes the page's own style elements ours
FOR_EVER = "public, max-age=31536000, immutable"

TEXT = "charset=utf-8"
TYPES = {
    "html": f"text/html; {TEXT}",
    "js": f"text/javascript; {TEXT}",
    "css": f"text/css; {TEXT}",
    "svg": f"image/svg+xml; {TEXT}",
    "woff2": "font/woff2",
}

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Ibidem</title>
<h1>The page has not been built</h1><p>The server works, and so do the command line and the API. To build the page, install
Node 20.19 or newer and run <code>make setup</code> in the repository, then start the server again.</p></html>"""


def built() -> dict[str, bytes]:
    """By path below `/`; empty where nothing was built."""
    root = files("ibidem.api") / "page"
    folders = [("", root), ("assets/", root / "assets")]
    return {
        prefix + entry.name: entry.read_bytes()
        for prefix, folder in folders
        if folder.is_dir()
        for entry in folder.iterdir()
        if entry.is_file() and entry.name.rpartition(".")[2] in TYPES
    }


_FILES = built()


@router.get("/")
def index(request: Request) -> Response:
    """The page for browsers; other programs look here whether Ollama is running, and are answered as it does."""
    if "text/html" in request.headers.get("accept", ""):
        return whole_page()
    return PlainTextResponse("Ollama is running")


def whole_page() -> Response:
    """With a nonce of its own for the styles that the page makes while it runs."""
    nonce = secrets.token_urlsafe(16)
    page = _FILES.get("index.html", NOT_BUILT.encode()).replace(NONCE.encode(), nonce.encode())
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace(
            "style-src 'self'", f"style-src 'self' 'nonce-{nonce}'"
        ),
    }
    return Response(page, media_type=TYPES["html"], headers=headers)


@router.get("/assets/{name}")
def asset(name: str) -> Response:
    """Kept for long where the name holds a hash of the content."""
    content = _FILES.get(f"assets/{name}")
    if content is None:
        raise NotFound(f"no file {name!r}", hint="open / instead")
    hashed = "-" in name
    return Response(
        content,
        media_type=TYPES[name.rpartition(".")[2]],
        headers={"Cache-Control": FOR_EVER if hashed else "no-cache"},
    )
