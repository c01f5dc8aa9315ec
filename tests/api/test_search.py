"""/api/search/: shapes, limits, and that a workspace never sees another's."""

from __future__ import annotations

import json
import time
import unicodedata
from typing import Any

import pytest

from tests.api.serving import Server, ended, is_error, paths_found, put_text, search, workspace

FIELDS = {"document_id", "path", "start_line", "end_line", "page", "heading", "text", "score", "channels", "why"}


@pytest.fixture(scope="module")
def zoo(server: Server) -> str:
    """A workspace with a few documents."""
    slug = workspace(server, "Zoo of searches")
    put_text(server, "pumps.md", "# Pumps\n\n## Reserve\n\nThe reserve pump starts at 4.2 bar.\n", slug)
    put_text(server, "휴가.md", "# 휴가\n\n## 연차\n\n연차 이월은 최대 5일까지 가능하다.\n", slug)
    put_text(server, "limiter.py", "class RateLimiter:\n    def acquire(self) -> bool:\n        return True\n", slug)
    return slug


def test_a_hit_has_the_fields_of_the_contract(server: Server, zoo: str) -> None:
    answer = server.http.post("/api/search/", json={"query": "reserve pump", "workspace": zoo}).json()
    assert {"hits", "timings"} == set(answer)
    hit = answer["hits"][0]
    assert set(hit) >= FIELDS
    assert (hit["path"], hit["page"], hit["heading"]) == ("pumps.md", None, "Pumps")
    assert hit["start_line"] <= 5 <= hit["end_line"]
    assert isinstance(hit["score"], float) and hit["score"] > 0
    assert hit["channels"] and set(hit["channels"]) <= {"body", "symbols", "path"}
    assert hit["why"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("연차 이월", "휴가.md"),
        ("연차 이월".encode().decode("utf-8"), "휴가.md"),
        ("연차", "휴가.md"),  # decomposed
        ("RateLimiter acquire", "limiter.py"),
        ("rate limiter", "limiter.py"),
        ("What does the reserve pump do at 4.2 bar?", "pumps.md"),
        ('"reserve" AND (pump OR *) NOT -bar: ~x^2 [a TO b] {!}', "pumps.md"),
        ("reserve\n\t pump\u3000", "pumps.md"),
        ("pump " * 5000, "pumps.md"),
    ],
)
def test_a_query_is_words_and_never_a_language(server: Server, zoo: str, query: str, path: str) -> None:
    assert paths_found(server, query, zoo)[0] == path


@pytest.mark.parametrize(
    "query", ["?!.,", "🙂🙂", "\u200b\u200b", "zzzz qqqq", "AND", "\x00", "*", "'; DROP TABLE run; --"]
)
def test_a_query_without_a_known_word_finds_nothing(server: Server, zoo: str, query: str) -> None:
    assert search(server, query, zoo) == []


PASTED = "".join(
    f"2026-11-{n % 28 + 1:02} ERROR worker-{n} request {n * 7919:x} pump failed 펌프 {n}\n" for n in range(2000)
)
ODD = {
    "one letter": "a",
    "one syllable": "펌",
    "a pasted log": PASTED[:60_000],
    "ten thousand words": " ".join(f"w{n}x" for n in range(8000)),
    "one word of 60 KB": "aB" * 30_000,
    "20,000 syllables": "휴가" * 10_000,
    "only punctuation": "!?.,;:()[]{}<>" * 100,
    "mixed scripts": "pump 연차 насос ポンプ 泵 مضخة πump",
    "emoji": "👩‍👩‍👧 reserve 👍🏽 pump",
    "NUL and escapes": "reserve\0pump \x1b[31m \u202epmup",
    "decomposed": unicodedata.normalize("NFD", "연차 이월"),
    "20,000 accents": "e" + "\u0301" * 20_000,
    "an open quote": '"reserve pump',
    "operators": "body:foo AND -x~2^3 OR path:/.*/ pump*",
}


