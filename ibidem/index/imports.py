"""Imports as written -> the workspace's own documents they mean, one small function a language.

Paths are compared by their ends: a workspace may hold any part of a project, under any folder. Of several candidates the
one that shares most of its folders with the importing file comes first.
"""

from __future__ import annotations

import json
import posixpath
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ibidem.store.chunks import chunks_of
from ibidem.store.database import Database
from ibidem.store.symbols import packages_of
from ibidem.store.workspaces import Workspace
from ibidem.types import Import

MAX_FOUND = 8  # documents one import may mean; a package has many files
MAX_COPIES = 2  # of one module: a workspace may hold several checkouts of a project
MAX_CONFIG_CHARS = 20_000

_BY_SUFFIX = {
    **dict.fromkeys("py pyi pyw".split(), "python"),
    **dict.fromkeys("js mjs cjs jsx".split(), "javascript"),
    **dict.fromkeys("ts mts cts".split(), "typescript"),
    **dict.fromkeys("c h".split(), "c"),
    **dict.fromkeys("cc cpp cxx hpp hh hxx".split(), "cpp"),
    **dict.fromkeys("kt kts".split(), "kotlin"),
    **{name: name for name in "tsx java go php".split()},
    "rs": "rust",
    "rb": "ruby",
    "cs": "csharp",
}
_DECLARED = frozenset({"csharp"})  # languages whose files say which namespace they are in, whatever their folder
_CONFIGS = ("tsconfig.json", "jsconfig.json", "go.mod", "composer.json")


def language_of(path: str) -> str:
    """The source language by the name's ending, "" for any other."""
    return _BY_SUFFIX.get(path.rpartition(".")[2].lower(), "")


def family(language: str) -> str:
    """Languages that import each other's files."""
    if language in ("typescript", "tsx"):
        return "javascript"
    return {"cpp": "c", "kotlin": "java"}.get(language, language)


