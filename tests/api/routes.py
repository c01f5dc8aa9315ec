"""Every route, one line each: what it answers to whom. A route that is not here fails `test_route_matrix.py`.

(method, path) -> Route(status for the one whom the things named in the path belong to, ...). A socket's method is "WS",
its status that of the handshake.
"""

from __future__ import annotations

from typing import Any

PARAMETERS = (
    "slug",
    "source_id",
    "document_id",
    "number",
    "session_id",
    "message_id",
    "attachment_id",
    "run_id",
    "answer_id",
    "job_id",
    "template_id",
    "share_id",
    "login_id",
    "key_id",
    "user_id",
    "name",
    "option",
)


class Route:
    """Statuses in password mode: for a member whose things they are, another member, an admin, and nobody signed in.

    `absent`: for the data directory's secret in local mode, the things in the path being absent. `body` is sent as JSON; one
    that changes nothing ("name": "") shows as well as another who gets through: 400 instead of 401 or 403.
    """

    def __init__(
        self,
        owner: int,
        *,
        other: int | None = None,
        admin: int | None = None,
        anonymous: int = 401,
        absent: int | None = None,
        body: Any = None,
    ) -> None:
        self.owner = owner
        self.other = owner if other is None else other
        self.admin = self.other if admin is None else admin
        self.anonymous = anonymous
        self.absent = absent
        self.body = body


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/"): Route(200, anonymous=200),
    ("GET", "/assets/{name}"): Route(404, anonymous=404),
    ("GET", "/health"): Route(200, anonymous=200),
    ("GET", "/openapi.json"): Route(200, anonymous=200),
    ("POST", "/api/auth/exchange/"): Route(401, body={"token": "never given"}),
    ("POST", "/api/auth/link/"): Route(403, absent=200),
    ("POST", "/api/auth/login/"): Route(400, anonymous=400, body={"username": ""}),
    ("POST", "/api/auth/logout/"): Route(204, anonymous=204),
    ("GET", "/api/auth/user/"): Route(200),
    ("POST", "/api/auth/password/"): Route(400, body={"password": "", "new_password": ""}),
    ("GET", "/api/auth/logins/"): Route(200),
    ("DELETE", "/api/auth/logins/{login_id}/"): Route(204, other=404, admin=204),
    ("GET", "/api/users/"): Route(403, admin=200, absent=200),
    ("POST", "/api/users/"): Route(403, admin=400, absent=400, body={"username": ""}),
    ("PUT", "/api/users/{user_id}/"): Route(403, admin=200, absent=400, body={}),
    ("GET", "/api/keys/"): Route(200),
    ("POST", "/api/keys/"): Route(400, body={"name": ""}),
    ("DELETE", "/api/keys/{key_id}/"): Route(204, other=404, admin=204),
    ("GET", "/api/shares/"): Route(200),
    ("DELETE", "/api/shares/{share_id}/"): Route(204, other=404, admin=204),
    ("GET", "/api/workspaces/"): Route(200),
    ("POST", "/api/workspaces/"): Route(400, body={"name": ""}),
    ("GET", "/api/workspaces/{slug}/"): Route(200, other=404),
    ("PUT", "/api/workspaces/{slug}/"): Route(200, other=404, body={"name": "x"}),
    ("DELETE", "/api/workspaces/{slug}/"): Route(204, other=404),
    ("GET", "/api/workspaces/{slug}/sources/"): Route(200, other=404),
    ("POST", "/api/workspaces/{slug}/sources/"): Route(403, other=404, body={"path": "/nowhere"}),
    ("GET", "/api/workspaces/{slug}/sources/{source_id}/"): Route(200, other=404),
    ("DELETE", "/api/workspaces/{slug}/sources/{source_id}/"): Route(204, other=404),
    ("POST", "/api/workspaces/{slug}/index/rebuild/"): Route(202, other=404),
    ("GET", "/api/rag/documents/"): Route(200),
    ("POST", "/api/rag/documents/"): Route(400, body={"title": "", "content": ""}),
    ("GET", "/api/rag/documents/{document_id}/"): Route(200, other=404),
    ("PUT", "/api/rag/documents/{document_id}/"): Route(200, other=404, body={"title": "x"}),
    ("DELETE", "/api/rag/documents/{document_id}/"): Route(204, other=404),
    ("GET", "/api/rag/documents/{document_id}/content/"): Route(200, other=404),
    ("GET", "/api/rag/documents/{document_id}/text/"): Route(200, other=404),
    ("GET", "/api/rag/documents/{document_id}/chunks/"): Route(200, other=404),
    ("GET", "/api/rag/documents/{document_id}/pages/{number}/"): Route(422, other=404, absent=400),
    ("GET", "/api/rag/documents/{document_id}/pages/{number}/image/"): Route(422, other=404, absent=400),
    ("POST", "/api/rag/documents/{document_id}/cancel/"): Route(409, other=404),
    ("POST", "/api/rag/documents/{document_id}/retry/"): Route(409, other=404),
    ("GET", "/api/rag/documents/{document_id}/cited/"): Route(200, other=404),
    ("POST", "/api/search/"): Route(200, body={"query": "pump"}),
    ("GET", "/api/symbols/"): Route(400),
    ("POST", "/api/runs/"): Route(400, body={"question": " "}),
    ("GET", "/api/runs/{run_id}/"): Route(200, other=404),
    ("POST", "/api/runs/{run_id}/stop/"): Route(200, other=404),
    ("GET", "/api/runs/{run_id}/events/"): Route(200, other=404),
    ("GET", "/api/sessions/"): Route(200),
    ("POST", "/api/sessions/"): Route(400, body={"settings": {"mode": "loud"}}),
    ("POST", "/api/sessions/import/"): Route(400, body={}),
    ("GET", "/api/sessions/feedback/questions/"): Route(200),
    ("GET", "/api/sessions/{session_id}/"): Route(200, other=404),
    ("PUT", "/api/sessions/{session_id}/"): Route(200, other=404, body={"title": "x"}),
    ("DELETE", "/api/sessions/{session_id}/"): Route(204, other=404),
    ("GET", "/api/sessions/{session_id}/export/"): Route(200, other=404),
    ("GET", "/api/sessions/{session_id}/messages/"): Route(200, other=404),
    ("POST", "/api/sessions/{session_id}/messages/"): Route(400, other=404, body={"content": " "}),
    ("PUT", "/api/sessions/{session_id}/messages/{message_id}/feedback/"): Route(200, other=404, body={"thumb": "up"}),
    ("GET", "/api/sessions/{session_id}/attachments/{attachment_id}/"): Route(404),
    ("WS", "/ws/chat/{session_id}/"): Route(101, other=404),
    ("GET", "/api/prompts/templates/"): Route(200),
    ("POST", "/api/prompts/templates/"): Route(422, body={"name": ""}),
    ("GET", "/api/prompts/templates/export/"): Route(200),
    ("POST", "/api/prompts/templates/import/"): Route(422, body={}),
    ("POST", "/api/prompts/templates/preview/"): Route(200, body={"name": "x", "system": "Be short."}),
    ("GET", "/api/prompts/templates/{template_id}/"): Route(200, other=404),
    ("PUT", "/api/prompts/templates/{template_id}/"): Route(200, other=404, body={"name": "x", "system": "Be short."}),
    ("DELETE", "/api/prompts/templates/{template_id}/"): Route(204, other=404),
    ("GET", "/api/jobs/"): Route(200),
    ("GET", "/api/jobs/{job_id}/"): Route(200, other=404),
    ("POST", "/api/jobs/{job_id}/cancel/"): Route(200, other=404),
    ("POST", "/api/jobs/{job_id}/retry/"): Route(409, other=404),
    ("GET", "/api/answers/"): Route(200),
    ("GET", "/api/answers/{answer_id}/"): Route(200, other=404),
    ("GET", "/api/settings/"): Route(403, admin=200, absent=200),
    ("PUT", "/api/settings/{option}/"): Route(403, admin=400, absent=404, body={"value": "no number"}),
    ("DELETE", "/api/settings/{option}/"): Route(403, admin=200, absent=404),
    ("GET", "/api/outbound/"): Route(403, admin=200, absent=200),
    ("GET", "/api/status/"): Route(403, admin=200, absent=200),
    ("POST", "/api/status/restart/"): Route(403, admin=409, absent=409, body={"started_at": "long ago"}),
    ("GET", "/api/models/"): Route(200),
    ("GET", "/api/models/capabilities/"): Route(200),
    ("POST", "/api/models/test/"): Route(400, body={"model": "nobody:x"}),
    ("GET", "/api/models/nearby/"): Route(403, admin=200, absent=200),
    ("PUT", "/api/models/default/"): Route(403, admin=400, absent=400, body={"model": "nobody:x"}),
    ("GET", "/api/models/pulls/"): Route(403, admin=200, absent=200),
    ("POST", "/api/models/pulls/"): Route(403, admin=400, absent=400, body={"name": "ollama:"}),
    ("GET", "/api/models/embedder/"): Route(200),
    ("PUT", "/api/models/embedder/"): Route(403, admin=400, absent=400, body={"embedder": "nobody:x"}),
    ("GET", "/api/fit/"): Route(200),
}

