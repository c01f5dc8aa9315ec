"""/api/symbols/: definitions and references of a name, of one workspace alone."""

from __future__ import annotations

import pytest

from tests.api.serving import Server, is_error, put_text, workspace


@pytest.fixture(scope="module")
def code(server: Server) -> str:
    slug = workspace(server, "Code with names")
    put_text(server, "limiter.py", "class Limiter:\n    def acquire(self) -> bool:\n        return True\n", slug)
    put_text(server, "main.py", "from limiter import Limiter\n\nlimiter = Limiter()\nlimiter.acquire()\n", slug)
    return slug


def test_a_name_is_told_with_its_definitions_and_the_lines_that_refer_to_it(server: Server, code: str) -> None:
    answer = server.http.get("/api/symbols/", params={"name": "acquire", "workspace": code}).json()
    (definition,) = answer["definitions"]
    assert {key: definition[key] for key in ("path", "kind", "parent", "start_line", "end_line")} == {
        "path": "limiter.py",
        "kind": "def",
        "parent": "Limiter",
        "start_line": 2,
        "end_line": 3,
    }
    assert definition["signature"] == "def acquire(self) -> bool:"
    assert [(one["path"], one["lines"]) for one in answer["references"]] == [("main.py", [4])]


def test_a_name_that_nothing_defines_has_neither(server: Server, code: str) -> None:
    other = workspace(server, "Code without names")
    for name, slug in (("Unknown", code), ("Limiter", other), ("%", code), ("'", code)):
        answer = server.http.get("/api/symbols/", params={"name": name, "workspace": slug}).json()
        assert answer == {"definitions": [], "references": []}


def test_what_is_no_name_is_refused(server: Server, code: str) -> None:
    for name in ("", "two words", "a\nb"):
        is_error(server.http.get("/api/symbols/", params={"name": name, "workspace": code}), 400, "bad_input")
    is_error(server.http.get("/api/symbols/", params={"name": "a", "workspace": "nowhere"}), 404)


def test_an_upload_that_moves_takes_its_names_along(server: Server) -> None:
    first, second = workspace(server, "Names left"), workspace(server, "Names right")
    document = put_text(server, "moved.py", "class Moved:\n    pass\n\n\nMoved()\n", first)
    server.http.put(f"/api/rag/documents/{document['id']}/", json={"workspace": second})
    for slug, count in ((first, 0), (second, 1)):
        answer = server.http.get("/api/symbols/", params={"name": "Moved", "workspace": slug}).json()
        assert [len(answer["definitions"]), len(answer["references"])] == [count, count]
