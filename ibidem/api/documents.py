"""/api/rag/documents/: uploads and pasted text, their originals, text and chunks."""

from __future__ import annotations

import os
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from ibidem.api.access import Engine, Owner
from ibidem.api.errors import bad_shape
from ibidem.api.paging import Cursor, Limit, page
from ibidem.api.shapes import ChunkPage, DocumentPage, DocumentText, ShownChunk, ShownDocument, shown
from ibidem.api.uploads import add_file, add_text, blocks, change, clean_title, save_text
from ibidem.app import App
from ibidem.errors import BadInput, Conflict
from ibidem.store.chunks import chunks_of, text_lines
from ibidem.store.documents import delete_documents, get_document, get_place, row_number
from ibidem.store.listing import Sort, list_documents, sorted_documents
from ibidem.store.sharing import document_owner
from ibidem.store.workspaces import HOME, get_workspace
from ibidem.tasks.originals import open_original
from ibidem.tasks.reading import upload_path
from ibidem.types import as_json

router = APIRouter(prefix="/api/rag/documents", tags=["documents"])

MAX_LINE = 1 << 31


class Pasted(BaseModel):
    title: str = Field(min_length=1, max_length=500)
    content: str
    workspace: str = HOME


class Edit(BaseModel):
    title: str | None = Field(None, min_length=1, max_length=500)
    content: str | None = None
    workspace: str | None = None


@router.get("/", response_model=DocumentPage, response_model_exclude_unset=True)
def documents(
    app: Engine,
    user: Owner,
    workspace: str | None = None,
    state: str | None = None,
    name: Annotated[str, Query(max_length=500, description="part of the path")] = "",
    sort: Annotated[Sort | None, Query(description="without it, as programs like it: oldest first, no `total`")] = None,
    order: Literal["asc", "desc"] = "asc",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DocumentPage:
    place = get_workspace(app.db, user, workspace) if workspace else None
    if sort or name:
        items, total = sorted_documents(
            app.db,
            user,
            workspace=place,
            state=state,
            name=name,
            sort=sort or "name",
            descending=order == "desc",
            after=cursor,
            limit=limit + 1,
        )
        return DocumentPage(**page([(mark, shown(document)) for mark, document in items], limit), total=total)
    found = list_documents(app.db, user, workspace=place, state=state, after=cursor, limit=limit + 1)
    return DocumentPage(**page([(mark, shown(document)) for mark, document in found], limit))


@router.post(
    "/",
    status_code=201,
    response_model=ShownDocument,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": Pasted.model_json_schema()},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "string", "format": "binary"},
                            "workspace": {"type": "string"},
                            "folder": {"type": "string", "description": "where it lay, to be shown: manuals/pumps"},
                        },
                    }
                },
            },
        }
    },
)
async def add(request: Request, app: Engine, user: Owner) -> ShownDocument:
    """A file as multipart, or text as JSON. The document is `queued`; it is searchable when its state is `ok`.

    A file that is there already, with the same path and bytes, is no second document; other bytes for a path below a
    `folder` take the place of the earlier ones.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=5) as form:
            file, workspace, folder = form.get("file"), form.get("workspace") or HOME, form.get("folder") or ""
            if not isinstance(file, UploadFile) or not isinstance(workspace, str) or not isinstance(folder, str):
                raise BadInput("the form has no `file`", hint="send the file as the form field `file`", field="file")
            return await run_in_threadpool(add_file, app, user, workspace, folder, file.filename or "", file.file)
    body = await run_in_threadpool(_pasted, await request.body())
    return await run_in_threadpool(add_text, app, user, body.title, body.content, body.workspace)


@router.get("/{document_id}/", response_model=ShownDocument)
def get(document_id: str, app: Engine, user: Owner) -> ShownDocument:
    return shown(get_document(app.db, user, document_id))


@router.put("/{document_id}/", response_model=ShownDocument)
def edit(document_id: str, body: Edit, app: Engine, user: Owner) -> ShownDocument:
    """Change an uploaded document. A watched file is edited where it lies."""
    owner = _owner_of_upload(app, user, document_id)
    title = None if body.title is None else clean_title(body.title)
    place = None if body.workspace is None else get_workspace(app.db, user, body.workspace, need="write")
    if place is not None and place.owner != owner:
        raise Conflict("a document stays with its owner", hint="upload it into the other workspace", field="workspace")
    came = None if body.content is None else save_text(app, body.content)
    return change(app, user, owner, document_id, came=came, title=title, workspace=place)


@router.delete("/{document_id}/", status_code=204)
def delete(document_id: str, app: Engine, user: Owner) -> None:
    owner = _owner_of_upload(app, user, document_id)
    app.db.write(lambda tx: delete_documents(tx, owner, [document_id]))
    upload_path(app.data.files, document_id).unlink(missing_ok=True)
    app.upkeep.index_changed()


@router.get("/{document_id}/content/", response_class=Response, responses={200: {"content": {"*/*": {}}}})
def content(document_id: str, app: Engine, user: Owner) -> StreamingResponse:
    """The original bytes, always as a download: what a document holds is never run in the page."""
    document = get_document(app.db, user, document_id)
    file = open_original(app.db, app.data.files, document_owner(app.db, user, document_id), document_id)
    name = quote(document.path.rpartition("/")[2])
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Length": str(os.fstat(file.fileno()).st_size),
    }
    return StreamingResponse(blocks(file), media_type="application/octet-stream", headers=headers)


@router.get("/{document_id}/text/", response_model=DocumentText)
def text(
    document_id: str,
    app: Engine,
    user: Owner,
    start_line: Annotated[int, Query(ge=1, le=MAX_LINE)] = 1,
    end_line: Annotated[int | None, Query(ge=1, le=MAX_LINE)] = None,
) -> DocumentText:
    """Lines of the document as it is indexed, both ends included; at most 5,000 of them."""
    document = get_document(app.db, user, document_id)
    last = min(end_line or start_line + 4_999, start_line + 4_999)
    lines = text_lines(app.db, document_owner(app.db, user, document_id), document_id, start_line, last)
    return DocumentText(
        document=shown(document),
        start_line=start_line,
        end_line=start_line + len(lines) - 1,
        text="\n".join(lines),
    )


@router.get("/{document_id}/chunks/", response_model=ChunkPage)
def chunks(document_id: str, app: Engine, user: Owner, limit: Limit = 50, cursor: Cursor = None) -> ChunkPage:
    """The document's chunks with their exact spans."""
    owner = document_owner(app.db, user, document_id)
    after = row_number(cursor) if cursor else -1
    found = chunks_of(app.db, owner, document_id, after=after, limit=limit + 1)
    items = [(str(one.chunk.ordinal), ShownChunk(id=str(one.id), **as_json(one.chunk))) for one in found]
    return ChunkPage(**page(items, limit))


def _pasted(raw: bytes) -> Pasted:
    """Raises BadInput. Read here, not by the framework, because this route takes forms too."""
    try:
        return Pasted.model_validate_json(raw)
    except ValidationError as error:
        raise bad_shape(error.errors()) from None


def _owner_of_upload(app: App, user: int, document_id: str) -> int:
    """Whose document it is that the user may change. Raises NotFound, NotEntitled, Conflict for a file of a source."""
    owner = document_owner(app.db, user, document_id, need="write")
    source, _ = get_place(app.db, owner, document_id)
    if source is not None:
        raise Conflict(
            "the document belongs to a folder that is kept in step",
            hint="edit or delete the file itself, name it in .ibidemignore, or remove the source",
        )
    return owner
