"""A model says hello, reads a prompt and writes: how long each takes here, by the clock, whoever runs it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

from ibidem.models.base import ChatMessage, ChatModel, ChatRequest, Done, ReasoningDelta, TextDelta
from ibidem.types import Usage, estimate_tokens

HELLO_TOKENS = 24
PROMPT_TOKENS, WRITTEN_TOKENS = 500, 64
LEAST_WRITTEN, LEAST_S = 8, 0.005  # tokens, and how long they take: from less a speed would be chance
COMMAND_TIMEOUT_S = 10.0
SENTENCE_TOKENS = 22  # of one of the sentences below
QUESTION = "Write the numbers from one to one hundred as words, one after the other, and nothing else."


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured. Speeds are None where the model wrote too little to tell."""

    said: str  # to a greeting
    load_s: float  # to the first word of it, loading included where the model was not loaded yet
    first_token_s: float  # of the prompt's answer
    prompt_tokens: int
    prompt_tokens_s: float | None
    written_tokens: int
    written_tokens_s: float | None


@dataclass(frozen=True, slots=True)
class _Answer:
    text: str
    pieces: int
    first_s: float
    last_s: float
    usage: Usage


async def measure(model: ChatModel) -> Measured:
    """Two answers, one after the other. Raises ModelError."""
    hello = await _ask(model, "Say hello.", HELLO_TOKENS)
    prompt = _prompt()
    answer = await _ask(model, prompt, WRITTEN_TOKENS)
    written = answer.usage.completion or answer.pieces
    read = answer.usage.prompt or estimate_tokens(prompt)
    writing_s = answer.last_s - answer.first_s
    rate = (written - 1) / writing_s if written >= LEAST_WRITTEN and writing_s >= LEAST_S else None
    reading_s = answer.first_s - (1 / rate if rate else 0.0)  # the first token is written, too
    return Measured(
        said=hello.text.strip(),
        load_s=hello.first_s,
        first_token_s=answer.first_s,
        prompt_tokens=read,
        prompt_tokens_s=(read - answer.usage.reused) / reading_s if rate and reading_s > 0 else None,
        written_tokens=written,
        written_tokens_s=rate,
    )


def _prompt() -> str:
    """Sentences that no cache knows: the first words differ each time."""
    token = secrets.token_hex
    sentences = [f"Pump {token(2)} at the gate starts at {n} bar and stops after {token(1)} hours." for n in range(99)]
    return "\n".join([*sentences[: PROMPT_TOKENS // SENTENCE_TOKENS], QUESTION])


async def _ask(model: ChatModel, text: str, max_tokens: int) -> _Answer:
    request = ChatRequest(messages=[ChatMessage("user", text)], question=text, max_tokens=max_tokens, temperature=0.0)
    began = time.perf_counter()
    said, times, usage = [], [], Usage()
    async with aclosing(model.stream(request)) as events:
        async for event in events:
            if isinstance(event, TextDelta | ReasoningDelta):
                times.append(time.perf_counter() - began)
            if isinstance(event, TextDelta):
                said.append(event.text)
            elif isinstance(event, Done):
                usage = event.usage
    ended = time.perf_counter() - began
    return _Answer("".join(said), len(times), times[0] if times else ended, times[-1] if times else ended, usage)


# --- memory --------------------------------------------------------------------------------------------------------------


def resident_bytes(root: int) -> int:
    """Of a process and all that it has started; 0 where the system does not say."""
    found = _linux_processes() if sys.platform == "linux" else _listed_processes()
    family, size = {root}, 0
    while True:
        born = {pid for pid, (parent, _) in found.items() if parent in family} - family
        if not born:
            break
        family |= born
    for pid in family:
        size += found.get(pid, (0, 0))[1]
    return size


def _linux_processes() -> dict[int, tuple[int, int]]:
    """Parent and resident bytes by process."""
    found = {}
    page = os.sysconf("SC_PAGE_SIZE")
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):  # it may end while it is looked at
            after_name = path.read_text("utf-8", "replace").rpartition(")")[2].split()
            found[int(path.parent.name)] = (int(after_name[1]), int(after_name[21]) * page)
    return found


def _listed_processes() -> dict[int, tuple[int, int]]:
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        words = ["ps", "-A", "-o", "pid=,ppid=,rss="]
        done = subprocess.run(words, capture_output=True, timeout=COMMAND_TIMEOUT_S, check=True)
        rows = [tuple(map(int, line.split())) for line in done.stdout.decode("ascii").splitlines()]
        return {pid: (parent, kib * 1024) for pid, parent, kib in rows}
    return {}