@dataclass(slots=True)
class Files:
    """The paths of a workspace, by name and by folder, and what its project files say about names."""

    documents: dict[str, str] = field(default_factory=dict)  # path -> document id
    by_name: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_folder: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    folders: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # last part of a folder -> folders
    configs: dict[str, str] = field(default_factory=dict)  # path -> text
    packages: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # declared namespace -> paths

    def add(self, path: str, document_id: str, config: str = "") -> None:
        folder, _, name = path.rpartition("/")
        self.documents[path] = document_id
        self.by_name[name].add(path)
        self.by_folder[folder].add(path)
        self.folders[folder.rpartition("/")[2]].add(folder)
        if config:
            self.configs[path] = config

    def remove(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        self.documents.pop(path, None)
        self.configs.pop(path, None)
        for paths in self.packages.values() if language_of(path) in _DECLARED else ():
            paths.discard(path)
        self.by_name[name].discard(path)
        self.by_folder[folder].discard(path)
        if not self.by_folder[folder]:
            self.folders[folder.rpartition("/")[2]].discard(folder)

    def ending(self, path: str, near: str = "") -> list[str]:
        """Files whose path is `path`, or ends with it, the nearest to `near` first."""
        wanted = path.strip("/")
        found = [
            one
            for one in self.by_name.get(wanted.rpartition("/")[2], ())
            if one == wanted or one.endswith("/" + wanted)
        ]
        return nearest(found, near)

    def below(self, folder: str, near: str = "") -> list[str]:
        """Files directly in folders whose path ends with `folder`."""
        wanted = folder.strip("/")
        last = wanted.rpartition("/")[2]
        found = [one for one in self.folders.get(last, ()) if one == wanted or one.endswith("/" + wanted)]
        return [path for one in nearest(found, near) for path in sorted(self.by_folder[one])]

    def beside(self, path: str) -> list[str]:
        """The other files of the same folder and language."""
        kind = family(language_of(path))
        folder = path.rpartition("/")[0]
        return [
            one for one in sorted(self.by_folder.get(folder, ())) if one != path and family(language_of(one)) == kind
        ]


def nearest(paths: Iterable[str], near: str) -> list[str]:
    """Paths by how many leading folders they share with `near`, then the shorter."""

    def shared(path: str) -> int:
        return next((i for i, (a, b) in enumerate(zip(path.split("/"), parts, strict=False)) if a != b), 99)

    parts = near.split("/")
    return sorted(paths, key=lambda path: (-shared(path), len(path), path))


class FileTables:
    """The `Files` of the workspaces in use, kept in step with the change log. Any thread."""

    def __init__(self, db: Database, *, kept: int = 16) -> None:
        self._db = db
        self._kept = kept
        self._tables: dict[int, tuple[int, Files, dict[str, str]]] = {}  # workspace -> seq, files, document -> path
        self._guard = threading.Lock()

    def of(self, workspace: Workspace) -> Files:
        with self._guard:
            seq, files, paths = self._tables.pop(workspace.id, (0, Files(), {}))
            last = self._read(workspace, seq, files, paths)
            self._tables[workspace.id] = (last, files, paths)
            while len(self._tables) > self._kept:
                self._tables.pop(next(iter(self._tables)))
            return files

    def _read(self, workspace: Workspace, seq: int, files: Files, paths: dict[str, str]) -> int:
        rows = self._db.read(
            "SELECT c.seq, c.document, d.path FROM change AS c"
            " LEFT JOIN document AS d ON d.id = c.document AND d.workspace = c.workspace AND d.version > 0"
            " WHERE c.workspace = ? AND c.owner = ? AND c.seq > ? ORDER BY c.seq",
            (workspace.id, workspace.owner, seq),
        )
        declaring: list[str] = []
        for row in rows:
            seq = row["seq"]
            if known := paths.pop(row["document"], None):
                files.remove(known)
            if path := row["path"]:
                config = path.rpartition("/")[2] in _CONFIGS
                files.add(path, row["document"], self._text(workspace, row["document"]) if config else "")
                paths[row["document"]] = path
                declaring += [row["document"]] if language_of(path) in _DECLARED else []
        for document, package in packages_of(self._db, workspace, declaring):
            files.packages[package].add(paths[document])
        return seq

    def _text(self, workspace: Workspace, document_id: str) -> str:
        chunks = chunks_of(self._db, workspace.owner, document_id, limit=40)
        return "".join(one.chunk.text for one in chunks)[:MAX_CONFIG_CHARS]


# --- one language each: (import, importing path, files) -> paths, the likeliest first -----------------------------------

_Resolve = Callable[[Import, str, Files], Sequence[str]]


def resolve(one: Import, path: str, files: Files) -> list[str]:
    """Paths of the documents that an import in the file `path` may mean; none for a foreign library."""
    resolver = _RESOLVERS.get(language_of(path))
    found = resolver(one, path, files) if resolver else ()
    return [path_ for path_ in dict.fromkeys(found) if path_ != path][:MAX_FOUND]


def _python(one: Import, path: str, files: Files) -> list[str]:
    """`a.b` is a/b.py or a/b/__init__.py; leading dots climb from the file's own package."""
    dots = len(one.module) - len(one.module.lstrip("."))
    below = one.module[dots:].replace(".", "/")
    folder = path.rpartition("/")[0]
    for _ in range(dots - 1):
        folder = folder.rpartition("/")[0]
    base = f"{folder}/{below}".strip("/") if dots else below
    names = [f"{base}/{one.name}"] if one.name not in ("", "*") else []  # a submodule, before a name of the package
    found: list[str] = []
    for name in (*names, base):
        for ending in (".py", ".pyi", "/__init__.py", "/__init__.pyi"):
            whole = name + ending
            found += [whole] * (whole in files.documents) if dots else files.ending(whole, path)[:MAX_COPIES]
    return found


_ECMA_ENDINGS = ("", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".mjs", ".cjs", ".vue", ".svelte")


def _ecma_file(base: str, files: Files) -> list[str]:
    """A module path as a bundler reads it: with an ending added, `.js` standing for `.ts`, or a folder's index."""
    bare = re.sub(r"\.[cm]?jsx?$", "", base)
    tries = [base + ending for ending in _ECMA_ENDINGS]
    tries += [bare + ending for ending in (".ts", ".tsx", ".mts", ".cts")] if bare != base else []
    tries += [f"{base}/index{ending}" for ending in _ECMA_ENDINGS[1:]]
    return [one for one in tries if one in files.documents]


def _javascript(one: Import, path: str, files: Files) -> list[str]:
    """Relative paths, `paths` and `baseUrl` of the nearest tsconfig, then the package's own name for its files."""
    if one.module.startswith("."):
        return _ecma_file(posixpath.normpath(posixpath.join(path.rpartition("/")[0], one.module)), files)
    for config in nearest((p for p in files.configs if p.endswith("config.json")), path):
        root = config.rpartition("/")[0]
        if not path.startswith(root):
            continue
        for base in _tsconfig_paths(files.configs[config], one.module):
            if found := _ecma_file(posixpath.normpath(posixpath.join(root, base)), files):
                return found
    package = one.module.rpartition("/")[2] if one.module.startswith("@") else one.module
    folder, _, rest = package.partition("/")
    inside = [f for f in files.folders.get(folder, ()) if f]
    return [
        p
        for base in nearest(inside, path)
        for tail in (rest, f"src/{rest}")
        for p in _ecma_file(f"{base}/{tail}".rstrip("/"), files)
    ]


def _tsconfig_paths(text: str, module: str) -> list[str]:
    """Where the compiler options send a bare module, below the config's folder."""
    bare = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or "", text, flags=re.S)
    try:
        options = json.loads(re.sub(r",(\s*[}\]])", r"\1", bare)).get("compilerOptions", {})
        base, aliases = options.get("baseUrl", "."), dict(options.get("paths", {}))
    except (ValueError, AttributeError, TypeError):
        return []
    found = []
    for pattern, targets in aliases.items():
        head, star, tail = pattern.partition("*")
        if star and module.startswith(head) and module.endswith(tail):
            middle = module[len(head) : len(module) - len(tail)]
            found += [posixpath.join(base, target.replace("*", middle)) for target in targets]
        elif module == pattern:
            found += [posixpath.join(base, target) for target in targets]
    return [*found, posixpath.join(base, module)]


