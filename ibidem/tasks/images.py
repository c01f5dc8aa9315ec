"""Images of questions: taken as what their bytes say they are, kept as files, read again for the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ibidem.errors import Refused, TooLarge
from ibidem.models.base import ChatModel, Image
from ibidem.store.attachments import Attachment
from ibidem.tasks.reading import upload_path

MAX_IMAGES = 8  # of a question
MAX_IMAGE_BYTES = 5 << 20
MAX_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it was sent."""

    name: str
    content: bytes


def media_type(content: bytes) -> str | None:
    """By the first bytes; None for anything but PNG, JPEG, GIF and WebP."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def check_pictures(pictures: Sequence[Picture]) -> None:
    """Raises TooLarge, Refused."""
    if len(pictures) > MAX_IMAGES:
        raise TooLarge(
            f"the question has {len(pictures)} images, at most {MAX_IMAGES} are taken",
            hint="ask about fewer at a time",
            field="attachments",
        )
    for number, one in enumerate(pictures, 1):
        if len(one.content) > MAX_IMAGE_BYTES:
            raise TooLarge(
                f"image {number} has {len(one.content):,} bytes, at most {MAX_IMAGE_BYTES:,} are taken",
                hint="make it smaller: models look at about a megapixel",
                field="attachments",
            )
        if media_type(one.content) is None:
            raise Refused(
                f"attachment {number} ({one.name[:80]!r}) is no PNG, JPEG, GIF or WebP image",
                hint="convert it; add anything else as a document, and ask about it",
                field="attachments",
            )


async def check_sight(model: ChatModel) -> None:
    """Raises Refused for a model that takes no images, ModelError where that cannot be found out."""
    if not (await model.capabilities()).images:
        raise Refused(
            f"the model {model.name} takes no images",
            hint="choose one that does (`ibidem models` tells it), or describe the image in words",
            field="attachments",
        )


def as_attachment(picture: Picture, attachment_id: str, owner: int, message: str) -> Attachment:
    kind = media_type(picture.content) or ""
    return Attachment(attachment_id, owner, message, picture.name[:MAX_NAME_CHARS], kind, len(picture.content))


def read_images(files: Path, images: Iterable[Image]) -> dict[str, bytes]:
    """By id. One whose file is gone is left out: its session is being deleted."""
    found = {}
    for image in images:
        try:
            found[image.id] = upload_path(files, image.id).read_bytes()
        except FileNotFoundError:
            continue
    return found
