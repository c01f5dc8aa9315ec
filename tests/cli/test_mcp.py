"""`ibidem mcp`: an assistant's program on standard input and output, asked by the SDK's own client and by hand."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from ibidem.cli.mcp import header_value, headers_of
from ibidem.store.datadir import DataDir
from tests.api.serving import IBIDEM, Server, environment, free_port, paths_found, wait_for


@pytest.fixture(scope="module", autouse=True)
def ready(server: Server) -> None:
    wait_for(lambda: paths_found(server, "reserve pump"), "the folder given to serve is searchable")


def searched(data: Path, mode: Any = "auto", **settings: str) -> tuple[str, str]:
    """The protocol's version, and what a search said."""

    async def search() -> tuple[str, str]:
        started = StdioServerParameters(
            command=IBIDEM, args=["mcp", "--data-dir", str(data)], env=environment(**settings)
        )
        async with Client(started, mode=mode) as client:
            result = await client.call_tool("search", {"query": "reserve pump"})
            return client.protocol_version, result.content[0].text  # type: ignore[union-attr]

    return asyncio.run(search())


@pytest.mark.parametrize(("mode", "version"), [("2026-07-28", "2026-07-28"), ("legacy", "2025-11-25")])
def test_an_assistant_is_served_by_the_running_server(server: Server, mode: str, version: str) -> None:
    spoken, said = searched(server.data, mode)
    assert spoken == version
    assert "4.2" in said


def test_without_a_server_one_is_started_and_ends_with_the_assistant(tmp_path: Path) -> None:
    data = tmp_path / "data"
    _, said = searched(data, "legacy", IBIDEM_SERVE__PORT=str(free_port()))
    assert said == "nothing found"
    wait_for(lambda: DataDir(data).server() is None, "the server has ended", timeout_s=30)


def talked(server: Server, *lines: str) -> list[dict[str, Any]]:
    """What is answered to these lines."""
    done = subprocess.run(
        [IBIDEM, "mcp", "--data-dir", str(server.data)],
        input="".join(f"{line}\n" for line in lines).encode(),
        capture_output=True,
        env=environment(),
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_is_no_message_is_answered_and_the_next_one_taken(server: Server) -> None:
    answers = talked(server, "no JSON", "[1]", "", '{"id": 7}')
    assert [answer["error"]["code"] for answer in answers] == [-32700, -32600, -32600]


def test_what_was_asked_before_the_end_is_answered(server: Server) -> None:
    [answer] = talked(server, '{"jsonrpc": "2.0", "id": "a", "method": "tools/list", "params": {}}')
    assert answer["id"] == "a"
    assert len(answer["result"]["tools"]) == 5


def test_without_input_it_ends(server: Server) -> None:
    command = [IBIDEM, "mcp", "--data-dir", str(server.data)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, env=environment(), timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_message_of_the_newer_era_repeats_itself_in_headers() -> None:
    params = {"uri": "ibidem://search/펌프", "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}
    headers = headers_of({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": params}, "")
    assert headers["MCP-Protocol-Version"] == "2026-07-28"
    assert headers["Mcp-Method"] == "resources/read"
    assert headers["Mcp-Name"] == "=?base64?aWJpZGVtOi8vc2VhcmNoL+2OjO2UhA==?="


def test_after_a_handshake_its_version_goes_with_every_message() -> None:
    headers = headers_of({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}, "2025-11-25")
    assert headers["MCP-Protocol-Version"] == "2025-11-25"
    assert "Mcp-Method" not in headers


@pytest.mark.parametrize("text", ["search", "a b", "ibidem://documents/12"])
def test_what_a_header_can_hold_stays_as_it_is(text: str) -> None:
    assert header_value(text) == text
