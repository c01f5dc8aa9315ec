"""Source bytes -> what tree-sitter finds in them: definitions with label, name, place and type, imports, references.

The patterns are in `queries/<language>.scm`, one a line. `@name` is what is defined; the capture of its whole is the
label under which a definition is shown (`@class`, `@func`). Four captures are no labels: `@symbol` is a name that has no
block of its own, `@field` a member that is only looked up, `@package` the namespace a file says it is in, `@import` a
statement that brings names in. `@owner` names the type that a method written outside of it belongs to. References are all
other identifiers, which every grammar has as leaves of a few kinds.

Never used here, because they crash: a progress callback, and `str(node)`.
"""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from tree_sitter import Language, Node, Parser, Query, QueryCursor

MAX_SIGNATURE = 200  # characters
MAX_TYPE = 80

# language -> (module, function that gives the grammar, query files)
GRAMMARS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "python": ("tree_sitter_python", "language", ("python",)),
    "javascript": ("tree_sitter_javascript", "language", ("javascript",)),
    "typescript": ("tree_sitter_typescript", "language_typescript", ("javascript", "typescript")),
    "tsx": ("tree_sitter_typescript", "language_tsx", ("javascript", "typescript")),
    "java": ("tree_sitter_java", "language", ("java",)),
    "kotlin": ("tree_sitter_kotlin", "language", ("kotlin",)),
    "go": ("tree_sitter_go", "language", ("go",)),
    "rust": ("tree_sitter_rust", "language", ("rust",)),
    "c": ("tree_sitter_c", "language", ("c",)),
    "cpp": ("tree_sitter_cpp", "language", ("c", "cpp")),
    "csharp": ("tree_sitter_c_sharp", "language", ("csharp",)),
    "ruby": ("tree_sitter_ruby", "language", ("ruby",)),
    "php": ("tree_sitter_php", "language_php", ("php",)),
}
# leaves that are identifiers, in whatever grammar has them; text, comments and keywords are not among them
_IDENTIFIERS = (
    "identifier type_identifier field_identifier property_identifier shorthand_property_identifier"
    " shorthand_property_identifier_pattern namespace_identifier constant name"
).split()
_NO_LABEL = frozenset({"name", "owner", "symbol", "field", "import", "package"})
_FUNCTIONS = frozenset({"def", "function", "method", "func", "fun", "fn", "constructor", "init"})
_CONTAINERS = frozenset({"impl"})  # enclose, but define nothing

# where grammars keep the type of what is defined: the result, the field's type, the bases
_TYPE_FIELDS = ("return_type", "superclasses", "result", "type", "superclass", "interfaces", "trait", "returns")
_TYPE_NODES = frozenset(
    "class_heritage extends_type_clause super_interfaces extends_interfaces base_class_clause base_list base_clause"
    " class_interface_clause delegation_specifiers superclass user_type nullable_type".split()
)
_SPACE = re.compile(r"\s+")
_LAST_WORD = re.compile(r"(\w+)\W*(?:\[[^\]]*\]|<.*>)?\W*$", re.S)


