"""Jupyter notebooks -> blocks of one cell each, under the headings of the Markdown cells above; printed results follow
their cell, pictures are left out.

The text is extracted: line numbers count in it, bytes of the file are unknown.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ibidem.ingest.blocks import Block, Symbol
from ibidem.ingest.lines import Piece, cut, piece
from ibidem.ingest.parse import code, markdown

MAX_BYTES = 20 * 1024 * 1024  # of the file; a larger one is read as plain JSON
MAX_OUTPUT_CHARS = 2000  # of one cell's printed results

Fallback = Callable[[Iterable[Piece]], Iterator[Block]]


def parse(pieces: Iterable[Piece], *, max_code_bytes: int, otherwise: Fallback) -> Iterator[Block]:
    """Blocks of cells; `otherwise` reads what is no notebook after all, or too large to be held."""
    held: list[Piece] = []
    size = 0
    stream = iter(pieces)
    for one in stream:
        held.append(one)
        size += one.size_bytes
        if size > MAX_BYTES:
            yield from otherwise(_chained(held, stream))
            return
    cells, language = _cells("".join(one.text for one in held))
    if cells is None:
        yield from otherwise(held)
        return
    line, path = 1, tuple[str, ...]()
    headings: list[markdown.Heading] = []
    for kind, text in cells:
        lines = _pieces(text, line)
        if kind == "markdown":
            yield from markdown.parse(lines, headings)
            path = tuple(title for _, title in headings)
        elif kind == "code":
            parsed = code.parse(_pieces(text, 1), language, max_bytes=max_code_bytes)
            named = [Symbol(symbol.line + line - 1, symbol.name) for block in parsed for symbol in block.symbols]
            yield Block(lines, path, tuple(sorted(named)))
        else:
            yield Block(lines, path)
        line += text.count("\n")


def _chained(held: list[Piece], stream: Iterator[Piece]) -> Iterator[Piece]:
    yield from held
    yield from stream


def _cells(text: str) -> tuple[list[tuple[str, str]] | None, str]:
    """(kind, text with a blank line behind it) of each cell that has any; None where this is no notebook."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        return None, ""
    metadata = notebook.get("metadata")
    spec = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = str(spec.get("language", "python")).lower() if isinstance(spec, dict) else "python"
    found = []
    for cell in notebook["cells"]:
        if not isinstance(cell, dict):
            continue
        source = _joined(cell.get("source"))
        if cell.get("cell_type") == "code" and (printed := _printed(cell.get("outputs"))):
            source = f"{source.rstrip()}\n\n{printed}"
        if source.strip():
            found.append((str(cell.get("cell_type")), source.rstrip() + "\n\n"))
    return found, language


def _printed(outputs: Any) -> str:
    """Text that a cell printed or gave, cut."""
    parts = []
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict):
            bundle = output.get("data")
            parts.append(_joined(output.get("text")))
            parts.append(_joined(bundle.get("text/plain")) if isinstance(bundle, dict) else "")
    return "\n".join(part.rstrip() for part in parts if part.strip())[:MAX_OUTPUT_CHARS]


def _joined(source: Any) -> str:
    """A text of a notebook is a string or a list of lines."""
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    return unicodedata.normalize("NFC", source.encode("utf-8", "replace").decode("utf-8"))


def _pieces(text: str, line: int) -> list[Piece]:
    return [
        piece(part, number) for number, whole in enumerate(text.split("\n")[:-1], line) for part in cut(f"{whole}\n")
    ]
