"""/context, in the shape of Continue's HTTP context provider: no key, a question in, items out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.serving import Server, add_folder, is_error, put_text, workspace

POOL = '"""Connections."""\n\n\ndef acquire_connection(pool):\n    return pool.pop()\n'


@pytest.fixture(scope="module")
def project(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the workspace `editor`, which also holds an upload."""
    folder = tmp_path_factory.mktemp("editor") / "my project"
    folder.mkdir()
    (folder / "pool.py").write_text(POOL)
    slug = workspace(server, "editor")
    add_folder(server, folder, slug)
    put_text(server, "handbook.md", "# Handbook\n\nConnections are returned by closing them.\n", slug)
    return folder


def items(server: Server, **body: Any) -> list[dict[str, Any]]:
    answer = httpx.post(f"{server.url}/context", json=body, trust_env=False)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_items_are_passages_that_the_editor_can_open(server: Server, project: Path) -> None:
    found = items(
        server, query="acquire_connection", fullInput="@ibidem acquire_connection", workspacePath=str(project)
    )
    best = found[0]
    assert set(best) == {"name", "description", "content", "uri"}
    assert best["name"].startswith("my project/pool.py:")
    assert "def acquire_connection(pool):" in best["content"]
    assert best["uri"] == {"type": "file", "value": (project / "pool.py").as_uri()}


def test_an_upload_opens_in_the_page(server: Server, project: Path) -> None:
    found = items(server, query="how are connections returned?", options={"workspace": "editor"})
    [handbook] = [item for item in found if item["name"].startswith("handbook.md")]
    assert handbook["uri"]["type"] == "url"
    assert handbook["uri"]["value"].startswith(f"{server.url}/#/documents/")


@pytest.mark.parametrize("below", ["", "src/deep", ".."])
def test_the_folder_that_is_open_tells_the_workspace(server: Server, project: Path, below: str) -> None:
    assert items(server, query="acquire_connection", workspacePath=(project / below).as_uri().replace("%20", " "))


def test_another_folder_is_searched_in_the_default_workspace(server: Server, project: Path, tmp_path: Path) -> None:
    found = items(server, query="acquire_connection", workspacePath=str(tmp_path))
    assert not [item for item in found if "pool.py" in item["name"]]


def test_the_whole_message_is_searched_with_where_no_query_stands_behind_the_name(
    server: Server, project: Path
) -> None:
    found = items(server, query="", fullInput="where is acquire_connection?", workspacePath=str(project))
    assert "my project/pool.py" in found[0]["name"]


def test_the_address_may_name_the_workspace(server: Server, project: Path) -> None:
    answer = httpx.post(f"{server.url}/context?workspace=editor", json={"query": "acquire_connection"}, trust_env=False)
    assert "pool.py" in answer.json()[0]["name"]


def test_nothing_is_asked_and_nothing_found(server: Server) -> None:
    assert items(server, query="", fullInput=" ") == []


def test_options_bound_the_items(server: Server, project: Path) -> None:
    assert len(items(server, query="connections", options={"workspace": "editor", "limit": 1})) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", None),
        ("[]", None),
        ('{"query": 1}', "query"),
        ('{"query": "a", "options": {"limit": 0}}', "options.limit"),
    ],
)
def test_a_malformed_request_is_refused_by_field(server: Server, body: str, field: str | None) -> None:
    answer = httpx.post(f"{server.url}/context", content=body, trust_env=False)
    assert is_error(answer, 400, "bad_input").get("field") == field


def test_an_unknown_workspace_is_told(server: Server) -> None:
    answer = httpx.post(f"{server.url}/context", json={"query": "a", "options": {"workspace": "x"}}, trust_env=False)
    is_error(answer, 404, "unknown_workspace")
