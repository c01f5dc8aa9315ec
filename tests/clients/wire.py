"""What Ollama's and OpenAI's clients may send to the dialects, as an OpenAPI document: for requests made up from it."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": ["boolean", "null"]}
OBJECT: Schema = {"type": ["object", "null"]}


def number(least: float, most: float) -> Schema:
    return {"type": ["number", "null"], "minimum": least, "maximum": most}


def whole(least: int, most: int) -> Schema:
    return {"type": ["integer", "null"], "minimum": least, "maximum": most}


def many(items: Schema) -> Schema:
    return {"type": ["array", "null"], "items": items}


def fields(*required: str, **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties}


MODEL: Schema = {"type": "string", "enum": ["plant", "plain/ollama.tiny"]}
TEXTS: Schema = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "array",
            "items": {"type": "string"},
        },
    ]
}
TEXTS_OR_NONE: Schema = {"anyOf": [TEXTS, {"type": "null"}]}
STOP: Schema = {"anyOf": [{**TEXTS, "maxItems": 64}, {"type": "null"}]}
SAMPLING = {
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "seed": whole(-(1 << 53), 1 << 53),
    "stop": STOP,
    "presence_penalty": number(-2, 2),
    "frequency_penalty": number(-2, 2),
}
OPTIONS: Schema = {
    "type": ["object", "null"],
    "properties": {
        **SAMPLING,
        "top_k": whole(-1, 1 << 53),
        "num_predict": whole(-2, 1 << 20),
        "num_ctx": whole(0, 1 << 20),
    },
}
TOOL = fields("function", function=fields("name", name={"type": "string", "minLength": 1}))


def message(*roles: str, content: Schema) -> Schema:
    return fields("role", role={"enum": list(roles)}, content=content)


OLLAMA_MESSAGE = message("system", "user", "assistant", "tool", content=TEXT)
PARTS: Schema = {
    "type": "array",
    "items": fields("type", type={"const": "text"}, text=TEXT),
}
OPENAI_MESSAGE = message("system", "developer", "user", "assistant", content={"anyOf": [TEXT, PARTS]})
COMMON = {"model": MODEL, "stream": FLAG, "logprobs": FLAG, "top_logprobs": whole(0, 20)}
OLLAMA = {
    "keep_alive": {"type": ["number", "null"]},
    "options": OPTIONS,
    "format": {"anyOf": [{"enum": [None, "", "json"]}, {"type": "object"}]},
    "think": {"enum": [None, True, False, "low", "high"]},
}
BODIES = {
    "/api/chat": fields("model", messages=many(OLLAMA_MESSAGE), tools=many(TOOL), **COMMON, **OLLAMA),
    "/api/generate": fields("model", prompt=TEXT, system=TEXT, **COMMON, **OLLAMA),
    "/api/embed": fields(
        "model", input=TEXTS_OR_NONE, model={"const": "plain/ollama.tiny"}, truncate=FLAG, dimensions=whole(1, 1 << 16)
    ),
    "/api/embeddings": fields("model", model={"const": "plain/ollama.tiny"}, prompt=TEXT),
    "/api/show": fields("model", model=MODEL),
    "/v1/chat/completions": fields(
        "model",
        "messages",
        messages={"type": "array", "items": OPENAI_MESSAGE, "minItems": 1},
        max_tokens=whole(1, 1 << 20),
        stream_options={"type": ["object", "null"], "properties": {"include_usage": FLAG}},
        tools=many(TOOL),
        reasoning_effort={"enum": [None, "low", "medium", "high"]},
        response_format={"anyOf": [{"type": "null"}, fields(type={"enum": ["text", "json_object", None]})]},
        **COMMON,
        **SAMPLING,
    ),
    "/v1/completions": fields(
        "model",
        "prompt",
        model=MODEL,
        prompt={"type": "string"},
        suffix=TEXT,
        max_tokens=whole(1, 1 << 20),
        stream=FLAG,
        **SAMPLING,
    ),
    "/v1/embeddings": fields(
        "model",
        "input",
        model={"const": "plain/ollama.tiny"},
        input={
            "anyOf": [
                {"type": "string"},
                {"type": "array", "minItems": 1, "items": {"type": "string"}},
            ]
        },
        encoding_format={"enum": ["float", "base64", None]},
    ),
    "/v1/rerank": fields(
        "documents", query=TEXT, documents={"type": "array", "items": {"type": "string"}}, top_n=whole(1, 1 << 53)
    ),
    "/v1/responses": fields("model", "input", model=MODEL, input={"type": "string"}, instructions=TEXT, stream=FLAG),
}
ERRORS = {
    "ollama": fields("error", error={"type": "string", "minLength": 1}),
    "openai": fields(
        "error", error=fields("message", "type", "param", "code", message={"type": "string", "minLength": 1})
    ),
}


def document() -> Schema:
    """Every route with what it takes, and the two forms of its errors."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "dialects", "version": "1"},
        "paths": {path: {"post": _operation(path, body)} for path, body in BODIES.items()},
    }


def _operation(path: str, body: Schema) -> Schema:
    error = {
        "content": {"application/json": {"schema": ERRORS["openai" if path.startswith("/v1") else "ollama"]}},
        "description": "",
    }
    kinds = ("application/json", "application/x-ndjson", "text/event-stream")
    told = {"content": {kind: {} for kind in kinds}, "description": ""}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": told, "400": error, "404": error, "405": error},
    }
