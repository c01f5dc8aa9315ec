"""Code around a cursor -> what is in reach there: imports, identifiers, types of variables, the enclosing class.

By patterns, on purpose: the code is unfinished and any syntax tree of it wrong, and a parser may not crash the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ibidem.ingest.parse.imports import bounded, statements, without_statements
from ibidem.types import Import

MAX_HEAD = 8_000  # characters of a long file that are read at its top, for its imports
MAX_TAIL = 16_000  # and above the cursor
MAX_BELOW = 8_000  # and below it

_WORD = re.compile(r"[A-Za-z_$\u0080-\uffff][\w$]*")
_TYPE_NAME = re.compile(r"[A-Za-z_]\w*")
# `name: Type`, `self.name: Type`
_ANNOTATED = re.compile(r"(?:\b(?:self|this)\.)?\b(\w+)\??\s*:\s*([&*]?[\"']?[A-Za-z_][^=,;(){}\n]*)")
# `Type name`, as Java, C# and C++ declare
_DECLARED = re.compile(r"\b([A-Z][\w.]*(?:<[^;(){}=]{0,80}>)?)(?:\[\])*\s*[*&]?\s+[*&]?([a-z_]\w*)\b(?!\s*\()")
# `name Type` in a Go parameter list or var
_GO_DECLARED = re.compile(r"(?:[(,]|\bvar)\s*(\w+)\s+[*\[\]]*((?:\w+\.)?[A-Za-z_]\w*)")
# `name = Type(...)`, `name := pkg.call(...)`, `with call() as name`
_ASSIGNED = re.compile(
    r"(?:\b(?:self|this)\.)?\$?\b(\w+)\s*(?::[^=\n]{1,60})?(?::=|=(?![=>]))\s*(?:await\s+|new\s+|&|\*|yield\s+)*([A-Za-z_$][\w.$:]*(?:->\w+)*)\s*[({<\[]?"
)
_AS = re.compile(r"\b([A-Za-z_][\w.]*)\s*(?:\([^()\n]*\))?\s+as\s+(\w+)")
_LOOPED = re.compile(r"\bfor\s*\(?\s*(?:const|let|var|final)?\s*(\w+)\s+(?:in|of)\s+(?:self\.|this\.)?([\w.]+)")
_CHECKED = re.compile(r"\bisinstance\(\s*(?:self\.)?(\w+)\s*,\s*([^)\n]+)")
_CLASS = re.compile(
    r"^([ \t]*)(?:(?:export|default|public|private|protected|internal|abstract|final|static|sealed|data|open|partial|"
    r"pub(?:\([^)]*\))?)\s+)*(?:class|interface|object|struct|trait|impl(?:<[^>\n]*>)?|enum|record|module)\s+(?:[\w:<>, ]+\s+for\s+)?([A-Za-z_]\w*)([^{\n]*)",
    re.M,
)
_GO_RECEIVER = re.compile(r"^func\s*\(\s*(\w+)\s+\*?(\w+)", re.M)
KEYWORDS = frozenset(
    "and as async await break case catch class const continue def default del do elif else enum except export extends false"
    " final finally fn for from func function fun global go if impl implements import in instanceof interface is lambda let"
    " match mod mut namespace new nil none nonlocal not null or package pass private protected public pub raise readonly"
    " return self static struct super switch this throw throws trait true try type typeof undefined use using val var void"
    " when where while with yield int str bool float string number boolean object any None True False".split()
)


@dataclass(frozen=True, slots=True)
class Binding:
    """A variable and the names that its type is written with, or is made by. `line` counts away from the cursor, from 0."""

    name: str
    types: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """What stands around the cursor. `words` maps each identifier to how many lines away it stands, at the nearest."""

    imports: list[Import]
    words: dict[str, int]
    bindings: dict[str, Binding]
    enclosing: tuple[str, ...]  # the class around the cursor and its bases as written

    def freshness(self, name: str) -> float:
        """A member that stands in the code already is half as likely to be what must be looked up."""
        return 0.5 if name in self.words else 1.0


def look(prefix: str, language: str, more: tuple[Import, ...] = (), *, suffix: str = "") -> Cursor:
    """Read the code around a cursor; `more` are imports above what `prefix` holds.

    Of a variable's types those written above the cursor count, of the enclosing class too; names count on both sides.
    """
    if len(prefix) > MAX_HEAD + MAX_TAIL:
        prefix = f"{prefix[:MAX_HEAD]}\n{prefix[-MAX_TAIL:]}"
    prefix, suffix = bounded(prefix), bounded(suffix[:MAX_BELOW])
    imports = [*more, *statements(prefix, language), *statements(suffix, language)]
    above, below = without_statements(prefix, language), without_statements(suffix, language)
    words = _distances(reversed(above.rstrip().split("\n")))
    for word, lines in _distances(below.split("\n")).items():
        words[word] = min(lines, words.get(word, lines))
    bindings = {**_bindings(below, language, words), **_bindings(above, language, words)}
    return Cursor(imports, words, bindings, _enclosing(above))


def _distances(lines: Iterable[str]) -> dict[str, int]:
    """For each identifier the first of the lines that holds it."""
    words: dict[str, int] = {}
    for away, line in enumerate(lines):
        for word in _WORD.findall(line):
            if word not in words and word not in KEYWORDS:
                words[word] = away
    return words


def _bindings(body: str, language: str, words: dict[str, int]) -> dict[str, Binding]:
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    for at, name, types in _typed(body, language):
        if name in KEYWORDS or name not in words:
            continue
        known = found.get(name)
        names = tuple(one for one in _TYPE_NAME.findall(types) if one not in KEYWORDS and one != name)
        if names and (known is None or at >= known[0]):
            found[name] = (at, names if known is None or at > known[0] else (*known[1], *names))
    return {name: Binding(name, types[:6], words[name]) for name, (_, types) in found.items()}


def _typed(body: str, language: str) -> Iterator[tuple[int, str, str]]:
    """(place, variable, what its type is written or made with)."""
    for match in _ASSIGNED.finditer(body):
        yield match.start(1), match[1], match[2]
    for pattern in (_ANNOTATED, _LOOPED, _CHECKED):
        for match in pattern.finditer(body):
            yield match.start(1), match[1], match[2]
    for match in _AS.finditer(body):
        yield match.start(2), match[2], match[1]
    if language in ("java", "csharp", "cpp", "c", "php", "kotlin"):
        for match in _DECLARED.finditer(body):
            yield match.start(2), match[2], match[1]
    if language == "go":
        for match in _GO_DECLARED.finditer(body):
            yield match.start(1), match[1], match[2]


def _enclosing(body: str) -> tuple[str, ...]:
    """The class around the cursor and its bases: the last one that is indented less than the last line."""
    last = next((line for line in reversed(body.split("\n")) if line.strip()), "")
    depth = len(last) - len(last.lstrip())
    if last.lstrip().startswith(("class ", "public class", "export class")):
        depth += 1
    for match in reversed(list(_CLASS.finditer(body))):
        if len(match[1]) < depth:
            return (match[2], *(name for name in _TYPE_NAME.findall(match[3]) if name not in KEYWORDS))
    if receivers := list(_GO_RECEIVER.finditer(body)):
        return (receivers[-1][2],)
    return ()
