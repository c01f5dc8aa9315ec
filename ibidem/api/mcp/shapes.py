"""The tools' results as data: the output schemas that clients see."""

from __future__ import annotations

from pydantic import BaseModel

from ibidem.types import Citation, Hit


class Hits(BaseModel):
    hits: list[Hit]


class Passage(BaseModel):
    document_id: str
    path: str
    title: str
    start_line: int
    end_line: int
    text: str


class Answer(BaseModel):
    answer: str
    citations: list[Citation]
    model: str


class Workspace(BaseModel):
    slug: str
    name: str
    documents: int


class Workspaces(BaseModel):
    workspaces: list[Workspace]


class Definition(BaseModel):
    document_id: str
    path: str
    kind: str
    parent: str
    signature: str
    start_line: int
    end_line: int


class Reference(BaseModel):
    document_id: str
    path: str
    lines: list[int]


class Symbols(BaseModel):
    definitions: list[Definition]
    references: list[Reference]
