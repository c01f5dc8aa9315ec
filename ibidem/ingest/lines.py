"""Blocks of bytes -> lines of NFC text, each with the exact number of bytes it takes in the file.

Exact sizes come from decoding with an error handler that can be reversed: a line is encoded again to count its bytes,
and each byte that is no text becomes U+FFFD only after that. A line ends at a line feed; carriage returns stay in the text.
"""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ibidem.errors import Refused
from ibidem.ingest.secrets import KeyWatch

LONG_ASCII = 1000  # characters of a piece; 250 tokens
LONG_OTHER = 400  # the same of other scripts; 290 tokens
JSON_PARTS = 4  # parts of one-line JSON are so much shorter, to leave a choice of where to cut
MAX_REPLACED = 0.01  # share of characters that may be undecodable

_ESCAPED = re.compile("[\ud800-\udfff]")
_SENTENCE_END = re.compile(r"[.!?。！？…][\"')\]”’]*\s+")
_JSON_ITEM_END = re.compile(r"[}\]],")
_JSON_COMMA = re.compile(r",(?=\s*[\"{\[])")


class Piece(NamedTuple):
    """A line with its line break, or part of a very long line. A tuple because there are millions.

    `size_bytes` counts in the file, `line` from 1; `tokens` is the estimate before rounding, so that it can be summed.
    """

    text: str
    size_bytes: int
    line: int
    ends_line: bool
    tokens: float


def estimate(text: str) -> float:
    """`types.estimate_tokens` without the rounding."""
    if text.isascii():
        return len(text) / 4
    ascii_chars = len(text.encode("ascii", "ignore"))
    return ascii_chars / 4 + (len(text) - ascii_chars) / 1.4


def piece(text: str, line: int, *, size_bytes: int = 0) -> Piece:
    """A piece of text that was extracted, not read: its bytes are unknown unless given."""
    return Piece(text, size_bytes, line, text.endswith("\n"), estimate(text))


def pieces(blocks: Iterable[bytes], encoding: str, *, skip_bytes: int = 0, json: bool = False) -> Iterator[Piece]:
    """The text of the file in order. `skip_bytes` is the length of the byte order mark.

    `json` cuts long lines between JSON items rather than at sentence ends. Raises Refused when over 1 % of the
    characters cannot be decoded, or when the text holds a private key.
    """
    wide = encoding.startswith("utf-16")
    errors = "surrogatepass" if wide else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    keys = KeyWatch()
    rest, line, chars, bad = "", 1, 0, 0
    for block in _without(blocks, skip_bytes):
        decoded = decoder.decode(block)
        keys.check(decoded)
        lines = io.StringIO(rest + decoded, newline="\n").readlines()
        rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
        made = _made(lines, line, encoding, errors, json=json)
        line += len(lines)
        if len(rest) > 64 * LONG_ASCII:  # a line without end: hand on all but its last part
            *parts, rest = cut(rest, json=json)
            made += [_part(part, line, encoding, errors) for part in parts]
        yield from made
        chars += len(decoded)
        bad += 0 if decoded.isascii() else _undecodable(decoded)
        _check(bad, chars, encoding)
    rest += "" if wide else decoder.decode(b"", final=True)  # an odd last byte of UTF-16 is dropped
    yield from _made([rest] if rest else [], line, encoding, errors, json=json)
    _check(bad + _undecodable(rest), chars, encoding)


def _undecodable(text: str) -> int:
    return len(text) - len(_ESCAPED.sub("", text))


def _without(blocks: Iterable[bytes], skip_bytes: int) -> Iterator[bytes]:
    for block in blocks:
        yield block[skip_bytes:]
        skip_bytes = 0


def _check(bad: int, chars: int, encoding: str) -> None:
    if bad > 20 and bad > chars * MAX_REPLACED:
        raise Refused(f"not text in {encoding}", hint="save the file as UTF-8 and add it again")


def _made(lines: list[str], line: int, encoding: str, errors: str, *, json: bool) -> list[Piece]:
    """Lines, the first of which is number `line`, as pieces. Only the last may lack its line break."""
    if not lines:
        return []
    wide = encoding.startswith("utf-16")
    if not wide and max(map(len, lines)) <= LONG_ASCII and all(map(str.isascii, lines)):
        made = [Piece(text, len(text), number, True, len(text) / 4) for number, text in enumerate(lines, line)]
        if not lines[-1].endswith("\n"):
            made[-1] = made[-1]._replace(ends_line=False)
        return made
    return [
        _part(part, number, encoding, errors)
        for number, text in enumerate(lines, line)
        for part in cut(text, json=json)
    ]


def _part(text: str, line: int, encoding: str, errors: str) -> Piece:
    """One piece: its bytes counted before, its text cleaned after."""
    size = len(text.encode(encoding, errors))
    clean = text if text.isascii() else unicodedata.normalize("NFC", _ESCAPED.sub("\ufffd", text))
    return Piece(clean, size, line, clean.endswith("\n"), estimate(clean))


def cut(text: str, *, json: bool = False) -> list[str]:
    """A text in parts of at most LONG_* characters, cut at a sentence end, a comma or a space where there is one.

    Never before a combining mark or a Hangul vowel or tail: each part can be normalised alone.
    """
    limit = LONG_ASCII if text.isascii() else LONG_OTHER
    ends: tuple[re.Pattern[str], ...] = (_SENTENCE_END,)
    if json:
        limit, ends = limit // JSON_PARTS, (_JSON_ITEM_END, _JSON_COMMA)
    parts, start = [], 0
    while len(text) - start > limit:
        end = start + _break(text[start : start + limit + 1], ends)
        parts.append(text[start:end])
        start = end
    parts.append(text[start:])
    return parts


def _break(window: str, ends: tuple[re.Pattern[str], ...]) -> int:
    """Where to cut a window that is one character longer than a part may be."""
    least, most = len(window) // 2, len(window) - 1
    at = 0
    for end in ends:
        at = at or max((match.end() for match in end.finditer(window, least, most)), default=0)
    for mark in (", ", " ", "\t", ","):
        at = at or 1 + window.rfind(mark, least, most)
    at = at or most
    while at > least and _joins(window[at]):
        at -= 1
    return at


def _joins(char: str) -> bool:
    """Whether normalisation could merge this character into the one before it."""
    return not char.isascii() and ("\u1160" <= char <= "\u11ff" or unicodedata.category(char)[0] == "M")
