"""/api/rag/documents/{id}/pages/: pages of a PDF as pictures, and where lines of its text stand on them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from ibidem.api.access import Engine, Owner
from ibidem.app import App
from ibidem.errors import NotFound, Refused
from ibidem.store.documents import get_document
from ibidem.store.pages import lines_on_page
from ibidem.store.sharing import document_owner
from ibidem.tasks.pictures import Original, Sheet

router = APIRouter(prefix="/api/rag/documents", tags=["documents"])

PDF = "application/pdf"
MAX_LINES = 400  # of a passage with a box for each character
MAX_LINE = 1 << 31

Number = Annotated[int, Path(ge=1, le=1_000_000, description="of the page, from 1")]


class PageLine(BaseModel):
    line: int
    text: str
    boxes: list[int] = Field(
        description="left, top, right, bottom of each character, tenths of a point; zeros where it is not drawn;"
        " empty for a line of another page"
    )


class PageShown(BaseModel):
    number: int
    pages: int = Field(description="how many the document has")
    width_pt: float
    height_pt: float
    lines: list[PageLine] = Field(description="those asked for; none while the indexed text is not the file's")


@router.get("/{document_id}/pages/{number}/", response_model=PageShown)
def page(
    document_id: str,
    number: Number,
    app: Engine,
    user: Owner,
    start_line: Annotated[int | None, Query(ge=1, le=MAX_LINE)] = None,
    end_line: Annotated[int | None, Query(ge=1, le=MAX_LINE)] = None,
) -> PageShown:
    """A page's size, and the boxes of lines `start_line` to `end_line` on it."""
    owner, original = _original(app, user, document_id)
    sheet = _drawn(app, original, number)
    lines = []
    if start_line and original.read:
        last = min(end_line or start_line, start_line + MAX_LINES - 1)
        lines = lines_on_page(app.db, owner, document_id, number, start_line, last)
    return PageShown(
        number=number,
        pages=sheet.pages,
        width_pt=sheet.width_pt,
        height_pt=sheet.height_pt,
        lines=[PageLine(line=one.line, text=one.text, boxes=list(one.boxes)) for one in lines],
    )


@router.get(
    "/{document_id}/pages/{number}/image/",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, 304: {"description": "the picture is still the same"}},
)
def image(
    request: Request,
    document_id: str,
    number: Number,
    app: Engine,
    user: Owner,
    width: Annotated[int, Query(ge=100, le=2000, description="pixels")] = 1200,
) -> Response:
    """The page as a PNG, smaller where it would have more than 4 million pixels."""
    _, original = _original(app, user, document_id)
    tag = f'"{original.tag}-{number}-{width}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}  # kept, and asked for again: the file may change
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    sheet = _drawn(app, original, number, width_px=width)
    return Response(sheet.png, media_type="image/png", headers=headers)


def _original(app: App, user: int, document_id: str) -> tuple[int, Original]:
    """Whose document it is, and its file. Raises NotFound, Refused for what has no pages."""
    document = get_document(app.db, user, document_id)
    owner = document_owner(app.db, user, document_id)
    if document.media_type != PDF:
        raise Refused(f"{document.title!r} has no pages", hint="only pages of PDF files are shown as pictures")
    return owner, app.pictures.original(owner, document_id)


def _drawn(app: App, original: Original, number: int, *, width_px: int = 0) -> Sheet:
    sheet = app.pictures.draw(original, number, width_px=width_px)
    if number > sheet.pages:
        raise NotFound(f"no page {number}", hint=f"the document has {sheet.pages}")
    return sheet
