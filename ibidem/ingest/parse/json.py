"""JSON and JSON lines -> blocks cut where the nesting is shallow, under the key path at their start.

A linear scan without recursion that checks nothing: broken JSON gives blocks as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ibidem.ingest.blocks import TARGET_TOKENS, Block
from ibidem.ingest.lines import Piece

MAX_DEPTH = 6  # keys shown of a path
MAX_KEY = 60  # characters

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_TOKEN = re.compile(rf'({_STRING}"(?=\s*:))|({_STRING}(?:"|\\?\Z))|[\[\]{{}},]', re.DOTALL)
_REST_OF_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+("|\\?\Z)', re.DOTALL)


def parse(pieces: Iterable[Piece]) -> Iterator[Block]:
    """Blocks of at most TARGET_TOKENS where pieces allow it."""
    place = _Place()
    held: list[tuple[Piece, int, tuple[str, ...]]] = []  # piece, depth and path at its start
    tokens = 0.0
    for piece in pieces:
        if held and tokens + piece.tokens > TARGET_TOKENS:
            at = _shallowest([*(depth for _, depth, _ in held), len(place.stack)], held)
            yield Block([item[0] for item in held[:at]], held[0][2], starts=True)
            held = held[at:]
            tokens = sum(item[0].tokens for item in held)
        held.append((piece, len(place.stack), place.path() if piece.text.strip() else ()))
        tokens += piece.tokens
        place.read(piece.text)
        if piece.ends_line:
            place.end_line()
    if held:
        yield Block([item[0] for item in held], held[0][2], starts=True)


def _shallowest(depths: list[int], held: list[tuple[Piece, int, tuple[str, ...]]]) -> int:
    """How many pieces to take: the last cut of the least depth in the second half, by tokens."""
    best, least = len(held), depths[-1]
    tokens = sum(item[0].tokens for item in held)
    total = tokens
    for at in range(len(held) - 1, 0, -1):
        tokens -= held[at][0].tokens
        if tokens < total / 2:
            break
        if depths[at] < least:
            best, least = at, depths[at]
    return best


class _Place:
    """Where in the document the scan stands: one key or index for each open bracket."""

    def __init__(self) -> None:
        self.stack: list[str | int] = []
        self._in_string = self._escaped = False

    def path(self) -> tuple[str, ...]:
        """Keys and indexes from the root. One that has no key yet is left out."""
        return tuple(str(step) for step in self.stack[:MAX_DEPTH] if step != "")

    def end_line(self) -> None:
        """No string goes past a line break: an unclosed one ends here."""
        self._in_string = self._escaped = False

    def read(self, text: str) -> None:
        """Move on over `text`; strings may begin in one piece and end in another."""
        at = 0
        if self._in_string:
            rest = _REST_OF_STRING.match(text, 1 if self._escaped else 0)
            if rest is None or rest[1] != '"':
                self._escaped = bool(rest and rest[1])
                return
            at, self._in_string, self._escaped = rest.end(), False, False
        stack = self.stack
        for match in _TOKEN.finditer(text, at):
            kind = match.lastindex
            if kind is None:
                mark = match[0]
                if mark == ",":
                    if stack:
                        last = stack[-1]
                        stack[-1] = last + 1 if isinstance(last, int) else ""
                elif mark == "{":
                    stack.append("")
                elif mark == "[":
                    stack.append(0)
                elif stack:
                    stack.pop()
            elif kind == 1:
                if stack and isinstance(stack[-1], str):
                    stack[-1] = match[1][1 : MAX_KEY + 1].rstrip('"')
            elif len(match[0]) < 2 or not match[0].endswith('"') or _open(match[0]):
                self._in_string, self._escaped = True, _odd_backslashes(match[0])


def _open(string: str) -> bool:
    """Whether a string that ends with a quote is still open because that quote is escaped."""
    return _odd_backslashes(string[:-1])


def _odd_backslashes(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1
