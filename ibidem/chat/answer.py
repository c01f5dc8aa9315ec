"""A question -> events: search, then the model's text as it comes, then the citations it used."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from ibidem.chat.prompt import language_of, prompt
from ibidem.errors import BadInput
from ibidem.models.base import ChatModel, ChatRequest, Done, ReasoningDelta, TextDelta
from ibidem.retrieve.cite import citation, cited
from ibidem.retrieve.evidence import ENOUGH
from ibidem.retrieve.retrieve import Context
from ibidem.types import Event, Mode, Usage, as_json

DECLINED = {
    "Korean": "문서에서 이 질문의 분명한 답을 찾지 못했습니다.",
    "the language of the question": "The documents do not clearly answer this.",
}


@dataclass(slots=True)
class Draft:
    """An answer as far as it has come; also what is left of one that was stopped."""

    text: str = ""
    context: Context = field(default_factory=Context)
    usage: Usage = field(default_factory=Usage)
    timings: dict[str, float] = field(default_factory=dict)  # milliseconds
    began: float = field(default_factory=time.perf_counter)

    def mark(self, name: str) -> None:
        self.timings[name] = round((time.perf_counter() - self.began) * 1000, 1)

    def citations(self) -> list[dict[str, Any]]:
        """The passages that the text cites."""
        return [as_json(one) for one in cited(self.text, self.context.passages)]

    def rag_context(self) -> list[dict[str, Any]]:
        """All passages that the model was given."""
        return [as_json(citation(passage)) for passage in self.context.passages]


async def answer(
    question: str,
    draft: Draft,
    *,
    mode: Mode,
    search: Callable[[str], Context],
    model: ChatModel,
    max_tokens: int,
) -> AsyncGenerator[Event, None]:
    """Events from `status` to `cited`; `draft` fills as they come. Closing the generator stops the model.

    Raises BadInput for an empty question, ModelError from the model; what was written until then is in `draft`.
    """
    if not question.strip():
        raise BadInput("the question is empty", hint="write what you want to know", field="question")
    if mode != "plain":
        yield Event("status", {"stage": "searching"})
        draft.context = await asyncio.to_thread(search, question)
        draft.timings["search_ms"] = draft.context.search_ms
        searched = {"searched": draft.context.searched} if draft.context.searched else {}
        yield Event("retrieved", {"citations": draft.rag_context(), "omitted": draft.context.omitted, **searched})
    if mode == "query" and draft.context.evidence < ENOUGH:
        draft.text = DECLINED[language_of(question)]
        yield Event("delta", {"text": draft.text})
    else:
        async for event in _write(question, draft, mode, model, max_tokens):
            yield event
    draft.mark("total_ms")
    yield Event("cited", {"citations": draft.citations()})


async def _write(
    question: str, draft: Draft, mode: Mode, model: ChatModel, max_tokens: int
) -> AsyncGenerator[Event, None]:
    context = draft.context
    request = ChatRequest(
        messages=prompt(question, context.passages, mode),
        question=question,
        passages=context.passages,
        terms=context.terms,
        evidence=context.evidence,
        max_tokens=max_tokens,
    )
    yield Event("status", {"stage": "reading"})
    writing = False
    async with aclosing(model.stream(request)) as stream:
        async for part in stream:
            if not writing and not isinstance(part, Done):
                writing = True
                draft.mark("first_token_ms")
                yield Event("status", {"stage": "writing"})
            match part:
                case TextDelta(text):
                    draft.text += text
                    yield Event("delta", {"text": text})
                case ReasoningDelta(text):
                    yield Event("reasoning", {"text": text})
                case Done(usage):
                    draft.usage = usage
