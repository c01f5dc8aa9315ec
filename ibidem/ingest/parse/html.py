"""HTML -> blocks of visible text, line by line as in the source, so that line numbers are those of the file.

Scripts, styles and navigation are left out; their lines stay as blank lines.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from ibidem.ingest.blocks import Block
from ibidem.ingest.lines import LONG_OTHER, Piece, cut, piece
from ibidem.ingest.parse.markdown import plain

MAX_BYTES = 20 * 1024 * 1024  # of one file; the rest is left out
MAX_BLOCK_CHARS = 64 * 1024  # text without any paragraph is handed on in runs of about this length
FEED_CHARS = 256 * 1024  # given to the parser at once

_HIDDEN = frozenset("script style noscript template svg math title nav iframe object canvas select".split())
_BLOCKS = frozenset(
    "address article aside blockquote body br caption dd details dialog div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main ol option p pre section summary table tbody td tfoot th thead tr "
    "ul".split()
)
_PARAGRAPHS = _BLOCKS - frozenset("br td th dt dd li option html body".split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


class HtmlText:
    """Blocks of one HTML file; `title` is known when they are used up."""

    def __init__(self) -> None:
        self.title = ""

    def parse(self, pieces: Iterable[Piece]) -> Iterator[Block]:
        """Blocks ended by headings and paragraphs."""
        reader = _Reader()
        held: list[str] = []
        size = 0
        for source in pieces:
            held.append(source.text)
            size += len(source.text)
            if size > FEED_CHARS:
                reader.feed("".join(held))
                held, size = [], 0
                yield from reader.take()
        reader.feed("".join(held))
        reader.end()
        yield from reader.take()
        self.title = " ".join(reader.title.split())


class _Reader(HTMLParser):
    """Collects visible text into blocks; a line break is put out for each one of the source that was passed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.title = ""
        self._blocks: list[Block] = []
        self._path: list[tuple[int, str]] = []
        self._text: list[str] = []  # of the block being read
        self._line = 1  # where `_text` begins
        self._at = 1  # where it ends
        self._spaced = True  # it ends with white space
        self._chars = 0  # its length, about
        self._hidden: list[str] = []  # open elements that are not shown
        self._heading: tuple[int, list[str]] | None = None
        self._in_title = False

    def take(self) -> list[Block]:
        """The finished blocks, given away."""
        taken, self._blocks = self._blocks, []
        return taken

    def end(self) -> None:
        """The end of the file: put out what is held. A comment or tag that never ends is dropped, as browsers do."""
        if not self.rawdata.startswith("<"):
            self.close()
        self._advance()
        self._finish()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self.title
        if tag in _HIDDEN:
            self._hidden.append(tag)
        if self._hidden:
            return
        if tag in _BLOCKS:
            self._space()
        if tag in _HEADINGS:
            self._advance()
            self._finish()
            self._heading = (_HEADINGS[tag], [])
        elif tag in _PARAGRAPHS and self._heading is None:
            self._finish()

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """ "<![if x]>" and the like; what the library does not know is passed over as a comment."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i, report)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS and not self._hidden:
            self._space()

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if tag in _HIDDEN:
            while self._hidden and self._hidden.pop() != tag:
                pass
            return
        if self._hidden:
            return
        if tag in _BLOCKS:
            self._space()
        if tag in _HEADINGS and self._heading:
            level, words = self._heading
            self._heading = None
            self._path = [*(above for above in self._path if above[0] < level), (level, plain("".join(words)))]

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        if self._hidden:
            return
        self._advance()
        self._put(data)
        self._at += data.count("\n")
        self._chars += len(data)
        if self._chars > MAX_BLOCK_CHARS:
            self._finish()
        if self._heading:
            self._heading[1].append(data)

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")

    def _reference(self, reference: str) -> None:
        shown = html.unescape(reference).replace("\n", " ").replace("\xa0", " ")
        if not any("\ud800" <= char <= "\udfff" for char in shown):
            self.handle_data(shown)

    def _put(self, text: str) -> None:
        if text:
            self._text.append(text)
            self._spaced = text[-1].isspace()

    def _space(self) -> None:
        if not self._spaced:
            self._put(" ")

    def _advance(self) -> None:
        """Line breaks up to the line the parser is at."""
        passed = self.getpos()[0] - self._at
        if passed > 0:
            self._put("\n" * passed)
            self._at += passed

    def _finish(self) -> None:
        """End the block, unless it holds nothing but white space."""
        text = "".join(self._text)
        if not text or (text.isspace() and self._heading is None and len(text) < 100):
            return
        self._blocks.append(Block(_pieces(text, self._line), tuple(title for _, title in self._path)))
        self._text, self._line, self._spaced, self._chars = [], self._at, True, 0


def _pieces(text: str, line: int) -> list[Piece]:
    """Text that begins on `line` as pieces, in NFC."""
    made = []
    for number, row in enumerate(unicodedata.normalize("NFC", text).split("\n")):
        whole = row + "\n"
        for part in [whole] if len(whole) <= LONG_OTHER else cut(whole):
            made.append(piece(part, line + number))
    last = made.pop()
    if last.text != "\n":
        made.append(piece(last.text[:-1], last.line))
    return made
