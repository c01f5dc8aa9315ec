"""Code completion over the wire, between an editor and a model server that answers at once: what Ibidem adds to it.

Direct and through Ibidem in turns, so that a busy machine slows both. `--eval DIR` replays the cursors of its code_context
as an editor sends them, without a path, and looks for the definition that each needs in the prompt that reaches the model.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.figures import Figure, percentile
from bench.server import Server, run_cli, serving
from ibidem.evaluate.task import Gold, Question, Task, read_task

ROOT = Path(__file__).parent.parent
MODEL = "qwen2.5-coder:latest"
CURSORS, WARM, LEAVING = 60, 6, 20
FILE_TOKEN = "<|file_sep|>"
EVALUATED = 88.0  # hit@4k of code_context by `ibidem evaluate`: evals/LOG.md
GOLD_SHARE, GOLD_CHARS = 0.6, 300  # of a definition's lines: as `ibidem evaluate` judges its span


@dataclass
class Upstream:
    """An Ollama that knows one code model. `silent`: it takes a prompt, says nothing, and notes when its client goes."""

    prompts: list[str] = field(default_factory=list)
    silent: bool = False
    asked: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    left_at: float = 0.0
    port: int = 0

    def answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> dict[str, Any]:
        match handler.path:
            case "/api/tags":
                return {"models": [{"name": MODEL, "model": MODEL, "details": {}}]}
            case "/api/show":
                return {"capabilities": ["completion", "insert"], "model_info": {}}
        self.prompts.append(body.get("prompt", ""))
        if self.silent:
            self.asked.set()
            handler.connection.recv(1)
            self.left_at = time.perf_counter()
            self.left.set()
        return {"model": MODEL, "response": "x", "done": True, "done_reason": "stop"}


@contextmanager
def upstream() -> Iterator[Upstream]:
    told = Upstream()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

        def _answer(self, body: dict[str, Any]) -> None:
            answer = json.dumps(told.answer(self, body)).encode() + b"\n"
            if told.silent and self.path == "/api/generate":
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def measure(work: Path, evaluation: Path | None = None) -> Iterator[Figure]:
    with upstream() as model:
        data_dir = work / "completion"
        data_dir.mkdir(parents=True)
        (data_dir / "ibidem.toml").write_text(f'[models]\nollama_url = "http://127.0.0.1:{model.port}"\n')
        run_cli("add", str(ROOT / "ibidem"), "--no-watch", data_dir=data_dir)
        with serving(data_dir) as server:
            yield from added(server, model)
            yield from leaving(server, model)
            if evaluation is not None:
                yield from replayed(server, model, read_task(evaluation / "code_context"), work)


def added(server: Server, model: Upstream) -> Iterator[Figure]:
    """Milliseconds of a whole completion, direct, without context and with it, each cursor in turn."""
    cursors = list(_cursors())[: CURSORS + WARM]
    took: dict[str, list[float]] = {"direct": [], "plain": [], "home": []}
    for prefix, suffix in cursors:
        prompt = f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
        took["direct"].append(_ask(model.port, MODEL, prompt))
        took["plain"].append(_ask(server.port, f"plain/{MODEL}", prompt))
        took["home"].append(_ask(server.port, f"home/{MODEL}", prompt))
    with_context = [
        prompt for prompt in model.prompts[3 * WARM :] if FILE_TOKEN in prompt.partition("<|fim_prefix|>")[0]
    ]
    direct = percentile(took["direct"][WARM:], 50)
    yield Figure("completion: added without context, p50", percentile(took["plain"][WARM:], 50) - direct, "ms", 3.0)
    for percent, goal in ((50, None), (95, 50.0 + 15.0)):
        value = percentile(took["home"][WARM:], percent) - direct
        yield Figure(
            f"completion: added with context, p{percent}", value, "ms", goal, note="searched for at most 50 ms"
        )
    yield Figure("completions with context", 100 * len(with_context) / CURSORS, "%", 95, at_least=True)


def leaving(server: Server, model: Upstream) -> Iterator[Figure]:
    """From an editor's hanging up until the model server sees its own client gone."""
    body = json.dumps({"model": f"home/{MODEL}", "prompt": "a", "suffix": "b", "stream": False}).encode()
    head = f"POST /api/generate HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {len(body)}\r\n\r\n"
    took = []
    model.silent = True
    for _ in range(LEAVING):
        model.asked.clear()
        model.left.clear()
        with closing(socket.create_connection(("127.0.0.1", server.port))) as editor:
            editor.sendall(head.encode() + body)
            if not model.asked.wait(10):
                raise RuntimeError("the model was not asked")
        gone = time.perf_counter()
        if not model.left.wait(10):
            raise RuntimeError("the model went on for nobody")
        took.append((model.left_at - gone) * 1000)
    model.silent = False
    yield Figure("completion: an editor that leaves stops the model, p95", percentile(took, 95), "ms", 100)


def replayed(server: Server, model: Upstream, task: Task, work: Path) -> Iterator[Figure]:
    for group in task.groups:
        folder = work / "replayed" / group
        for document in task.documents.values():
            if document.group == group:
                path = folder / document.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(document.text, "utf-8", newline="")
        server.client().call("POST", "/api/workspaces/", {"name": group})
        run_cli("add", str(folder), "--workspace", group, "--no-watch", data_dir=server.data_dir)
    took, held = [], 0
    for question in task.questions:
        prompt = f"<|fim_prefix|>{question.prefix}<|fim_suffix|>\n<|fim_middle|>"
        took.append(_ask(server.port, f"{question.group}/{MODEL}", prompt))
        context = model.prompts[-1].partition("<|fim_prefix|>")[0]
        held += any(stands_in(context, gold, task) for gold in _judged(question))
    share = 100 * held / len(task.questions)
    yield Figure("code_context: definition in the upstream prompt", share, "%", EVALUATED - 2, at_least=True)
    yield Figure("code_context: whole completion, p95", percentile(took, 95), "ms", 50.0 + 15.0)


def stands_in(context: str, gold: Gold, task: Task) -> bool:
    lines = {line.strip() for line in context.split("\n")}
    span = task.documents[gold.document_id].text[gold.start : gold.end]
    found = sum(len(line) for line in span.split("\n") if line.strip() in lines)
    return found >= min(GOLD_SHARE * len(span), GOLD_CHARS)


def _judged(question: Question) -> list[Gold]:
    return [gold for gold in question.gold if gold.start >= 0]


def _cursors() -> Iterator[tuple[str, str]]:
    """The middle of each of our own source files, the line cut in two."""
    for path in sorted((ROOT / "ibidem").rglob("*.py")):
        lines = path.read_text("utf-8").split("\n")
        if len(lines) > 60:
            line = len(lines) // 2
            cut = len(lines[line]) // 2
            yield "\n".join([*lines[:line], lines[line][:cut]]), "\n".join([lines[line][cut:], *lines[line + 1 :]])


def _ask(port: int, model: str, prompt: str) -> float:
    """Milliseconds."""
    body = json.dumps({"model": model, "prompt": prompt, "raw": True, "stream": False})
    began = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", "/api/generate", body)
        response = connection.getresponse()
        answer = response.read()
    if response.status != 200:
        raise RuntimeError(f"{model}: {response.status} {answer[:300]!r}")
    return (time.perf_counter() - began) * 1000
