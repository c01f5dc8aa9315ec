"""What the fake model server answers for texts: vectors and scores by shared words, whole or spoilt as told."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Sequence
from typing import Any, Literal
from zlib import crc32

VectorFault = Literal["", "nan", "zeros", "ragged", "one_less", "base64", "shuffled", "twice"]

DIM = 256


def vector(text: str) -> list[float]:
    """Counts of words at places that their hashes name: no unit vector, and never zero."""
    numbers = [0.001] * DIM
    for word in text.lower().split():
        numbers[crc32(word.encode("utf-8", "replace")) % DIM] += 1.0
    return numbers


def vectors(texts: Sequence[str], fault: VectorFault) -> list[Any]:
    found: list[list[float]] = [vector(text) for text in texts]
    if fault == "nan":
        found[0][0] = math.nan
    elif fault == "zeros":
        found[-1] = [0.0] * DIM
    elif fault == "ragged":
        found[-1] = found[-1] + [1.0]
    elif fault == "one_less":
        found.pop()
    return found


def ollama_embeddings(body: dict[str, Any], fault: VectorFault) -> dict[str, Any]:
    return {"model": body["model"], "embeddings": vectors(body["input"], fault), "total_duration": 1}


def openai_embeddings(body: dict[str, Any], fault: VectorFault) -> dict[str, Any]:
    entries: list[dict[str, Any]] = [
        {"object": "embedding", "index": index, "embedding": numbers}
        for index, numbers in enumerate(vectors(body["input"], fault))
    ]
    if fault == "base64":
        for entry in entries:
            packed = struct.pack(f"<{len(entry['embedding'])}f", *entry["embedding"])
            entry["embedding"] = base64.b64encode(packed).decode("ascii")
    elif fault == "shuffled":
        entries.reverse()
    elif fault == "twice":
        entries[-1]["index"] = 0
    return {"object": "list", "model": body["model"], "data": entries, "usage": {"prompt_tokens": 3}}


def scores(body: dict[str, Any], fault: VectorFault) -> dict[str, Any]:
    """Best first, as most servers answer."""
    words = set(body["query"].lower().split())
    found = [
        {"index": index, "relevance_score": float(len(words & set(text.lower().split())))}
        for index, text in enumerate(body["documents"])
    ]
    if fault == "one_less":
        found.pop()
    return {"model": body["model"], "results": sorted(found, key=lambda entry: -entry["relevance_score"])}
