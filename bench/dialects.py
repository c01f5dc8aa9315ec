"""Chats over the wire, between a client and a model server of fixed timing: what Ibidem adds to them.

Direct and through Ibidem in turns, so that a busy machine slows both; the model server runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.corpus import queries, write_mixed
from bench.engine import processor_s
from bench.figures import Figure, percentile
from bench.search import count_chunks
from bench.server import Server, run_cli, serving
from bench.upstream_child import MODEL

SIZE_BYTES = 4_000_000  # some 4,000 chunks
QUESTIONS, WARM = 60, 10
STREAMS, TOKENS = 100, 100
PACES_S = (0.05, 0.02)  # seconds a token: of all streams together 2,000 and 5,000 tokens a second
PATHS = {"ollama": "/api/chat", "openai": "/v1/chat/completions"}


def measure(work: Path) -> Iterator[Figure]:
    data_dir, folder = work / "dialects", work / "dialects-corpus"
    data_dir.mkdir(parents=True)
    write_mixed(folder, SIZE_BYTES)
    run_cli("add", str(folder), "--no-watch", data_dir=data_dir)
    with upstream(2, 0.0) as port, answering(data_dir, port) as server:
        yield from first_bytes(server, port, count_chunks(data_dir))
    for every_s in PACES_S:
        with upstream(TOKENS, every_s) as port, answering(data_dir, port) as server:
            yield from many_streams(server, port, every_s)


@contextmanager
def upstream(tokens: int, every_s: float) -> Iterator[int]:
    """A model server's port."""
    command = [sys.executable, "-m", "bench.upstream_child", "--tokens", str(tokens), "--every", str(every_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline()) if process.stdout else 0
        finally:
            process.kill()


@contextmanager
def answering(data_dir: Path, port: int) -> Iterator[Server]:
    models = f'[models]\nollama_url = "http://127.0.0.1:{port}"\nopenai_url = "http://127.0.0.1:{port}/v1"\n'
    (data_dir / "ibidem.toml").write_text(models)
    with serving(data_dir) as server:
        yield server


def first_bytes(server: Server, port: int, chunks: int) -> Iterator[Figure]:
    """Milliseconds from a request on a new connection until the answer's first byte, each question in turn."""
    questions = [text for _, text in queries(QUESTIONS + WARM)]
    for dialect, path in PATHS.items():
        ways = {
            "direct": (port, MODEL),
            "plain": (server.port, name("plain", dialect)),
            "home": (server.port, name("home", dialect)),
        }
        took: dict[str, list[float]] = {way: [] for way in ways}
        for question in questions:
            for way, (at, model) in ways.items():
                took[way].append(asyncio.run(_stream(at, path, model, question))[0])
        direct = percentile(took["direct"][WARM:], 50)
        for way, goal, what in (
            ("plain", 3.0, "without retrieval"),
            ("home", 15.0, f"with retrieval in {chunks:,} chunks"),
        ):
            for percent in (50, 95):
                added = percentile(took[way][WARM:], percent) - direct
                yield Figure(
                    f"{dialect}: first byte {what}, added, p{percent}",
                    added,
                    "ms",
                    goal,
                    note=f"direct p50 {direct:.1f}",
                )


def many_streams(server: Server, port: int, every_s: float) -> Iterator[Figure]:
    """The time of all of them together, and what the server spends on a token."""
    for dialect, path in PATHS.items():
        asyncio.run(_stream(server.port, path, name("plain", dialect), "Warm?"))
        direct = asyncio.run(_together(port, path, MODEL))
        before = processor_s(server)
        through = asyncio.run(_together(server.port, path, name("plain", dialect)))
        spent_us = 1e6 * (processor_s(server) - before) / (STREAMS * TOKENS)
        told = f"{through:.2f} against {direct:.2f} s, {spent_us:.0f} us of the server's processor time a token"
        pace = f"{STREAMS} streams of {1 / every_s:.0f} tokens/s"
        yield Figure(f"{dialect}: {pace}, throughput", 100 * direct / through, "%", 95, at_least=True, note=told)


def name(place: str, dialect: str) -> str:
    return f"{place}/{dialect}.{MODEL}"


async def _together(port: int, path: str, model: str) -> float:
    """Seconds."""
    began = time.perf_counter()
    told = await asyncio.gather(*(_stream(port, path, model, f"Question {number}?") for number in range(STREAMS)))
    took = time.perf_counter() - began
    if any(words != TOKENS for _, words in told):
        raise RuntimeError("tokens were lost")
    return took


async def _stream(port: int, path: str, model: str, question: str) -> tuple[float, int]:
    """Milliseconds until the first byte of the answer, and its words."""
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": question}]}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}\r\n".encode() + body)
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"{model}: {status!r} {await reader.read(1000)!r}")
    await reader.readuntil(b"\r\n\r\n")
    first_ms, words = 0.0, 0
    while size := int(await reader.readline(), 16):  # chunked
        piece = await reader.readexactly(size + 2)
        first_ms = first_ms or (time.perf_counter() - began) * 1000
        words += piece.count(b" word")
    writer.close()
    return first_ms, words
