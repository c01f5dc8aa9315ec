"""What a request sends along with its question: texts, and documents by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ibidem.index.analyze import normalize


class AttachedText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field("text", min_length=1, max_length=500)
    content: str


class AttachedDocument(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: str = Field(min_length=1, max_length=100, description="id of a document that has been read")


Attachments = Annotated[
    list[AttachedText | AttachedDocument],
    Field(max_length=50, description="texts and documents to read with the question, whole where they fit"),
]
Variables = Annotated[dict[str, str], Field(max_length=50, description="values for the template's variables")]


def given(attachments: Sequence[AttachedText | AttachedDocument]) -> list[dict[str, str]]:
    """As an `Ask` takes them; a title is one line."""
    return [
        {"title": " ".join(normalize(one.title).split()) or "text", "content": normalize(one.content)}
        if isinstance(one, AttachedText)
        else {"document": one.document}
        for one in attachments
    ]


def values(variables: dict[str, str]) -> dict[str, str]:
    """By the names as templates have them."""
    return {normalize(name): value for name, value in variables.items()}
