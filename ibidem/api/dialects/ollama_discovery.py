"""What Ollama's clients ask before they chat: the version, the models and what each of them can do."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from fastapi import APIRouter

from ibidem.api.dialects.answering import Asking
from ibidem.api.dialects.openai import Sent
from ibidem.models.base import Capabilities
from ibidem.models.found import Loaded, ollama_loaded
from ibidem.tasks.names import LATEST, Listed
from ibidem.types import rfc3339

VERSION = "0.12.0"  # of Ollama's API as it is spoken here: clients refuse versions that are too old
WINDOW = 8192  # tokens, of a model that does not say
_QUANTISATION = re.compile(r"\b(?:I?Q\d\w*|F16|F32|BF16|MXFP4)\b", re.I)
_SIZE = re.compile(r"\b\d+(?:\.\d+)?[KMB]\b")

router = APIRouter(tags=["ollama"])
_STARTED = rfc3339(time.time())


@router.get("/api/version")
def version() -> dict[str, str]:
    return {"version": VERSION}


@router.get("/api/tags")
async def tags(client: Asking) -> dict[str, Any]:
    """Every workspace as a model, with each model, and each model without documents."""
    return {"models": [_entry(one) for one in await client.app.dialects.names.listing(client.owner)]}


@router.get("/api/ps")
async def ps(client: Asking) -> dict[str, Any]:
    """The models in memory: of our engines, and of the Ollama that is asked. Other servers do not tell.

    An engine of ours ends when it has been idle; when that is, nobody knows before.
    """
    settings = client.app.settings.models
    listed, loaded = await asyncio.gather(client.app.dialects.names.listing(client.owner), ollama_loaded(settings))
    until = rfc3339(time.time() + settings.keep_alive_s)
    running = [one for one in listed if one.target.workspace is None]
    running = [
        one for one in running if (one.found.loaded and one.found.provider == "llama") or one.target.model in loaded
    ]
    return {"models": [_running(one, loaded.get(one.target.model, Loaded()), until) for one in running]}


@router.post("/api/show")
async def show(client: Asking, body: Sent) -> dict[str, Any]:
    """The fields that clients read: abilities, the window, and whether `.Suffix` stands in the template."""
    target = await client.target(body.model())
    one = Listed(target, client.app.dialects.names.found(target.model))
    able = await client.app.dialects.abilities(target)
    window = able.context_tokens or one.found.context_tokens or WINDOW
    about = {
        "general.architecture": "ibidem",
        "general.basename": target.name,
        "general.type": "model",
        "ibidem.context_length": window,
    }
    return {
        "license": "",
        "modelfile": "",
        "parameters": f"num_ctx {window}",
        "template": "{{ .Prompt }}{{ .Suffix }}" if able.insert else "{{ .Prompt }}",
        "system": "",
        "details": _details(one),
        "messages": [],
        "model_info": about,
        "projector_info": {},
        "tensors": [],
        "capabilities": _words(able),
        "modified_at": _STARTED,
    }


def wire_name(one: Listed) -> str:
    """With a tag, as Ollama's are."""
    name = one.target.name
    return name if ":" in name.rpartition("/")[2] else name + LATEST


def _entry(one: Listed) -> dict[str, Any]:
    name = wire_name(one)
    return {
        "name": name,
        "model": name,
        "modified_at": _STARTED,
        "size": one.found.size_bytes or 0,
        "digest": one.digest,
        "details": _details(one),
    }


def _running(one: Listed, loaded: Loaded, until: str) -> dict[str, Any]:
    return {
        **_entry(one),
        "size": loaded.size_bytes or one.found.size_bytes or 0,
        "expires_at": loaded.until or until,
        "size_vram": loaded.vram_bytes or 0,
        "context_length": loaded.context_tokens or one.found.context_tokens or WINDOW,
    }


def _details(one: Listed) -> dict[str, Any]:
    size, quantisation = _SIZE.search(one.found.detail), _QUANTISATION.search(one.found.detail)
    return {
        "parent_model": one.target.model if one.target.workspace else "",
        "format": "gguf",
        "family": one.found.provider,
        "families": [one.found.provider],
        "parameter_size": size[0] if size else "",
        "quantization_level": quantisation[0] if quantisation else "",
    }


def _words(able: Capabilities) -> list[str]:
    """Of Ollama's vocabulary alone: strict clients know no other words."""
    if able.embedding:
        return ["embedding"]
    words = {"tools": able.tools, "insert": able.insert, "vision": able.images, "thinking": able.thinking}
    return ["completion", *(word for word, has in words.items() if has)]
