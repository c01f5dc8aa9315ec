"""A model server of fixed timing in a process of its own, for Ollama's and OpenAI's chats: prints its port, then serves.

The first token comes at once, each other one `--every` seconds after the one before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

MODEL = "tiny:latest"
SHOWN = {"capabilities": ["completion"], "model_info": {"general.architecture": "t", "t.context_length": 65536}}
PLAIN: dict[str, Any] = {
    "/api/tags": {"models": [{"name": MODEL, "model": MODEL, "details": {}}]},
    "/api/show": SHOWN,
    "/v1/models": {"object": "list", "data": [{"id": MODEL, "object": "model"}]},
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--every", type=float, required=True, metavar="SECONDS")
    wanted = parser.parse_args()
    asyncio.run(serve(wanted.tokens, wanted.every))


async def serve(tokens: int, every_s: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            path = head.split(" ", 2)[1]
            if path in PLAIN:
                writer.write(_whole(json.dumps(PLAIN[path]).encode()))
            elif path in ("/api/chat", "/v1/chat/completions"):
                await _stream(writer, ollama=path == "/api/chat", tokens=tokens, every_s=every_s)
            else:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _head(reader: asyncio.StreamReader) -> str:
    """The request line; the body is read and left. Empty when the client has gone."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = [line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("content-length:")]
        await reader.readexactly(int(length[0]) if length else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return ""
    return head


def _whole(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/json\r\n\r\n%b" % (len(body), body)


async def _stream(writer: asyncio.StreamWriter, *, ollama: bool, tokens: int, every_s: float) -> None:
    kind = b"application/x-ndjson" if ollama else b"text/event-stream"
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: %b\r\n\r\n" % kind)
    loop = asyncio.get_running_loop()
    due = loop.time()
    for place in range(tokens):
        if place:
            due += every_s
            await asyncio.sleep(due - loop.time())
        _frame(writer, _ollama_line(" word") if ollama else _openai_event({"content": " word"}))
    _frame(writer, _ollama_line("", done=True) if ollama else _openai_event({}, "stop") + b"data: [DONE]\n\n")
    writer.write(b"0\r\n\r\n")


def _frame(writer: asyncio.StreamWriter, body: bytes) -> None:
    if not writer.is_closing():
        writer.write(b"%x\r\n%b\r\n" % (len(body), body))


def _ollama_line(text: str, *, done: bool = False) -> bytes:
    message = {"role": "assistant", "content": text}
    end = {"done_reason": "stop", "prompt_eval_count": 9, "eval_count": 9} if done else {}
    return json.dumps({"model": MODEL, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": done, **end}).encode() + b"\n"  # fmt: skip


def _openai_event(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


if __name__ == "__main__":
    main()
