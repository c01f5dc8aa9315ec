"""A question -> events: search, then the model's text as it comes, then the citations it used."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from ibidem.chat.lookup import look_up
from ibidem.chat.meter import Meter
from ibidem.chat.prompt import is_korean
from ibidem.chat.template import NO_TEMPLATE, Filled
from ibidem.chat.transcript import Prompt, Room, Transcript, next_turn
from ibidem.errors import BadInput, ContextTooLong, ModelError
from ibidem.models.base import (
    TEMPERATURE,
    ChatMessage,
    ChatModel,
    ChatRequest,
    Done,
    Image,
    Logprobs,
    PromptProgress,
    ReasoningDelta,
    TextDelta,
    ToolCall,
)
from ibidem.retrieve.cite import citation
from ibidem.retrieve.evidence import ENOUGH
from ibidem.retrieve.given import Given
from ibidem.retrieve.retrieve import Context
from ibidem.types import Event, Mode, Passage, Usage, as_json

if TYPE_CHECKING:
    from ibidem.chat.check.marks import Marks  # 0.1 s of patterns to compile: see `prepare`

WINDOW = 8192  # tokens, of a model that does not say; servers load models with so many, or more
UNBOUNDED = 1 << 20  # the window until the model has said it: what was found is shown before a cold model is loaded
COUNTED_FROM = 1 / 4  # of the window: a longer prompt is counted exactly, where the provider can

DECLINED = "The documents do not clearly answer this."
DECLINED_KOREAN = "문서에서 이 질문의 분명한 답을 찾지 못했습니다."

Plan = Callable[[int], Prompt]  # the window in tokens -> the prompt that fits it


@dataclass(slots=True)
class Draft:
    """An answer as far as it has come; also what is left of one that was stopped."""

    text: str = ""
    mode: Mode = "chat"
    shows_found: bool = True  # whether somebody reads what was found, before the answer
    context: Context = field(default_factory=Context)
    passages: list[Passage] = field(default_factory=list)  # found for the question, numbered in this conversation
    omitted: list[dict[str, Any]] = field(default_factory=list)
    before: Transcript = field(default_factory=Transcript)  # the turns so far, as they were known
    transcript: Transcript = field(default_factory=Transcript)  # with this turn, its answer still empty
    calls: list[ToolCall] = field(default_factory=list)  # tools that the model wants called
    logprobs: list[Mapping[str, Any]] = field(default_factory=list)  # of its tokens, where they were wished for
    usage: Usage = field(default_factory=Usage)
    reason: Literal["stop", "length"] = "stop"  # why the model ended
    timings: dict[str, float] = field(default_factory=dict)  # milliseconds
    began: float = field(default_factory=time.perf_counter)
    _checked: tuple[str, list[dict[str, Any]]] | None = None  # the text, and its citations

    def mark(self, name: str) -> None:
        self.timings[name] = round((time.perf_counter() - self.began) * 1000, 1)

    def take(self, prompt: Prompt) -> None:
        """This is what the model reads."""
        self.passages = prompt.passages
        self.omitted = [*self.context.omitted, *prompt.omitted]
        self.transcript = prompt.transcript

    def retrieved(self) -> Iterator[Event]:
        """What the answer may cite; a later one takes the place of an earlier."""
        searched = {"searched": self.context.searched} if self.context.searched else {}
        if self.shows_found:
            yield Event("retrieved", {"citations": self.rag_context(), "omitted": self.omitted, **searched})

    def citations(self) -> list[dict[str, Any]]:
        """The passages that the text cites, of this turn or an earlier one, each with a verdict; made once for a text."""
        if self._checked is None or self._checked[0] != self.text:
            from ibidem.chat.check.citations import cited

            self._checked = self.text, [as_json(one) for one in cited(self.text, self.transcript.passages)]
        return self._checked[1]

    def marks(self) -> Marks:
        """What the model's text goes through. Without documents there is nothing to cite, and [1] means something else."""
        from ibidem.chat.check.marks import Marks
        from ibidem.chat.check.place import Placer

        known = {passage.number for passage in self.transcript.passages}
        return Marks(None if self.mode == "plain" and not known else known, Placer(self.passages).place)

    def say(self, text: str) -> Iterator[Event]:
        """The text as it is kept and shown; a piece that is held back says nothing yet."""
        if text:
            self.text += text
            yield Event("delta", {"text": text})

    def rag_context(self) -> list[dict[str, Any]]:
        """All passages that bear on the question, best first; the model has them, here or further up."""
        return [as_json(citation(passage)) for passage in self.passages]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What an answer builds on: the turns so far, and what is known of the model that is to read them."""

    before: Transcript = field(default_factory=Transcript)
    meter: Meter = field(default_factory=Meter)
    read_s: float = 8.0  # the model may read a turn's new passages for so long
    lead: tuple[ChatMessage, ...] = ()  # somebody else's system prompt, in place of our own
    wishes: ChatRequest | None = None  # tools, sampling and the like: all but prompt and length


def prepare() -> None:
    """Load what the first answer would otherwise wait for. In a thread."""
    import ibidem.chat.check.citations
    import ibidem.chat.check.marks  # noqa: F401


def needs_evidence(mode: str, model: ChatModel) -> bool:
    """Whether it counts how well the passages answer: in a gate, and for a model that says nothing but their sentences."""
    return mode == "query" or model.name == "quotes"


async def answer(
    question: str,
    draft: Draft,
    *,
    mode: Mode,
    search: Callable[[str], Context],
    model: ChatModel,
    max_tokens: int,
    temperature: float = TEMPERATURE,
    conversation: Conversation | None = None,
    template: Filled = NO_TEMPLATE,
    given: Sequence[Given] = (),
    images: tuple[Image, ...] = (),
    pictures: Mapping[str, bytes] | None = None,
) -> AsyncGenerator[Event, None]:
    """Events from `status` to `cited`; `draft` fills as they come. Closing the generator stops the model.

    `given` are texts that came with the question. `images` belong to it; `pictures` are the bytes, by id, of those of all
    turns that the model is to see. `retrieved` comes a second time where the model turns out to hold less than was found.

    Raises BadInput for an empty question, ModelError from the model; what was written until then is in `draft`.
    """
    if not question.strip():
        raise BadInput("the question is empty", hint="write what you want to know", field="question")
    draft.mode = mode
    talk = conversation or Conversation()
    draft.before = talk.before
    texts = list(given)
    if mode != "plain":
        yield Event("status", {"stage": "searching"})
        draft.context, texts = await asyncio.to_thread(look_up, question, given, talk.before, search)
        draft.timings["search_ms"] = draft.context.search_ms

    def plan(window: int) -> Prompt:
        room = Room.of(window, max_tokens, talk.meter.readable(talk.read_s))
        return next_turn(
            talk.before,
            question,
            draft.context.kept,
            mode=mode,
            room=room,
            count=talk.meter.count,
            lead=talk.lead,
            template=template,
            given=texts,
            images=images,
        )

    prompt = plan(talk.meter.window or UNBOUNDED)
    draft.take(prompt)
    if mode != "plain" or draft.omitted:
        for event in draft.retrieved():
            yield event
    if mode == "query" and draft.context.evidence < ENOUGH:
        draft.text = DECLINED_KOREAN if is_korean(question) else DECLINED
        draft.transcript = replace(draft.transcript, turns=talk.before.said(question, "").turns)
        yield Event("delta", {"text": draft.text})
    else:
        request = talk.wishes or ChatRequest((), temperature=temperature, images=pictures or {})
        request = replace(request, question=question)
        async with aclosing(_write(request, draft, model, talk.meter, plan, prompt)) as events:
            async for event in events:
                yield event
    draft.mark("total_ms")
    yield Event("cited", {"citations": await asyncio.to_thread(draft.citations)})


async def _write(
    request: ChatRequest, draft: Draft, model: ChatModel, meter: Meter, plan: Plan, prompt: Prompt
) -> AsyncGenerator[Event, None]:
    """The model's text, from a prompt that fits; once from a shorter one if the model finds that too long all the same.

    `prompt` was planned from what the meter knew until now.
    """
    yield Event("status", {"stage": "reading"})
    known, able = (meter.window, meter.expected), await model.capabilities()
    meter.window, meter.expected = able.context_tokens or WINDOW, able.prompt_tokens_s
    if (meter.window, meter.expected) != known:
        prompt = plan(meter.window)
    prompt = await _counted(prompt, plan, model, meter, meter.window)
    for last in (False, True):
        told = draft.passages, draft.omitted
        draft.take(prompt)
        if (draft.passages, draft.omitted) != told:
            for event in draft.retrieved():
                yield event
        try:
            async with aclosing(_stream(request, draft, prompt, model, meter)) as events:
                async for event in events:
                    yield event
            return
        except ContextTooLong:
            shorter = plan(meter.window // 2)
            if last or "first_token_ms" in draft.timings or shorter.messages == prompt.messages:
                raise
            prompt = shorter


async def _counted(prompt: Prompt, plan: Plan, model: ChatModel, meter: Meter, window: int) -> Prompt:
    """The prompt for this window; if it is long, the model counts it first, if it can."""
    exact = None
    if prompt.tokens > COUNTED_FROM * window:
        with suppress(ModelError):  # the estimate will do; a model that is gone says so when it is to answer
            exact = await model.count(prompt.messages)
    if exact is None:
        return prompt
    meter.learn(prompt.messages, exact)
    return plan(window)


async def _stream(
    request: ChatRequest, draft: Draft, prompt: Prompt, model: ChatModel, meter: Meter
) -> AsyncGenerator[Event, None]:
    request = replace(
        request,
        messages=prompt.messages,
        passages=prompt.passages,
        terms=draft.context.terms,
        evidence=draft.context.evidence,
        max_tokens=prompt.answer_tokens,
    )
    async with aclosing(write(request, draft, model, meter)) as events:
        async for event in events:
            yield event


async def write(request: ChatRequest, draft: Draft, model: ChatModel, meter: Meter) -> AsyncGenerator[Event, None]:
    """The model's text as events; `draft` and `meter` learn from it."""
    asked = time.perf_counter()
    first_s = 0.0
    marks = draft.marks()
    try:
        async with aclosing(model.stream(request)) as stream:
            async for part in stream:
                if not first_s and not isinstance(part, Done | PromptProgress):
                    first_s = time.perf_counter() - asked
                    draft.mark("first_token_ms")
                    yield Event("status", {"stage": "writing"})
                match part:
                    case PromptProgress(done, total):
                        yield Event("status", {"stage": "reading", "done": done, "total": total})
                    case TextDelta(text):
                        for event in draft.say(marks.feed(text)):
                            yield event
                    case ReasoningDelta(text):
                        yield Event("reasoning", {"text": text})
                    case ToolCall():
                        draft.calls.append(part)
                        yield Event("tool_call", as_json(part))
                    case Logprobs(tokens):
                        draft.logprobs += tokens
                        yield Event("logprobs", {"tokens": list(tokens)})
                    case Done(usage, reason):
                        draft.usage, draft.reason = usage, reason
                        meter.learn(request.messages, usage.prompt)
                        meter.timed(usage.prompt - usage.reused, first_s)
    except ModelError:  # what was written stays, to its last character
        for event in draft.say(marks.end()):
            yield event
        raise
    for event in draft.say(marks.end()):
        yield event
