"""A cursor in an editor -> the code that goes there: the workspace's definitions beside it, the model's text as it comes.

An editor asks at every keystroke and mostly leaves before the answer. So there is a budget in time and tokens for what is
looked up, a request whose keystroke is outdated ends, and nothing is written down.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field, replace

from ibidem.chat.fim import Family, Hole, Snippet, Written, family_of, holds_tokens, read, render, write
from ibidem.errors import BadInput
from ibidem.models.base import Capabilities, ChatModel, CompletionRequest, Done, ModelEvent
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.complete import Completion
from ibidem.retrieve.timed import NotInTime, Timed
from ibidem.settings import CompleteSettings
from ibidem.store.workspaces import Workspace
from ibidem.types import Chunk, estimate_tokens

FIRST_TOKENS, LEAST_TOKENS = 1000, 125  # of context: before anything is known of a model's speed, and of the slowest
MODELS_KEPT = 64
EDITORS_KEPT = 256  # whose last context is remembered
ANCHOR_CHARS = 200  # by which a place in a file is known again
DECISIVE = 8  # of what is found: while they are in the prompt already, it stays as it is

Search = Callable[[str, str, str, Workspace, int], Completion]  # path, prefix, suffix, workspace, budget in tokens


@dataclass(frozen=True, slots=True)
class Insert:
    """What an editor asks for.

    The prompt of `request` is the code before the cursor, or a whole prompt in a model family's tokens, which is
    recognised. Without such tokens and without a suffix it is text to go on with, and goes to the model untouched, unless
    `fills` says that the client did send a suffix, an empty one: a cursor at the end of a file. `workspace` is whose code
    is shown to the model, None for none; `path` is the file's, where the client tells. `client` names the editor as far
    as its requests tell: a newer request of one client at one place in a file ends an older one that still waits.
    Requests without it are never dropped.
    """

    model: ChatModel
    request: CompletionRequest
    workspace: Workspace | None = None
    path: str = ""
    client: str = ""
    fills: bool = False


_Editor = tuple[int, str]  # owner and client


@dataclass(eq=False, slots=True)
class _Waiting:
    """A request that has no text yet."""

    hole: Hole
    outdated: asyncio.Event = field(default_factory=asyncio.Event)


class Pace:
    """How much context a model gets: twice as much after each answer that begins in time, half after one that does not.

    Measured as the editor feels it, so that a cold cache, a slow processor and other users all count.
    """

    def __init__(self, most_tokens: int, first_token_s: float) -> None:
        self.tokens = min(FIRST_TOKENS, most_tokens)
        self._most = most_tokens
        self._first_token_s = first_token_s

    def learn(self, waited_s: float, *, answered: bool) -> None:
        """One that left early without an answer says nothing; one that waited in vain says that it was too much."""
        if waited_s > self._first_token_s:
            self.tokens = min(self._most, max(LEAST_TOKENS, self.tokens // 2))
        elif answered:
            self.tokens = min(self._most, self.tokens * 2)


class Insertions:
    """Code for cursors, of all users and models."""

    def __init__(self, search: Search, settings: CompleteSettings) -> None:
        self._search = search
        self._settings = settings
        self._timed = Timed()
        self._paces: dict[str, Pace] = {}
        self._waiting: dict[_Editor, list[_Waiting]] = {}
        self._last: dict[tuple[_Editor, int], tuple[Hole, Completion]] = {}  # of an editor in a workspace

    async def stream(self, owner: int, wanted: Insert) -> AsyncGenerator[ModelEvent, None]:
        """The text for the cursor, then one `Done`. Closing the generator stops the model. No record is kept.

        A request that is outdated before it has text ends in an empty `Done`. Raises BadInput for a model that cannot
        insert, ModelError.
        """
        request = wanted.request
        suffix = request.suffix if request.suffix or wanted.fills else None
        hole = read(request.prompt, suffix, wanted.path)
        if hole is None:
            stream = _events(wanted.model, request, None, asyncio.Event())
        else:
            stream = self._insert(owner, wanted, hole, self._pace(wanted.model.name))
        async with aclosing(stream) as events:
            async for event in events:
                yield event

    def close(self) -> None:
        self._timed.close()

    async def _insert(self, owner: int, wanted: Insert, hole: Hole, pace: Pace) -> AsyncGenerator[ModelEvent, None]:
        editor = (owner, wanted.client)
        with self._in_line(editor, hole) as outdated:
            written = await self._written(editor, wanted, hole, pace)
            stop = tuple(dict.fromkeys([*wanted.request.sampling.stop, *written.stop]))
            asked = replace(
                wanted.request,
                prompt=written.prompt,
                suffix=written.suffix,
                raw=True,
                sampling=replace(wanted.request.sampling, stop=stop),
            )
            async with aclosing(_events(wanted.model, asked, pace, outdated)) as events:
                async for event in events:
                    yield event

    async def _written(self, editor: _Editor, wanted: Insert, hole: Hole, pace: Pace) -> Written:
        """The prompt with the workspace's code in it, as far as that was found in time."""
        family = family_of(wanted.model.name)
        able = await wanted.model.capabilities()
        if able.insert is False and not (family or hole.family):
            raise BadInput(
                f"{wanted.model.name} does not support insert",
                hint="name a code model that fills in the middle, such as qwen2.5-coder",
                field="suffix",
            )
        budget = min(pace.tokens, _room(able, wanted.request, hole))
        if wanted.workspace is None or budget <= 0:
            return write(hole, family, [], path=hole.path, name="")
        found = await self._context(editor, hole, wanted.workspace, budget)
        snippets = pack(found.ranked, family, found.path, budget)
        return write(hole, family, snippets, path=found.path, name=wanted.workspace.slug)

    async def _context(self, editor: _Editor, hole: Hole, workspace: Workspace, budget: int) -> Completion:
        """What is found in time. Late, it serves the editor's next keystroke, as this one is served by the last."""
        place = (editor, workspace.id)

        def search() -> Completion:
            found = self._search(hole.path, hole.prefix, hole.suffix, workspace, budget)
            return self._steady(place, hole, found)

        try:
            pending = self._timed.start(search, within_ms=self._settings.context_ms)
            return await pending.wait()
        except NotInTime:
            before, found = self._last.get(place, (None, None))
            return found if before and found and at_one_place(hole, before) else Completion(path=hole.path)

    def _steady(self, place: tuple[_Editor, int], hole: Hole, found: Completion) -> Completion:
        """The last keystroke's context while it holds the best of this one's: what the model has read, it need not again."""
        if not place[0][1]:  # nobody by name
            return found
        before, last = self._last.get(place, (None, None))
        if before and last and at_one_place(hole, before) and _places(found, DECISIVE) <= _places(last):
            found = last
        if len(self._last) >= EDITORS_KEPT:
            with suppress(KeyError, RuntimeError, StopIteration):  # another thread has made room meanwhile
                del self._last[next(iter(self._last))]
        self._last[place] = (hole, found)
        return found

    def _pace(self, model: str) -> Pace:
        if model not in self._paces:
            if len(self._paces) >= MODELS_KEPT:
                self._paces.pop(next(iter(self._paces)))
            self._paces[model] = Pace(self._settings.context_tokens, self._settings.first_token_s)
        return self._paces[model]

    @contextmanager
    def _in_line(self, editor: _Editor, hole: Hole) -> Iterator[asyncio.Event]:
        """Ends the client's requests that this one outdates; the event tells when it is outdated itself."""
        me = _Waiting(hole)
        if not editor[1]:
            yield me.outdated
            return
        line = self._waiting.setdefault(editor, [])
        for older in line:
            if hole.prefix != older.hole.prefix and at_one_place(hole, older.hole):  # one text twice is no keystroke
                older.outdated.set()
        line.append(me)
        try:
            yield me.outdated
        finally:
            line.remove(me)
            if not line:
                self._waiting.pop(editor, None)


