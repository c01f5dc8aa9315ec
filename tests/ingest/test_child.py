"""A child that reads files has no network, whatever a file talks its parser into."""

from __future__ import annotations

import socket

import pytest

from ibidem.errors import ChildFailed
from ibidem.ingest.children import Children


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.7", "example.invalid"])
def test_a_child_connects_to_nothing(host: str) -> None:
    child = Children(1, memory_bytes=0, timeout_s=20)
    try:
        with socket.create_server(("127.0.0.1", 0)) as near, pytest.raises(ChildFailed, match="connects to nothing"):
            list(child.call("socket:create_connection", [host, near.getsockname()[1]]))
    finally:
        child.close()
