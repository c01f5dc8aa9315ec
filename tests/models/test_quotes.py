"""The model that needs no language model: what it quotes, how it cites it, and when it declines."""

from __future__ import annotations

import asyncio
import math
import re
import time

import pytest

from ibidem.index.analyze import query_tokens, tokenize
from ibidem.models.base import ChatRequest, Done, TextDelta
from ibidem.models.quotes import ENOUGH_EVIDENCE, MOST_QUOTES, NEAR_EVIDENCE, QuotesModel, quotes, telling
from ibidem.models.sentences import MAX_CHARS, sentences
from ibidem.types import Passage, Span

LEAVE = "## 연차\n연차는 입사 2년차부터 매년 17일이 주어진다. 이월은 최대 5일까지 가능하다."
LIMITER = '''class RateLimiter:
    """Token bucket."""

    def acquire(self, cost: int) -> bool:
        """Take cost tokens; False when the bucket is empty."""
        return self.tokens >= cost
'''


def passage(text: str, number: int = 1, path: str = "notes.md", heading: str = "", score: float = 1.0) -> Passage:
    lines = text.count("\n") + 1
    return Passage(number, f"d{number}", path, path, text, Span(0, len(text), 1, lines), heading, score)


def terms(question: str, *passages: Passage) -> dict[str, float]:
    """The question's tokens with their inverse document frequency in these passages, as retrieval gives them."""
    texts = [set(tokenize(each.text)) for each in passages]

    def idf(token: str) -> float:
        having = sum(token in text for text in texts)
        return math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))

    return {token: idf(token) for token in query_tokens(question)}


def stream(question: str, *passages: Passage, evidence: float = 1.0) -> list[TextDelta | Done]:
    request = ChatRequest((), question, passages, terms(question, *passages), evidence)

    async def collect() -> list[TextDelta | Done]:
        return [event async for event in QuotesModel(tokenize).stream(request)]

    return asyncio.run(collect())


def answer(question: str, *passages: Passage, evidence: float = 1.0) -> str:
    events = stream(question, *passages, evidence=evidence)
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def best(question: str, *passages: Passage) -> str:
    return quotes(question, terms(question, *passages), passages, tokenize)[0].text


# --- the answer ---------------------------------------------------------------------------------------------------


def test_a_korean_question_is_answered_with_the_sentence_and_its_number():
    said = answer("연차 이월은 며칠까지 되나요?", passage(LEAVE, path="휴가.md"))
    assert said.startswith("이월은 최대 5일까지 가능하다. [1]")


def test_a_question_about_code_is_answered_with_the_docstring_under_its_signature():
    asked = "What does acquire return when the token bucket is empty?"
    said = answer(asked, passage("limiter = RateLimiter()", path="app.py"), passage(LIMITER, 2, "limiter.py"))
    assert said.startswith(
        "`def acquire(self, cost: int) -> bool`: Take cost tokens; False when the bucket is empty. [2]"
    )


def test_each_quote_carries_the_number_of_its_own_passage():
    said = answer(
        "Where do the red pump and the red valve stand?",
        passage("The red pump stands in hall A.", 1),
        passage("The red valve stands in hall B.", 2),
    )
    assert "The red pump stands in hall A. [1]" in said
    assert "The red valve stands in hall B. [2]" in said


def test_a_footnote_in_a_quoted_sentence_is_not_taken_for_a_citation():
    said = answer("When was the mill founded?", passage("The mill was founded in 1887.[7] It burnt down twice."))
    assert re.findall(r"\[(\d+)\]", said) == ["1"]


def test_a_task_without_a_subject_is_answered_with_the_beginning_of_the_text_it_came_with() -> None:
    minutes = "회의는 3월 2일에 열렸다. 예산은 1.5만 원으로 정했다. 김민수가 담당한다. 다음 회의는 4월이다. 끝."
    assert answer("?", passage(minutes)).startswith("회의는 3월 2일에 열렸다. [1]\n\n예산은 1.5만 원으로 정했다. [1]")


