"""What an API key may do, by route. A route that is not here wants a sign-in: no key opens it."""

from __future__ import annotations

from ibidem.api.dialects.errors import PATHS
from ibidem.store.keys import Scope

READING = ("GET", "HEAD")

# path begins with: (scope for reading, scope for everything else); None: no key
_BY_PATH: tuple[tuple[str, Scope | None, Scope | None], ...] = (
    ("/api/search/", "read", "read"),
    ("/api/symbols/", "read", None),
    ("/api/workspaces/", "read", "ingest"),
    ("/api/rag/documents/", "read", "ingest"),
    ("/api/jobs/", "read", "ingest"),
    ("/api/models/test/", None, "chat"),
    ("/api/models/", "read", None),  # what changes the whole server wants a sign-in
    ("/api/fit/", "read", None),
    ("/api/runs/", "chat", "chat"),
    ("/api/sessions/", "chat", "chat"),
    ("/api/prompts/templates/", "chat", "chat"),
    ("/ws/chat/", "chat", "chat"),
    ("/api/answers/", "chat", "chat"),
    ("/mcp", "chat", "chat"),
    ("/context", "read", "read"),
    *((path, "chat", "chat") for path in PATHS),
)
OF_ANY_KEY = "/api/auth/user/"


def needed_scope(method: str, path: str) -> Scope | None:
    """The scope that a key needs for the request; None where no key is taken."""
    for start, reading, else_ in _BY_PATH:
        if path.startswith(start):
            return reading if method in READING else else_
    return None
