"""Pages of a PDF as pictures, and where lines of its text stand on them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.serving import Server, add_folder, documents, is_error, put_text, settled, workspace
from tests.ingest.pdfs import PICTURE, encrypted, lines, pdf

PLACE = "/api/rag/documents/"
TWO_PAGES = pdf(
    lines("The inlet filter is cleaned every month.", "The relief valve opens at 4.2 bar."),
    lines("The reserve pump starts at 3.1 bar.", top=300),
)


def put_pdf(server: Server, content: bytes, name: str = "pump.pdf") -> dict[str, Any]:
    made = server.http.post(PLACE, files={"file": (name, content)})
    assert made.status_code == 201, made.text
    return settled(server, made.json()["id"])


def page(server: Server, document_id: str, number: int = 1, **query: int) -> httpx.Response:
    return server.http.get(f"{PLACE}{document_id}/pages/{number}/", params=query)


def picture(server: Server, document_id: str, number: int = 1, **query: int) -> httpx.Response:
    return server.http.get(f"{PLACE}{document_id}/pages/{number}/image/", params=query)


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of RGB, of a PNG without filters."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    size = struct.unpack(">I", png[33:37])[0]
    raw = zlib.decompress(png[41 : 41 + size])
    row = 1 + 3 * width
    assert len(raw) == row * height
    return width, height, [raw[row * y + 1 : row * (y + 1)] for y in range(height)]


def dark(rows: list[bytes], left: float, top: float, right: float, bottom: float) -> int:
    """How many dark pixels there are in the box, given in pixels."""
    return sum(
        1
        for row in rows[max(0, int(top)) : int(bottom) + 1]
        for x in range(max(0, int(left)), int(right) + 1)
        if row[3 * x] < 128
    )


def boxes(line: dict[str, Any], begin: int = 0, end: int | None = None) -> tuple[float, float, float, float]:
    """Around some characters of a line, in points."""
    found = [line["boxes"][at : at + 4] for at in range(0, len(line["boxes"]), 4)][begin:end]
    drawn = [box for box in found if any(box)]
    left, top, right, bottom = zip(*drawn, strict=True)
    return min(left) / 10, min(top) / 10, max(right) / 10, max(bottom) / 10


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_boxes_of_a_line_are_where_the_picture_shows_it(server: Server, turned: int) -> None:
    content = pdf(lines("The relief valve opens at 4.2 bar."), page=b"/Rotate %d" % turned)
    document = put_pdf(server, content, f"turned{turned}.pdf")
    told = page(server, document["id"], start_line=1, end_line=1).json()
    (line,) = told["lines"]
    assert (line["line"], line["text"]) == (1, "The relief valve opens at 4.2 bar.")
    assert len(line["boxes"]) == 4 * len(line["text"])
    width, _, rows = pixels(picture(server, document["id"], width=1000).content)
    scale = width / told["width_pt"]
    inside = dark(rows, *(side * scale for side in boxes(line)))
    assert inside > 200
    assert inside >= 0.98 * dark(rows, 0, 0, width - 1, len(rows)), "and nothing dark is outside of them"


def test_a_passage_is_marked_on_its_own_page(server: Server) -> None:
    document = put_pdf(server, TWO_PAGES)
    first, second = (page(server, document["id"], number, start_line=2, end_line=3).json() for number in (1, 2))
    assert (first["pages"], first["width_pt"], first["height_pt"]) == (2, 612.0, 792.0)
    assert [one["text"] for one in first["lines"]] == [
        "The relief valve opens at 4.2 bar.",
        "The reserve pump starts at 3.1 bar.",
    ]
    assert [bool(one["boxes"]) for one in first["lines"]] == [True, False]
    assert [bool(one["boxes"]) for one in second["lines"]] == [False, True]
    assert boxes(second["lines"][1])[1] > 400, "it stands low on its page"
    assert page(server, document["id"]).json()["lines"] == []


def test_a_picture_is_kept_until_the_file_changes(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Pictures")
    (tmp_path / "pump.pdf").write_bytes(TWO_PAGES)
    add_folder(server, tmp_path, slug)
    (document,) = documents(server, workspace=slug)
    shown = picture(server, document["id"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert shown.headers["cache-control"] == "private, no-cache"
    place = f"{PLACE}{document['id']}/pages/1/image/"
    tag = {"If-None-Match": shown.headers["etag"]}
    assert server.http.get(place, headers=tag).status_code == 304
    assert server.http.get(place, params={"width": 600}, headers=tag).status_code == 200
    (tmp_path / "pump.pdf").write_bytes(pdf(lines("Nothing of it is left.")))
    assert server.http.get(place, headers=tag).status_code == 200


def test_nothing_is_marked_while_the_text_is_not_that_of_the_file(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Unread")
    (tmp_path / "pump.pdf").write_bytes(TWO_PAGES)
    add_folder(server, tmp_path, slug, watch=False)
    (document,) = documents(server, workspace=slug)
    assert page(server, document["id"], start_line=1).json()["lines"]
    (tmp_path / "pump.pdf").write_bytes(pdf(lines("Another text", "of two lines.")))
    told = page(server, document["id"], start_line=1)
    assert (told.status_code, told.json()["lines"], told.json()["pages"]) == (200, [], 1)
    (tmp_path / "pump.pdf").unlink()
    is_error(page(server, document["id"]), 404)


def test_a_page_that_is_not_there_is_told_with_how_many_there_are(server: Server) -> None:
    document = put_pdf(server, TWO_PAGES)
    assert "2" in is_error(page(server, document["id"], 3), 404)["hint"]
    is_error(picture(server, document["id"], 3), 404)
    for number in (0, -1, 10**9):
        is_error(page(server, document["id"], number), 400)
    for width in (0, 99, 2001):
        is_error(picture(server, document["id"], width=width), 400)


@pytest.mark.parametrize(
    ("content", "said"),
    [(encrypted(), "password"), (b"%PDF-1.4 and then nothing of a PDF", "broken")],
    ids=["encrypted", "broken"],
)
def test_a_pdf_that_cannot_be_opened_is_told(server: Server, content: bytes, said: str) -> None:
    document = put_pdf(server, content, f"{said}.pdf")
    for answer in (page(server, document["id"]), picture(server, document["id"])):
        assert said in is_error(answer, 422, "refused")["message"]


def test_a_document_without_pages_is_told(server: Server) -> None:
    document = put_text(server, "plain.md", "no pages")
    is_error(page(server, document["id"]), 422, "refused")


@pytest.mark.parametrize("box", [b"[0 0 2000000 2000000]", b"[0 0 14400 10]", b"[0 0 20 14400]"])
def test_a_page_of_any_size_makes_a_picture_of_bounded_size(server: Server, box: bytes) -> None:
    document = put_pdf(server, pdf(lines("word", top=5), page=b"/MediaBox " + box), "huge.pdf")
    width, height, _ = pixels(picture(server, document["id"], width=2000).content)
    assert width * height <= 4_100_000 and max(width, height) <= 8001


def test_on_a_page_too_large_for_its_boxes_nothing_is_marked(server: Server) -> None:
    content = pdf(lines("far away", top=9000), page=b"/MediaBox [0 0 10000 10000]")
    document = put_pdf(server, content, "wide.pdf")
    assert page(server, document["id"], start_line=1, end_line=1).json()["lines"] == []


def test_a_page_of_pictures_has_no_lines_and_a_picture(server: Server) -> None:
    document = put_pdf(server, pdf(lines("some text"), PICTURE), "scan.pdf")
    assert document["state"] == "partial"
    assert page(server, document["id"], 2, start_line=1).json()["lines"] == []
    assert dark(pixels(picture(server, document["id"], 2, width=612).content)[2], 50, 642, 150, 742) == 0
    assert picture(server, document["id"], 2).status_code == 200
