"""Code around a cursor and code of other files -> the prompt that a model family reads, and back out of a prompt that a
client has written already (fill in the middle).

Nothing but code, paths and the family's own tokens ever goes in: a model that is to write code would go on with prose.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as package_files

UNTITLED = "untitled"  # a file whose path nobody has told
_APART = re.compile(r"[^a-z0-9]+")
# A path as clients write it above code: a file token, "+++++ path", "# Path: path"
_PATH = re.compile(r"^(?:<\|?file_sep(?:arator)?\|?>|\+{5} |(?:#|//|--|;|%) ?Path: )([^\n<>]+?) ?$", re.M)


@dataclass(frozen=True, slots=True)
class Family:
    """One row of fim.toml."""

    name: str
    names: tuple[str, ...]
    prompt: str
    place: str = "prefix"
    repository: str = ""
    file: str = ""
    own: str = ""
    stop: tuple[str, ...] = ()

    @property
    def marks(self) -> tuple[str, ...]:
        """The tokens of `prompt`, in their order."""
        return tuple(part.strip() for part in re.split(r"\{prefix\}|\{suffix\}", self.prompt) if part.strip())

    @property
    def ends(self) -> tuple[str, ...]:
        """What the model's text ends at."""
        return (*self.marks, *self.stop)


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code of another file."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Hole:
    """Code before and after a cursor. `written`: the prompt that a client has made of it, in the tokens of `family`.

    `head` is what the client put before its tokens; its prefix begins at `at` in the prompt.
    """

    prefix: str
    suffix: str
    path: str = ""
    written: str = ""
    family: Family | None = None
    head: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What a provider is given: a whole prompt, or with `suffix` the code before the cursor."""

    prompt: str
    suffix: str = ""
    stop: tuple[str, ...] = ()


@cache
def _table() -> tuple[tuple[Family, ...], dict[str, str]]:
    read = tomllib.loads(package_files("ibidem.chat").joinpath("fim.toml").read_text("utf-8"))
    families = tuple(Family(**row | {key: tuple(row[key]) for key in ("names", "stop")}) for row in read["family"])
    return families, {ending: mark for mark, endings in read["comments"].items() for ending in endings}


def families() -> tuple[Family, ...]:
    return _table()[0]


def family_of(model: str) -> Family | None:
    """The family of a model by its name (`provider:name`; of a file only its own name counts)."""
    name = _APART.sub("-", model.rpartition("/")[2].lower())
    return next((family for family in families() if any(known in name for known in family.names)), None)


def read(prompt: str, suffix: str | None = None, path: str = "") -> Hole | None:
    """The code around the cursor; None for a prompt that is no code with a hole, and is not to be touched.

    A prompt in which a token stands twice is not understood: it may be code about such tokens.
    """
    if suffix is not None:
        return Hole(prompt, suffix, path or _last_path(prompt))
    for family in families():
        if all(prompt.count(mark) == 1 for mark in family.marks):
            return _parse(prompt, family, path)
    return None


def _parse(prompt: str, family: Family, path: str) -> Hole | None:
    places = [(prompt.index(mark), mark) for mark in family.marks]
    if places != sorted(places):
        return None
    starts = [place + len(mark) for place, mark in places]
    ends = [place for place, _ in places[1:]] + [len(prompt)]
    first, second = (prompt[start:end] for start, end in zip(starts[:2], ends[:2], strict=True))
    at = starts[0]
    # "<TOKEN> code <TOKEN>code <TOKEN>": CodeLlama's own blanks, and ProxyAI's around Qwen's tokens
    if first.startswith(" ") and first.endswith(" ") and second.endswith(" ") and len(first) > 1:
        first, second, at = first[1:-1], second[:-1], at + 1
    if family.prompt.index("{suffix}") < family.prompt.index("{prefix}"):
        first, second, at = second.removesuffix("[MIDDLE]"), first, starts[1]
    head = prompt[: places[0][0]]
    return Hole(first, second, path or _last_path(head) or _last_path(first), prompt, family, head, at)


def _last_path(text: str) -> str:
    """The path that stands last before the code: clients name the file being written after the others."""
    found = _PATH.findall(text)
    return found[-1].strip() if found else ""


def write(hole: Hole, family: Family | None, snippets: Sequence[Snippet], *, path: str, name: str) -> Written:
    """The prompt for a model of that family; `name` is the repository's. What a client wrote stays as it is if it can.

    A family that nobody knows gets the client's tokens and comments; without those the provider joins both sides.
    """
    if hole.family and (family is None or family.marks == hole.family.marks):
        return Written(_spliced(hole, family, snippets, path, name), "", (family or hole.family).ends)
    if family is None:
        return Written(_before(hole.prefix, comments(snippets, path)), hole.suffix)
    if hole.head:  # in another family's tokens: what it says is kept as a comment
        snippets = [Snippet(UNTITLED, _without_tokens(hole.head)), *snippets]
    prefix, before = hole.prefix, ""
    if not family.file:
        prefix = _before(prefix, comments(snippets, path))
    elif family.place == "prefix":
        prefix = _files(family, snippets, path, name) + prefix
    else:
        before = _files(family, snippets, path, name)
    # not by str.format: code has braces
    code = {"{prefix}": prefix, "{suffix}": hole.suffix}
    prompt = re.sub(r"\{prefix\}|\{suffix\}", lambda match: code[match[0]], family.prompt)
    return Written(before + prompt, "", family.ends)


def _spliced(hole: Hole, family: Family | None, snippets: Sequence[Snippet], path: str, name: str) -> str:
    """The client's prompt with other files in it."""
    if not snippets:
        return hole.written
    if family is None or not family.file:
        before, after = hole.written[: hole.at], hole.written[hole.at :]
        return before + _before(after, comments(snippets, path))
    text = _files(family, snippets, path, name)
    if family.place == "prefix":
        if hole.prefix.startswith(family.own.partition("{")[0]):
            text = text.removesuffix(_own(family, path))  # the client names the file itself
        return hole.written[: hole.at] + text + hole.written[hole.at :]
    if not hole.head:
        return text + hole.written
    text = text.removesuffix(_own(family, path))
    mark = family.repository.partition("{")[0]
    if mark and hole.head.startswith(mark):  # one repository line is enough, the client's
        line, newline, rest = hole.written.partition("\n")
        return line + newline + text.removeprefix(family.repository.replace("{name}", name)) + rest
    return text + hole.written


