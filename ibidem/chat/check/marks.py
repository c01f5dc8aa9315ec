"""A model's text as it comes -> the text that is shown: marks of unknown numbers gone, marks set where none were.

What comes out depends on the text alone, not on how it was cut into deltas: a piece is held back until it is certain what
it is, that is the end of a sentence, a bracket that may be a mark, and the blanks before one. Code is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from ibidem.models.sentences import sentence_ends

Place = Callable[[str], int | None]  # a sentence without a mark -> the passage that it clearly rests on

_PLAIN = re.compile(r"[^\n\[【`~.!?。！？… \t]+")
_TICKS = re.compile(r"`+|~+")
_BLANKS = re.compile(r"[ \t]+")
_END = re.compile(r"[.!?。！？…]+[\"'”’)」』*_]*")
_MARK = re.compile(r"\[\s?\^?\d{1,3}(?:\s?[,;–-]\s?\^?\d{1,3})*\s?\]|【\d{1,3}(?:[†:][^】\n]{0,40})?】")
_MARK_OPEN = re.compile(r"\[[\s\d^,;–-]{0,40}$|【[^】\n]{0,44}$")
_NUMBER = re.compile(r"(\d{1,3})(?:\s?[–-]\s?\^?(\d{1,3}))?")
_INDEXED = re.compile(r"[A-Za-z0-9_)\]]")  # before a bracket: x[1], f()[1]
_TAIL = 24  # characters before a full stop that tell an abbreviation or a date
_MOST_IN_RANGE = 9


class Marks:
    """Feed it deltas, then `end()` it; the strings that come back, put together, are the answer.

    `known` are the numbers of the conversation's passages; with None nothing in brackets is taken for a mark.
    """

    def __init__(self, known: Set[int] | None, place: Place) -> None:
        self._known = known
        self._place = place
        self._held = ""  # read, and not yet certain what it is
        self._out: list[str] = []
        self._ended = False
        self._head = ""  # how the line begins
        self._fence = ""
        self._ticks = 0  # of the inline code that is open
        self._last = ""  # character
        self._after_mark = False
        self._sentence: list[str] = []
        self._marked = False
        self._stop = ""  # a full stop that may end the sentence ...
        self._blanks = ""  # ... and the blanks behind it, or before a mark

    def feed(self, delta: str) -> str:
        """As much of the text as is certain."""
        self._held += delta
        while self._held and self._step():
            pass
        return self._taken()

    def end(self) -> str:
        """What was held back."""
        self._ended = True
        while self._held and self._step():
            pass
        self._close()
        self._write(self._blanks)
        self._blanks = ""
        return self._taken()

    def _taken(self) -> str:
        text = "".join(self._out)
        self._out.clear()
        return text

    def _step(self) -> bool:
        """Take one piece off what is held; False when more has to be read first."""
        first = self._held[0]
        if first in "`~":
            return self._code_sign()
        if self._fence or self._ticks:
            return self._code()
        if first == "\n":
            self._newline()
        elif first in " \t":
            return self._blank()
        elif first in "[【":
            return self._bracket()
        elif first in ".!?。！？…":
            return self._full_stop()
        elif match := _PLAIN.match(self._held):
            self._settle(first)
            self._say(self._take(match.end()))
        return True

    def _take(self, size: int) -> str:
        piece, self._held = self._held[:size], self._held[size:]
        return piece

    def _write(self, text: str) -> None:
        if text:
            self._out.append(text)
            self._last = text[-1]

    def _say(self, text: str) -> None:
        """Text of the sentence, and what stood before it."""
        self._write(self._blanks + text)
        self._sentence.append(self._blanks + text)
        if len(self._head) < 12:
            self._head += self._blanks + text
        self._blanks = ""
        self._after_mark = False

    # --- code --------------------------------------------------------------------------------------------------------

    def _code_sign(self) -> bool:
        match = _TICKS.match(self._held)
        if match is None or (match.end() == len(self._held) and not self._ended):
            return False
        sign = self._take(match.end())
        opens_line = not (self._head + self._blanks).strip()
        if self._fence:
            if opens_line and sign.startswith(self._fence):
                self._fence = "closing"
            self._head += sign
            self._write(sign)
            return True
        if len(sign) >= 3 and opens_line and not self._ticks:
            self._fence = sign[:3]
        elif sign[0] == "`":
            self._settle("`")
            self._ticks = 0 if self._ticks == len(sign) else self._ticks or len(sign)
        self._say(sign)
        return True

    def _code(self) -> bool:
        """Up to the end of the line or the next sign of code, as it is."""
        match = re.match(r"[^\n`~]+", self._held)
        if match:
            piece = self._take(match.end())
            if len(self._head) < 12:
                self._head += piece
            self._write(piece)
            if not self._fence:
                self._sentence.append(piece)
            return True
        self._write(self._take(1))  # the end of the line
        if self._fence == "closing":
            self._fence = ""
            self._fresh()
        if not self._fence and not self._head.strip():
            self._ticks = 0  # a blank line ends a paragraph, and whatever was left open
            self._fresh()
        self._head = ""
        return True

    # --- marks -------------------------------------------------------------------------------------------------------

    def _bracket(self) -> bool:
        match = _MARK.match(self._held)
        if self._known is None or match is None:
            if self._known is not None and _MARK_OPEN.match(self._held) and not self._ended:
                return False
            self._settle("[")
            self._say(self._take(1))
            return True
        if match.end() == len(self._held) and not self._ended:
            return False  # [1](address) is a link
        indexed = (
            self._held[0] == "["
            and not self._blanks
            and not self._stop
            and not self._after_mark
            and bool(_INDEXED.match(self._last))
        )
        if indexed or self._held[match.end() : match.end() + 1] == "(":
            self._marked |= indexed and self._held[1 : match.end() - 1] in map(str, self._known)
            self._settle("[")
            self._say(self._take(match.end()))
            return True
        numbers = [number for number in _numbers(self._take(match.end())) if number in self._known]
        if numbers:
            self._marked = True
            self._write(self._stop + self._blanks + "".join(f"[{number}]" for number in numbers))
            self._sentence.append(self._stop)
            if self._stop:
                self._fresh()
            self._stop = self._blanks = ""
            self._after_mark = True
        elif not (self._held[:1].isalnum() or self._held[:1] in ("[", "【")):
            self._blanks = ""  # those behind it stay
        return True

    # --- the ends of sentences ---------------------------------------------------------------------------------------

    def _blank(self) -> bool:
        match = _BLANKS.match(self._held)
        if match is None or (match.end() == len(self._held) and not self._ended):
            return False
        self._blanks += self._take(match.end())
        return True

    def _full_stop(self) -> bool:
        match = _END.match(self._held)
        if match is None or (match.end() == len(self._held) and not self._ended):
            return False
        self._settle(self._held[0])
        if self._blanks:
            self._say("")
        self._stop = self._take(match.end())
        return True

    def _newline(self) -> None:
        self._close()
        self._write(self._blanks + self._take(1))
        self._blanks = self._head = ""
        self._fresh()

    def _settle(self, following: str) -> None:
        """What stands before `following`: it ends the sentence, or was a full stop inside it."""
        if not self._stop:
            return
        tail = self._tail() + self._stop
        if len(tail) in sentence_ends(tail + self._blanks + following):
            blanks, self._blanks = self._blanks, ""
            self._close()
            self._blanks = blanks
            self._write(self._blanks)
            self._blanks = ""
            self._fresh()
        else:
            stop, self._stop = self._stop, ""
            blanks, self._blanks = self._blanks, ""
            self._say(stop)
            self._blanks = blanks

    def _tail(self) -> str:
        """How the sentence ends so far; a long one is not put together for each of its full stops."""
        tail = ""
        for piece in reversed(self._sentence):
            tail = piece[-_TAIL:] + tail
            if len(tail) >= _TAIL:
                break
        return tail[-_TAIL:]

    def _close(self) -> None:
        """The end of a sentence: its mark, if it has none and is to have one, and its full stop."""
        if not self._marked and self._states():
            number = self._place("".join(self._sentence).strip() + self._stop)
            if number is not None:
                self._out.append(f" [{number}]")
        self._write(self._stop)
        self._stop = ""

    def _states(self) -> bool:
        """Whether it is a sentence that says something: no heading, row, question or introduction."""
        text = "".join(self._sentence).strip()
        introduces = not self._stop and text.endswith((":", "：", "**"))
        asks = any(sign in self._stop for sign in "?？")
        return bool(text) and not introduces and not asks and not self._head.lstrip().startswith(("#", "|"))

    def _fresh(self) -> None:
        self._sentence.clear()
        self._marked = False


def _numbers(mark: str) -> list[int]:
    """[1, 9], [^1], 【1†source】 and [1-3] name their numbers, each once."""
    found: dict[int, None] = {}
    for match in _NUMBER.finditer(mark.partition("†")[0].replace("^", "")):
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first > _MOST_IN_RANGE:
            last = first
        found.update(dict.fromkeys(range(first, last + 1)))
    return list(found)
