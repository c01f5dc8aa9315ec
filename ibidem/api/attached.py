"""What a request sends along with its question: texts, documents by their ids, images."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ibidem.errors import BadInput
from ibidem.index.analyze import normalize
from ibidem.tasks.images import Picture


class AttachedText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field("text", min_length=1, max_length=500)
    content: str


class AttachedDocument(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: str = Field(min_length=1, max_length=100, description="id of a document that has been read")


class AttachedImage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=1000)
    data: str = Field(description="base64, or a data URL, of a PNG, JPEG, GIF or WebP")

    def picture(self) -> Picture:
        """Raises BadInput."""
        head, comma, data = self.data.partition(",")
        try:
            return Picture(self.name, b64decode("".join((data if comma else head).split()), validate=True))
        except ValueError:
            raise BadInput(
                f"the data of {self.name[:80]!r} is no base64", hint="encode the image's bytes", field="attachments"
            ) from None


Attached = AttachedText | AttachedDocument | AttachedImage
Attachments = Annotated[
    list[AttachedText | AttachedDocument],
    Field(max_length=50, description="texts and documents to read with the question, whole where they fit"),
]
WithImages = Annotated[
    list[Attached],
    Field(max_length=50, description="texts and documents to read with the question, images for the model to look at"),
]
Variables = Annotated[dict[str, str], Field(max_length=50, description="values for the template's variables")]


def given(attachments: Sequence[Attached]) -> list[dict[str, str]]:
    """The texts and documents, as an `Ask` takes them; a title is one line."""
    return [
        {"title": " ".join(normalize(one.title).split()) or "text", "content": normalize(one.content)}
        if isinstance(one, AttachedText)
        else {"document": one.document}
        for one in attachments
        if not isinstance(one, AttachedImage)
    ]


def pictures(attachments: Sequence[Attached]) -> list[Picture]:
    """The images. Raises BadInput."""
    return [one.picture() for one in attachments if isinstance(one, AttachedImage)]


def values(variables: dict[str, str]) -> dict[str, str]:
    """By the names as templates have them."""
    return {normalize(name): value for name, value in variables.items()}
