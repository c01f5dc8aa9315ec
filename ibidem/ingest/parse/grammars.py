"""Source bytes -> the definitions tree-sitter finds: label, name and rows. One pattern a line, per language.

Never used here, because they crash: a progress callback, and `str(node)`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from tree_sitter import Language, Node, Parser, Query, QueryCursor

# (label, pattern): @name is what is defined, @item the rows it takes. No label: a symbol without rows of its own.
_Patterns = tuple[tuple[str, str], ...]

_PYTHON: _Patterns = (
    ("def", "(function_definition name: (identifier) @name) @item"),
    ("class", "(class_definition name: (identifier) @name) @item"),
    ("def", "(decorated_definition definition: (function_definition name: (identifier) @name)) @item"),
    ("class", "(decorated_definition definition: (class_definition name: (identifier) @name)) @item"),
    ("", "(module (expression_statement (assignment left: (identifier) @name)))"),
)
_JAVASCRIPT: _Patterns = (
    ("function", "(function_declaration name: (identifier) @name) @item"),
    ("function", "(generator_function_declaration name: (identifier) @name) @item"),
    ("class", "(class_declaration name: (_) @name) @item"),
    ("class", "(export_statement declaration: (class_declaration name: (_) @name)) @item"),
    ("method", "(method_definition name: (_) @name) @item"),
    (
        "function",
        "(lexical_declaration (variable_declarator name: (identifier) @name "
        "value: [(arrow_function) (function_expression)])) @item",
    ),
    (
        "function",
        "(variable_declaration (variable_declarator name: (identifier) @name "
        "value: [(arrow_function) (function_expression)])) @item",
    ),
    ("function", "(pair key: (property_identifier) @name value: [(arrow_function) (function_expression)]) @item"),
    (
        "function",
        "(assignment_expression left: (member_expression property: (property_identifier) @name) "
        "right: [(arrow_function) (function_expression)]) @item",
    ),
    ("", "(program (lexical_declaration (variable_declarator name: (identifier) @name)))"),
    ("", "(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name))))"),
)
_TYPESCRIPT: _Patterns = (
    *_JAVASCRIPT,
    ("class", "(abstract_class_declaration name: (type_identifier) @name) @item"),
    ("class", "(export_statement declaration: (abstract_class_declaration name: (type_identifier) @name)) @item"),
    ("interface", "(interface_declaration name: (type_identifier) @name) @item"),
    ("type", "(type_alias_declaration name: (type_identifier) @name) @item"),
    ("enum", "(enum_declaration name: (identifier) @name) @item"),
    ("namespace", "(internal_module name: (identifier) @name) @item"),
    ("function", "(function_signature name: (identifier) @name) @item"),
    ("method", "(abstract_method_signature name: (property_identifier) @name) @item"),
    ("method", "(public_field_definition name: (property_identifier) @name value: (arrow_function)) @item"),
)
_JAVA: _Patterns = (
    ("class", "(class_declaration name: (identifier) @name) @item"),
    ("interface", "(interface_declaration name: (identifier) @name) @item"),
    ("enum", "(enum_declaration name: (identifier) @name) @item"),
    ("record", "(record_declaration name: (identifier) @name) @item"),
    ("@interface", "(annotation_type_declaration name: (identifier) @name) @item"),
    ("method", "(method_declaration name: (identifier) @name) @item"),
    ("constructor", "(constructor_declaration name: (identifier) @name) @item"),
    ("", "(field_declaration declarator: (variable_declarator name: (identifier) @name))"),
    ("", "(enum_constant name: (identifier) @name)"),
)
_GO: _Patterns = (
    ("func", "(function_declaration name: (identifier) @name) @item"),
    ("func", "(method_declaration receiver: (parameter_list) @receiver name: (field_identifier) @name) @item"),
    ("type", "(type_declaration (type_spec name: (type_identifier) @name) @item)"),
    ("type", "(type_alias name: (type_identifier) @name) @item"),
    ("", "(source_file (const_declaration (const_spec name: (identifier) @name)))"),
    ("", "(source_file (var_declaration (var_spec name: (identifier) @name)))"),
)

# language -> (module, function that gives the grammar, patterns)
GRAMMARS: dict[str, tuple[str, str, _Patterns]] = {
    "python": ("tree_sitter_python", "language", _PYTHON),
    "javascript": ("tree_sitter_javascript", "language", _JAVASCRIPT),
    "typescript": ("tree_sitter_typescript", "language_typescript", _TYPESCRIPT),
    "tsx": ("tree_sitter_typescript", "language_tsx", _TYPESCRIPT),
    "java": ("tree_sitter_java", "language", _JAVA),
    "go": ("tree_sitter_go", "language", _GO),
}


class Item(NamedTuple):
    """A definition: rows [start, end) counted from 0, and the row of its name. `label` is "" for a bare symbol."""

    label: str
    name: str
    start: int
    end: int
    name_row: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a file defines, and the rows [start, end) that could not be parsed."""

    items: list[Item]
    broken: list[tuple[int, int]]


@cache
def _grammar(language: str) -> tuple[Parser, Query, Query, _Patterns]:
    module, function, patterns = GRAMMARS[language]
    grammar = Language(getattr(importlib.import_module(module), function)())
    definitions = Query(grammar, "\n".join(pattern for _, pattern in patterns))
    return Parser(grammar), definitions, Query(grammar, "(ERROR) @error"), patterns


def find(source: bytes, language: str) -> Found:
    """Definitions of a source file in UTF-8. One thread only: the parser is shared."""
    parser, definitions, errors, patterns = _grammar(language)
    root = parser.parse(source).root_node
    found: dict[tuple[int, int], Item] = {}
    for index, captures in QueryCursor(definitions).matches(root):
        label = patterns[index][0]
        for name in captures["name"]:
            item = _item(label, name, captures, source)
            known = found.get((name.start_byte, name.end_byte))
            if known is None or item.end - item.start > known.end - known.start:
                found[name.start_byte, name.end_byte] = item
    broken: list[tuple[int, int]] = []
    if root.has_error:
        for node in QueryCursor(errors).captures(root).get("error", []):
            broken.append((node.start_point.row, node.end_point.row + 1))
    return Found(list(found.values()), _merged(broken))


def _item(label: str, name: Node, captures: dict[str, list[Node]], source: bytes) -> Item:
    text = source[name.start_byte : name.end_byte].decode("utf-8", "replace")
    name_row = name.start_point.row
    if not label:
        return Item("", text, name_row, name_row, name_row)
    node = captures["item"][0]
    end = node.end_point
    receiver = captures.get("receiver")
    owner = source[receiver[0].start_byte : receiver[0].end_byte].decode("utf-8", "replace") + " " if receiver else ""
    return Item(f"{label} {owner}{text}", text, node.start_point.row, end.row + (end.column > 0), name_row)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same rows as disjoint ranges: ERROR nodes nest."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
