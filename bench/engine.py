"""Answers of a language model through Ibidem, beside the same engine asked directly; prompts that keep what was read.

Needs the packages `gguf` (to make the models, of random weights) and `xllamacpp` (to run them). Both ways go to one engine
process, in turns, so that a busy machine slows both. Random weights write words that their own tokenizer does not know
again: what an answer adds to the next prompt is read anew, which engines with a real model mostly need not.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from bench.engine_child import EVERY_S, TOKENS
from bench.figures import Figure, percentile
from bench.fit import made
from bench.server import Server, serving
from ibidem.chat.prompt import system_text
from ibidem.models.base import ChatMessage, ChatRequest
from ibidem.models.openai_wire import chat_body

ROOT = Path(__file__).parent.parent
SHAPE, LARGE_SHAPE = ("qwen2.5-0.5b", "q8_0"), ("qwen2.5-7b", "q4_k_m")
PROMPT_WORDS, NEW_TOKENS = 160, 64  # with the frame some 256 tokens
PAIRS, PARALLEL, ROUNDS = 10, 8, 2
STREAMS, STEADY_S = 100, (2.0, 8.0)  # of the ten seconds that a stream takes
SMALL_BYTES = 8 << 30
LARGE_CONTEXT = 4096
MAX_OVERHEAD_US = 100

TOPICS = "harbour orchard glacier violin lantern compass furnace meadow saddle cathedral telescope bakery".split()
NOTE_WORDS = 60
KNOWN_WORDS = (
    "time people water words number place work year house picture animal letter answer study world school".split()
)
SECOND_QUESTION = "What happens when the prompt nears the window?"
KOREAN_QUESTION = "프롬프트가 창에 가까워지면 어떻게 되나요?"


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as its client saw it; seconds from before the request."""

    first_s: float
    last_s: float
    tokens: int
    prompt: int
    reused: int
    text: str
    omitted: Sequence[dict[str, Any]] = ()
    server_s: float = 0.0  # processor time of the server from the first token to the last

    @property
    def tokens_s(self) -> float:
        return (self.tokens - 1) / (self.last_s - self.first_s)


def measure(folder: Path, *, large: bool = False) -> Iterator[Figure]:
    model = f"llama:{made(folder, *SHAPE)}"
    yield from beside_engine(folder, model)
    yield from together(folder, model)
    yield from conversation(folder, model)
    yield from second_turn(folder, model)
    yield from many_streams(folder)
    if large:
        yield from small_machine(folder)


def beside_engine(folder: Path, model: str) -> Iterator[Figure]:
    """One request at a time. All but one pair's first token find their prompt read: what is added then is not lost in noise."""
    with answering(folder / "one", models={"slots": 1, "context_tokens": 2048, "max_tokens": NEW_TOKENS}) as server:
        question = words(seed=1)
        cold = ask(server, model, question)
        engine = engine_of(server, model)
        through, direct = [], []
        for _ in range(PAIRS):
            through.append(ask(server, model, question))
            direct.append(engine.ask(question))
    ratio = 100 * rate(through) / rate(direct)
    told = f"{rate(through):.1f} of {rate(direct):.1f} tokens/s, medians of {PAIRS}, {cold.prompt} tokens of prompt"
    yield Figure("engine: generation through Ibidem", ratio, "%", 98, at_least=True, note=told)
    firsts = [1000 * statistics.median(one.first_s for one in way) for way in (through, direct)]
    told = f"{firsts[0]:.1f} against {firsts[1]:.1f} ms, prompt read before"
    yield Figure("engine: added time to first token", firsts[0] - firsts[1], "ms", 10, note=told)
    spent = sum(one.server_s for one in through) / sum(one.tokens - 1 for one in through)
    told = "processor time of the server, from the engine's stream to the client"
    yield Figure("engine: streaming, a token", 1e6 * spent, "us", MAX_OVERHEAD_US, note=told)


