"""What `ibidem connect` prints works as it stands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ibidem.cli.connect import CLIENTS
from tests.api.dialects.conftest import ANSWER, QUESTION
from tests.api.serving import Server, run
from tests.fakes.model_server import FakeModelServer


def printed(server: Server, client: str) -> str:
    ran = run("connect", client, "--workspace", "plant", data=server.data)
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


def test_a_key_s_place_is_shown_where_one_is_wanted(server: Server) -> None:
    ran = run("connect", "openai", data=server.data, IBIDEM_DIALECTS__KEY="required")
    assert 'api_key="YOUR-KEY"' in ran.out


def test_a_client_that_is_not_known_is_told_with_those_that_are(server: Server) -> None:
    ran = run("connect", "telnet", data=server.data)
    assert ran.code == 4 and "open-webui" in ran.err
