"""What a file is: by its bytes first, then by its name."""

from __future__ import annotations

import pytest

from ibidem.ingest.sniff import Kind, NotRead, sniff

KOREAN = "서버를 다시 시작하려면 관리자 권한이 필요합니다.\n설정 파일을 먼저 확인하세요.\n"
FRENCH = "Le café est fermé à Noël; les élèves étaient déjà partis.\n" * 5


def kind(data: bytes, name: str = "a.txt") -> Kind:
    found = sniff(data, name, len(data))
    assert isinstance(found, Kind), found
    return found


@pytest.mark.parametrize(
    ("name", "form", "language"),
    [
        ("a.py", "code", "python"),
        ("a.jsx", "code", "javascript"),
        ("a.ts", "code", "typescript"),
        ("a.tsx", "code", "tsx"),
        ("A.JAVA", "code", "java"),
        ("a.go", "code", "go"),
        ("a.yaml", "code", "yaml"),
        ("Makefile", "code", "make"),
        ("README", "text", ""),
        ("a.md", "markdown", ""),
        ("a.htm", "html", ""),
        ("a.tsv", "csv", ""),
        ("a.jsonl", "json", ""),
        ("a.unknown", "text", ""),
    ],
)
def test_the_name_tells_the_format_of_text(name, form, language):
    found = kind(b"hello\n", name)
    assert (found.format, found.language) == (form, language)


def test_content_tells_where_the_name_does_not():
    assert kind(b"<!DOCTYPE html>\n<p>x", "page").format == "html"
    assert kind(b"#!/usr/bin/env python3\nx = 1\n", "tool").language == "python"
    assert kind(b"%PDF-1.7\n\x00", "named.txt").format == "pdf"


@pytest.mark.parametrize(
    ("data", "encoding", "guess"),
    [
        (b"plain", "utf-8", "certain"),
        (KOREAN.encode(), "utf-8", "certain"),
        (b"\xef\xbb\xbf" + KOREAN.encode(), "utf-8", "certain"),
        (KOREAN.encode("cp949"), "cp949", "likely"),
        (KOREAN.encode("utf-16"), "utf-16-le", "certain"),
        (KOREAN.encode("utf-16-le"), "utf-16-le", "likely"),
        (KOREAN.encode("utf-16-be"), "utf-16-be", "likely"),
        ("plain words\n".encode("utf-16-be"), "utf-16-be", "likely"),
        (FRENCH.encode("latin-1"), "cp1252", "low"),
        (("日本語の文章です。これは設定の説明です。\n" * 20).encode("shift_jis"), "cp932", "likely"),
        ((KOREAN * 20).encode() + b"one bad \xff byte", "utf-8", "likely"),
    ],
)
def test_encodings_are_recognised(data, encoding, guess):
    found = kind(data)
    assert (found.encoding, found.guess) == (encoding, guess)


def test_a_character_cut_at_the_end_of_the_head_does_not_matter():
    for encoding in ("utf-8", "cp949"):
        data = (KOREAN * 10).encode(encoding)
        cut = next(n for n in range(50, 70) if _broken(data[:n], encoding))
        found = sniff(data[:cut], "a.txt", len(data))
        assert isinstance(found, Kind) and found.encoding == encoding


def _broken(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return True
    return False


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\x01\x02\x03\x04ab" * 10, b"\0" * 1000, bytes(range(256)) * 4]
)
def test_binary_data_named_txt_is_skipped(data):
    assert sniff(data, "a.txt", len(data)) == NotRead("skipped", "binary")


def test_text_named_pdf_is_a_mismatch_that_says_what_to_do():
    found = sniff(b"just text", "a.pdf", 9)
    assert isinstance(found, NotRead)
    assert found.state == "failed"
    assert found.reason.startswith("type mismatch:") and "rename" in found.reason


def test_minified_code_is_skipped_and_one_line_data_is_not():
    line = b"var a=1;" * 20_000
    assert sniff(line, "a.js", len(line)) == NotRead("skipped", "minified")
    assert sniff(b"x\n" * 90_000 + line, "a.css", 340_000) == NotRead("skipped", "minified")
    assert kind(line, "a.json").format == "json"
    assert kind(line, "a.txt").format == "text"
