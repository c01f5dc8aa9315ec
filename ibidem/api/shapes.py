"""What the routes of documents answer, and of the workspaces, sources and shares they are in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from ibidem.api.errors import Told
from ibidem.store.sharing import ShareAccess
from ibidem.store.workspaces import WorkspaceAccess
from ibidem.types import Document, DocumentState, Span, rfc3339

Time = Annotated[str, BeforeValidator(rfc3339)]  # from seconds since 1970
Counts = dict[DocumentState, int]  # documents, by state; one without any is left out


class ShownDocument(BaseModel):
    id: str
    workspace: str
    title: str
    path: str
    media_type: str
    encoding: str
    size_bytes: int
    state: DocumentState
    reason: str
    chunks: int
    created_at: Time
    updated_at: Time
    source: str | None = Field(description="the folder it belongs to; null: uploaded or pasted")
    chunks_so_far: int = Field(description="of a reading under way")


def shown(document: Document) -> ShownDocument:
    return ShownDocument.model_validate(document, from_attributes=True)


class DocumentPage(BaseModel):
    items: list[ShownDocument]
    next: str | None
    total: int = Field(0, description="of a sorted list; left out of others")


class DocumentText(BaseModel):
    document: ShownDocument
    start_line: int
    end_line: int
    text: str


class ShownChunk(BaseModel):
    id: str
    ordinal: int
    text: str
    span: Span
    heading: str
    symbols: tuple[str, ...]
    tokens: int = Field(description="estimated")


class ChunkPage(BaseModel):
    items: list[ShownChunk]
    next: str | None


class With(BaseModel):
    username: str = Field(max_length=200)
    access: ShareAccess = "read"


class ShownWorkspace(BaseModel):
    slug: str
    name: str
    access: WorkspaceAccess
    documents: int
    counts: Counts
    index_failure: Told | None = Field(
        description="what keeps new text from being searchable; tried again until it succeeds"
    )
    shared_with: list[With] = Field(description="empty for all but its owner")


class WorkspaceList(BaseModel):
    items: list[ShownWorkspace]
    next: None


class ShownSource(BaseModel):
    id: str
    path: str
    watch: bool
    state: Literal["queued", "syncing", "ready", "missing"]
    reason: str
    counts: Counts
    ignored: int
    scanned_at: str | None
    job: str | None = Field(description="that reads it: of one just added to a workspace of one's own")


class SourceList(BaseModel):
    items: list[ShownSource]
    next: None


class ShownShare(BaseModel):
    id: str
    owner: str
    username: str
    workspace: str
    slug: str = Field(description="what the one it is shared with calls the workspace")
    access: ShareAccess
    mine: bool


class ShareList(BaseModel):
    items: list[ShownShare]
    next: None
