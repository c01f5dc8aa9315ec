"""A request of a client's dialect -> the events of its answer. No run is made of it, and whoever leaves stops it.

What the client sent, system prompt, tools and turns, reaches the model untouched; only its last question is searched for, and
gets the passages found. One record is written after the last byte.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Literal

from ibidem.chat.answer import Conversation, Draft, answer, needs_evidence, write
from ibidem.chat.conversations import Conversations
from ibidem.chat.messages import Block, Talk, as_sent, is_helper_prompt, split
from ibidem.chat.meter import Meter
from ibidem.chat.prompt import system_text
from ibidem.chat.transcript import Transcript
from ibidem.chat.turns import Sent
from ibidem.errors import StoreError
from ibidem.models.base import (
    TEMPERATURE,
    Capabilities,
    ChatMessage,
    ChatModel,
    ChatRequest,
)
from ibidem.retrieve.budget import fit
from ibidem.retrieve.followup import Turn
from ibidem.retrieve.retrieve import Context
from ibidem.settings import Settings
from ibidem.store.database import Database
from ibidem.store.dialects import DialectAnswer, add_answer
from ibidem.store.workspaces import Workspace
from ibidem.tasks.abilities import abilities, load
from ibidem.tasks.answers import Search
from ibidem.tasks.names import Names, Target
from ibidem.types import Event, as_json

FILTERED_HITS = 200  # looked at where only some documents may be cited
MAX_CLIENT_CHARS = 200
MAX_QUESTION_CHARS = 8000  # of a record; a longer question is pasted text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asks. `wishes` holds tools, sampling and the like; its messages are not looked at.

    `use_context` None: documents are searched where they can help. `documents` are the only ones that may be, if any are named.
    """

    owner: int
    target: Target
    dialect: Literal["ollama", "openai", "mcp"]
    client: str
    messages: Sequence[ChatMessage]
    wishes: ChatRequest
    max_tokens: int | None = None
    use_context: bool | None = None
    documents: frozenset[str] = frozenset()
    id: str = field(default_factory=lambda: secrets.token_hex(8))


