"""BM25 over our own tokens: one tantivy directory a workspace, with body, symbols, path and so on as separate fields.

Korean morphemes stand in a second directory beside it, so that adding them leaves the first one's statistics alone: what
is deleted and added anew counts twice in them until the engine merges.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from ibidem.errors import IndexUnavailable
from ibidem.index.analyze import is_hangul, path_tokens, symbol_tokens, tokenize
from ibidem.index.sounds import MARK, name_keys
from ibidem.store.chunks import StoredChunk
from ibidem.types import Channel

log = logging.getLogger(__name__)

CHANNELS: tuple[Channel, ...] = ("body", "symbols", "path", "heads")  # the fields; other channels are not
HEAP_BYTES = 30_000_000  # of the one writing thread; 15 MB is the engine's minimum
MORPHEMES = 0.5  # of what a Korean word scores, next to its bigrams; 0.3 and 0.7 find less. Source: evals/LOG.md

KNOWN_TOKENS = (
    1 << 13
)  # whose frequencies a reader keeps: 2 MB; asking the engine takes a fifth of a long question's time

Ranking = list[tuple[int, float]]  # (chunk id, BM25 score), best first


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")  # the key to delete by
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("symbols", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("path", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("heads", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("sounds", tokenizer_name="whitespace", index_option="basic")  # keys of names in the body
    return builder.build()


def korean_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_text_field("morphemes", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def open_index(folder: Path, wanted: tantivy.Schema, *, make: bool = False) -> tantivy.Index:
    """Open the directory, or `make` it where there is none.

    Raises IndexUnavailable for one that is damaged, of another schema, or gone: a reader never makes an empty one.
    """
    try:
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not tantivy.Index.exists(str(folder)):
            raise FileNotFoundError("it is gone")
        return tantivy.Index(wanted, path=str(folder))
    except (ValueError, OSError) as error:
        raise IndexUnavailable(
            f"the index in {folder} cannot be opened: {error}", hint="run `ibidem index rebuild`"
        ) from error


_KOREAN = korean_schema()


class _Writer:
    """The one writer of a directory. After any error it must be dropped and the changes replayed with a new one."""

    def __init__(self, folder: Path, wanted: tantivy.Schema) -> None:
        self._writer = open_index(folder, wanted, make=True).writer(heap_size=HEAP_BYTES, num_threads=1)

    def delete(self, document_id: str) -> None:
        self._writer.delete_documents_by_term("document", document_id)

    def commit(self) -> None:
        self._writer.commit()

    def close(self) -> None:
        """Let merges finish: segments would pile up otherwise."""
        self._writer.wait_merging_threads()


class LexicalWriter(_Writer):
    """Writes chunks: their text, names, path and the heads of their definitions."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, schema())

    def add(self, stored: StoredChunk, heads: str = "") -> None:
        """`heads`: how the definitions that begin in the chunk begin."""
        chunk = stored.chunk
        entry = tantivy.Document()
        entry.add_text("document", stored.document_id)
        entry.add_unsigned("chunk", stored.id)
        heading = tokenize(chunk.heading) if chunk.heading else []
        entry.add_text("body", " ".join(tokenize(chunk.text) + heading))
        if sounds := {key for _, key in name_keys(chunk.text)}:
            entry.add_text("sounds", " ".join(sounds))
        entry.add_text("symbols", " ".join(symbol_tokens(chunk.symbols, chunk.heading)))
        entry.add_text("path", " ".join(path_tokens(stored.path)))
        if heads:
            entry.add_text("heads", " ".join(tokenize(heads)))
        self._writer.add_document(entry)


class KoreanWriter(_Writer):
    """Writes the morphemes of chunks with Hangul."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _KOREAN)

    def add(self, stored: StoredChunk, morphemes: Iterable[str]) -> None:
        entry = tantivy.Document()
        entry.add_text("document", stored.document_id)
        entry.add_unsigned("chunk", stored.id)
        entry.add_text("morphemes", " ".join(morphemes))
        self._writer.add_document(entry)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question in one or several wordings, each with its tokens and weight: the best of them counts.

    Synonyms that stand in one chunk do not add up, so a word with many wordings says no more than one with few.
    """

    wordings: tuple[tuple[tuple[str, ...], float], ...]  # the question's own first
    borrowed: bool = False  # from an earlier turn: it is not among the question's morphemes


def beside_morphemes(word: Word | str) -> Word | str:
    """The word with half its own bigrams, where morphemes score the other half; wordings of the table stay whole."""
    if isinstance(word, str):
        return Word((((word,), 1 - MORPHEMES),)) if is_hangul(word) else word
    (tokens, weight), *others = word.wordings
    if word.borrowed or not any(map(is_hangul, tokens)):
        return word
    return Word(((tokens, weight * (1 - MORPHEMES)), *others))


