"""BM25 over our own tokens: one tantivy directory a workspace, with body, symbols and path as separate fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from ibidem.errors import IndexUnavailable
from ibidem.index.analyze import path_tokens, symbol_tokens, tokenize
from ibidem.store.documents import StoredChunk
from ibidem.types import Channel

CHANNELS: tuple[Channel, ...] = ("body", "symbols", "path", "heads")  # the fields; "dense" is ranked elsewhere
HEAP_BYTES = 30_000_000  # of the one writing thread; 15 MB is the engine's minimum

Ranking = list[tuple[int, float]]  # (chunk id, BM25 score), best first


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")  # the key to delete by
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("symbols", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("path", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("heads", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def open_index(folder: Path) -> tantivy.Index:
    """Open or make the directory. Raises IndexUnavailable for a damaged one, or one of another schema."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tantivy.Index(schema(), path=str(folder))
    except (ValueError, OSError) as error:
        raise IndexUnavailable(
            f"the index in {folder} cannot be opened: {error}", hint="run `ibidem index rebuild`"
        ) from error


class LexicalWriter:
    """The one writer of a directory. After any error it must be dropped and the changes replayed with a new one."""

    def __init__(self, folder: Path) -> None:
        self._writer = open_index(folder).writer(heap_size=HEAP_BYTES, num_threads=1)

    def delete(self, document_id: str) -> None:
        self._writer.delete_documents_by_term("document", document_id)

    def add(self, stored: StoredChunk, heads: str = "") -> None:
        """`heads`: how the definitions that begin in the chunk begin."""
        chunk = stored.chunk
        entry = tantivy.Document()
        entry.add_text("document", stored.document_id)
        entry.add_unsigned("chunk", stored.id)
        heading = tokenize(chunk.heading) if chunk.heading else []
        entry.add_text("body", " ".join(tokenize(chunk.text) + heading))
        entry.add_text("symbols", " ".join(symbol_tokens(chunk.symbols, chunk.heading)))
        entry.add_text("path", " ".join(path_tokens(stored.path)))
        if heads:
            entry.add_text("heads", " ".join(tokenize(heads)))
        self._writer.add_document(entry)

    def commit(self) -> None:
        self._writer.commit()

    def close(self) -> None:
        """Let merges finish: segments would pile up otherwise."""
        self._writer.wait_merging_threads()


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question in one or several wordings, each with its tokens and weight: the best of them counts.

    Synonyms that stand in one chunk do not add up, so a word with many wordings says no more than one with few.
    """

    wordings: tuple[tuple[tuple[str, ...], float], ...]


class LexicalReader:
    """Rankings from a directory, as of the last `reload`. Every method raises IndexUnavailable for a damaged one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damaged = False  # its files are cut, changed or gone
        with self._reading():
            self._index = open_index(folder)
            self._schema = self._index.schema
            self._searcher = self._index.searcher()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raises IndexUnavailable for whatever the engine makes of damaged files; it may even panic."""
        try:
            yield
        except BaseException as error:
            if not isinstance(error, ValueError | OSError) and type(error).__name__ != "PanicException":
                raise
            self.damaged = True
            raise IndexUnavailable(
                f"the index in {self._folder} is damaged: {error}", hint="it is made anew; ask again in a moment"
            ) from error

    def reload(self) -> None:
        """See what has been committed since; a writer may be at work."""
        with self._reading():
            self._index.reload()
            self._searcher = self._index.searcher()

    @property
    def chunks(self) -> int:
        return self._searcher.num_docs

    def document_frequency(self, token: str) -> int:
        """How many chunks hold the token in text, names or path."""
        with self._reading():
            return max(self._searcher.doc_freq(channel, token) for channel in CHANNELS)

    def rank(self, channel: Channel, words: Iterable[Word | str], limit: int) -> Ranking:
        """The best chunks of one field for any of the words; a plain token is a word of one wording."""
        clauses = [(Occur.Should, self._word(channel, word)) for word in words]
        if not clauses:
            return []
        searcher = self._searcher  # one for both steps: a reload in between would number the segments anew
        with self._reading():
            found = searcher.search(Query.boolean_query(clauses), limit, count=False).hits
            ids = searcher.fast_field_values("chunk", [address for _, address in found])
        return [(int(chunk_id or 0), score) for chunk_id, (score, _) in zip(ids, found, strict=True)]

    def _word(self, channel: Channel, word: Word | str) -> Query:
        if isinstance(word, str):
            return self._wording(channel, (word,), 1.0)
        wordings = [self._wording(channel, tokens, weight) for tokens, weight in word.wordings]
        return wordings[0] if len(wordings) == 1 else Query.disjunction_max_query(wordings)

    def _wording(self, channel: Channel, tokens: Sequence[str], weight: float) -> Query:
        terms = [Query.term_query(self._schema, channel, token, "freq") for token in tokens]
        query = terms[0] if len(terms) == 1 else Query.boolean_query([(Occur.Should, term) for term in terms])
        return query if weight == 1.0 else Query.boost_query(query, weight)