def together(folder: Path, model: str) -> Iterator[Figure]:
    """Prompts nobody has read, as many slots as requests."""
    models = {"slots": PARALLEL, "context_tokens": 2048, "max_tokens": NEW_TOKENS}
    totals: dict[str, list[float]] = {"through": [], "direct": []}
    with answering(folder / "eight", models=models, jobs={"answers": PARALLEL}) as server:
        ask(server, model, "Hello?")
        engine = engine_of(server, model)
        for turn in range(ROUNDS):
            for seed, (way, one) in enumerate(
                (("through", lambda text: ask(server, model, text)), ("direct", engine.ask))
            ):
                questions = [words(seed=1000 * turn + 100 * seed + number + 10) for number in range(PARALLEL)]
                began = time.perf_counter()
                with ThreadPoolExecutor(PARALLEL) as clients:
                    answers = list(clients.map(one, questions))
                totals[way].append(sum(answer.tokens for answer in answers) / (time.perf_counter() - began))
    through, direct = (statistics.median(totals[way]) for way in ("through", "direct"))
    told = f"{through:.1f} of {direct:.1f} tokens/s, reading included, medians of {ROUNDS}"
    yield Figure(
        f"engine: {PARALLEL} at once through Ibidem", 100 * through / direct, "%", 98, at_least=True, note=told
    )


def conversation(folder: Path, model: str) -> Iterator[Figure]:
    """Every turn finds a note of its own; the window is such that one compaction falls in."""
    notes = folder / "notes"
    notes.mkdir(exist_ok=True)
    draw = random.Random(5)
    for topic in TOPICS:
        said = " ".join(draw.choices(KNOWN_WORDS, k=NOTE_WORDS))
        (notes / f"{topic}.md").write_text(f"# The {topic}\n\nOf the {topic}: {said}.\n", "utf-8")
    models = {"slots": 1, "context_tokens": 3328, "max_tokens": 8}
    history: list[dict[str, str]] = []
    turns: list[Told] = []
    with answering(folder / "talk", notes, models=models, retrieve={"budget_tokens": 150}) as server:
        for topic in TOPICS:
            question = f"What is said of the {topic}?"
            turns.append(ask(server, model, question, mode="chat", history=history))
            history.append({"question": question, "answer": turns[-1].text})
    compacted = [number for number, turn in enumerate(turns) if is_compacted(turn)]
    again = [
        (turn.prompt - turn.reused) - (turn.prompt - before.prompt)
        for number, (before, turn) in enumerate(pairwise(turns), 1)
        if number not in compacted
    ]
    reread = sum(turn.prompt - turn.reused for turn in turns)
    told = f"the most of any turn; {reread:,} tokens read in 12 turns, {sum(turn.prompt for turn in turns):,} sent"
    yield Figure("conversation: read again beyond what is new", max(again), "tokens", 64, note=told)
    told = f"in turn {', '.join(str(number + 1) for number in compacted)}; prompts of {turns[0].prompt:,} to {max(turn.prompt for turn in turns):,} tokens"
    yield Figure("conversation: compactions", len(compacted), "", 1, note=told)


def second_turn(folder: Path, model: str) -> Iterator[Figure]:
    """The same question again finds what stands further up."""
    models = {"slots": 1, "context_tokens": 16384, "max_tokens": 8}
    with answering(folder / "second", ROOT / "docs", models=models) as server:
        ask(server, model, "Hello?")  # loads the model
        cold = ask(server, model, SECOND_QUESTION, mode="chat")
        history = [{"question": SECOND_QUESTION, "answer": cold.text}]
        second = ask(server, model, SECOND_QUESTION, mode="chat", history=history)
    share = 100 * second.first_s / cold.first_s
    told = f"{second.first_s:.2f} of {cold.first_s:.2f} s; read {second.prompt - second.reused} of {second.prompt:,} tokens"
    yield Figure("conversation: second turn's first token", share, "%", 10, note=told)