def test_the_answer_ends_by_saying_how_to_connect_a_language_model_in_the_language_of_the_question():
    english = answer("When is lunch?", passage("Lunch is at noon."))
    korean = answer("점심은 언제인가요?", passage("점심은 정오에 시작한다."))
    for said in (english, korean):
        assert "ibidem ask --model " in said.rpartition("\n\n")[2]
        assert "[models]" in said
    assert "No language model is connected" in english
    assert "언어 모델" in korean


DECLINED = [
    ("When is lunch?", "The documents do not clearly answer this."),
    ("점심은 언제인가요?", "문서에서 이 질문의 분명한 답을 찾지 못했습니다."),
]


@pytest.mark.parametrize(("question", "declined"), DECLINED)
def test_it_declines_in_the_language_of_the_question_and_quotes_nothing_unrelated(question, declined):
    none = NEAR_EVIDENCE - 0.01
    for said in (
        answer(question),
        answer(question, passage("Lunch is at noon. 점심은 정오다."), evidence=none),
        answer(question, passage("Unrelated words.")),
    ):
        assert said.startswith(declined)
        assert "[1]" not in said


@pytest.mark.parametrize(("question", "declined"), DECLINED)
def test_where_the_evidence_is_thin_it_says_so_first_and_shows_the_nearest_place_alone(question, declined):
    thin = ENOUGH_EVIDENCE - 0.01
    said = answer(
        question, passage("Lunch is at noon. 점심은 정오다."), passage("Lunch is good. 점심 메뉴다.", 2), evidence=thin
    )
    assert said.startswith(declined)
    assert len(re.findall(r"\[\d\]", said)) == 1


def test_it_streams_pieces_and_then_exactly_one_done_with_its_usage():
    *pieces, done = stream("pumps?", *(passage(f"Pumps of kind {kind} are blue. " * 3, kind) for kind in range(1, 4)))
    assert len(pieces) > 3
    assert all(isinstance(piece, TextDelta) and 0 < len(piece.text) < 100 for piece in pieces)
    assert isinstance(done, Done)
    assert done.usage.prompt > 0 < done.usage.completion


def test_the_same_sentence_is_quoted_once_and_never_more_than_a_few():
    texts = [*["The pump is blue."] * 2, *(f"The pump of hall {hall} is blue." for hall in range(20))]
    found = quotes(
        "Which pump is blue?", {"pump": 1.0, "blue": 1.0}, [passage(t, n) for n, t in enumerate(texts)], tokenize
    )
    assert len(found) == len({quote.text for quote in found}) == MOST_QUOTES


# --- which sentence -----------------------------------------------------------------------------------------------


def test_rare_words_of_the_question_weigh_more_than_frequent_ones():
    passages = [passage(f"The pump of hall {n} is inspected every spring.", n) for n in range(1, 6)]
    passages.append(passage("The zirconium lining was replaced. The pump of hall 9 is inspected every year.", 6))
    assert best("Which pump has zirconium?", *passages) == "The zirconium lining was replaced."


def test_a_sentence_is_read_with_its_neighbours_and_heading():
    text = "Marie built the engine in Lyon. She sold it in 1887. Nothing else was sold in 1901."
    assert (
        best("When was the engine of Marie sold?", passage(text)) in text.split(". ")[0] + "." + " She sold it in 1887."
    )
    under = [passage("It closes at six.", 1, heading="Canteen"), passage("It closes at nine.", 2, heading="Library")]
    assert best("When does the library close?", *under) == "It closes at nine."


def test_a_question_in_the_document_is_not_the_answer_but_points_to_it():
    faq = "How many days of leave can be carried over? Five, until the end of March."
    assert best("How many leave days can be carried over?", passage(faq)) == "Five, until the end of March."


