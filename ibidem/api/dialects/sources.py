"""Citations -> what clients can show of them: annotations, links, and a footer where they show nothing but text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ibidem.chat.messages import footer

# Clients that show text alone, by how their User-Agent begins, in small letters.
_TEXT_ONLY = {
    "ollama": (
        "ollama/",
        "ktor-client",
        "node",
        "python/3",
    ),  # its command line, ProxyAI, Continue, Open WebUI (aiohttp)
    "openai": ("ktor-client", "ls/js"),  # ProxyAI, Continue's command line
}

Cited = Sequence[Mapping[str, Any]]


def with_addresses(citations: Cited, base_url: str) -> list[dict[str, Any]]:
    """Citations whose `url` can be opened from anywhere: it leads to the passage in our page."""
    return [{**one, "url": base_url.rstrip("/") + one["url"]} for one in citations]


def annotations_of(text: str, citations: Cited) -> list[dict[str, Any]]:
    """`url_citation` alone, each with all its fields: a strict client gives up an answer with anything else.

    `start_index` and `end_index` are characters of the text, where the number first stands.
    """
    found = []
    for one in citations:
        mark = f"[{one['number']}]"
        start = max(0, text.find(mark))
        told = {
            "url": one["url"],
            "title": title(one),
            "start_index": start,
            "end_index": start + len(mark),
            "content": one["text"],
        }
        found.append({"type": "url_citation", "url_citation": told})
    return found


def title(citation: Mapping[str, Any]) -> str:
    if citation["page"]:
        return f"{citation['path']}, page {citation['page']}"
    return f"{citation['path']}, lines {citation['start_line']}-{citation['end_line']}"


def wants_footer(setting: Literal["auto", "always", "never"], dialect: str, client: str, *, prose: bool) -> bool:
    """`prose`: the answer is text for people; calls of tools and JSON never get one."""
    if not prose or setting == "never":
        return False
    return setting == "always" or client.lower().startswith(_TEXT_ONLY[dialect])


def footer_of(citations: Cited) -> str:
    """ "" without a citation."""
    lines = [f"[{one['number']}] {title(one)}: {one['url']}" for one in citations]
    return footer(lines) if lines else ""
