"""Code around a cursor -> the definitions that are likely needed next, within a token budget.

Candidates come from the symbol tables: names imported but not used yet, members of the variables in reach, names near the
cursor, and names that stand in similar code elsewhere in the workspace. Each gives a definition some weight; the sum orders
them. What room is left is filled with the similar code itself.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ibidem.index.analyze import query_tokens
from ibidem.index.imports import Files, family, language_of
from ibidem.index.lexical import LexicalReader
from ibidem.ingest.parse.imports import statements
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.cursor import Cursor, look
from ibidem.retrieve.fuse import fuse
from ibidem.retrieve.retrieve import MAX_QUERY_TOKENS, weigh
from ibidem.retrieve.scope import MAX_DEFINED, WORD, Scope
from ibidem.store.chunks import StoredChunk, chunks_by_id
from ibidem.store.database import Database
from ibidem.store.symbols import (
    StoredDefinition,
    chunks_at,
    definitions_in,
    definitions_inside,
    imports_of,
)
from ibidem.store.workspaces import Workspace
from ibidem.types import Chunk, Import, Span, estimate_tokens

# What each reason adds to a definition. Source: evals/LOG.md, "symbols and completion".
UNUSED = 1.0  # imported, not used yet
USED = 0.3  # imported and used: at the cursor; falls with the distance
MEMBER = 0.5  # of a variable in reach, at the cursor; falls with the distance
MODULE = 0.5  # what a module has that is imported as a whole
WHOLE = 0.25  # what a file has that is included, or imported with all its names
OWN = 0.35  # of the enclosing class's bases
NEAR = 0.25  # a name of the last lines
SIMILAR = 0.6  # the name stands in the most similar code
RECENT = 0.1  # in a file edited a moment ago

HALF_LINES = 12  # lines above the cursor at which a mention counts half
SIMILAR_CHUNKS = 12
QUERY_LINES = 8  # lines above the cursor that similar code is searched with
HEAD_CHARS = 320  # of a definition: signature, docstring, head of the body
MEMBER_CHARS = 240
LEAST_CHARS = 200  # a one-line definition says more with the lines below it
DEFINITIONS_SHARE = 0.9  # of the budget; the rest is similar code
INHERITED = 0.8  # of a member's weight, for each step up to a base
BASES_DEEP = 2
FAR_LINES = 36  # lines above the cursor up to which a name is looked up
MAX_CANDIDATES = 110
TEXTS_AT_ONCE = 40  # definitions whose text is read in one look-up; the budget holds some 70
MAX_VOTES = 300  # identifiers of similar code that are looked up

_SCATTERED = frozenset({"go", "rust", "c", "csharp", "ruby"})  # families that write a type's members in several files


@dataclass(frozen=True, slots=True)
class Completion:
    """What is needed at a cursor, best first: heads of definitions, then chunks; `channels` of each says why.

    `path` is that of the file being edited: the workspace's own where it has the file.
    """

    ranked: list[Ranked] = field(default_factory=list)
    trace: dict[str, Any] = field(default_factory=dict)
    search_ms: float = 0.0
    path: str = ""


class _Here:
    """The text around the cursor, which whoever edits it has before their eyes: a copy in another file is no news."""

    def __init__(self, prefix: str, suffix: str) -> None:
        self._texts = [text.replace("\r\n", "\n") for text in (prefix, suffix)]

    def __contains__(self, text: object) -> bool:
        sought = str(text).replace("\r\n", "\n").strip()
        return any(sought in known for known in self._texts)


class _Candidates:
    """Definitions with the weight of each reason; of several mentions for one reason the greatest counts."""

    def __init__(self) -> None:
        self.found: dict[int, StoredDefinition] = {}
        self.reasons: dict[int, dict[str, float]] = defaultdict(dict)

    def add(self, one: StoredDefinition, reason: str, weight: float) -> None:
        self.found[one.id] = one
        known = self.reasons[one.id]
        known[reason] = max(known.get(reason, 0.0), weight)

    def best(self, limit: int) -> list[StoredDefinition]:
        """The heaviest first; of equal ones, by place: row numbers depend on which file was read first."""

        def order(row: int) -> tuple[float, str, int]:
            one = self.found[row]
            return -round(sum(self.reasons[row].values()), 6), one.path, one.definition.start_char

        return [self.found[row] for row in sorted(self.found, key=order)[:limit]]


def complete(
    path: str,
    prefix: str,
    suffix: str,
    workspace: Workspace,
    *,
    reader: LexicalReader | None,
    files: Files,
    db: Database,
    recent: Sequence[str] = (),
    budget_tokens: int,
) -> Completion:
    """The definitions and similar code that whoever goes on at the cursor needs. `recent`: ids of documents edited a moment ago.

    `path` may be the end of the document's path, or none of the workspace's. The file being edited is never returned, nor
    is what stands in `prefix` or `suffix` already, in whichever file.
    """
    began = time.perf_counter()
    own = next(iter(files.ending(path)), "")
    place = own or path
    cursor = look(prefix, language_of(path), _imports_above(prefix, own, files, workspace, db), suffix=suffix)
    here = _Here(prefix, suffix)
    similar = [one for one in _similar(prefix, own, workspace, reader, db) if one.stored.chunk.text not in here]
    found = _candidates(cursor, place, workspace, files, db, similar, recent)
    best = [one for one in found.best(MAX_CANDIDATES) if one.path != own]
    ranked = _fill(best, found, similar, here, budget_tokens, workspace, db)
    trace = {"imports": len(cursor.imports), "candidates": len(found.found)}
    return Completion(ranked, trace, _ms_since(began), place)


def _imports_above(prefix: str, own: str, files: Files, workspace: Workspace, db: Database) -> tuple[Import, ...]:
    """The file's stored imports, where the editor sent only the end of what stands above the cursor."""
    if not own or statements(prefix, language_of(own)):
        return ()
    return tuple(one for _, one in imports_of(db, workspace, [files.documents[own]]))