def _java(one: Import, path: str, files: Files) -> list[str]:
    """A class is a file of its package's folder; Kotlin may keep it in any file there."""
    package = one.module.replace(".", "/")
    endings = (".java", ".kt", ".kts")
    if one.name != "*":
        found = [p for end in endings for p in files.ending(f"{package}/{one.name}{end}", path)]
        found += [
            p for end in endings for p in files.ending(f"{package}{end}", path)
        ]  # a nested class, a static member
        if found:
            return found
    return [p for p in files.below(package, path) if p.endswith(endings)]


def _go(one: Import, path: str, files: Files) -> list[str]:
    """A package is a folder: below the module that go.mod names, else any folder of that path."""
    for config in nearest((p for p in files.configs if p.endswith("go.mod")), path):
        module = re.search(r"^module\s+(\S+)", files.configs[config], re.M)
        if module and (one.module == module[1] or one.module.startswith(module[1] + "/")):
            folder = f"{config.rpartition('/')[0]}/{one.module[len(module[1]) :].strip('/')}".strip("/")
            return [p for p in sorted(files.by_folder.get(folder, ())) if p.endswith(".go")]
    return [p for p in files.below(one.module, path) if p.endswith(".go") and "/" in one.module]


def _rust(one: Import, path: str, files: Files) -> list[str]:
    """`crate::a::B` is src/a.rs or src/a/mod.rs; `self`, `super` and `mod` go from the file."""
    folder, _, name = path.rpartition("/")
    own = folder if name in ("mod.rs", "lib.rs", "main.rs") else f"{folder}/{name.removesuffix('.rs')}"
    parts = [part for part in (*one.module.split("::"), one.name) if part and part != "*"]
    base = ""
    if parts and parts[0] == "crate":
        base = _crate_root(path, files)
        parts = parts[1:]
    elif parts and parts[0] in ("self", "super"):
        base = own
        while parts and parts[0] in ("self", "super"):
            base = base.rpartition("/")[0] if parts[0] == "super" else base
            parts = parts[1:]
    elif parts and any(f"{own}/{parts[0]}{end}" in files.documents for end in (".rs", "/mod.rs")):
        base = own  # a module declared in this file
    else:
        parts = parts[1:] if len(parts) > 1 else parts  # the crate's own name
    for end in range(len(parts), 0, -1):
        tail = "/".join(parts[:end])
        for file in (f"{tail}.rs", f"{tail}/mod.rs"):
            whole = f"{base}/{file}".strip("/")
            found = [whole] if base and whole in files.documents else [] if base else files.ending(file, path)
            if found:
                return found
    return [
        p
        for p in (f"{base}/lib.rs", f"{base}/main.rs", f"{base}/mod.rs", f"{base}.rs")
        if base and p in files.documents
    ]


