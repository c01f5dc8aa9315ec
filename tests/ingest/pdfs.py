"""Small PDF files made by hand: text, pictures, a password, decomposed Hangul, turned pages."""

from __future__ import annotations

PICTURE = b"q 100 0 0 100 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"


def pdf(
    *pages: bytes, page: bytes = b"", trailer: bytes = b"", font: bytes = b"", objects: tuple[bytes, ...] = ()
) -> bytes:
    """A PDF whose pages have these content streams, 612 x 792 points, with Helvetica as /F1."""
    first = 4 + len(objects)
    kids = b" ".join(b"%d 0 R" % (first + 2 * i) for i in range(len(pages)))
    made = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % len(pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding " + font + b" >>",
        *objects,
    ]
    for i, content in enumerate(pages):
        made.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            + b"/Contents %d 0 R " % (first + 2 * i + 1)
            + page
            + b" >>"
        )
        made.append(b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream")
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(made, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(made) + 1)
        + table
        + b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(made) + 1, trailer, len(out))
    )


def lines(*texts: str, top: int = 740, size: int = 12) -> bytes:
    """A content stream that shows these lines, the first with its baseline at `top`."""
    shown = b"".join(
        b"(%s) Tj 0 -%d Td " % (text.encode("latin-1").replace(b"(", rb"\(").replace(b")", rb"\)"), size + 3)
        for text in texts
    )
    return b"BT /F1 %d Tf 72 %d Td " % (size, top) + shown + b"ET"


def encrypted() -> bytes:
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<00> <00>]" % (
        b"ab" * 32,
        b"cd" * 32,
    )
    return pdf(lines("secret"), trailer=lock)


def decomposed() -> bytes:
    """Shows "A" as the two jamo of 하, and "B" as e with an acute accent, both decomposed."""
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        b"1 begincodespacerange <00> <FF> endcodespacerange "
        b"2 beginbfchar <41> <11121161> <42> <00650301> endbfchar endcmap end end"
    )
    stream = b"<< /Length %d >>\nstream\n" % len(cmap) + cmap + b"\nendstream"
    return pdf(lines("A word B"), font=b"/ToUnicode 4 0 R", objects=(stream,))