class Item(NamedTuple):
    """A definition: rows [start, end) counted from 0, and the row of its name.

    `label` is "" for a bare symbol; `kind` is the label's first word, "symbol" or "field". `head_row` is where the
    definition itself begins, below its decorators.
    """

    label: str
    name: str
    start: int
    end: int
    name_row: int
    kind: str
    head_row: int
    parent: str
    signature: str
    type: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a file defines, the rows [start, end) that could not be parsed, its import statements with their rows.

    `references` maps each identifier to the rows it stands on, in order, without those where it is defined.
    """

    items: list[Item]
    broken: list[tuple[int, int]]
    imports: list[tuple[int, str]]
    references: dict[str, list[int]]


class _Grammar(NamedTuple):
    parser: Parser
    definitions: Query
    errors: Query
    identifiers: Query


@cache
def _grammar(language: str) -> _Grammar:
    module, function, names = GRAMMARS[language]
    grammar = Language(getattr(importlib.import_module(module), function)())
    folder = files("ibidem.ingest.parse").joinpath("queries")
    patterns = "".join(folder.joinpath(f"{name}.scm").read_text("utf-8") for name in names)
    leaves = [f"({kind}) @name" for kind in _IDENTIFIERS if grammar.id_for_node_kind(kind, True) is not None]
    return _Grammar(
        Parser(grammar),
        Query(grammar, patterns),
        Query(grammar, "(ERROR) @error"),
        Query(grammar, "\n".join(leaves)),
    )


@dataclass(slots=True)
class _Match:
    kind: str
    name: Node
    node: Node
    owner: Node | None


def find(source: bytes, language: str) -> Found:
    """Definitions and imports of a source file in UTF-8. One thread only: the parser is shared."""
    grammar = _grammar(language)
    root = grammar.parser.parse(source).root_node
    matches: dict[tuple[int, int], _Match] = {}
    imports: dict[int, tuple[int, str]] = {}
    for _, captures in QueryCursor(grammar.definitions).matches(root):
        if "import" in captures:
            node = captures["import"][0]
            imports[node.start_byte] = (node.start_point.row, _text(node, source))
            continue
        match = _match(captures)
        place = (match.name.start_byte, match.name.end_byte)
        known = matches.get(place)
        if known is None or _rank(match) > _rank(known):
            matches[place] = match
    broken: list[tuple[int, int]] = []
    if root.has_error:
        for node in QueryCursor(grammar.errors).captures(root).get("error", []):
            broken.append((node.start_point.row, node.end_point.row + 1))
    items = _items(matches.values(), source)
    references = _references(QueryCursor(grammar.identifiers).captures(root).get("name", []), items, source)
    return Found(items, _merged(broken), [imports[at] for at in sorted(imports)], references)


def _references(leaves: Iterable[Node], items: Iterable[Item], source: bytes) -> dict[str, list[int]]:
    """By name; rows are gathered by bytes first, because there are many leaves and few names."""
    rows: dict[bytes, list[int]] = defaultdict(list)
    for leaf in leaves:
        rows[source[leaf.start_byte : leaf.end_byte]].append(leaf.start_point.row)
    found = {name.decode("utf-8", "replace"): set(known) for name, known in rows.items()}
    for item in items:
        if item.name in found:
            found[item.name].discard(item.name_row)
    return {name: sorted(known) for name, known in found.items() if known}


def _match(captures: dict[str, list[Node]]) -> _Match:
    kind = next(capture for capture in captures if capture not in ("name", "owner") and not capture.startswith("_"))
    owner = captures.get("owner")
    return _Match(kind, captures["name"][0], captures[kind][0], owner[0] if owner else None)


def _rank(match: _Match) -> tuple[bool, int]:
    """Of two patterns for one name, a labelled one counts, then the wider."""
    return match.kind not in _NO_LABEL, match.node.end_byte - match.node.start_byte


def _items(matches: Iterable[_Match], source: bytes) -> list[Item]:
    """In order of place; the parent is what encloses a name, by bytes."""
    items: list[Item] = []
    around: list[tuple[int, str, str]] = []  # (end byte, kind, name)
    for match in sorted(matches, key=lambda match: (match.node.start_byte, -match.node.end_byte)):
        while around and around[-1][0] < match.node.end_byte:
            around.pop()
        name = _text(match.name, source).rpartition("::")[2].lstrip(":")
        owner = _text(match.owner, source) if match.owner else ""
        depth = len(around)
        while match.kind == "field" and depth and around[depth - 1][1] in _FUNCTIONS:
            depth -= 1  # `self.name = ...` is a member of the class, wherever it is assigned
        path = [one for _, _, one in around[:depth]]
        if owner and (last := _LAST_WORD.search(owner)):
            path = [last[1]]
        items.append(_item(match, name, owner, ".".join(path), source))
        if match.kind not in _NO_LABEL:
            around.append((match.node.end_byte, match.kind, name))
    return items


def _item(match: _Match, name: str, owner: str, parent: str, source: bytes) -> Item:
    node, inner = match.node, match.name.parent or match.node
    if inner.type == "attribute":
        inner = inner.parent or inner
    head = node if inner.type.endswith(("declarator", "qualified_identifier")) else inner
    end = node.end_point
    shown = f"{owner} {name}" if owner.startswith("(") else f"{owner}::{name}" if owner else name
    label = "" if match.kind in _NO_LABEL else f"{match.kind} {shown}"
    return Item(
        label=label,
        name=name,
        start=node.start_point.row if label else match.name.start_point.row,
        end=end.row + (end.column > 0),
        name_row=match.name.start_point.row,
        kind=match.kind,
        head_row=head.start_point.row,
        parent=parent,
        signature="" if match.kind in _CONTAINERS else _signature(head if label else node, source),
        type=_type(inner, match.name, source) or _type(node, match.name, source),
    )


def _signature(node: Node, source: bytes) -> str:
    """The head of a definition in one line: up to its body, or its first line."""
    body = node.child_by_field_name("body")
    if body is not None:
        text = source[node.start_byte : min(body.start_byte, node.start_byte + 4 * MAX_SIGNATURE)]
    else:
        text = source[node.start_byte : min(node.end_byte, node.start_byte + 4 * MAX_SIGNATURE)].partition(b"\n")[0]
    return _SPACE.sub(" ", text.decode("utf-8", "replace")).strip()[:MAX_SIGNATURE]


def _type(node: Node, name: Node, source: bytes) -> str:
    """What the source says a value of this definition is."""
    found = [child for field in _TYPE_FIELDS for child in node.children_by_field_name(field)]
    if not found:
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        inner = value.child_by_field_name("return_type") if value else None
        holder = node.parent if node.type in ("variable_declarator", "variable_declaration") else None
        outer = holder.child_by_field_name("type") if holder else None
        found = [one for one in (inner, outer) if one is not None]
        if not found and value is not None:
            found = _made_by(value, source)
    found = found or [child for child in node.children if child.type in _TYPE_NODES and child != name]
    texts = [_text(one, source) for one in found if one.end_byte - one.start_byte < 400]
    return _SPACE.sub(" ", " ".join(text for text in texts if "{" not in text)).strip(" :(){")[:MAX_TYPE]


def _made_by(value: Node, source: bytes) -> list[Node]:
    """The class of `Name(...)` and `new Name(...)`; of `self.name = name`, the parameter's annotation."""
    if value.type in ("call", "new_expression", "object_creation_expression"):
        made = value.child_by_field_name("function") or value.child_by_field_name("constructor")
        made = made or value.child_by_field_name("type")
        return [made] if made is not None else []
    if value.type != "identifier":
        return []
    function: Node | None = value
    while function is not None and function.type != "function_definition":
        function = function.parent
    parameters = function.child_by_field_name("parameters") if function else None
    for parameter in parameters.named_children if parameters else []:
        if parameter.type.startswith("typed") and parameter.named_children:
            first = parameter.child_by_field_name("name") or parameter.named_children[0]
            if source[first.start_byte : first.end_byte] == source[value.start_byte : value.end_byte]:
                annotation = parameter.child_by_field_name("type")
                return [annotation] if annotation else []
    return []


def _text(node: Node, source: bytes) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same rows as disjoint ranges: ERROR nodes nest."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
