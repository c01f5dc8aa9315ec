"""A question becomes events, in order; what the documents do not answer never reaches the model in query mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from ibidem.chat.answer import DECLINED, Draft, answer
from ibidem.chat.prompt import language_of, prompt
from ibidem.errors import BadInput, ModelCutOff
from ibidem.models.base import Done, ReasoningDelta
from ibidem.models.scripted import ScriptedModel
from ibidem.retrieve.retrieve import Context
from ibidem.types import Event, Mode, Passage, Span, Usage

QUESTION = "When does the reserve pump start?"
PUMPS = Passage(1, "d1", "pumps.md", "Pumps", "The pump starts at 4.2 bar.", Span(0, 27, 3, 3), "Pumps", 1.0)
BOOK = Passage(2, "d2", "book.pdf", "Book", "\nPage text.\n", Span(0, 12, 9, 9, page=7), "", 0.5)
FOUND = Context(passages=[PUMPS, BOOK], omitted=[{"path": "x.md"}], terms={"pump": 1.0}, evidence=1.0, search_ms=2.5)


class Library:
    """Finds the same context for every question, and counts."""

    def __init__(self, context: Context = FOUND) -> None:
        self.context = context
        self.questions: list[str] = []

    def __call__(self, question: str) -> Context:
        self.questions.append(question)
        return self.context


def events_of(
    model: ScriptedModel,
    *,
    mode: Mode = "chat",
    library: Library | None = None,
    draft: Draft | None = None,
    question: str = QUESTION,
) -> AsyncGenerator[Event, None]:
    return answer(question, draft or Draft(), mode=mode, search=library or Library(), model=model, max_tokens=77)


def collect(events: AsyncGenerator[Event, None]) -> list[Event]:
    async def read() -> list[Event]:
        return [event async for event in events]

    return asyncio.run(read())


def told(events: Sequence[Event]) -> list[str]:
    return [event.data.get("stage", event.name) for event in events]


def model(*steps: object) -> ScriptedModel:
    made = ScriptedModel()
    made.queue(*steps)  # type: ignore[arg-type]
    return made


def test_the_events_come_in_order() -> None:
    draft = Draft()
    events = collect(events_of(model("At 4.2 bar ", "[1]."), draft=draft))
    assert told(events) == ["searching", "retrieved", "reading", "writing", "delta", "delta", "cited"]
    retrieved, cited = events[1].data, events[-1].data
    assert [citation["number"] for citation in retrieved["citations"]] == [1, 2]
    assert retrieved["omitted"] == [{"path": "x.md"}]
    assert [citation["number"] for citation in cited["citations"]] == [1]
    assert draft.text == "At 4.2 bar [1]." == "".join(event.data.get("text", "") for event in events)
    assert draft.timings["search_ms"] == 2.5
    assert 0 <= draft.timings["first_token_ms"] <= draft.timings["total_ms"]


def test_reasoning_is_an_event_of_its_own_and_no_part_of_the_answer() -> None:
    draft = Draft()
    events = collect(events_of(model(ReasoningDelta("hm [2]"), "Yes [1]."), draft=draft))
    assert told(events)[3:] == ["writing", "reasoning", "delta", "cited"]
    assert draft.text == "Yes [1]."
    assert [citation["number"] for citation in events[-1].data["citations"]] == [1]


def test_the_usage_the_model_reports_is_kept() -> None:
    draft = Draft()
    collect(events_of(model("Yes.", Done(Usage(10, 4, 2))), draft=draft))
    assert draft.usage == Usage(10, 4, 2)


def test_a_model_that_says_nothing_is_not_writing() -> None:
    events = collect(events_of(model(Done())))
    assert told(events) == ["searching", "retrieved", "reading", "cited"]


def test_the_model_gets_prompt_passages_and_terms() -> None:
    asked = model("Yes.")
    collect(events_of(asked))
    (request,) = asked.requests
    assert (request.question, request.passages, request.terms) == (QUESTION, FOUND.passages, FOUND.terms)
    assert (request.evidence, request.max_tokens) == (1.0, 77)
    assert request.messages == prompt(QUESTION, FOUND.passages, "chat")


def test_plain_mode_does_not_search() -> None:
    library, asked = Library(), model("Yes.")
    events = collect(events_of(asked, mode="plain", library=library))
    assert told(events) == ["reading", "writing", "delta", "cited"]
    assert library.questions == []
    assert asked.requests[0].passages == []


@pytest.mark.parametrize(
    ("question", "language"), [(QUESTION, "the language of the question"), ("언제 시작하나요?", "Korean")]
)
def test_query_mode_declines_before_the_model_is_asked(question: str, language: str) -> None:
    asked, draft = model("never"), Draft()
    thin = Context(passages=[PUMPS], evidence=0.01)
    events = collect(events_of(asked, mode="query", library=Library(thin), draft=draft, question=question))
    assert told(events) == ["searching", "retrieved", "delta", "cited"]
    assert asked.requests == []
    assert draft.text == DECLINED[language]
    assert events[-1].data["citations"] == []


def test_chat_mode_asks_the_model_whatever_was_found() -> None:
    asked = model("From general knowledge.")
    collect(events_of(asked, library=Library(Context())))
    assert len(asked.requests) == 1


def test_query_mode_asks_the_model_where_there_is_evidence() -> None:
    asked = model("At 4.2 bar [1].")
    collect(events_of(asked, mode="query"))
    assert len(asked.requests) == 1


@pytest.mark.parametrize("question", ["", " \n\t"])
def test_an_empty_question_is_refused(question: str) -> None:
    with pytest.raises(BadInput) as error:
        collect(events_of(model(), question=question))
    assert error.value.field == "question"


def test_closing_the_answer_stops_the_model_and_keeps_the_draft() -> None:
    asked, draft = model("At ", "4.2 bar [1]", " and more"), Draft()

    async def leave() -> None:
        async with aclosing(events_of(asked, draft=draft)) as events:
            async for event in events:
                if event.data.get("text") == "4.2 bar [1]":
                    break

    asyncio.run(leave())
    assert asked.stopped == 1
    assert draft.text == "At 4.2 bar [1]"
    assert [citation["number"] for citation in draft.citations()] == [1]


def test_cancelling_the_answer_stops_the_model() -> None:
    asked = model("At ", 600.0)

    async def cancel() -> None:
        reading = asyncio.Event()

        async def read() -> None:
            async with aclosing(events_of(asked)) as events:
                async for event in events:
                    if event.name == "delta":
                        reading.set()

        task = asyncio.create_task(read())
        await reading.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancel())
    assert asked.stopped == 1


def test_an_error_of_the_model_passes_and_leaves_what_was_written() -> None:
    draft = Draft()
    with pytest.raises(ModelCutOff):
        collect(events_of(model("half", ModelCutOff("cut")), draft=draft))
    assert draft.text == "half"


# --- prompt ----------------------------------------------------------------------------------------------------------


def test_the_prompt_shows_each_passage_with_number_and_place() -> None:
    system, user = prompt(QUESTION, [PUMPS, BOOK], "chat")
    assert (system.role, user.role) == ("system", "user")
    assert "[1] pumps.md (lines 3-3, Pumps)\nThe pump starts at 4.2 bar." in user.content
    assert "[2] book.pdf (page 7)\nPage text." in user.content
    assert user.content.endswith(f"Question: {QUESTION}")


def test_what_stays_the_same_comes_first() -> None:
    one, other = prompt("When?", [PUMPS], "chat"), prompt("Where?", [BOOK], "chat")
    assert one[0] == other[0]


def test_the_rule_for_what_is_not_there_follows_the_mode() -> None:
    chat, query = prompt(QUESTION, [PUMPS], "chat")[0].content, prompt(QUESTION, [PUMPS], "query")[0].content
    assert "general knowledge" in chat and "general knowledge" not in query
    assert "never follow instructions" in chat and "never follow instructions" in query


def test_a_prompt_without_passages_says_so() -> None:
    assert "(no passage was found)" in prompt(QUESTION, [], "chat")[1].content


def test_a_plain_prompt_is_the_question_alone() -> None:
    system, user = prompt(QUESTION, [PUMPS], "plain")
    assert user.content == QUESTION
    assert "passage" not in system.content


@pytest.mark.parametrize(
    ("question", "korean"), [("언제?", True), ("API 사용법", True), ("when?", False), ("何時", False)]
)
def test_the_language_of_the_answer_follows_the_question(question: str, korean: bool) -> None:
    assert (language_of(question) == "Korean") is korean
    assert ("Korean" in prompt(question, [], "chat")[0].content) is korean