async def _events(
    model: ChatModel, request: CompletionRequest, pace: Pace | None, outdated: asyncio.Event
) -> AsyncGenerator[ModelEvent, None]:
    """The model's events, as long as the first of them comes before the request is outdated."""
    if outdated.is_set():
        yield Done()
        return
    async with aclosing(model.complete(request)) as stream:
        asked, first = time.perf_counter(), None
        try:
            first = await _unless(outdated, stream)
        finally:
            if pace:
                pace.learn(time.perf_counter() - asked, answered=first is not None)
        yield first or Done()
        if first is not None:
            async for event in stream:
                yield event


async def _unless(outdated: asyncio.Event, stream: AsyncGenerator[ModelEvent, None]) -> ModelEvent | None:
    """The stream's first event; None when it is outdated before."""
    first = asyncio.ensure_future(anext(stream, None))
    gone = asyncio.ensure_future(outdated.wait())
    try:
        await asyncio.wait({first, gone}, return_when=asyncio.FIRST_COMPLETED)
        return first.result() if first.done() else None
    finally:
        first.cancel()
        gone.cancel()
        await asyncio.gather(first, gone, return_exceptions=True)


def at_one_place(newer: Hole, older: Hole) -> bool:
    """Whether both stand at one place in one file, some keystrokes apart: the same text behind, and above the line."""
    if newer.suffix[-ANCHOR_CHARS:] != older.suffix[-ANCHOR_CHARS:]:
        return False
    above, newline, _ = older.prefix.rpartition("\n")
    if not newline:
        return newer.prefix.startswith(older.prefix) or older.prefix.startswith(newer.prefix)
    return above[-ANCHOR_CHARS:] in newer.prefix


def _places(found: Completion, most: int | None = None) -> set[tuple[str, int]]:
    return {(one.stored.path, one.stored.chunk.span.start_char) for one in found.ranked[:most]}


def pack(ranked: Sequence[Ranked], family: Family | None, path: str, budget_tokens: int) -> list[Snippet]:
    """What fits, a snippet a file, in the order of the file's lines; the best stands last, nearest to the cursor."""
    chosen: dict[str, list[Chunk]] = {}
    for one in ranked:
        chunk, place = one.stored.chunk, one.stored.path
        head = "" if place in chosen else place
        tokens = estimate_tokens(render(family, Snippet(head, chunk.text), path))
        if tokens > budget_tokens or holds_tokens(chunk.text, family):
            continue
        budget_tokens -= tokens
        chosen.setdefault(place, []).append(chunk)
    return [Snippet(place, _joined(chunks)) for place, chunks in reversed(chosen.items())]


def _joined(chunks: Sequence[Chunk]) -> str:
    ordered = sorted(chunks, key=lambda chunk: chunk.span.start_char)
    return "\n".join(chunk.text.strip("\n") for chunk in ordered)


def _room(able: Capabilities, request: CompletionRequest, hole: Hole) -> int:
    """Tokens that the model's window leaves for context, a quarter kept since tokens are estimated."""
    if able.context_tokens is None:
        return 1 << 20
    code = estimate_tokens(hole.written or hole.prefix + hole.suffix)
    return (able.context_tokens - request.max_tokens) * 4 // 5 - code