def _crate_root(path: str, files: Files) -> str:
    folder = path.rpartition("/")[0]
    while folder:
        if f"{folder}/lib.rs" in files.documents or f"{folder}/main.rs" in files.documents:
            return folder
        folder = folder.rpartition("/")[0]
    return path.rpartition("/")[0]


def _c(one: Import, path: str, files: Files) -> list[str]:
    """Beside the file, else any header of that path, and the sources that carry its name."""
    beside = posixpath.normpath(posixpath.join(path.rpartition("/")[0], one.module))
    headers = [beside] if beside in files.documents else files.ending(posixpath.normpath(one.module).lstrip("./"), path)
    stem = one.module.rpartition("/")[2].rpartition(".")[0]
    return [*headers, *(p for end in ("c", "cc", "cpp", "cxx") for p in files.ending(f"{stem}.{end}", path))]


def _csharp(one: Import, path: str, files: Files) -> list[str]:
    """The files that declare the namespace; else a folder by custom: its whole, or what follows the project's own name."""
    for package in (f"{one.module}.{one.name}", one.module):  # a name is a type of a namespace, or a namespace
        if declared := nearest(files.packages.get(package, ()), path):
            named = [p for p in declared if p.endswith(f"/{one.name}.cs")]
            return [*named, *declared]
    parts = one.module.split(".")
    for start in range(len(parts)):
        if found := [p for p in files.below("/".join(parts[start:]), path) if p.endswith(".cs")]:
            return found
    return files.ending(f"{one.name}.cs", path) if one.name != "*" else []


def _ruby(one: Import, path: str, files: Files) -> list[str]:
    name = one.module if one.module.endswith(".rb") else f"{one.module}.rb"
    if name.startswith("."):
        whole = posixpath.normpath(posixpath.join(path.rpartition("/")[0], name))
        return [whole] if whole in files.documents else []
    return files.ending(name, path)


def _php(one: Import, path: str, files: Files) -> list[str]:
    """A required path, or a class whose namespace is a folder (PSR-4, with the prefix that composer.json drops)."""
    if one.module.startswith("./"):
        return files.ending(one.module[2:], path)
    parts = [part for part in one.module.split("\\") if part]
    for start in range(len(parts) + 1):
        folder = "/".join(parts[start:])
        if one.name == "*":
            found = [p for p in files.below(folder, path) if p.endswith(".php")] if folder else []
        else:
            found = files.ending(f"{folder}/{one.name}.php", path)
        if found:
            return found
    return []


_RESOLVERS: dict[str, _Resolve] = {
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
