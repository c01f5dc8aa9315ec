"""The inspector of the Model Context Protocol, from its command line, over HTTP and standard input and output."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.api.serving import IBIDEM, Server
from tests.clients.callers import offline

SEARCH = ("--tool-name", "search", "--tool-arg", "query=reserve pump", "--tool-arg", "workspace=plant")


@pytest.fixture(params=["http", "stdio"])
def way(request: pytest.FixtureRequest, server: Server) -> list[str]:
    """Where it finds the server."""
    if request.param == "http":
        return [f"{server.url}/mcp", "--transport", "http"]
    return [IBIDEM, "mcp", "--data-dir", str(server.data)]


def inspected(inspector: Path, way: list[str], method: str, *more: str) -> Any:
    """The result of a method of the protocol, as the inspector prints it."""
    command = [str(inspector), "--cli", *way, "--method", method, *more]
    ran = subprocess.run(command, capture_output=True, text=True, env=offline(), timeout=90, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_inspector_lists_the_tools(inspector: Path, way: list[str]) -> None:
    tools = inspected(inspector, way, "tools/list")["tools"]
    assert [tool["name"] for tool in tools] == ["search", "read", "ask", "list_workspaces", "find_definition"]


def test_the_inspector_searches(inspector: Path, way: list[str]) -> None:
    found = inspected(inspector, way, "tools/call", *SEARCH)
    assert "4.2 bar" in found["content"][0]["text"]
    assert found["structuredContent"]["hits"][0]["path"] == "pumps.md"


def test_the_inspector_reads_a_document_and_the_template_of_a_query(inspector: Path, way: list[str]) -> None:
    found = inspected(inspector, way, "tools/call", *SEARCH)["structuredContent"]["hits"][0]
    (document,) = read(inspector, way, f"ibidem://documents/{found['document_id']}")
    assert document["text"].startswith("# Pumps")
    (passages,) = read(inspector, way, "ibidem://search/reserve%20pump")
    assert "4.2 bar" in passages["text"]


def read(inspector: Path, way: list[str], uri: str) -> Any:
    return inspected(inspector, way, "resources/read", "--uri", uri)["contents"]
