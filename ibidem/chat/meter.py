"""What a model's answers teach about it: how many tokens a text has there, how fast it reads, how much it holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ibidem.models.base import ChatMessage

MESSAGE_TOKENS = 8  # role and separators of the chat template, around each message

# Tokens of what `types.estimate_tokens` calls one, before a model has said anything. Qwen's tokenizer makes 0.86 of English
# prose, 0.96 of code, 1.06 of technical pages and 1.32 of Korean (docs/conversations.md): too many is the safe side.
ASCII, OTHER = 1.0, 1.35
MARGIN = 1.05  # texts of one script differ; with it no prompt of the same measurement came out more than 5 % low
LEAST, MOST = 0.6, 6.0  # of the plain estimate; a server that reports less counted only what it had to read anew
TELLING_TOKENS = 256  # of less, the template and the way to the server take too large a part
SPEEDS = 5  # the best of the last ones counts: a model that was loaded first, or shared, seems slower than it is


class Meter:
    """Of one model. Estimates by script, corrected by the counts it reports; nothing is ever asked for."""

    def __init__(self) -> None:
        self.window: int | None = None  # tokens of prompt and answer together, once known
        self.expected: float | None = None  # tokens of a prompt a second, before any was timed
        self._ascii = ASCII
        self._other = OTHER
        self._speeds: deque[float] = deque(maxlen=SPEEDS)

    def count(self, text: str) -> int:
        """Tokens of a text, rather too many than too few."""
        ascii_tokens, other_tokens = _by_script(text)
        return int(MARGIN * (self._ascii * ascii_tokens + self._other * other_tokens) + 0.999)

    def learn(self, messages: Sequence[ChatMessage], tokens: int) -> None:
        """The prompt had so many tokens: shift both factors by the least that explains it (normalised least squares).

        A prompt of one script says nothing about the other, and leaves its factor alone.
        """
        if any(message.images for message in messages):
            return  # how many tokens a picture takes differs by model and by size
        scripts = [_by_script(message.content) for message in messages]
        ascii_tokens, other_tokens = (sum(column) for column in zip(*scripts, strict=True))
        tokens -= MESSAGE_TOKENS * len(messages)
        plain = ascii_tokens + other_tokens
        if plain < TELLING_TOKENS or not LEAST * plain <= tokens <= MOST * plain:
            return
        missed = tokens - self._ascii * ascii_tokens - self._other * other_tokens
        step = missed / (ascii_tokens**2 + other_tokens**2)
        self._ascii = min(MOST, max(LEAST, self._ascii + step * ascii_tokens))
        self._other = min(MOST, max(LEAST, self._other + step * other_tokens))

    def timed(self, fresh_tokens: int, seconds: float) -> None:
        """So many tokens of a prompt, those not kept from before, were read in `seconds`."""
        if fresh_tokens >= TELLING_TOKENS and seconds > 0:
            self._speeds.append(fresh_tokens / seconds)

    def readable(self, seconds: float) -> int | None:
        """Tokens read in `seconds`: as expected until two prompts were timed, since the first may have waited for the model."""
        speed = max(self._speeds) if len(self._speeds) > 1 else self.expected
        return None if speed is None else int(speed * seconds)


def _by_script(text: str) -> tuple[float, float]:
    """The two parts of `types.estimate_tokens`."""
    ascii_chars = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return ascii_chars / 4, (len(text) - ascii_chars) / 1.4