def _files(family: Family, snippets: Sequence[Snippet], path: str, name: str) -> str:
    if not snippets:
        return ""
    parts = [family.repository.replace("{name}", name)]
    parts += [render(family, snippet, path) for snippet in snippets]
    return "".join([*parts, _own(family, path)])


def _own(family: Family, path: str) -> str:
    return family.own.replace("{path}", path or UNTITLED)


def render(family: Family | None, snippet: Snippet, path: str) -> str:
    """One snippet as it stands in the prompt: its tokens are counted with it."""
    if family is None or not family.file:
        return comments([snippet], path)
    head, _, tail = family.file.partition("{text}")
    return head.replace("{path}", snippet.path) + snippet.text.rstrip("\n") + tail


def comments(snippets: Sequence[Snippet], path: str) -> str:
    """Snippets as line comments of the language that `path` is written in."""
    mark = _table()[1].get(path.rpartition("/")[2].rpartition(".")[2].lower(), "//")
    lines = [line for one in snippets for line in (f"Path: {one.path}", *one.text.rstrip("\n").split("\n"))]
    return "".join(f"{mark} {line}".rstrip() + "\n" for line in lines)


def _before(code: str, commented: str) -> str:
    """Comments before code; behind a first line that must stay the first."""
    if commented and code.startswith(("#!", "<?")):
        line, newline, rest = code.partition("\n")
        return line + newline + commented + rest if newline else code
    return commented + code


def _without_tokens(text: str) -> str:
    return re.sub(r"<\|?[a-z_]+\|?>", "", text).strip("\n")


def holds_tokens(text: str, family: Family | None) -> bool:
    """Whether a model would take something in the text for a token of its own. Such code cannot be shown to it."""
    known = families() if family is None else (family,)
    return any(mark in text for one in known for mark in one.ends)