def _similar(prefix: str, own: str, workspace: Workspace, reader: LexicalReader | None, db: Database) -> list[Ranked]:
    """Chunks of other files that look like the lines above the cursor."""
    tokens = query_tokens("\n".join(prefix.rstrip().split("\n")[-QUERY_LINES:]))
    if reader is None or not tokens:
        return []
    terms = weigh(tokens, reader)
    known = [token for token in terms if reader.document_frequency(token)][:MAX_QUERY_TOKENS]
    fused = fuse({"body": reader.rank("body", known, 2 * SIMILAR_CHUNKS), "path": reader.rank("path", known, 20)})
    stored = chunks_by_id(db, workspace, [one.chunk_id for one in fused[: 2 * SIMILAR_CHUNKS]])
    ranked = [Ranked(stored[one.chunk_id], one.score, one.channels) for one in fused if one.chunk_id in stored]
    return [one for one in ranked if one.stored.path != own][:SIMILAR_CHUNKS]


def _votes(similar: Iterable[Ranked]) -> dict[str, float]:
    """How much the similar code speaks for each identifier that stands in it, 1.0 for the most."""
    votes: dict[str, float] = defaultdict(float)
    for one in similar:
        for word in dict.fromkeys(WORD.findall(one.stored.chunk.text)):
            votes[word] += one.score
    most = max(votes.values(), default=1.0)
    telling = sorted(votes, key=lambda word: (-votes[word], word))[:MAX_VOTES]
    return {word: votes[word] / most for word in telling}


def _candidates(
    cursor: Cursor,
    place: str,
    workspace: Workspace,
    files: Files,
    db: Database,
    similar: Sequence[Ranked],
    recent: Sequence[str],
) -> _Candidates:
    """Every definition that has a reason."""
    votes = _votes(similar)
    types = {name for binding in cursor.bindings.values() for name in binding.types}
    near = [word for word, above in cursor.words.items() if above <= FAR_LINES]
    scope = Scope(cursor.imports, place, files, db, workspace)
    scope.learn({*near, *types, *cursor.enclosing}, rare=votes)
    candidates = _Candidates()
    _add_imported(candidates, cursor, scope, workspace, files, db)
    _add_members(candidates, cursor, scope, workspace, files, db)
    for word in near:
        for definition in scope.lookup(word):
            candidates.add(definition, "near", NEAR * _fading(cursor.words[word]))
    _add_similar(candidates, cursor, scope, votes)
    for definition in definitions_in(db, workspace, recent):
        known = definition.id in candidates.found
        if known or (not definition.definition.parent and scope.speaks(definition.path)):
            candidates.add(definition, "recent", RECENT)
    return candidates


def _add_imported(
    candidates: _Candidates, cursor: Cursor, scope: Scope, workspace: Workspace, files: Files, db: Database
) -> None:
    """What imports bring: names, and what is in a module that is imported as a whole."""
    modules: dict[str, float] = {}
    for one in cursor.imports:
        above = cursor.words.get(one.alias)
        weight = UNUSED if above is None else USED * _fading(above)
        for definition in scope.imported(one):
            candidates.add(definition, "imports", weight)
        holding = MODULE if above is None else MEMBER * _fading(above)  # at the cursor it is a receiver
        for path in scope.module(one):
            modules[path] = max(modules.get(path, 0.0), WHOLE if one.name == "*" else holding)
    for definition in definitions_in(db, workspace, [files.documents[path] for path in modules]):
        if not definition.definition.parent:
            weight = modules[definition.path] * cursor.freshness(definition.definition.name)
            candidates.add(definition, "members", weight)
    for path, offered in scope.passed_on(list(modules)).items():
        for definition in offered:
            candidates.add(definition, "members", modules[path] * cursor.freshness(definition.definition.name))


