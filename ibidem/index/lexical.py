"""BM25 over our own tokens: one tantivy directory a workspace, with body, symbols and path as separate fields.

Korean morphemes stand in a second directory beside it, so that adding them leaves the first one's statistics alone: what
is deleted and added anew counts twice in them until the engine merges.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import tantivy
from tantivy import Occur, Query

from ibidem.errors import IndexUnavailable
from ibidem.index.analyze import is_hangul, path_tokens, symbol_tokens, tokenize
from ibidem.store.documents import StoredChunk
from ibidem.types import Channel

CHANNELS: tuple[Channel, ...] = get_args(Channel)
HEAP_BYTES = 30_000_000  # of the one writing thread; 15 MB is the engine's minimum
MORPHEMES = 0.5  # of what a Korean word scores, next to its bigrams; 0.3 and 0.7 find less. Source: evals/LOG.md

Ranking = list[tuple[int, float]]  # (chunk id, BM25 score), best first


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")  # the key to delete by
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("symbols", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("path", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def korean_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_text_field("morphemes", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def open_index(folder: Path, wanted: tantivy.Schema) -> tantivy.Index:
    """Open or make the directory. Raises IndexUnavailable for a damaged one, or one of another schema."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tantivy.Index(wanted, path=str(folder))
    except (ValueError, OSError) as error:
        raise IndexUnavailable(
            f"the index in {folder} cannot be opened: {error}", hint="run `ibidem index rebuild`"
        ) from error


_KOREAN = korean_schema()


class LexicalWriter:
    """The one writer of a directory. After any error it must be dropped and the changes replayed with a new one."""

    def __init__(self, folder: Path) -> None:
        self._writer = open_index(folder, schema()).writer(heap_size=HEAP_BYTES, num_threads=1)

    def delete(self, document_id: str) -> None:
        self._writer.delete_documents_by_term("document", document_id)

    def add(self, stored: StoredChunk) -> None:
        chunk = stored.chunk
        entry = tantivy.Document()
        entry.add_text("document", stored.document_id)
        entry.add_unsigned("chunk", stored.id)
        heading = tokenize(chunk.heading) if chunk.heading else []
        entry.add_text("body", " ".join(tokenize(chunk.text) + heading))
        entry.add_text("symbols", " ".join(symbol_tokens(chunk.symbols, chunk.heading)))
        entry.add_text("path", " ".join(path_tokens(stored.path)))
        self._writer.add_document(entry)

    def commit(self) -> None:
        self._writer.commit()

    def close(self) -> None:
        """Let merges finish: segments would pile up otherwise."""
        self._writer.wait_merging_threads()


class KoreanWriter:
    """The one writer of a directory of morphemes; the rules of LexicalWriter."""

    def __init__(self, folder: Path) -> None:
        self._writer = open_index(folder, korean_schema()).writer(heap_size=HEAP_BYTES, num_threads=1)

    def delete(self, document_id: str) -> None:
        self._writer.delete_documents_by_term("document", document_id)

    def add(self, stored: StoredChunk, morphemes: Iterable[str]) -> None:
        entry = tantivy.Document()
        entry.add_text("document", stored.document_id)
        entry.add_unsigned("chunk", stored.id)
        entry.add_text("morphemes", " ".join(morphemes))
        self._writer.add_document(entry)

    def commit(self) -> None:
        self._writer.commit()

    def close(self) -> None:
        self._writer.wait_merging_threads()


class LexicalReader:
    """Rankings from a directory, as of the last `reload`."""

    def __init__(self, folder: Path) -> None:
        self._index = open_index(folder, schema())
        self._schema = self._index.schema
        self._korean: tantivy.Searcher | None = None
        self.reload()

    def reload(self, korean: Path | None = None) -> None:
        """See what has been committed since; a writer may be at work. `korean` is the directory of morphemes, if complete.

        Raises IndexUnavailable when that one is damaged; the reader goes on without it.
        """
        self._index.reload()
        self._searcher = self._index.searcher()
        self._korean = None
        if korean is not None:
            self._korean = open_index(korean, korean_schema()).searcher()

    @property
    def has_morphemes(self) -> bool:
        return self._korean is not None

    @property
    def chunks(self) -> int:
        return self._searcher.num_docs

    def document_frequency(self, token: str) -> int:
        """How many chunks hold the token in text, names or path."""
        return max(self._searcher.doc_freq(channel, token) for channel in CHANNELS)

    def rank(self, channel: Channel, tokens: Iterable[str], limit: int) -> Ranking:
        """The best chunks of one field for any of the tokens."""
        return _best(self._searcher, [self._clause(channel, token) for token in tokens], limit)

    def rank_korean(self, tokens: Iterable[str], morphemes: Iterable[str], limit: int) -> Ranking:
        """The best chunks of the body by tokens and morphemes: both halves of what Hangul scores, and other words whole.

        Bigrams find the parts of compounds, morphemes are not misled by endings; together they find more than either
        (evals/LOG.md). A chunk under the best 2 * limit of one half counts 0 there.
        """
        if self._korean is None:
            return self.rank("body", tokens, limit)
        clauses = [self._clause("body", token, 1 - MORPHEMES if is_hangul(token) else 1.0) for token in tokens]
        total = dict(_best(self._searcher, clauses, 2 * limit))
        terms = [(Occur.Should, Query.term_query(_KOREAN, "morphemes", one, "freq")) for one in morphemes]
        for chunk_id, score in _best(self._korean, terms, 2 * limit):
            total[chunk_id] = total.get(chunk_id, 0.0) + MORPHEMES * score
        return sorted(total.items(), key=lambda item: -item[1])[:limit]

    def _clause(self, field: str, token: str, weight: float = 1.0) -> tuple[Occur, Query]:
        query = Query.term_query(self._schema, field, token, "freq")
        return Occur.Should, query if weight == 1.0 else Query.boost_query(query, weight)


def _best(searcher: tantivy.Searcher, clauses: list[tuple[Occur, Query]], limit: int) -> Ranking:
    if not clauses:
        return []
    found = searcher.search(Query.boolean_query(clauses), limit, count=False).hits
    ids = searcher.fast_field_values("chunk", [address for _, address in found])
    return [(int(chunk_id or 0), score) for chunk_id, (score, _) in zip(ids, found, strict=True)]