class Dialects:
    """Answers clients. Lives on the loop."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        *,
        names: Names,
        search: Search,
        open_model: Callable[[str], ChatModel],
        meter: Callable[[str], Meter],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.names = names
        self._db = db
        self._settings = settings
        self._search = search
        self._open_model = open_model
        self._meter = meter
        self._conversations = Conversations()
        self._clock = clock
        self._records: set[asyncio.Future[None]] = set()  # being written

    async def answer(self, question: Question, draft: Draft) -> AsyncGenerator[Event, None]:
        """Events `status`, `retrieved`, `reasoning`, `delta`, `tool_call`, `cited`. Closing the generator stops the model.

        Raises BadInput, ModelError.
        """
        talk = split(question.messages)
        place = question.target.workspace
        if place is None or talk is None or not wants_documents(question, talk):
            events = self._pass_on(question, draft)
        elif talk.asks:
            events = self._ask(question, talk, place, draft)
        else:
            events = self._go_on(question, talk, place, draft)
        status: Literal["finished", "stopped", "failed"] = "failed"
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
            status = "finished"
        except (asyncio.CancelledError, GeneratorExit):
            status = "stopped"
            raise
        finally:
            if place and talk and draft.context.ranked:
                self._record(question, place, talk, draft, status)

    async def load(self, target: Target, keep_alive: str | float | None) -> None:
        """Make it ready, or with 0 let its memory go. Raises ModelError."""
        await load(self._open_model(target.model), keep_alive)

    async def abilities(self, target: Target) -> Capabilities:
        """What it can do, as far as that is known without loading it. Raises ModelUnknown."""
        return await abilities(self._open_model(target.model), self.names.found(target.model))

    async def close(self) -> None:
        """Once the last records are written."""
        await asyncio.gather(*self._records, return_exceptions=True)

    # --- the three ways ------------------------------------------------------------------------------------------------

    async def _pass_on(self, question: Question, draft: Draft) -> AsyncGenerator[Event, None]:
        """The messages as they are."""
        draft.mode = "plain"  # marks in the text are none of ours
        model = self._open_model(question.target.model)
        asked = next((one.content for one in reversed(question.messages) if one.role == "user"), "")
        request = replace(
            question.wishes,
            messages=tuple(question.messages),
            question=asked,
            max_tokens=question.max_tokens or await self._room(model),
        )
        async with aclosing(write(request, draft, model, self._meter(model.name))) as events:
            async for event in events:
                yield event
        draft.mark("total_ms")

    async def _room(self, model: ChatModel) -> int:
        """Tokens of an answer where the client names no limit: half a window always has room for the prompt."""
        window = (await model.capabilities()).context_tokens
        return min(self._settings.dialects.max_tokens, window // 2 if window else self._settings.dialects.max_tokens)

    async def _ask(self, question: Question, talk: Talk, place: Workspace, draft: Draft) -> AsyncGenerator[Event, None]:
        """The last question with what is found for it, behind the turns as they were sent."""
        keys = [block.key for block in talk.earlier]
        before = await asyncio.to_thread(self._before, question, talk, place, keys)
        turns = [block.turn for block in talk.earlier]
        model = self._open_model(question.target.model)
        events = answer(
            talk.last.question.content,
            draft,
            mode="chat",
            search=lambda text: self._find(
                text, place, turns, question.documents, judged=needs_evidence("chat", model)
            ),
            model=model,
            max_tokens=question.max_tokens or self._settings.dialects.max_tokens,
            conversation=Conversation(
                before,
                self._meter(model.name),
                self._settings.retrieve.read_s,
                lead=talk.lead,
                wishes=settled(question.wishes),
            ),
            images=talk.last.question.images,
        )
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            self._keep(question, place, keys, talk.last, draft)

    async def _go_on(
        self, question: Question, talk: Talk, place: Workspace, draft: Draft
    ) -> AsyncGenerator[Event, None]:
        """The model reads what its tools gave, behind its question as that was sent. Nothing is searched."""
        keys = [block.key for block in talk.earlier]
        pending = [*keys, Block(talk.last.question).key]
        known = await asyncio.to_thread(self._conversations.known, question.owner, place.id, pending)
        asked = talk.last.question
        if known is None:
            before = await asyncio.to_thread(self._before, question, talk, place, keys)
            known = replace(before, turns=(*before.turns, Sent(asked.content, asked.content, images=asked.images)))
        *turns, last = known.turns
        draft.transcript = replace(known, turns=(*turns, replace(last, rest=talk.last.rest)))
        lead = talk.lead or (ChatMessage("system", system_text("chat")),)
        told = [message for turn in draft.transcript.turns for message in turn.messages()]
        model = self._open_model(question.target.model)
        request = replace(
            settled(question.wishes),
            messages=(*lead, *told),
            question=asked.content,
            max_tokens=question.max_tokens or await self._room(model),
        )
        try:
            async with aclosing(write(request, draft, model, self._meter(model.name))) as events:
                async for event in events:
                    yield event
        finally:
            self._keep(question, place, keys, talk.last, draft)
        draft.mark("total_ms")
        yield Event("cited", {"citations": draft.citations()})

    # --- what they share -----------------------------------------------------------------------------------------------

    def _before(self, question: Question, talk: Talk, place: Workspace, keys: Sequence[Turn]) -> Transcript:
        return as_sent(self._conversations.find(question.owner, place.id, keys), talk.earlier)

    def _find(
        self, text: str, place: Workspace, turns: Sequence[Turn], documents: frozenset[str], *, judged: bool
    ) -> Context:
        if not documents:
            return self._search(text, place, turns, judged=judged)
        wide = self._search(text, place, turns, hits=FILTERED_HITS, judged=judged)
        ranked = [one for one in wide.ranked if one.stored.document_id in documents]
        kept, _ = fit(ranked, self._settings.retrieve.budget_tokens)
        return replace(wide, ranked=ranked, kept=kept, omitted=[])

    def _keep(self, question: Question, place: Workspace, keys: Sequence[Turn], last: Block, draft: Draft) -> None:
        """Remember what was sent: under the answer for the next question, under none for what tools will give."""
        if not draft.transcript.turns or not (draft.text or draft.calls):
            return
        said = Block(last.question, (*last.rest, ChatMessage("assistant", draft.text, tool_calls=tuple(draft.calls))))
        *turns, asked = draft.transcript.turns
        if draft.calls:
            pending = replace(draft.transcript, turns=(*turns, replace(asked, rest=(), answer="")))
            key = Block(last.question).key
            self._conversations.keep(question.owner, place.id, [*keys, key], pending)
        rest = () if said.plain else said.rest
        whole = replace(draft.transcript, turns=(*turns, replace(asked, rest=rest))).answered(said.answer)
        self._conversations.keep(question.owner, place.id, [*keys, said.key], whole)

    def _record(
        self,
        question: Question,
        place: Workspace,
        talk: Talk,
        draft: Draft,
        status: Literal["finished", "stopped", "failed"],
    ) -> None:
        """Written beside the loop: whoever has left is not waited for."""
        told = DialectAnswer(
            question.id,
            question.owner,
            place.slug,
            question.dialect,
            question.client[:MAX_CLIENT_CHARS],
            question.target.model,
            talk.last.question.content[:MAX_QUESTION_CHARS].encode("utf-8", "replace").decode(),
            status,
            draft.citations(),
            draft.timings,
            as_json(draft.usage),
            self._clock(),
        )
        writing = asyncio.get_running_loop().run_in_executor(None, self._write, told)
        self._records.add(writing)
        writing.add_done_callback(self._records.discard)

    def _write(self, told: DialectAnswer) -> None:
        try:
            self._db.write(lambda tx: add_answer(tx, told))
        except StoreError as error:  # the answer was given all the same
            log.warning("an answer was not recorded: %s", error.message)


def settled(wishes: ChatRequest) -> ChatRequest:
    """Over documents a model keeps to what is written, where the client does not say how freely it may speak."""
    return replace(wishes, temperature=TEMPERATURE) if wishes.temperature is None else wishes


def wants_documents(question: Question, talk: Talk) -> bool:
    """The client's word counts; else documents serve questions of people, not helper prompts and not JSON."""
    if question.use_context is not None:
        return question.use_context
    if question.wishes.schema is not None:
        return False
    return bool(talk.last.question.content.strip()) and not is_helper_prompt(talk.last.question.content)
