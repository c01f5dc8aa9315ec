"""A failure -> what a client of the dialect expects: its status, and its own form of an error. SDKs ask again on a 5xx."""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import JSONResponse

from ibidem import errors
from ibidem.errors import IbidemError

Form = Literal["ollama", "openai"]

# Behind /api/, without a slash at the end: our own routes have one.
_ASKING = ("chat", "generate", "embed", "embeddings", "tags", "ps", "show", "version")
_CHANGING = ("pull", "push", "create", "copy", "delete", "blobs")
_OPENAI = ("/v1/", "/chat/completions", "/completions", "/embeddings", "/models", "/rerank", "/api/chat/completions")
PATHS = (*(f"/api/{name}" for name in _ASKING), *_OPENAI)  # what a key may open; models are changed by admins
_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def form_of(path: str) -> Form | None:
    """The dialect that a path belongs to; None for our own routes."""
    if any(path == start or (start.endswith("/") and path.startswith(start)) for start in _OPENAI):
        return "openai"
    if path.startswith(("/models/", "/v1")):
        return "openai"
    parts = path.split("/")
    dialect = len(parts) > 2 and parts[1] == "api" and parts[2] in (*_ASKING, *_CHANGING) and not path.endswith("/")
    return "ollama" if dialect else None


def refusal(error: IbidemError, form: Form, status: int) -> JSONResponse:
    """`status` is the one of our own table; some errors have another one here."""
    status = _status(error, status)
    return JSONResponse(body(error, form, status), status, headers=_headers(error))


def body(error: IbidemError, form: Form, status: int, code: str = "") -> dict[str, Any]:
    """Ollama's `{"error": text}`, or OpenAI's object; with its `code` where the error has none of its own."""
    message = f"{error.message}; {error.hint}" if error.hint else error.message
    if form == "ollama":
        return {"error": message}
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    return {"error": {"message": message, "type": kind, "param": error.field, "code": code or _code(error)}}


def _code(error: IbidemError) -> str:
    match error:
        case errors.ModelUnknown():
            return "model_not_found"
        case errors.ContextTooLong():
            return "context_length_exceeded"
    return error.code


def _status(error: IbidemError, status: int) -> int:
    match error:
        case errors.ModelUnknown():
            return 404
        case errors.ContextTooLong():
            return 400
        case errors.ModelRejected(status=404):
            return 404
        case errors.ModelRejected(status=429):
            return 429
        case errors.ModelRejected(status=said) if 400 <= said < 500 and said not in (401, 403):
            return 400  # the client's request was at fault; a login that the server wants is our side's
    return status


def _headers(error: IbidemError) -> dict[str, str]:
    wait_s = getattr(error, "retry_after_s", None)
    return {"Retry-After": f"{wait_s:g}"} if wait_s else {}
