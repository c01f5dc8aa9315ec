"""Code around a cursor that no editor has given a path -> the file of the workspace that it stands in, or a name for it.

Most editors send text alone. The file matters: its language says what an import is, its folder which modules are near,
and what stands in it is no news to whoever edits it.
"""

from __future__ import annotations

import re
from collections import defaultdict

from ibidem.index.analyze import query_tokens
from ibidem.index.lexical import LexicalReader
from ibidem.retrieve.retrieve import MAX_QUERY_TOKENS, weigh
from ibidem.store.chunks import chunks_by_id
from ibidem.store.database import Database
from ibidem.store.workspaces import Workspace

ABOVE, BELOW = 16, 8  # lines that are searched with
CHUNKS = 16
LINE_CHARS = 12  # shorter lines stand in every file
LEAST_LINES = 3  # that a file must share with the code
UNTITLED = "untitled"

# Lines that only one language writes, the surest first.
_SIGNS = (
    ("py", r"^(?:from [\w.]+ import |import [\w.]+(?: as \w+)?$|[ \t]*(?:async )?def \w+\(|[ \t]*class \w+.*:$)"),
    ("php", r"^<\?php"),
    ("rs", r"^[ \t]*(?:pub )?(?:fn \w+|use \w+::|impl\b|let mut )"),
    ("go", r"^(?:package \w+$|func |import \()|\w :?= range "),
    ("cpp", r"^[ \t]*(?:template ?<|using namespace|namespace \w+|std::)"),
    ("c", r"^#\s*include\b"),
    ("java", r"^(?:package [\w.]+;|import (?:static )?[\w.]+(?:\.\*)?;)"),
    ("cs", r"^(?:using [\w.]+;|namespace [\w.]+)"),
    ("kt", r"^[ \t]*(?:fun \w+\(|val \w+|data class )"),
    (
        "ts",
        r"^[ \t]*(?:import .* from ['\"]|export (?:interface|type|const|class|function|async) |interface \w+|const \w+: )",
    ),
    ("js", r"^[ \t]*(?:const \w+ = |let \w+ = |function \w+\(|module\.exports)"),
    ("rb", r"^[ \t]*(?:require ['\"]|def \w+[?!]?$|module [A-Z]\w*$|end$)"),
)
_LANGUAGES = [(ending, re.compile(pattern, re.M)) for ending, pattern in _SIGNS]


def locate(prefix: str, suffix: str, workspace: Workspace, *, reader: LexicalReader | None, db: Database) -> str:
    """The path of the indexed file that shares most lines with the code; else `untitled` with its language's ending."""
    around = "\n".join([*prefix.split("\n")[-ABOVE:], *suffix.split("\n")[:BELOW]])
    shared: dict[str, int] = defaultdict(int)
    if reader is not None and (tokens := query_tokens(around)):
        known = [token for token in weigh(tokens, reader) if reader.document_frequency(token)][:MAX_QUERY_TOKENS]
        ids = [chunk_id for chunk_id, _ in reader.rank("body", known, CHUNKS)]
        here = _lines(prefix) | _lines(suffix)
        for stored in chunks_by_id(db, workspace, ids).values():
            shared[stored.path] += len(here & _lines(stored.chunk.text))
    best = max(shared, key=lambda path: (shared[path], path), default="")
    return best if shared.get(best, 0) >= LEAST_LINES else untitled(prefix)


def untitled(prefix: str) -> str:
    """A name whose ending says which language the code is probably written in."""
    counts = {ending: len(pattern.findall(prefix)) for ending, pattern in _LANGUAGES}
    best = max(counts, key=lambda ending: counts[ending])
    return f"{UNTITLED}.{best}" if counts[best] else UNTITLED


def _lines(text: str) -> set[str]:
    return {line for raw in text.split("\n") if len(line := raw.strip()) >= LINE_CHARS}
