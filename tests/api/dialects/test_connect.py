"""What `ibidem connect` prints works as it stands."""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
import sys

import pytest
from mcp import Client, StdioServerParameters

from ibidem.cli.connect import CLIENTS, MCP_CLIENTS
from tests.api.dialects.conftest import ANSWER, QUESTION
from tests.api.serving import Server, run
from tests.fakes.model_server import FakeModelServer


def printed(server: Server, client: str, *more: str) -> str:
    ran = run("connect", client, "--workspace", "plant", *more, data=server.data)
    assert ran.code == 0, ran.err
    return ran.out.replace("QUESTION", QUESTION)


@pytest.mark.parametrize("client", ["curl", "ollama", "openai"])
def test_what_is_printed_asks_the_workspace(server: Server, model: FakeModelServer, client: str) -> None:
    text = printed(server, client)
    command = ["sh", "-c", text.replace("curl ", "curl -fsS ")] if client == "curl" else [sys.executable, "-c", text]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ANSWER in ran.stdout


@pytest.mark.parametrize("client", sorted(CLIENTS))
def test_every_client_is_told_the_address_and_the_workspace(server: Server, client: str) -> None:
    assert server.url in printed(server, client) and "plant" in printed(server, client)


@pytest.mark.parametrize("client", sorted(MCP_CLIENTS))
@pytest.mark.parametrize("way", ["http", "stdio"])
def test_a_client_of_mcp_finds_the_tools_where_it_is_told_to(server: Server, client: str, way: str) -> None:
    text = printed(server, client, *(["--stdio"] if way == "stdio" else []))
    target = target_of(text, client)
    assert isinstance(target, str) is (way == "http" and client != "claude-desktop")

    async def search() -> str:
        async with Client(target) as found:
            result = await found.call_tool("search", {"query": "reserve pump", "workspace": "plant"})
            return str(result.content)

    assert "4.2 bar" in asyncio.run(search())


def target_of(text: str, client: str) -> str | StdioServerParameters:
    """What the client would ask: an address, or a command's output."""
    if client == "claude-code":
        words = shlex.split(text)
        return words[-1] if "http" in words else StdioServerParameters(command=words[5], args=words[6:])
    told = json.loads(text)["servers" if client == "vscode" else "mcpServers"]["ibidem"]
    return told["url"] if told["type"] == "http" else StdioServerParameters(command=told["command"], args=told["args"])


def test_a_key_s_place_is_shown_where_one_is_wanted(server: Server) -> None:
    ran = run("connect", "openai", data=server.data, IBIDEM_DIALECTS__KEY="required")
    assert 'api_key="YOUR-KEY"' in ran.out
    for client in ("claude-code", "cursor", "vscode"):
        ran = run("connect", client, data=server.data, IBIDEM_DIALECTS__KEY="required")
        assert "Bearer YOUR-KEY" in ran.out


def test_a_client_that_is_not_known_is_told_with_those_that_are(server: Server) -> None:
    ran = run("connect", "telnet", data=server.data)
    assert ran.code == 4 and "open-webui" in ran.err
