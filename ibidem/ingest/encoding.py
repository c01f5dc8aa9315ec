"""Bytes -> the name of their encoding, by a few rules; charset-normalizer only when these fail."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Literal

NORMALIZER_BYTES = 256 * 1024
HANGUL_SHARE = 0.8  # of the non-ASCII characters of CP949 text
NOISE_SHARE = 0.1  # of the non-ASCII characters; UTF-8 with so many bad bytes is still UTF-8

# Encodings in which a line feed is the byte 10 and each character has a fixed length: sizes can be counted.
_TRUSTED = frozenset(
    "cp949 johab euc_jp shift_jis cp932 shift_jis_2004 gb18030 gbk gb2312 big5 big5hkscs koi8_r koi8_u cp1251 cp1253 "
    "cp1255 cp1256 iso8859_5 iso8859_7 iso8859_8 iso8859_6 tis_620 cp874".split()
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_HANGUL = re.compile("[\uac00-\ud7a3\u3131-\u318e]")
_PLAUSIBLE = re.compile(
    "[\t\n\r\x20-\x7e\xa0-\u024f\u0370-\u04ff\u2000-\u206f\u3000-\u318e\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffee]"
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A Python codec name; `bom_bytes` is the length of the byte order mark."""

    encoding: str
    guess: Literal["certain", "likely", "low"]
    bom_bytes: int = 0


def detect(head: bytes, *, whole: bool) -> Encoding | None:
    """The encoding of text that begins with `head`; None for bytes with NULs that are not UTF-16.

    `whole` says that nothing follows: otherwise the last character may be incomplete.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark) and not head.startswith(codecs.BOM_UTF32_LE):
            return Encoding(encoding, "certain", len(mark))
    if b"\0" in head[:8192]:
        return _utf_16(head)
    if _decoded(head, "utf-8", whole=whole) is not None:
        return Encoding("utf-8", "certain")
    korean = _decoded(head, "cp949", whole=whole)
    if korean is not None and _share(korean, _HANGUL) > HANGUL_SHARE:
        return Encoding("cp949", "likely")
    loose = head.decode("utf-8", "replace")
    if loose.count("\ufffd") < NOISE_SHARE * len(_NON_ASCII.findall(loose)):
        return Encoding("utf-8", "likely")
    return _by_statistics(head[:NORMALIZER_BYTES]) or Encoding("cp1252", "low")


def _decoded(head: bytes, encoding: str, *, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(head, final=whole)
    except UnicodeDecodeError:
        return None


def _share(text: str, wanted: re.Pattern[str]) -> float:
    """How many of the non-ASCII characters are of the wanted ones."""
    others = len(_NON_ASCII.findall(text))
    return len(wanted.findall(text)) / others if others else 0.0


def _utf_16(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: decodes strictly, to characters of living scripts, with white space among them."""
    start = head[: 8192 if len(head) >= 8192 else len(head) // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _decoded(start, encoding, whole=False)
        if text and len(_PLAUSIBLE.findall(text)) > 0.98 * len(text) and re.search("[ \n]|^[\x21-\x7e]+$", text):
            return Encoding(encoding, "likely")
    return None


def _by_statistics(head: bytes) -> Encoding | None:
    """What charset-normalizer says, where letters are mostly non-ASCII; in Western text it is no better than cp1252."""
    high = len(head) - len(head.translate(None, bytes(range(128, 256))))
    letters = len(re.findall(rb"[A-Za-z]", head))
    if high < 0.3 * (high + letters):
        return None
    import charset_normalizer  # 30 ms, and seldom needed

    best = charset_normalizer.from_bytes(head).best()
    if best is None or best.encoding not in _TRUSTED:
        return None
    return Encoding(best.encoding, "likely")