class LexicalReader:
    """Rankings from a directory, as of the last `reload`. Every method raises IndexUnavailable for a damaged one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damaged = False  # its files are cut, changed or gone
        with self._reading():
            self._index = open_index(folder, schema())
            self._schema = self._index.schema
            self._searcher = self._index.searcher()
        self._frequencies: dict[str, tuple[int, ...]] = {}  # of the searcher's commit, by CHANNELS
        self._korean: tantivy.Searcher | None = None

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
            self._frequencies = {}  # after the searcher, and read before it: never older than what is searched

    def use_morphemes(self, folder: Path | None) -> None:
        """Search Korean by the last commit of this directory as well; by bigrams alone with None, or if it is damaged."""
        korean = None
        if folder is not None:
            try:
                with self._reading():
                    korean = open_index(folder, _KOREAN).searcher()
            except IndexUnavailable as error:
                self._leave_morphemes(error)
        self._korean = korean

    def _leave_morphemes(self, error: IndexUnavailable) -> None:
        self._korean = None
        self.damaged = True
        log.warning("Korean stays with bigrams: %s", error)

    @property
    def has_morphemes(self) -> bool:
        return self._korean is not None

    @property
    def chunks(self) -> int:
        return self._searcher.num_docs

    def document_frequency(self, token: str) -> int:
        """How many chunks hold the token in text, names or path; of a key, those with a name that sounds so."""
        return max(self._by_channel(token))

    def _by_channel(self, token: str) -> tuple[int, ...]:
        """How many chunks hold the token in each of CHANNELS."""
        known = self._frequencies
        if (found := known.get(token)) is None:
            searcher = self._searcher
            with self._reading():
                if token.startswith(MARK):  # names by sound rank with the text
                    found = tuple(searcher.doc_freq("sounds", token) * (channel == "body") for channel in CHANNELS)
                else:
                    found = tuple(searcher.doc_freq(channel, token) for channel in CHANNELS)
            if len(known) >= KNOWN_TOKENS:
                known.clear()
            known[token] = found
        return found

    def rank(self, channel: Channel, words: Iterable[Word | str], limit: int) -> Ranking:
        """The best chunks of one field for any of the words; a plain token is a word of one wording."""
        return self._best(self._searcher, self._words(channel, words), limit)

    def rank_korean(self, words: Iterable[Word | str], morphemes: Iterable[str], limit: int) -> Ranking:
        """The best chunks of the body by words and morphemes: both halves of what Hangul scores, and other words whole.

        Bigrams find the parts of compounds, morphemes are not misled by endings; together they find more than either
        (evals/LOG.md). A chunk under the best 2 * limit of one half counts 0 there. Damaged morphemes leave it to bigrams.
        """
        words, korean = list(words), self._korean
        if korean is None:
            return self.rank("body", words, limit)
        terms = [Query.term_query(_KOREAN, "morphemes", one, "freq") for one in morphemes]
        try:
            by_morphemes = self._best(korean, terms, 2 * limit)
        except IndexUnavailable as error:
            self._leave_morphemes(error)
            return self.rank("body", words, limit)
        halves = self._words("body", map(beside_morphemes, words))
        total = dict(self._best(self._searcher, halves, 2 * limit))
        for chunk_id, score in by_morphemes:
            total[chunk_id] = total.get(chunk_id, 0.0) + MORPHEMES * score
        return sorted(total.items(), key=lambda item: -item[1])[:limit]

    def _best(self, searcher: tantivy.Searcher, queries: Sequence[Query], limit: int) -> Ranking:
        """One searcher for both steps: a reload in between would number the segments anew."""
        if not queries:
            return []
        with self._reading():
            found = searcher.search(
                Query.boolean_query([(Occur.Should, one) for one in queries]), limit, count=False
            ).hits
            ids = searcher.fast_field_values("chunk", [address for _, address in found])
        return [(int(chunk_id or 0), score) for chunk_id, (score, _) in zip(ids, found, strict=True)]

    def _words(self, channel: Channel, words: Iterable[Word | str]) -> list[Query]:
        """What the field has of the words: the engine would look in vain for the rest."""
        place = CHANNELS.index(channel)
        queries = []
        for word in words:
            wordings = (((word,), 1.0),) if isinstance(word, str) else word.wordings
            held = [
                self._wording(channel, tokens, weight)
                for wording, weight in wordings
                if (tokens := [token for token in wording if self._by_channel(token)[place]])
            ]
            if held:
                queries.append(held[0] if len(held) == 1 else Query.disjunction_max_query(held))
        return queries

    def _wording(self, channel: Channel, tokens: Sequence[str], weight: float) -> Query:
        terms = [
            Query.term_query(self._schema, "sounds", token, "basic")
            if token.startswith(MARK)
            else Query.term_query(self._schema, channel, token, "freq")
            for token in tokens
        ]
        query = terms[0] if len(terms) == 1 else Query.boolean_query([(Occur.Should, term) for term in terms])
        return query if weight == 1.0 else Query.boost_query(query, weight)
