"""What an embedder's provider reports -> how its texts must be written: known families as data, settings above them.

Figures and prefixes are from each model's own card. A model that no row names gets no prefix, a short window, and counts as
knowing English alone: a model that does not know the question's language would push right answers down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b

from ibidem.models.embed import ANY_LANGUAGE
from ibidem.settings import ModelSettings

WINDOW_CAP = 2048  # tokens: a chunk has 480 at most, and a longer window costs the engine memory

ENGLISH = frozenset({"en"})
MANY = frozenset({ANY_LANGUAGE})  # trained on about a hundred languages
SENTENCE = "Represent this sentence for searching relevant passages: "
TASK = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"


@dataclass(frozen=True, slots=True)
class Family:
    """How the texts of a family are written."""

    names: tuple[str, ...] = ()  # as they stand somewhere in the names that providers report
    languages: frozenset[str] = ENGLISH
    window_tokens: int = 512
    document: str = ""  # put before a text that is stored
    query: str = ""  # put before a question


@dataclass(frozen=True, slots=True)
class Reported:
    """What a provider says of its model."""

    names: tuple[str, ...]
    window_tokens: int | None = None


# The first row that fits counts: a special model stands before the one whose name it holds.
FAMILIES = (
    Family(("nomic-embed-text-v2",), MANY, 512, "search_document: ", "search_query: "),
    Family(("nomic-embed-text",), ENGLISH, 2048, "search_document: ", "search_query: "),
    Family(("bge-m3",), MANY, 8192),
    Family(("bge-large-en", "bge-base-en", "bge-small-en"), ENGLISH, 512, "", SENTENCE),
    Family(("qwen3-embedding",), MANY, 32768, "", TASK),  # pooled over the last token, as its GGUF files say
    Family(("multilingual-e5-large-instruct",), MANY, 512, "", f"{TASK} "),
    Family(("multilingual-e5",), MANY, 512, "passage: ", "query: "),
    Family(("e5-large-v2", "e5-base-v2", "e5-small-v2"), ENGLISH, 512, "passage: ", "query: "),
    Family(("paraphrase-multilingual",), MANY, 128),
    Family(("all-minilm",), ENGLISH, 256),
    Family(("mxbai-embed-large",), ENGLISH, 512, "", SENTENCE),
    Family(
        ("snowflake-arctic-embed2", "arctic-embed-l-v2", "arctic-embed-m-v2"),
        frozenset({"en", "de", "es", "fr", "it"}),
        8192,
        "",
        "query: ",
    ),
    Family(("arctic-embed",), ENGLISH, 512, "", SENTENCE),
    Family(("embeddinggemma",), MANY, 2048, "title: none | text: ", "task: search result | query: "),
    Family(
        ("granite-embedding-278m", "granite-embedding-107m"),
        frozenset("en de es fr ja pt ar cs it ko nl zh".split()),
        512,
    ),
    Family(("granite-embedding",), ENGLISH, 512),
    Family(("text-embedding-3", "text-embedding-ada"), MANY, 8191),
)
UNKNOWN = Family()

_APART = re.compile(r"[^a-z0-9]+")
_MARK = re.compile(r"#[0-9a-f]{6}$")


def family_of(names: Iterable[str]) -> Family:
    """The row for a model that is reported under these names."""
    written = [_APART.sub("-", name.lower()) for name in names]
    for family in FAMILIES:
        if any(known in name for known in family.names for name in written):
            return family
    return UNKNOWN


def facts(reported: Reported, settings: ModelSettings) -> Family:
    """How the texts of a model are written: its family's row, within the provider's window, and what the user has set."""
    known = family_of(reported.names)
    window = min(known.window_tokens, reported.window_tokens or WINDOW_CAP, WINDOW_CAP)
    languages = settings.embedder_languages.replace(",", " ").lower().split()
    return replace(
        known,
        languages=frozenset(languages) or known.languages,
        window_tokens=settings.embedder_window_tokens or window,
        document=settings.embedder_document_prefix or known.document,
        query=settings.embedder_query_prefix or known.query,
    )


def stored_name(name: str, settings: ModelSettings) -> str:
    """Under which name an embedder's vectors are stored: with a mark of the settings that make them other vectors."""
    decisive = (settings.embedder_document_prefix, settings.embedder_window_tokens)
    if decisive == ("", 0):
        return name
    return f"{name}#{blake2b(repr(decisive).encode(), digest_size=3).hexdigest()}"


def plain_name(name: str) -> str:
    """The name without such a mark."""
    return _MARK.sub("", name)