# Of the dialects: keyless in local mode (`tests/api/dialects/test_access.py`), with a key or a sign-in in password mode.
_NAMELESS: dict[str, Any] = {"model": "", "messages": []}
_CHATS = ("/v1/chat/completions", "/chat/completions", "/api/chat/completions", "/api/chat", "/api/generate")
_TEXTS = ("/v1/completions", "/completions", "/v1/fim/completions", "/v1/responses")
_VECTORS = ("/v1/embeddings", "/embeddings", "/api/embed", "/api/embeddings", "/v1/rerank", "/rerank")
_CHANGES = ("/api/pull", "/api/push", "/api/create", "/api/copy", "/api/blobs/{digest}")
DIALECT_ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/api/version"): Route(200, anonymous=200),
    ("GET", "/api/tags"): Route(200),
    ("GET", "/api/ps"): Route(200),
    ("POST", "/api/show"): Route(400, body=_NAMELESS),
    ("GET", "/v1/models"): Route(200),
    ("GET", "/models"): Route(200),
    ("GET", "/v1/models/{name:path}"): Route(404),
    ("GET", "/models/{name:path}"): Route(404),
    **{("POST", path): Route(400, body=_NAMELESS) for path in (*_CHATS, *_TEXTS, *_VECTORS)},
    **{("POST", path): Route(403, admin=400, body=_NAMELESS) for path in _CHANGES},
    ("DELETE", "/api/delete"): Route(403, admin=400, body=_NAMELESS),
    ("POST", "/mcp"): Route(400, body={}),
    ("POST", "/context"): Route(200, body={"query": ""}),
}


def absent_status(route: tuple[str, str]) -> int:
    """What the data directory's secret is answered in local mode when the things in the path are absent."""
    row = ROUTES[route]
    if row.absent is not None:
        return row.absent
    return 404 if "{" in route[1] else row.owner
