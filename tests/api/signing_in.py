"""Users as tests have them: one password for all, and a browser for each."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.api.serving import Server, run

PASSWORD = "correct pump battery nine"


def add_users(data: Path, **roles: str) -> None:
    """Users of these names and roles, made on the command line."""
    for name, role in roles.items():
        added = run("user", "add", name, "--role", role, data=data, said=PASSWORD)
        assert added.code == 0, added.err


def browser(server: Server) -> httpx.Client:
    """Signed in as nobody; sends the server's own Origin, as a page of it does."""
    return httpx.Client(base_url=server.url, timeout=20, trust_env=False, headers={"Origin": server.url})


def sign_in(server: Server, name: str, password: str = PASSWORD) -> httpx.Client:
    """A browser in which the user has just signed in."""
    client = browser(server)
    answer = client.post("/api/auth/login/", json={"username": name, "password": password})
    assert answer.status_code == 200, answer.text
    return client


class Caller:
    """A user's browser, or nobody's, that signs in when it has to."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._client: httpx.Client | None = None

    def client(self) -> httpx.Client:
        if self._client is None:
            self._client = sign_in(self._server, self._name) if self._name else browser(self._server)
        return self._client

    def forget(self) -> None:
        """The user has signed out."""
        if self._client is not None:
            self._client.close()
        self._client = None
