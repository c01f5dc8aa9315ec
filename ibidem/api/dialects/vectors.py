"""Vectors and rankings: `/api/embed`, `/api/embeddings`, `/v1/embeddings`, `/v1/rerank`."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from ibidem.api.dialects.answering import Asking, Client
from ibidem.api.dialects.body import Body, whole_text
from ibidem.api.dialects.ollama_frames import NS
from ibidem.api.dialects.openai import Sent
from ibidem.errors import BadInput
from ibidem.models.embed import windows
from ibidem.types import estimate_tokens

if TYPE_CHECKING:
    from ibidem.models.embed import F32

MOST_TEXTS = 2048  # OpenAI's own bound
MOST_DIMENSIONS = 1 << 16

router = APIRouter()


@router.post("/api/embed", tags=["ollama"])
async def embed(client: Asking, body: Sent) -> dict[str, Any]:
    began = time.perf_counter()
    texts = body.texts("input", MOST_TEXTS)
    vectors = await _vectors(body, client, texts)
    return {
        "model": body.model(),
        "embeddings": vectors.tolist() if texts else [],
        "total_duration": int((time.perf_counter() - began) * 1000 * NS),
        "load_duration": 0,
        "prompt_eval_count": sum(map(estimate_tokens, texts)),
    }


@router.post("/api/embeddings", tags=["ollama"])
async def embeddings(client: Asking, body: Sent) -> dict[str, Any]:
    """The old form: one text."""
    text = body.text("prompt")
    vectors = await _vectors(body, client, [text] if text else [])
    return {"embedding": vectors[0].tolist() if text else []}


@router.post("/v1/embeddings", tags=["openai"])
@router.post("/embeddings", include_in_schema=False)
async def openai_embeddings(client: Asking, body: Sent) -> dict[str, Any]:
    """As numbers, or as base64 of little-endian float32, which is what SDKs ask for."""
    if _is_tokens(body.fields.get("input")):
        raise BadInput(
            "input holds token numbers of another model's tokenizer",
            hint="send texts; in LangChain's OpenAIEmbeddings set check_embedding_ctx_length=False",
            field="input",
        )
    texts = body.texts("input", MOST_TEXTS)
    if not texts:
        raise BadInput("input is empty", hint="send a text or a list of texts", field="input")
    form = body.text("encoding_format") or "float"
    if form not in ("float", "base64"):
        raise body.wrong("encoding_format", "float or base64", form)
    vectors = await _vectors(body, client, texts)
    rows = [b64encode(row.astype("<f4").tobytes()).decode() if form == "base64" else row.tolist() for row in vectors]
    tokens = sum(map(estimate_tokens, texts))
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(rows)],
        "model": body.model(),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _is_tokens(given: Any) -> bool:
    """A list of numbers, or of such lists, as OpenAI's own server takes beside texts."""
    first = given[0] if isinstance(given, list) and given else None
    return isinstance(first, int) or (isinstance(first, list) and all(isinstance(one, int) for one in first))


async def _vectors(body: Body, client: Client, texts: list[str]) -> F32:
    """Unit vectors, shape (texts, dim), without the prefixes that search puts before its own texts."""
    target = await client.target(body.model())
    configured = client.app.settings.models.embedder
    if target.workspace and not configured:
        raise BadInput(
            f"{target.name!r} makes no vectors", hint="name an embedding model, or set models.embedder", field="model"
        )
    embedder = client.app.open_embedder(configured if target.workspace else target.model)
    cut, dimensions = body.flag("truncate") is not False, body.whole("dimensions", 1, MOST_DIMENSIONS)

    def make() -> F32:
        import numpy as np

        whole = [windows(text, embedder.max_tokens)[0] if cut else text for text in texts]
        vectors = embedder.embed(whole or [""], "plain")
        if dimensions and dimensions < vectors.shape[1]:
            vectors = vectors[:, :dimensions]
            vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    return await asyncio.to_thread(make)


@router.post("/v1/rerank", tags=["openai"])
@router.post("/rerank", include_in_schema=False)
async def rerank(client: Asking, body: Sent) -> dict[str, Any]:
    """The configured reranker's scores, best first; under both names that clients look for."""
    reranker = client.app.reranker
    if reranker is None:
        raise BadInput("no reranker is set", hint="name one as `reranker` under [models]", field="model")
    documents = _documents(body)
    scores = await asyncio.to_thread(reranker.reranker.rerank, body.text("query"), documents)
    best = sorted(enumerate(scores), key=lambda one: -one[1])[: body.whole("top_n", 1)]
    results = [{"index": index, "relevance_score": score} for index, score in best]
    return {"object": "list", "model": reranker.reranker.name, "data": results, "results": results}


def _documents(body: Body) -> list[str]:
    """Texts, or objects with a `text`."""
    if not body.has("documents"):
        raise BadInput("documents is required", hint="send a list of texts to be ranked", field="documents")
    given = body.items("documents")
    found = [one.get("text") if isinstance(one, dict) else one for one in given]
    documents = [whole_text(one) for one in found if isinstance(one, str)]
    if len(documents) < len(given) or len(given) > MOST_TEXTS:
        raise body.wrong("documents", f"at most {MOST_TEXTS} texts", given)
    return documents
