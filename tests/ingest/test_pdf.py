"""PDF: text with a box for each character, and the three ways it cannot be read."""

from __future__ import annotations

import zlib
from array import array

from ibidem.types import Page
from tests.ingest import pdfs
from tests.ingest.reading import check, read, text_of


def boxes(page: Page) -> list[tuple[int, ...]]:
    flat = array("H", zlib.decompress(page.boxes))
    return [tuple(flat[at : at + 4]) for at in range(0, len(flat), 4)]


def test_pages_and_their_characters_have_places():
    chunks, pages, outcome = read(
        pdfs.pdf(pdfs.lines("Hello world.", "Second (line)."), pdfs.lines("Page two")), "a.pdf"
    )
    assert (outcome.state, outcome.media_type, outcome.title) == ("ok", "application/pdf", "a.pdf")
    assert [(chunk.span.page, chunk.text) for chunk in chunks] == [
        (1, "Hello world.\nSecond (line).\n"),
        (2, "Page two\n"),
    ]
    assert [chunk.span.start_line for chunk in chunks] == [1, 3]
    assert chunks[0].span.start_byte is None
    text = text_of(chunks)
    for page in pages:
        assert len(boxes(page)) == page.end_char - page.start_char
    first = boxes(pages[0])
    left, top, right, bottom = first[0]
    assert left == 720 and 700 < right < 850  # "H" begins one inch from the left
    assert 380 < top < 520 < bottom < 560  # its baseline is 52 points from the top
    assert first[text.index("S")][1] > bottom - 30
    assert first[text.index("\n")] == (0, 0, 0, 0)


def test_boxes_follow_the_page_as_it_is_shown():
    turned = read(pdfs.pdf(pdfs.lines("Hello"), page=b"/Rotate 90"), "a.pdf")[1][0]
    assert (turned.width_pt, turned.height_pt) == (792, 612)
    assert boxes(turned)[0][0] > 7000 and boxes(turned)[0][1] == 720
    cropped = read(pdfs.pdf(pdfs.lines("Hello"), page=b"/CropBox [50 50 400 760]"), "a.pdf")[1][0]
    assert boxes(cropped)[0][0] == 220


def test_decomposed_text_is_composed_and_keeps_one_box_a_character():
    chunks, pages, _ = read(pdfs.decomposed(), "a.pdf")
    assert text_of(chunks) == "하 word é\n"
    assert len(boxes(pages[0])) == len("하 word é\n")


def test_chunks_never_go_over_a_page():
    page = pdfs.lines(*(f"Line {n} of a page with some words in it." for n in range(40)))
    data = pdfs.pdf(*[page] * 5)
    chunks, outcome = check(data, "a.pdf")
    assert outcome.state == "ok"
    assert [chunk.span.page for chunk in chunks] == sorted(chunk.span.page or 0 for chunk in chunks)
    assert {chunk.span.page for chunk in chunks} == {1, 2, 3, 4, 5}


def test_the_three_failures_are_told_apart_and_say_what_to_do():
    for data, reason in [
        (pdfs.encrypted(), "needs a password; save a copy"),
        (pdfs.pdf(pdfs.lines("x"))[:300], "broken PDF"),
        (b"%PDF-1.4\nnothing", "broken PDF"),
        (pdfs.pdf(pdfs.PICTURE, pdfs.PICTURE), "needs OCR: 2 pages are images"),
    ]:
        chunks, _, outcome = read(data, "a.pdf")
        assert outcome.state == "failed" and outcome.reason.startswith(reason), outcome
        assert ";" in outcome.reason and chunks == []


def test_pictured_pages_among_text_make_it_partial():
    data = pdfs.pdf(pdfs.lines("a"), pdfs.PICTURE, pdfs.PICTURE, pdfs.lines("b"), pdfs.PICTURE)
    _, pages, outcome = read(data, "a.pdf")
    assert outcome.state == "partial" and outcome.reason.startswith("pages 2-3, 5 are images")
    assert [page.number for page in pages] == [1, 4]


def test_an_empty_page_is_an_empty_document():
    _, _, outcome = read(pdfs.pdf(b""), "a.pdf")
    assert (outcome.state, outcome.reason) == ("ok", "empty")


def test_a_pdf_over_the_limit_is_skipped():
    _, _, outcome = read(pdfs.pdf(pdfs.lines("x")), "a.pdf", max_pdf_bytes=100)
    assert (outcome.state, outcome.reason) == ("skipped", "PDF over 100 bytes")