def many_streams(folder: Path) -> Iterator[Figure]:
    """A scripted model that knows when each of its tokens was due; its own waiting is in both figures.

    Left out: the first two seconds, in which all of them begin.
    """
    with answering(
        folder / "many", jobs={"answers": STREAMS, "max_queued": STREAMS}, program=("-m", "bench.engine_child", "paced")
    ) as server:
        delays, spent_s = asyncio.run(_streamed(server))
    tokens = STREAMS * (STEADY_S[1] - STEADY_S[0]) / EVERY_S
    told = f"p50 {1000 * percentile(delays, 50):.1f}, max {1000 * max(delays):.0f}, n {len(delays):,}; at {1 / EVERY_S:.0f} tokens/s each, all begun"
    yield Figure(f"{STREAMS} streams: added delay, p95", 1000 * percentile(delays, 95), "ms", 20, note=told)
    yield Figure(f"{STREAMS} streams: a token", 1e6 * spent_s / tokens, "us", MAX_OVERHEAD_US, note="processor time")


async def _streamed(server: Server) -> tuple[list[float], float]:
    """Seconds from when a token was due until its client had it, and processor seconds of the steady time."""
    client = server.client()
    runs = [
        client.call("POST", "/api/runs/", {"question": "Say.", "model": "scripted:paced", "mode": "plain"})["run_id"]
        for _ in range(STREAMS)
    ]
    readers = [asyncio.create_task(_arrivals(server, run)) for run in runs]
    await asyncio.sleep(STEADY_S[0])
    since, before = time.monotonic(), processor_s(server)
    await asyncio.sleep(STEADY_S[1] - STEADY_S[0])
    until, spent_s = time.monotonic(), processor_s(server) - before
    arrived = await asyncio.gather(*readers)
    if any(len(one) != TOKENS for one in arrived):
        raise RuntimeError("tokens were lost")
    return [delay for one in arrived for due, delay in one if since <= due <= until], spent_s


async def _arrivals(server: Server, run: str) -> list[tuple[float, float]]:
    """When each token was due, and how much later it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET /api/runs/{run}/events/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode())
    writer.write(f"Authorization: Bearer {secret_of(server)}\r\nConnection: close\r\n\r\n".encode())
    arrived = []
    async for line in reader:
        if line.startswith(b'data: {"text":"') and (told := line[15:].split(b'"')[0].strip()):  # else a last blank
            due = float(told)
            arrived.append((due, time.monotonic() - due))
    writer.close()
    return arrived


def small_machine(folder: Path) -> Iterator[Figure]:
    """A 7B model, this repository and Korean on a machine with 8 GB; makes a file of 4.7 GB."""
    model = made(folder, *LARGE_SHAPE)
    models = {"context_tokens": LARGE_CONTEXT, "max_tokens": 4}
    with answering(
        folder / "small", ROOT, models=models, program=("-m", "bench.engine_child", str(SMALL_BYTES))
    ) as server:
        answer = ask(server, f"llama:{model}", f"{words(seed=2)} {words(seed=3)}")
        ask(server, "quotes", KOREAN_QUESTION, mode="chat")  # last: what Korean needs ends when it has been idle
        sizes = proportional_bytes(server)
    model.unlink()
    parts = ", ".join(f"{name} {size / 1e6:,.0f}" for name, size in sorted(sizes.items()))
    told = f"MB: {parts}; {answer.prompt} tokens read"
    yield Figure("7B on 8 GB: all processes", sum(sizes.values()) / 1e9, "GB", 6.5, note=told)


# --- servers and what they are asked ------------------------------------------------------------------------------------


@contextmanager
def answering(
    data_dir: Path, *paths: Path, program: Sequence[str] = ("-m", "ibidem"), **settings: dict[str, int]
) -> Iterator[Server]:
    """A server with these settings, over these folders once all of them are searchable."""
    data_dir.mkdir(exist_ok=True)
    lines = [
        f"[{section}]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
        for section, values in settings.items()
    ]
    (data_dir / "ibidem.toml").write_text("\n".join(lines), "utf-8")
    with serving(data_dir, program=program) as server:
        client = server.client()
        for path in paths:
            client.wait_searchable(client.add(path))
        yield server


def ask(server: Server, model: str, question: str, *, mode: str = "plain", history: Sequence[Any] = ()) -> Told:
    """A run over HTTP, followed to its end. Raises RuntimeError for one that does not finish."""
    body = {"question": question, "model": model, "mode": mode, "history": list(history)}
    client = server.client()
    began = time.perf_counter()
    run = client.call("POST", "/api/runs/", body)["run_id"]
    first_s = last_s = spent_s = 0.0
    name = ""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)) as stream:
        stream.request("GET", f"/api/runs/{run}/events/", None, {"Authorization": f"Bearer {secret_of(server)}"})
        for line in stream.getresponse():
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
            if line == b"event: delta\n":
                last_s = time.perf_counter() - began
                if not first_s:
                    first_s, spent_s = last_s, processor_s(server)
            elif line == b"event: cited\n":
                spent_s = processor_s(server) - spent_s
            elif line.startswith(b"data: ") and name in ("finished", "failed", "interrupted"):
                data = json.loads(line[6:])
    if name != "finished":
        raise RuntimeError(f"the answer to {question[:60]!r} ended {name!r}: {data.get('error')}")
    message, usage = data["message"], data["message"]["usage"]
    counts = (usage["completion"], usage["prompt"], usage["reused"])
    return Told(first_s, last_s, *counts, message["content"], message["omitted"], spent_s)


@dataclass(frozen=True, slots=True)
class Engine:
    """A server's own engine, asked without it."""

    model: str
    port: int
    key: str

    def ask(self, question: str) -> Told:
        """The request that the server sends for a plain question."""
        messages = [ChatMessage("system", system_text("plain")), ChatMessage("user", question)]
        body = chat_body(ChatRequest(messages, max_tokens=NEW_TOKENS), self.model) | {"cache_prompt": True}
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        first_s = last_s = 0.0
        text, usage = "", {}
        began = time.perf_counter()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)) as connection:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            for line in connection.getresponse():
                if not line.startswith(b"data: {"):
                    continue
                chunk = json.loads(line[6:])
                usage = chunk.get("usage") or usage
                if chunk["choices"] and (said := chunk["choices"][0]["delta"].get("content")):
                    text += said
                    last_s = time.perf_counter() - began
                    first_s = first_s or last_s
        reused = usage["prompt_tokens_details"]["cached_tokens"]
        return Told(first_s, last_s, usage["completion_tokens"], usage["prompt_tokens"], reused, text)


