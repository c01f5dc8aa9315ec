"""The table of HTTP statuses, and every failure in the contract's one shape."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from ibidem import errors
from ibidem.api.dialects.errors import body as body_of
from ibidem.api.dialects.errors import form_of, refusal
from ibidem.errors import Busy, IbidemError

log = logging.getLogger(__name__)

STATUS: dict[type[IbidemError], int] = {  # the nearest ancestor in the tree decides
    errors.BadInput: 400,
    errors.ModelUnknown: 400,
    errors.NoCredentials: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooSlow: 408,
    errors.TooLarge: 413,
    errors.Refused: 422,
    errors.Busy: 429,
    errors.ModelError: 502,
    errors.StoreError: 503,
    errors.DiskFull: 507,
    IbidemError: 500,
}


class Fault(BaseModel):
    """One of several things that are wrong with a template or a file of them."""

    field: str
    message: str


class Told(BaseModel):
    code: str
    message: str
    hint: str
    field: str | None = None
    faults: list[Fault] | None = None


class ErrorBody(BaseModel):
    """Every failure, whatever its status."""

    error: Told


ANSWERS: dict[int | str, dict[str, Any]] = {  # of every route, beside its own
    "4XX": {"model": ErrorBody, "description": "what is wrong, and what to do next"},
    "5XX": {"model": ErrorBody, "description": "a fault of the server, a model or the disk, and what to do next"},
}


def status_of(error: IbidemError) -> int:
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def response(error: IbidemError, path: str = "") -> JSONResponse:
    """In the contract's form, or on a path of a dialect in that one's."""
    if form := form_of(path):
        return refusal(error, form, status_of(error))
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, Busy) else {}
    return JSONResponse({"error": error.as_dict()}, status_of(error), headers=headers)


def bad_shape(faults: Sequence[Any]) -> errors.BadInput:
    """The first of the faults that pydantic found in a request."""
    first: dict[str, Any] = dict(faults[0])
    field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    where = f" of {field!r}" if field else ""
    hint = "see /openapi.json for the request's shape"
    return errors.BadInput(f"bad value{where}: {first['msg']}", hint=hint, field=field or None)


def half_a_character(error: UnicodeEncodeError) -> errors.BadInput:
    """JSON's escapes may hold one; the store takes none."""
    half = error.object[error.start : error.end].encode("ascii", "backslashreplace").decode()
    return errors.BadInput(f"the text holds half a character: {half}", hint="send whole characters")


def install(app: FastAPI) -> None:
    """Answer errors of ours, of validation, of routing, and those nobody foresaw."""

    @app.exception_handler(IbidemError)
    async def ours(request: Request, error: IbidemError) -> JSONResponse:
        return response(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def shape(request: Request, error: RequestValidationError) -> JSONResponse:
        return response(bad_shape(error.errors()), request.url.path)

    @app.exception_handler(UnicodeEncodeError)
    async def half(_: Request, error: UnicodeEncodeError) -> JSONResponse:
        return response(half_a_character(error))

    @app.exception_handler(ClientDisconnect)
    async def broken_off(_: Request, __: ClientDisconnect) -> JSONResponse:
        return response(errors.BadInput("the request broke off before its end", hint="send it again"))

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, IbidemError):  # raised while the framework read the body
            return response(error.__cause__, request.url.path)
        code, hint = {
            404: ("not_found", "paths end in a slash; see /openapi.json"),
            405: ("method_not_allowed", "see /openapi.json for the methods of this path"),
        }.get(error.status_code, ("bad_input", "see /openapi.json"))
        message = f"{request.method} {request.url.path}: {error.detail}"
        if form := form_of(request.url.path):
            told = body_of(IbidemError(message), form, error.status_code, code)
            return JSONResponse(told, error.status_code, headers=error.headers)
        body = {"error": {"code": code, "message": message, "hint": hint}}
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return JSONResponse(body, error.status_code, headers=headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s", request.method, request.url.path, exc_info=error)
        if form := form_of(request.url.path):
            failure = IbidemError(f"{type(error).__name__} in the server", hint="see the server's log")
            return refusal(failure, form, 500)
        body = {"code": "internal", "message": f"{type(error).__name__} in the server", "hint": "see the server's log"}
        return JSONResponse({"error": body}, 500)


def _allowed(request: Request) -> str:
    """The methods of all routes of this path: each route by itself knows its own."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in routes for method in getattr(route, "methods", None) or ()}))