@pytest.mark.parametrize("query", ODD.values(), ids=ODD.keys())
def test_an_odd_query_is_answered_soon_with_its_trace_and_as_a_question(server: Server, zoo: str, query: str) -> None:
    began = time.monotonic()
    body = {
        "workspace": zoo,
        "trace": True,
        "history": [{"question": query[:8000], "answer": query[:8000]}],
        "query": query,
    }
    answer = server.http.post("/api/search/", json=body)
    assert answer.status_code == 200, answer.text
    run = server.http.post("/api/runs/", json={"question": query, "workspace": zoo, "model": "quotes"})
    assert run.status_code == 202, run.text
    assert ended(server, run.json()["run_id"])["state"] == "finished"
    assert time.monotonic() - began < 10  # a tenth of it on a quiet machine


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/search/", {"query": "reserve \ud83d pump", "trace": True}),
        ("/api/search/", {"query": "pump", "workspace": "\udfff"}),
        ("/api/search/", {"query": "pump", "history": [{"question": "\udfff"}]}),
        ("/api/workspaces/", {"name": "Half \ud83d"}),
        ("/api/rag/documents/", {"title": "half.md", "content": "half \ud83d"}),
    ],
)
def test_half_a_character_is_told_and_never_a_failure_of_the_server(
    server: Server, path: str, body: dict[str, Any]
) -> None:
    answer = server.http.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 404), answer.text
    assert is_error(answer, answer.status_code)["code"] in ("bad_input", "unknown_workspace")


CODE = {
    "broken.py": "def found_anyway(:\n    return ((((\n\nclass {{{ zebra\n",
    "deep.py": "def found_anyway():\n    return " + "(" * 20_000 + ")" * 20_000 + "\n",
    "deep.js": "function found_anyway() { return " + "[" * 20_000 + "\n",
    "deep.json": '{"found_anyway": ' + '{"a": ' * 20_000,
    "deep.md": "> " * 5_000 + "found_anyway\n",
}


@pytest.mark.parametrize(("path", "content"), CODE.items(), ids=CODE.keys())
def test_a_file_that_no_grammar_can_parse_is_found_all_the_same(server: Server, path: str, content: str) -> None:
    slug = workspace(server, f"Broken {path}")
    assert put_text(server, path, content, slug)["state"] in ("ok", "partial")
    assert paths_found(server, "found_anyway", slug) == [path] * len(paths_found(server, "found_anyway", slug)) != []


def test_a_limit_is_kept(server: Server, zoo: str) -> None:
    assert len(search(server, "pump 연차 acquire", zoo, limit=1)) == 1
    assert len(search(server, "pump 연차 acquire", zoo, limit=100)) == 3


def test_a_trace_tells_how_the_hits_came_about(server: Server, zoo: str) -> None:
    answer = server.http.post("/api/search/", json={"query": "reserve pump", "workspace": zoo, "trace": True}).json()
    assert {"terms", "channels", "fused", "kept", "cut"} <= set(answer["trace"])
    assert len(answer["trace"]["terms"]) >= 2


def test_workspaces_do_not_see_each_other(server: Server, zoo: str) -> None:
    other = workspace(server, "Other zoo")
    assert search(server, "reserve pump", other) == []
    put_text(server, "pumps.md", "The reserve pump is elsewhere.", other)
    assert "elsewhere" in search(server, "reserve pump", other)[0]["text"]
    assert all("elsewhere" not in hit["text"] for hit in search(server, "reserve pump", zoo))


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"query": ""}, 400, "bad_input"),
    ({"query": " \n\t"}, 400, "bad_input"),
    ({}, 400, "bad_input"),
    ({"query": 5}, 400, "bad_input"),
    ({"query": "x", "limit": 0}, 400, "bad_input"),
    ({"query": "x", "limit": 101}, 400, "bad_input"),
    ({"query": "x", "limit": "many"}, 400, "bad_input"),
    ({"query": "x", "workspace": "absent"}, 404, "unknown_workspace"),
    ({"query": "x", "workspace": "../home"}, 404, "unknown_workspace"),
    ({"query": "x" * 100_000}, 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD, ids=[f"{n}-{b[1]}" for n, b in enumerate(BAD)])
def test_a_request_that_cannot_be_answered_is_told_why(
    server: Server, body: dict[str, Any], status: int, code: str
) -> None:
    is_error(server.http.post("/api/search/", json=body), status, code)
