"""A model that a client looks at or wants loaded -> what it can do, and whether it is ready."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ibidem.errors import ModelError
from ibidem.hardware.header import read_header
from ibidem.models.base import Capabilities, ChatModel
from ibidem.models.found import Found
from ibidem.models.llama import LlamaModel
from ibidem.models.ollama import OllamaModel

KEEP_ALIVE = "5m"  # Ollama's own default


async def load(model: ChatModel, keep_alive: str | float | None) -> None:
    """Make it ready, or with 0 let its memory go; an engine of ours ends by itself when it is idle. Raises ModelError."""
    if isinstance(model, OllamaModel):
        await model.keep(KEEP_ALIVE if keep_alive is None else keep_alive)
    elif str(keep_alive) not in ("0", "0.0", "0s"):
        await model.capabilities()


async def abilities(model: ChatModel, found: Found) -> Capabilities:
    """As far as they are known without loading it; of a server that is away nothing is. Raises ModelFileBroken."""
    if isinstance(model, LlamaModel) and not found.loaded:
        return await asyncio.to_thread(_told_by_file, Path(model.name.removeprefix("llama:")))
    try:
        return await model.capabilities()
    except ModelError:
        return Capabilities()  # a client that only looks around is not stopped by that


def _told_by_file(path: Path) -> Capabilities:
    header = read_header(path)
    chats = header.role == "chat"
    return Capabilities(
        context_tokens=header.context_length or None,
        tools=chats and header.chat_template,
        insert=header.fim,
        embedding=header.role == "embed",
        schema=chats,
    )
