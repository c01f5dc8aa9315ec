"""The head of a file and its name -> what it is and how to decode it, or why it is not read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from ibidem.ingest.encoding import detect

Format = Literal["text", "markdown", "code", "html", "pdf", "csv", "json", "notebook"]
Guess = Literal["certain", "likely", "low"]

CONTROL_SHARE = 0.1  # of the first 8 KB; more is binary
CONTROL_BYTES = 8 * 1024
LONG_AVERAGE = 20 * 1024  # bytes of an average line; longer is minified
LONG_LINE = 100 * 1024

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f\x1b\x08") + b"\x7f"
_HTML_HEAD = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html[\s>])", re.I | re.S)
_C_COMMENT = re.compile(rb"/\*.*?(?:\*/|\Z)|//[^\n]*", re.S)
# what no C header has outside of comments
_CPP = re.compile(
    rb"^[ \t]*(?:(?:inline\s+)?namespace\b|template\s*<|class\s+\w|(?:public|private|protected)\s*:"
    rb"|using\s+\w)|\b\w+::~?\w",
    re.M,
)
_SHEBANG = re.compile(rb"#!\S*?/?(?:env\s+(?:-S\s+)?)?(python|node|deno|bash|sh|zsh|ruby|perl)\d*(?:\.\d+)?\s")
_SHEBANG_LANGUAGE = {"node": "javascript", "deno": "typescript", "bash": "shell", "sh": "shell", "zsh": "shell"}

_FORMATS: dict[str, Format] = {
    **dict.fromkeys("md markdown mdx mkd rmd qmd".split(), "markdown"),
    **dict.fromkeys("html htm xhtml".split(), "html"),
    **dict.fromkeys("csv tsv tab".split(), "csv"),
    **dict.fromkeys("json jsonl ndjson geojson webmanifest".split(), "json"),
    "ipynb": "notebook",
    **dict.fromkeys("txt text log rst adoc org tex srt vtt".split(), "text"),
}
_LANGUAGES = {
    **dict.fromkeys("py pyi pyw".split(), "python"),
    **dict.fromkeys("js mjs cjs jsx".split(), "javascript"),
    **dict.fromkeys("ts mts cts".split(), "typescript"),
    **dict.fromkeys("sh bash zsh fish".split(), "shell"),
    **dict.fromkeys("c h".split(), "c"),
    **dict.fromkeys("cc cpp cxx hpp hh hxx".split(), "cpp"),
    **dict.fromkeys("kt kts".split(), "kotlin"),
    **dict.fromkeys("yaml yml".split(), "yaml"),
    **dict.fromkeys("css scss sass less".split(), "css"),
    **dict.fromkeys("ini cfg conf properties".split(), "ini"),
    **dict.fromkeys("xml xsd xsl svg plist".split(), "xml"),
    **dict.fromkeys("ex exs".split(), "elixir"),
    **{name: name for name in "tsx java go sql toml swift scala php lua r dart proto graphql vue svelte".split()},
    "rs": "rust",
    "rb": "ruby",
    "pl": "perl",
    "cs": "csharp",
    "hs": "haskell",
    "jl": "julia",
    "ps1": "powershell",
    "m": "objective-c",
    "clj": "clojure",
    "tf": "terraform",
    "zig": "zig",
    "nim": "nim",
    "gradle": "groovy",
}
_NAMES = {"makefile": "make", "dockerfile": "docker", "cmakelists.txt": "cmake", "jenkinsfile": "groovy"}
_MEDIA_TYPES = {
    "text": "text/plain",
    "markdown": "text/markdown",
    "html": "text/html",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "json": "application/json",
    "notebook": "application/x-ipynb+json",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is. `language` names the source language of code; `bom_bytes` come before the text.

    `guess` says how sure the encoding is.
    """

    media_type: str
    format: Format
    encoding: str
    guess: Guess
    language: str = ""
    bom_bytes: int = 0


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why a file is not read: skipped on purpose, or failed and worth a look."""

    state: Literal["skipped", "failed"]
    reason: str


def sniff(head: bytes, name: str, size_bytes: int) -> Kind | NotRead:
    """Kind of a file by its first bytes (64 KB or more), then by its name."""
    suffix = PurePath(name).suffix.lower().removeprefix(".")
    if b"%PDF-" in head[:1024]:
        return Kind(_MEDIA_TYPES["pdf"], "pdf", "", "certain")
    whole = size_bytes <= len(head)
    found = detect(head, whole=whole)
    if found is None or _controls(head, wide=found.encoding.startswith("utf-16")):
        return NotRead("skipped", "binary")
    if suffix == "pdf":
        return NotRead("failed", "type mismatch: named .pdf but holds text; rename it to .txt and add it again")
    form, language = _by_name(name, suffix, head)
    if suffix == "h" and _CPP.search(_C_COMMENT.sub(b" ", head)):
        language = "cpp"
    if form in ("code", "html") and _minified(head):
        return NotRead("skipped", "minified")
    media_type = _MEDIA_TYPES.get(form, f"text/x-{language}")
    return Kind(media_type, form, found.encoding, found.guess, language, found.bom_bytes)


def _controls(head: bytes, *, wide: bool) -> bool:
    start = head[:CONTROL_BYTES]
    if wide:
        return False
    return b"\0" in start or len(start) - len(start.translate(None, _CONTROLS)) > CONTROL_SHARE * len(start)


def _by_name(name: str, suffix: str, head: bytes) -> tuple[Format, str]:
    if language := _NAMES.get(name.lower()) or _LANGUAGES.get(suffix, ""):
        return "code", language
    if form := _FORMATS.get(suffix):
        return form, ""
    if _HTML_HEAD.match(head[:2048]):
        return "html", ""
    if shebang := _SHEBANG.match(head[:200]):
        program = shebang[1].decode()
        return "code", _SHEBANG_LANGUAGE.get(program, program)
    return "text", ""


def _minified(head: bytes) -> bool:
    lines = head.split(b"\n")
    return len(head) / len(lines) > LONG_AVERAGE or max(map(len, lines)) > LONG_LINE
