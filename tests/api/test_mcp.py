"""/mcp, asked by the SDK's own client in both eras of the protocol, and by raw requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.api.serving import Server, put_text, serving, workspace

T = TypeVar("T")
PUMP = "# Pumps\n\nThe reserve pump starts at 4.2 bar.\n예비 펌프는 4.2바에서 시작한다.\n"
CODE = 'class ReservePump:\n    """Starts late."""\n\n\nspare = ReservePump()\n'
ERAS = {"2026-07-28": "2026-07-28", "legacy": "2025-11-25"}


@pytest.fixture(scope="module")
def place(server: Server) -> str:
    slug = workspace(server, "assistant")
    put_text(server, "pump.md", PUMP, slug)
    put_text(server, "plant/pump.py", CODE, slug)
    return slug


@pytest.fixture(params=list(ERAS))
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


def asked(server: Server, what: Callable[[Client], Awaitable[T]], era: Any = "auto") -> T:
    async def ask() -> T:
        async with Client(f"{server.url}/mcp", mode=era) as client:
            return await what(client)

    return asyncio.run(ask())


def test_both_eras_of_the_protocol_are_spoken(server: Server, era: Any) -> None:
    async def hello(client: Client) -> tuple[str, str | None, list[str]]:
        listed = await client.list_tools()
        return client.protocol_version, client.instructions, [tool.name for tool in listed.tools]

    version, instructions, tools = asked(server, hello, era)
    assert version == ERAS[era]
    assert era != "legacy" or "Search first" in (instructions or "")  # a client told the era asks no further
    assert tools == ["search", "read", "ask", "list_workspaces", "find_definition"]


def test_tools_only_read_and_tell_the_shape_of_their_results(server: Server) -> None:
    for tool in asked(server, lambda client: client.list_tools()).tools:
        assert tool.annotations
        assert tool.annotations.read_only_hint
        assert tool.output_schema
        assert tool.description


def test_a_search_comes_as_data_and_as_text(server: Server, place: str, era: Any) -> None:
    result = asked(server, lambda client: client.call_tool("search", {"query": "예비 펌프", "workspace": place}), era)
    best = result.structured_content["hits"][0]
    assert (best["path"], best["start_line"]) == ("pump.md", 1)
    assert "4.2바" in best["text"]
    assert result.content[0].text.startswith(f"[1] pump.md:1-4 (document {best['document_id']})\n# Pumps")


@pytest.mark.parametrize("name", ["plant/pump.py", "pump.py"])
def test_lines_of_a_document_are_read_by_its_path_or_the_end_of_it(server: Server, place: str, name: str) -> None:
    arguments = {"document": name, "workspace": place, "start_line": 1, "end_line": 2}
    result = asked(server, lambda client: client.call_tool("read", arguments))
    assert result.structured_content["text"] == 'class ReservePump:\n    """Starts late."""'
    assert result.content[0].text.startswith("plant/pump.py:1-2\n")


def test_an_answer_comes_with_its_citations(server: Server, place: str) -> None:
    arguments = {"question": "When does the reserve pump start?", "workspace": place}
    result = asked(server, lambda client: client.call_tool("ask", arguments))
    answer = result.structured_content
    assert "4.2 bar. [1]" in answer["answer"]
    citation = answer["citations"][0]
    assert (citation["number"], citation["path"]) == (1, "pump.md")
    assert citation["url"].startswith(f"{server.url}/#/documents/")
    assert "\n[1] pump.md:1-4" in result.content[0].text


def test_an_answer_is_recorded_as_an_assistants(server: Server, place: str) -> None:
    asked(server, lambda client: client.call_tool("ask", {"question": "What starts at 4.2 bar?", "workspace": place}))
    latest = server.http.get("/api/answers/").json()["items"]
    mine = [one for one in latest if one["question"] == "What starts at 4.2 bar?"]
    assert [one["dialect"] for one in mine] == ["mcp"]


def test_workspaces_are_listed(server: Server, place: str) -> None:
    result = asked(server, lambda client: client.call_tool("list_workspaces", {}))
    assert {"slug": place, "name": "assistant", "documents": 2} in result.structured_content["workspaces"]


def test_a_definition_and_its_uses_are_found(server: Server, place: str) -> None:
    arguments = {"name": "ReservePump", "workspace": place}
    result = asked(server, lambda client: client.call_tool("find_definition", arguments))
    [definition] = result.structured_content["definitions"]
    assert (definition["path"], definition["start_line"]) == ("plant/pump.py", 1)
    assert "plant/pump.py:1  class ReservePump" in result.content[0].text
    assert "used in plant/pump.py:5" in result.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search", {"query": "pump", "workspace": "nowhere"}, "no workspace 'nowhere'"),
        ("search", {"query": " "}, "the question is empty"),
        ("search", {}, "query"),
        ("search", {"query": "pump", "limit": 0}, "limit"),
        ("read", {"document": "absent.md"}, "no document 'absent.md'"),
        ("ask", {"question": "why?", "model": "absent"}, "absent"),
        ("find_definition", {"name": "two words"}, "no name"),
        ("delete", {}, "Unknown tool"),
    ],
)
def test_a_failed_call_says_why(server: Server, era: Any, tool: str, arguments: dict[str, Any], said: str) -> None:
    result = asked(server, lambda client: client.call_tool(tool, arguments), era)
    assert result.is_error
    assert said in result.content[0].text


def test_documents_are_resources(server: Server, place: str) -> None:
    async def read(client: Client) -> tuple[str, str]:
        listed = (await client.list_resources()).resources
        [pump] = [one for one in listed if one.name == "plant/pump.py"]
        contents = (await client.read_resource(pump.uri)).contents
        return pump.uri, contents[0].text  # type: ignore[union-attr]

    uri, text = asked(server, read)
    assert uri.startswith("ibidem://documents/")
    assert text.rstrip("\n") == CODE.rstrip("\n")


@pytest.mark.parametrize("query", ["when does the reserve pump start?", "../reserve pump", "예비 펌프", "/etc/pump"])
def test_a_template_with_query_searches_what_the_user_wrote(server: Server, place: str, query: str) -> None:
    """Continue puts the user's whole text there, encoded."""

    async def read(client: Client) -> str:
        templates = (await client.list_resource_templates()).resource_templates
        [template] = [one.uri_template for one in templates if "{query}" in one.uri_template]
        contents = (await client.read_resource(template.replace("{query}", quote(query, safe="")))).contents
        return str(contents[0].text)  # type: ignore[union-attr]

    assert "4.2 bar" in asked(server, read)


