"""Continue's command line with our tools: it finds them over MCP and offers them to its model."""

from __future__ import annotations

import pytest

from tests.api.dialects.conftest import ANSWER
from tests.clients.callers import CONTINUE, Call, continue_cli
from tests.fakes.model_server import FakeModelServer

# As it was recorded; the GET, which would wait for what nobody sends, is refused.
HANDSHAKE = ["initialize", "notifications/initialized", "GET", "prompts/list", "tools/list"]


def test_the_model_is_offered_what_mcp_has(slow: None, call: Call, model: FakeModelServer) -> None:
    if not CONTINUE.exists():
        pytest.skip(f"{CONTINUE} is not installed: `make clients` does that")
    ours = {"name": "Ibidem", "type": "streamable-http", "url": f"{call.relay.url}/mcp"}
    told = continue_cli(call, mcpServers=[ours])
    assert told.error == ""
    assert ANSWER in told.text
    assert [seen.body.get("method", seen.method) for seen in call.relay.asked("/mcp")] == HANDSHAKE
    offered = {tool["function"]["name"] for tool in model.chats[-1].body["tools"]}
    assert {"search", "read", "ask", "list_workspaces", "find_definition"} <= offered