def _add_members(
    candidates: _Candidates, cursor: Cursor, scope: Scope, workspace: Workspace, files: Files, db: Database
) -> None:
    """Members of the types of the variables in reach, and of the enclosing class and its bases."""
    weights: dict[int, float] = {}
    types: dict[int, StoredDefinition] = {}

    def take(name: str, weight: float) -> None:
        for one in scope.types(name):
            types[one.id] = one
            weights[one.id] = max(weights.get(one.id, 0.0), weight)

    for binding in cursor.bindings.values():
        for name in binding.types:
            take(name, MEMBER * _fading(binding.line))
    for name in cursor.enclosing:
        take(name, OWN)
    for word, above in cursor.words.items():
        if above <= HALF_LINES:
            take(word, MEMBER * _fading(above))
    for _ in range(BASES_DEEP):
        bases = {name: weights[row] for row, one in types.items() for name in WORD.findall(one.definition.type)}
        scope.learn(bases)
        for name, weight in bases.items():
            take(name, INHERITED * weight)
    holders: dict[tuple[str, str], float] = defaultdict(float)  # (path, dotted name) -> weight
    for one in types.values():
        for path in _around(one.path, files):
            place = path, one.full_name
            holders[place] = max(holders[place], weights[one.id])
    documents = [files.documents[path] for path in {path for path, _ in holders} if path in files.documents]
    for member in definitions_inside(db, workspace, {name for _, name in holders}, documents=documents):
        place = member.path, member.definition.parent
        if place in holders:
            candidates.add(member, "members", holders[place] * cursor.freshness(member.definition.name))


def _add_similar(candidates: _Candidates, cursor: Cursor, scope: Scope, votes: Mapping[str, float]) -> None:
    """Names in similar code: they support candidates, and are candidates where few definitions share the name."""
    for definition in list(candidates.found.values()):
        if vote := votes.get(definition.definition.name):
            candidates.add(definition, "similar", SIMILAR * vote / 2)
    for word, vote in votes.items():
        found = scope.named.get(word, ())
        if word not in cursor.words and len(found) <= MAX_DEFINED:
            for definition in found:
                candidates.add(definition, "similar", SIMILAR * vote / len(found))


def _around(path: str, files: Files) -> list[str]:
    """The files that may hold members of a type of this file: a Go method or a Rust impl may be in another one."""
    return [path, *files.beside(path)] if family(language_of(path)) in _SCATTERED else [path]


def _fading(lines: int) -> float:
    return HALF_LINES / (HALF_LINES + lines)


def _fill(
    best: Sequence[StoredDefinition],
    found: _Candidates,
    similar: Sequence[Ranked],
    here: _Here,
    budget_tokens: int,
    workspace: Workspace,
    db: Database,
) -> list[Ranked]:
    """Heads of definitions to their share of the budget, then similar code to the end of it."""
    ranked: list[Ranked] = []
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    room = budget_tokens * (DEFINITIONS_SHARE if similar else 1.0)
    for one, stored, following in _texts(best, workspace, db):
        reasons = found.reasons[one.id]
        head = _head(one, stored, following, MEMBER_CHARS if one.definition.parent else HEAD_CHARS)
        span = head.chunk.span
        if any(span.start_char >= low and span.end_char <= high for low, high in taken[one.path]):
            continue
        if head.chunk.text in here:
            continue
        if head.chunk.tokens > room:
            break
        room -= head.chunk.tokens
        taken[one.path].append((span.start_char, span.end_char))
        ranked.append(
            Ranked(head, sum(reasons.values()), {reason: round(weight, 4) for reason, weight in reasons.items()})
        )
    room = budget_tokens - sum(one.stored.chunk.tokens for one in ranked)
    for hit in similar:
        if hit.stored.chunk.tokens <= room:
            ranked.append(hit)
            room -= hit.stored.chunk.tokens
    return ranked


def _texts(
    best: Sequence[StoredDefinition], workspace: Workspace, db: Database
) -> Iterator[tuple[StoredDefinition, StoredChunk, str]]:
    """Definitions with their chunk and the text from their first line on, read as far as they are asked for."""
    for start in range(0, len(best), TEXTS_AT_ONCE):
        some = best[start : start + TEXTS_AT_ONCE]
        chunks = chunks_at(db, workspace, [one.id for one in some], HEAD_CHARS)
        for one in some:
            if one.id in chunks:
                yield one, *chunks[one.id]


def _head(one: StoredDefinition, stored: StoredChunk, following: str, most_chars: int) -> StoredChunk:
    """The definition's first lines; a short one with the lines that follow it, often its siblings."""
    chunk, definition = stored.chunk, one.definition
    most = min(most_chars, max(definition.end_char - definition.start_char, LEAST_CHARS))
    text = following[:most]
    if len(following) > most:
        text = text[: text.rfind("\n", most // 2) + 1 or most]
    span = Span(
        start_char=definition.start_char,
        end_char=definition.start_char + len(text),
        start_line=definition.start_line,
        end_line=definition.start_line + text.rstrip("\n").count("\n"),
        page=chunk.span.page,
    )
    return replace(stored, chunk=Chunk(chunk.ordinal, text, span, chunk.heading, chunk.symbols, estimate_tokens(text)))


def _ms_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)
