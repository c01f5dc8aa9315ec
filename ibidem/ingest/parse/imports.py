"""Import statements -> the names they bring in, per language; also from text that is not finished (code before a cursor).

`statements` finds them by pattern, where no syntax tree is at hand; `read` takes one apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ibidem.types import Import

MAX_LINE = 1000  # characters of a line that are looked at: patterns take quadratic time on a line without end
MAX_BLANKS = 40

_Read = Callable[[str], Iterator[Import]]


def read(statement: str, language: str, line: int = 0) -> list[Import]:
    """The imports of one statement; none where its language is unknown."""
    reader = _READERS.get(language)
    return [one._replace(line=line) for one in reader(bounded(statement))] if reader else []


def statements(text: str, language: str) -> list[Import]:
    """All imports of a text, by pattern."""
    pattern = _STATEMENTS.get(language)
    return [one for match in pattern.finditer(bounded(text)) for one in read(match[0], language)] if pattern else []


def bounded(text: str) -> str:
    """The text with long lines and long runs of blanks cut short."""
    if len(text) > MAX_LINE:
        text = _LONG_LINE.sub(r"\1", text)
    return _BLANKS.sub(" " * MAX_BLANKS, text)


def without_statements(text: str, language: str) -> str:
    """The text with its import statements blanked."""
    pattern = _STATEMENTS.get(language)
    return pattern.sub("", text) if pattern else text


_LONG_LINE = re.compile(rf"([^\n]{{{MAX_LINE}}})[^\n]+")
_BLANKS = re.compile(rf"[ \t\r\f\v]{{{MAX_BLANKS},}}")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|#[^\n]*", re.S)
_QUOTED = re.compile(r"[\"'<]([^\"'>]+)[\"'>]")
_NAMED = re.compile(r"([\w$*.\\]+)(?:\s+as\s+([\w$]+))?")


def _names(listed: str) -> Iterator[tuple[str, str]]:
    """ "a as b, type c" -> (a, b), (c, c)."""
    for part in listed.split(","):
        match = _NAMED.match(re.sub(r"^\s*(?:type|typeof|function|const)\s+(?=[\w\\])", "", part).strip())
        if match:
            yield match[1], match[2] or match[1]


def _python(statement: str) -> Iterator[Import]:
    text = re.sub(r"#[^\n]*|[()\\]", " ", statement).strip()
    match = re.match(r"from\s+([.\w]+(?:\s*\.\s*\w+)*)\s+import\s*(.*)", text, re.S)
    if match:
        for name, alias in _names(match[2]):
            yield Import(match[1], name, alias)
    elif text.startswith("import"):
        for name, alias in _names(text.removeprefix("import")):
            yield Import(name, "", alias if alias != name else name.partition(".")[0])


def _javascript(statement: str) -> Iterator[Import]:
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", statement, flags=re.S)
    quoted = re.search(r"(?:from|import|require)\s*\(?\s*[\"'`]([^\"'`]+)[\"'`]", text)
    if quoted is None:
        return
    module, head = quoted[1], text[: quoted.start()]
    braces = re.search(r"\{(.*?)\}", head, re.S)
    if braces:
        for name, alias in _names(braces[1].replace(":", " as ")):
            yield Import(module, name, alias)
    rest = re.sub(r"\{.*?\}", "", head, flags=re.S)
    if space := re.search(r"\*\s*(?:as\s+([\w$]+))?", rest):
        yield Import(module, "" if space[1] else "*", space[1] or "*")
    match = re.match(r"\s*(?:import|const|let|var)\s+(?:type\s+)?([\w$]+)", rest)
    if match and match[1] not in ("from", "type"):
        yield Import(module, "" if "require" in quoted[0] else "default", match[1])
    if not braces and not space and not match:
        yield Import(module, "", "")


def _java(statement: str) -> Iterator[Import]:
    match = re.match(r"\s*(package|import)\s+(?:static\s+)?([\w.$]+?)(?:\.(\*))?\s*(?:as\s+(\w+)\s*)?;?\s*$", statement)
    if not match:
        return
    if match[1] == "package" or match[3]:
        yield Import(match[2], "*", "*")
        return
    module, _, name = match[2].rpartition(".")
    yield Import(module, name, match[4] or name)


def _go(statement: str) -> Iterator[Import]:
    for match in re.finditer(r"([\w.]+\s+)?[\"`]([^\"`\n]+)[\"`]", statement):
        alias = (match[1] or "").strip()
        alias = "" if alias == "import" else alias
        last = re.sub(r"/v\d+$", "", match[2]).rpartition("/")[2]
        yield Import(match[2], "*" if alias == "." else "", alias or last)


def _rust(statement: str) -> Iterator[Import]:
    text = _COMMENT.sub(" ", statement)
    if module := re.match(r"\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)", text):
        yield Import(f"self::{module[1]}", "", module[1])
        return
    match = re.match(r"\s*(?:pub(?:\([^)]*\))?\s+)?use\s+(.*?);?\s*$", text, re.S)
    if match:
        yield from _rust_tree("", match[1])


def _rust_tree(prefix: str, tree: str) -> Iterator[Import]:
    """One `a::{b, c::d as e, self}`, opened."""
    head, brace, rest = tree.strip().partition("{")
    if brace:
        inner, depth, start = rest.rpartition("}")[0] or rest, 0, 0
        for at, char in enumerate(inner + ","):
            depth += (char == "{") - (char == "}")
            if char == "," and depth == 0:
                if part := inner[start:at].strip():
                    yield from _rust_tree(prefix + head.strip(), part)
                start = at + 1
        return
    path, _, alias = head.partition(" as ")
    module, _, name = (prefix + path.strip()).rpartition("::")
    if name == "self":
        yield Import(module, "", alias.strip() or module.rpartition("::")[2])
    elif name:
        yield Import(module or name, name if module else "", alias.strip() or name)


def _c(statement: str) -> Iterator[Import]:
    if match := _QUOTED.search(statement):
        yield Import(match[1], "*", "*")


def _csharp(statement: str) -> Iterator[Import]:
    match = re.match(r"\s*(?:global\s+)?(using|namespace)\s+(?:static\s+)?(?:(\w+)\s*=\s*)?([\w.]+)", statement)
    if match and match[2]:
        module, _, name = match[3].rpartition(".")
        yield Import(module, name, match[2])
    elif match:
        yield Import(match[3], "*", "*")


def _ruby(statement: str) -> Iterator[Import]:
    match = re.search(r"\b(require_relative|require|load|autoload\s+:\w+,)\s*\(?\s*[\"']([^\"']+)[\"']", statement)
    if match:
        relative = match[1] == "require_relative" and not match[2].startswith(".")
        yield Import(f"./{match[2]}" if relative else match[2], "*", "*")


def _php(statement: str) -> Iterator[Import]:
    if required := re.search(r"\b(?:require|include)(?:_once)?\b[^;]*?[\"']([^\"']+)[\"']", statement):
        yield Import(f"./{required[1].lstrip('./')}", "*", "*")
        return
    match = re.match(r"\s*(use|namespace)\s+(?:function\s+|const\s+)?\\?(.*?);?\s*$", statement, re.S)
    if not match:
        return
    if match[1] == "namespace":
        yield Import(match[2].strip(" {"), "*", "*")
        return
    prefix, brace, inner = match[2].partition("{")
    for path, alias in _names(inner.rstrip("} ") if brace else match[2]):
        module, _, name = ((prefix if brace else "") + path).strip("\\").rpartition("\\")
        yield Import(module, name, alias if alias != path else name)


_READERS: dict[str, _Read] = {
    "python": _python,
    "javascript": _javascript,
    "typescript": _javascript,
    "tsx": _javascript,
    "java": _java,
    "kotlin": _java,
    "go": _go,
    "rust": _rust,
    "c": _c,
    "cpp": _c,
    "csharp": _csharp,
    "ruby": _ruby,
    "php": _php,
}

_ECMA = re.compile(
    r"^[ \t]*(?:(?:import|export)\s(?:(?:(?!\b(?:import|export)\b)[^;'\"`()=])*?\sfrom\s*)?[\"'][^\"'\n]+[\"']"
    r"|(?:const|let|var)\s+[^=;\n]+=\s*(?:await\s+)?(?:require|import)\(\s*[\"'][^\"'\n]+[\"']\s*\))",
    re.M,
)
_STATEMENTS: dict[str, re.Pattern[str]] = {
    "python": re.compile(r"^[ \t]*(?:from\s+[.\w]+\s+import\s*(?:\([^)]*\)?|[^\n]+)|import\s+[^\n]+)", re.M),
    "javascript": _ECMA,
    "typescript": _ECMA,
    "tsx": _ECMA,
    "java": re.compile(r"^[ \t]*(?:import|package)\s+[^;\n]+;", re.M),
    "kotlin": re.compile(r"^[ \t]*(?:import|package)\s+[^;\n]+", re.M),
    "go": re.compile(r"^import\s*(?:\([^)]*\)?|[^\n]+)", re.M),
    "rust": re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?(?:use\s+[^;]+;|mod\s+\w+\s*;)", re.M),
    "c": re.compile(r"^[ \t]*#[ \t]*(?:include|import)[^\n]+", re.M),
    "cpp": re.compile(r"^[ \t]*#[ \t]*(?:include|import)[^\n]+", re.M),
    "csharp": re.compile(r"^[ \t]*(?:global\s+)?(?:using\s+[^;(\n]+;|namespace\s+[\w.]+)", re.M),
    "ruby": re.compile(r"^[ \t]*(?:require|require_relative|load|autoload)\b[^\n]+", re.M),
    "php": re.compile(r"^[ \t]*(?:(?:use|namespace)\s+[^;(]+;|(?:require|include)(?:_once)?\b[^;]+;)", re.M),
}
