"""Notebooks are read by cell."""

from __future__ import annotations

import json

from tests.ingest.reading import read, text_of


def notebook(*cells: dict, **metadata: object) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4}, indent=1).encode()


def cell(kind: str, source: str | list[str], *outputs: dict) -> dict:
    return {"cell_type": kind, "source": source, "outputs": list(outputs)}


LOAD = "import csv\n\n\ndef load(path):\n    return list(csv.reader(open(path)))\n"


def test_cells_stand_under_the_headings_above_them_with_what_they_printed():
    data = notebook(
        cell("markdown", ["# Sales\n", "What was sold.\n"]),
        cell("markdown", "## Load\n" + "Words about it. " * 120),
        cell("code", LOAD.splitlines(keepends=True), {"output_type": "stream", "text": ["42 rows\n"]}),
        cell("code", "x = 1", {"data": {"image/png": "iVBORw0KGgo=" * 99, "text/plain": "<Figure>"}}),
    )
    chunks, _, outcome = read(data, "a.ipynb")
    assert outcome.state == "ok" and outcome.media_type == "application/x-ipynb+json"
    code = next(chunk for chunk in chunks if "def load" in chunk.text)
    assert code.heading == "Sales > Load"
    assert code.symbols[0] == "load"
    assert "42 rows" in code.text and "iVBOR" not in text_of(chunks)
    assert chunks[0].span.start_byte is None


def test_a_cell_stays_whole_and_lines_count_in_the_extracted_text():
    body = LOAD + "\n\n" + "y = 2\n" * 60
    chunks, _, _ = read(notebook(*[cell("code", body)] * 4), "a.ipynb")
    text = text_of(chunks)
    assert all(chunk.text.startswith("import csv") for chunk in chunks)
    assert [text.split("\n")[chunk.span.start_line - 1] for chunk in chunks] == ["import csv"] * len(chunks)


def test_what_is_no_notebook_is_read_as_json():
    for data in (b'{"cells": 3, "name": "x"}', b"[1, 2", b'{"cells": [1, {"source": 4}], "a": 1}'):
        _, _, outcome = read(data, "a.ipynb")
        assert outcome.state == "ok"
