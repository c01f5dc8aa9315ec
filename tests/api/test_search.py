"""/api/search/: shapes, limits, and that a workspace never sees another's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.serving import Server, is_error, paths_found, put_text, search, workspace

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