def test_sentences_in_the_language_of_the_question_come_first():
    both = passage("The timeout of FastAPI is 30 seconds. FastAPI timeout 값은 30초이다.")
    assert best("FastAPI timeout 값은?", both) == "FastAPI timeout 값은 30초이다."
    assert best("What is the timeout of FastAPI?", both) == "The timeout of FastAPI is 30 seconds."


def test_a_row_of_a_table_is_quoted_whole():
    rows = passage("part,bar,stock\npump,4.2,3\nvalve,1.0,8\n", path="parts.csv", heading="columns: part, bar, stock")
    assert best("How many bar has the valve?", rows) == "valve,1.0,8"


def test_common_words_and_korean_endings_tell_little():
    weights = telling(dict.fromkeys(query_tokens("Which name has the turbine?"), 1.0), tokenize)
    assert weights["name"] < weights["turbin"]
    weights = telling(dict.fromkeys(query_tokens("이월은 가능한가"), 1.0), tokenize)
    assert weights["월은"] < weights["이월"]


# --- sentences ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It starts at 4.2 bar. It stops at 3.1 bar.", ["It starts at 4.2 bar.", "It stops at 3.1 bar."]),
        ("Mr. Kim met Dr. J. Lee in the U.S. Army, e.g. at noon. Then he left.", 2),
        ('He said "No." She left!Really? Yes.', ['He said "No."', "She left!Really?", "Yes."]),
        ("그는 갔다.그리고 왔다. 왜 왔을까? 모른다", ["그는 갔다.", "그리고 왔다.", "왜 왔을까?", "모른다"]),
        ("회의는 2024. 4. 10. 열린다. 끝.", ["회의는 2024. 4. 10.", "열린다.", "끝."]),
        ("연차는 17일이다\n병가는 60일이다\n", ["연차는 17일이다", "병가는 60일이다"]),
        ("A wrapped line that is as wide as a page of text goes on\nHere, and ends.", 1),
        ("- **one**\n- [two](http://x)\n  goes on\n1. three", ["one", "two goes on", "three"]),
        ("# Title\n\n> quoted text\n\n---\nBody.", ["quoted text", "Body."]),
        ("|a|b|\n|---|---|\n|1|2|", ["a · b", "1 · 2"]),
        ("Colours:\n- red\n- blue\n\nEnd.", ["Colours: red · blue", "red", "blue", "End."]),
        ("```sh\nmake run\n```", ["`make run`"]),
    ],
)
def test_prose_splits_into_sentences_without_marks_of_layout(text, expected):
    found = sentences(text)
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_a_comment_stands_behind_the_signature_it_documents():
    java = "/**\n * Takes {@link Token}s.\n * False when empty.\n */\npublic boolean acquire(int cost) {\n  if (x) {"
    assert sentences(java, "A.java") == [
        "`public boolean acquire(int cost)`",
        "`public boolean acquire(int cost)`: Takes Tokens.",
        "`public boolean acquire(int cost)`: False when empty.",
        "`if (x) {`",
    ]


def test_code_that_was_cut_within_a_docstring_is_still_code_after_it():
    cut = 'the end of it.\n    """\n    x = 1\n\n\ndef after():\n    """Documented."""\n'
    assert sentences(cut, "a.py") == ["the end of it.", "`x = 1`", "`def after()`", "`def after()`: Documented."]


@pytest.mark.parametrize("path", ["a.md", "a.py", "a.java", "a.csv"])
@pytest.mark.parametrize("atom", ["a", "가다.", ".", "= ", "[", "- ", "(", "<a", '"""', "/*", "Mr. ", "!\"'", "a:\n- "])
def test_a_line_of_100_kb_costs_linear_time_and_no_piece_is_long(atom, path):
    started = time.process_time()
    found = sentences(atom * (100_000 // len(atom)) + "x", path)
    assert time.process_time() - started < 2
    assert all(len(piece) <= MAX_CHARS for piece in found)