def test_an_absent_resource_is_an_error_of_the_protocol(server: Server) -> None:
    async def read(client: Client) -> str:
        try:
            await client.read_resource("ibidem://documents/absent")
        except MCPError as error:
            return str(error)
        return "nothing"

    assert asked(server, read).startswith("no document 'absent'")


HELLO = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_foreign_pages_are_kept_out(server: Server, header: dict[str, str]) -> None:
    answer = httpx.post(f"{server.url}/mcp", json=HELLO, headers={**ACCEPT, **header}, trust_env=False)
    assert answer.status_code == 403


def test_what_would_wait_for_pushes_is_refused(server: Server) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        answer = httpx.request(method, f"{server.url}/mcp", headers=ACCEPT, trust_env=False)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("body", ["", "{", "[]", '{"jsonrpc": "2.0"}', '{"jsonrpc":"2.0","id":1,"method":"nothing"}'])
def test_what_is_no_message_is_the_clients_fault(server: Server, body: str) -> None:
    headers = {**ACCEPT, "Content-Type": "application/json"}
    answer = httpx.post(f"{server.url}/mcp", content=body, headers=headers, trust_env=False)
    assert answer.status_code < 500
    assert answer.json()["error"]["message"]


def test_with_keys_required_a_bearer_key_opens_it(tmp_path: Path) -> None:
    with serving(tmp_path / "data", IBIDEM_DIALECTS__KEY="required") as closed:
        refused = httpx.post(f"{closed.url}/mcp", json=HELLO, headers=ACCEPT, trust_env=False)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        taken = closed.http.post("/mcp", json=HELLO, headers=ACCEPT)
        assert len(taken.json()["result"]["tools"]) == 5
        refused = httpx.post(f"{closed.url}/context", json={"query": "pump"}, trust_env=False)
        assert refused.status_code == 401
