"""The start page at `/`: what is indexed, and an answer to a question. Plain files, no build step."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from ibidem.errors import NotFound

router = APIRouter(include_in_schema=False)

_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
_FILES = {
    entry.name: (entry.read_bytes(), _TYPES[entry.name.rpartition(".")[2]])
    for entry in files("ibidem.api").joinpath("page").iterdir()
    if entry.name.rpartition(".")[2] in _TYPES
}


@router.get("/")
def index(request: Request) -> Response:
    """The page for browsers; other programs look here whether Ollama is running, and are answered as it does."""
    if "text/html" in request.headers.get("accept", ""):
        return asset("index.html")
    return PlainTextResponse("Ollama is running")


@router.get("/page/{name}")
def asset(name: str) -> Response:
    if name not in _FILES:
        raise NotFound(f"no file {name!r}", hint="open / instead")
    content, media_type = _FILES[name]
    return Response(content, media_type=f"{media_type}; charset=utf-8", headers={"Cache-Control": "no-cache"})
