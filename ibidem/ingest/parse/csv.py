"""CSV and TSV -> blocks of whole rows under the names of their columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from ibidem.ingest.blocks import TARGET_TOKENS, Block
from ibidem.ingest.lines import Piece

MAX_COLUMNS = 200  # of a heading; a row keeps all its columns in the text
MAX_COLUMN_CHARS = 300
MAX_ROW_TOKENS = 50_000  # 200 KB; an unclosed quote ends here
_DELIMITERS = ",;\t|"


def parse(pieces: Iterable[Piece]) -> Iterator[Block]:
    """Blocks of about TARGET_TOKENS; a quoted line break does not end a row."""
    held: list[Piece] = []
    path: tuple[str, ...] | None = None
    row_tokens = held_tokens = 0.0
    row_start = 0  # where in `held` the row being read begins
    quoted = False
    for piece in pieces:
        if piece.text.count('"') % 2:
            quoted = not quoted
        held.append(piece)
        row_tokens += piece.tokens
        if row_tokens > MAX_ROW_TOKENS:
            quoted = False
        elif quoted or not piece.ends_line:
            continue
        if path is None:
            path = (columns("".join([part.text for part in held])),)
        if row_start and held_tokens + row_tokens > TARGET_TOKENS:
            yield Block(held[:row_start], path, starts=True)
            held, held_tokens = held[row_start:], 0.0
        held_tokens += row_tokens
        row_start, row_tokens = len(held), 0.0
    if held:
        text = "".join([part.text for part in held])
        yield Block(held, (columns(text),) if path is None else path, starts=True)


def columns(header: str) -> str:
    """ "columns: a, b, c" of a header row, cut with a note."""
    line = header.strip("\r\n")
    delimiter = max(_DELIMITERS, key=line.count)
    try:
        names = next(csv.reader([line.replace("\n", " ")], delimiter=delimiter), [])
    except csv.Error:
        names = line.split(delimiter)
    shown: list[str] = []
    length = 0
    for name in names[:MAX_COLUMNS]:
        short = " ".join(name.split())[:80]
        length += len(short) + 2
        if length > MAX_COLUMN_CHARS - 40:
            break
        shown.append(short)
    more = len(names) - len(shown)
    return "columns: " + ", ".join(shown) + (f" … and {more} more" if more else "")