def engine_of(server: Server, model: str) -> Engine:
    """The engine that the server runs; its port and key stand in its process."""
    for process in psutil.Process(server.process.pid).children(recursive=True):
        words = process.cmdline()
        if "ibidem.models.xllama" in words and "LLAMA_API_KEY" in (known := process.environ()):
            return Engine(model, int(words[-1]), known["LLAMA_API_KEY"])
    raise RuntimeError("the server runs no engine")


def words(*, seed: int) -> str:
    """A prompt that no other seed begins like."""
    draw = random.Random(seed)
    known = (
        "time people water words number place work year house picture animal letter answer study world school".split()
    )
    return " ".join(draw.choices(known, k=PROMPT_WORDS))


def rate(answers: Sequence[Told]) -> float:
    return statistics.median(answer.tokens_s for answer in answers)


def is_compacted(answer: Told) -> bool:
    return any(one["reason"] == "compaction" for one in answer.omitted)


def secret_of(server: Server) -> str:
    return (server.data_dir / "secret").read_text().strip()


def processor_s(server: Server) -> float:
    """Processor time of the server's own process, to the nanosecond: `times` counts in hundredths of a second."""
    threads = Path(f"/proc/{server.process.pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in threads) / 1e9


def proportional_bytes(server: Server) -> dict[str, int]:
    """Resident bytes (PSS: a page of several processes is counted once) by what the processes do."""
    root = psutil.Process(server.process.pid)
    sizes: dict[str, int] = {}
    for process in (root, *root.children(recursive=True)):
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        modules = [word for word in process.cmdline() if word.startswith("ibidem.")]
        role = "server" if process == root else modules[0].removeprefix("ibidem.") if modules else "other"
        sizes[role] = sizes.get(role, 0) + 1024 * pss
    return sizes
